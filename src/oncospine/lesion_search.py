"""Looking for lesions in a study without a tumour mask: proposals for a reader, used only once they are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from oncospine.anatomy import Spine, spine_from_labels
from oncospine.base import InputError, Progress, silent, write_atomically
from oncospine.case import Case, MaskContent, MaskFile, Study, add_mask, results_folder, write_result
from oncospine.geometry import Mask
from oncospine.imaging import Scan, write_nifti
from oncospine.lesion import Proposal, Search, proposed_lesions
from oncospine.report.mask_page import MaskToSee, inner_point, render_masks
from oncospine.study_images import modality_of, read_study

RESULT = "lesion_proposals.json"
PAGE = "lesion_proposals.html"
"""Names of the result and of the page to look at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """A study with what was found in it; `numbers` of the proposals count from 1, most likely first."""

    study: Study
    scan: Scan
    spine: Spine
    search: Search
    notes: tuple[str, ...]

    def proposal(self, number: int) -> Proposal:
        """The proposal of that number; `InputError` where there is none."""
        if not 1 <= number <= len(self.search.proposals):
            raise InputError(
                f"there is no proposal {number}; the search found {len(self.search.proposals)}, numbered from 1"
            )
        return self.search.proposals[number - 1]


def search_lesions(case: Case, study_id: str, *, progress: Progress = silent) -> Searched:
    """Search the bodies of the vertebrae labelled on a CT study; a tumour mask of the study plays no part.

    Raises `InputError` where the study has no scan, is not CT, or has too few vertebrae to know the normal bone.
    """
    study = case.study(study_id)
    if study.scan is None:
        raise InputError(f"study '{study_id}' has no scan to search; add `scan:` to it in case.yaml")
    without = replace(study, masks=tuple(mask for mask in study.masks if mask.what is not MaskContent.TUMOUR))
    images = read_study(_folder(case), without, progress)
    assert images.scan is not None
    spine = spine_from_labels(images.anatomy, modality=modality_of(study), progress=progress)
    progress("searching", 0.9)
    return Searched(
        study=study,
        scan=images.scan,
        spine=spine,
        search=proposed_lesions(spine, images.scan),
        notes=(*images.notes, *images.scan.notes),
    )


def write_proposals(case: Case, found: Searched) -> Path:
    """results/lesion_proposals.json: every proposal with its number, and what was searched; no mask, nothing used."""
    rows: list[dict[str, Any]] = [
        {
            "number": number,
            "level": item.level,
            "part": item.part,
            "kind": item.kind,
            "volume_ml": item.volume_ml,
            "difference_hu": item.difference_hu,
            "likelihood": item.likelihood,
            "centre_ras_mm": item.centre_mm,
        }
        for number, item in enumerate(found.search.proposals, 1)
    ]
    result = {
        "study": found.study.id,
        "note": found.search.note,
        "searched": found.search.searched,
        "skipped": found.search.skipped,
        "normal_hu": found.search.normal_hu,
        "proposals": rows,
        "notes": found.notes,
    }
    return write_result(_folder(case), RESULT, result)


def write_page(case: Case, found: Searched) -> Path:
    """results/lesion_proposals.html: three planes through every proposal, for the reader who confirms."""
    masks = [
        MaskToSee(
            title=f"Proposal {number}: {item.kind} region in {item.level}, {item.part}",
            text=(
                f"{item.volume_ml:.2f} ml, {item.difference_hu:+.0f} HU from this patient's normal bone, "
                f"likelihood {item.likelihood:.2f}"
            ),
            mask=item.mask,
            centre_mm=inner_point(item.mask),
        )
        for number, item in enumerate(found.search.proposals, 1)
    ]
    skipped = [f"{level}: {why}" for level, why in found.search.skipped.items()]
    page = render_masks(
        found.scan,
        masks,
        title="Proposals of the lesion finder",
        pseudonym=case.pseudonym,
        study=found.study.id,
        notes=[found.search.note, f"searched: {', '.join(found.search.searched)}", *skipped],
    )
    path = results_folder(_folder(case)) / PAGE
    write_atomically(path, page)
    return path


def confirm_proposals(case: Case, found: Searched, numbers: Sequence[int], *, by: str) -> Path:
    """Write the proposals of these numbers as the tumour mask of the study and enter it in case.yaml.

    Raises `InputError` where the study has a tumour mask already; then nothing is written.
    """
    chosen = [found.proposal(number) for number in dict.fromkeys(numbers)]
    if not chosen:
        raise InputError("no proposal is named to be confirmed")
    others = case.study(found.study.id).masks_of(MaskContent.TUMOUR)
    if others:
        raise InputError(f"study '{found.study.id}' has the tumour mask {others[0].path} already; nothing was written")
    relative = f"studies/{found.study.id}/confirmed-lesions.nii.gz"
    path = _folder(case) / relative
    named = ", ".join(str(number) for number in dict.fromkeys(numbers))
    made_by = f"oncospine find-lesions, proposals {named} confirmed by {by}"
    write_nifti(_union(found.scan, chosen), path)
    try:
        mask = MaskFile(path=relative, convention="mask", what=MaskContent.TUMOUR, made_by=made_by)
        add_mask(_folder(case), found.study.id, mask)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _union(scan: Scan, proposals: Sequence[Proposal]) -> Mask:
    """The proposals on the grid of the scan."""
    grid = scan.volume.grid
    whole = np.zeros(grid.shape, np.bool_)
    for item in proposals:
        voxels = np.rint(grid.to_voxel(item.mask.points_mm())).astype(int)
        whole[tuple(voxels.T)] = True
    return Mask(whole, grid.affine)


def _folder(case: Case) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return case.folder
