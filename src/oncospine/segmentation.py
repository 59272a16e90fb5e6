"""Running an installed segmentation engine on a study of a case: checked masks in the study, named in case.yaml."""

from __future__ import annotations

from pathlib import Path

from oncospine.base import InputError, MissingExtraError, Progress, silent
from oncospine.case import Case, MaskContent, MaskFile, Study, add_mask
from oncospine.imaging import Engine, ImportedMask, engine, engines, read_scan, segment
from oncospine.study_images import modality_of

CONTENT = {"anatomy": MaskContent.ANATOMY, "vertebrae": MaskContent.VERTEBRAE, "subregions": MaskContent.ANATOMY}
"""What an output of an engine shows, by the name engines.yaml gives it."""


def segment_study(
    case: Case, *, study_id: str | None = None, engine_name: str | None = None, progress: Progress = silent
) -> tuple[Study, tuple[MaskFile, ...]]:
    """Segment the scan of a study (the named one, else the only one without vertebrae) and add the masks to the case.

    Without `engine_name` the first installed engine for the modality runs. The masks stay where they are if case.yaml
    cannot be extended by itself: the message then holds the lines to add.
    """
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    study = case.study(study_id) if study_id is not None else _study_to_segment(case)
    if study.scan is None:
        raise InputError(f"study '{study.id}' names no scan: there is nothing to segment")
    modality = modality_of(study)
    chosen = engine(engine_name) if engine_name is not None else _installed(modality)
    _require_new(case.folder, study, chosen)
    scan = read_scan(case.folder / study.scan, modality=modality, progress=progress)
    made = segment(scan, case.folder / _place(study), engine_name=chosen.name, progress=progress)
    masks = tuple(_entry(mask, study, chosen) for mask in made)
    for mask in masks:
        add_mask(case.folder, study.id, mask)
    return study, masks


def _study_to_segment(case: Case) -> Study:
    """The only study with a scan and without vertebrae."""
    open_ = [
        study
        for study in case.studies
        if study.scan is not None and not study.masks_of(MaskContent.ANATOMY) + study.masks_of(MaskContent.VERTEBRAE)
    ]
    if len(open_) != 1:
        known = ", ".join(study.id for study in open_) or "none"
        raise InputError(f"name the study with --study; with a scan and without vertebrae: {known}")
    return open_[0]


def _installed(modality: str) -> Engine:
    """The first engine for the modality that is installed; otherwise how to install each."""
    suited = [item for item in engines().values() if item.modality == modality]
    found = next((item for item in suited if item.found() is not None), None)
    if found is None:
        how = "\n".join(f"  {item.name}: {item.title}; {item.install}" for item in suited)
        raise MissingExtraError(f"no segmentation engine for {modality} is installed. Install one of:\n{how}")
    return found


def _require_new(folder: Path, study: Study, chosen: Engine) -> None:
    """Refuse before the engine runs, not an hour later."""
    for output in chosen.outputs:
        file = f"{_place(study)}/{chosen.name}_{output.name}.nii.gz"
        if (folder / file).exists():
            raise InputError(f"{file} exists already; masks are never overwritten. Move it away to segment again")


def _place(study: Study) -> str:
    return f"studies/{study.id}"


def _entry(mask: ImportedMask, study: Study, chosen: Engine) -> MaskFile:
    name = mask.file.removeprefix(f"{chosen.name}_").removesuffix(".nii.gz")
    return MaskFile(
        path=f"{_place(study)}/{mask.file}",
        convention=mask.convention,
        what=CONTENT.get(name, MaskContent.OTHER),
        made_by=chosen.title,
    )
