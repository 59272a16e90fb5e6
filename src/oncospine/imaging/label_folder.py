"""A folder with one mask per structure, as segmentation programs write it on request, as one label map."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Grid, Volume
from oncospine.imaging.conventions import Convention
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.nifti import read_nifti
from oncospine.imaging.same_grid import require_one_grid
from oncospine.imaging.voxel_sinks import LabelSink

_SUFFIXES = (".nii.gz", ".nii")


def read_label_folder(path: Path, *, under: Convention, progress: Progress = silent) -> LabelMap:
    """All masks of the folder merged; the file names are the program's names of the structures.

    Where two masks overlap the lower label keeps the voxel, and a note says how many there were.
    """
    files = _files_by_label(path, under=under)
    digest = hashlib.sha256()
    merged: NDArray[Any] | None = None
    grid: Grid | None = None
    overlapping = 0
    empty = 0
    dtype = np.uint8 if max(under.structures) <= np.iinfo(np.uint8).max else np.uint16
    for done, (label, file) in enumerate(sorted(files.items())):
        progress("reading masks", done / len(files))
        stored = read_nifti(file, into=LabelSink, name=f"{path.name}/{file.name}")
        digest.update(f"{file.name}\0{stored.content_hash}".encode())
        found = stored.array > 0
        empty += not found.any()
        if merged is None or grid is None:
            grid = Volume(stored.array, stored.affine).grid
            merged = np.zeros(found.shape, dtype, order="F")
        require_one_grid(
            grid, Volume(stored.array, stored.affine).grid, names=(next(iter(files.values())).name, file.name)
        )
        overlapping += int(np.count_nonzero(merged[found]))
        merged[found & (merged == 0)] = label
    if merged is None or grid is None or not merged.any():
        raise InputError(f"{path.name}: every mask of the folder is empty")
    notes = [f"{overlapping} voxels lie in two masks; the structure with the lower label keeps them"] * bool(
        overlapping
    )
    notes += [f"{empty} of {len(files)} masks are empty (structure outside the field of view)"] * bool(empty)
    return LabelMap(
        volume=Volume(merged, grid.affine),
        structures=under.structures,
        convention=under.name,
        notes=(*notes, *under.notes_on(frozenset(files))),
        content_hash=f"sha256:{digest.hexdigest()}",
    )


def _files_by_label(path: Path, *, under: Convention) -> dict[int, Path]:
    if not under.source_names:
        raise InputError(
            f"{path.name}: convention '{under.name}' is not written as one file per structure; give one file"
        )
    files: dict[int, Path] = {}
    unknown: list[str] = []
    for file in sorted(path.iterdir()):
        stem = next((file.name.removesuffix(end) for end in _SUFFIXES if file.name.endswith(end)), None)
        if stem is None or file.name.startswith("."):
            continue
        label = under.number_of.get(stem)
        if label is None:
            near = difflib.get_close_matches(stem, under.number_of, n=1)
            unknown.append(f"{stem} (did you mean {near[0]}?)" if near else stem)
        elif label in files:
            raise InputError(f"{path.name}: '{stem}' is there twice, as .nii and .nii.gz; keep one")
        else:
            files[label] = file
    if unknown:
        raise InputError(
            f"{path.name}: convention '{under.name}' has no structure named {', '.join(unknown[:10])}"
            f"{' and more' if len(unknown) > 10 else ''}; move these files elsewhere or name the right convention"
        )
    if not files:
        raise InputError(f"{path.name}: the folder holds no .nii or .nii.gz mask")
    return files
