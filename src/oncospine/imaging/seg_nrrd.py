"""Slicer's .seg.nrrd: segments in layers, named by the user, coded by Slicer's terminology."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Grid
from oncospine.imaging.naming import agreed, structure_coded, structure_named
from oncospine.imaging.nrrd import read_nrrd_layers
from oncospine.imaging.segments import Segment, Segmentation
from oncospine.imaging.structures import Structure
from oncospine.imaging.voxel_sinks import LabelSink

_MAX_SEGMENTS = 10_000


def read_seg_nrrd(path: Path, *, name: str, progress: Progress = silent) -> Segmentation:
    """The segments of the file; two segments in different layers may share a label value and overlap."""
    stored = read_nrrd_layers(path, into=LabelSink, name=name, progress=progress)
    pairs = stored.pairs
    numbers = sorted(int(key[7:-11]) for key in pairs if re.fullmatch(r"Segment\d{1,6}_LabelValue", key))
    if not numbers or len(numbers) > _MAX_SEGMENTS:
        raise InputError(f"{name}: the header lists no segments; name it .nrrd and its label convention instead")
    segments = []
    for number in numbers:
        key = f"Segment{number}_"
        value = _whole(pairs[f"{key}LabelValue"], name=name)
        layer = _whole(pairs.get(f"{key}Layer", "0"), name=name)
        if layer >= stored.array.shape[0]:
            raise InputError(
                f"{name}: segment {number} is in layer {layer}, but there are {stored.array.shape[0]} layers"
            )
        text = pairs.get(f"{key}Name", "")
        coded = _coded(pairs.get(f"{key}Tags", ""))
        structure = agreed(structure_named(text), coded, what=f"{name}: segment {number}")
        segments.append(
            Segment(number=number, name=text, structure=structure, voxels=_voxels(stored.array, layer, value))
        )
    shape = stored.array.shape
    return Segmentation(
        grid=Grid((shape[1], shape[2], shape[3]), stored.affine),
        segments=tuple(segments),
        format="Slicer segmentation",
        content_hash=stored.content_hash,
        notes=stored.notes,
    )


def _voxels(array: NDArray[Any], layer: int, value: int) -> Any:
    def voxels() -> NDArray[np.bool_]:
        return np.asarray(array[layer] == value)

    return voxels


def _coded(tags: str) -> Structure | None:
    """The type code in `TerminologyEntry:context~category~type~modifier~...`, each as scheme^value^meaning."""
    entry = re.search(r"TerminologyEntry:([^|]*)", tags)
    parts = entry[1].split("~") if entry else []
    if len(parts) < 3:
        return None
    scheme, value = _code(parts[2])
    return structure_coded(value, scheme, modifier=_code(parts[3])[1] if len(parts) > 3 else "")


def _code(text: str) -> tuple[str, str]:
    words = text.split("^")
    return (words[0], words[1]) if len(words) > 1 else ("", "")


def _whole(text: str, *, name: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise InputError(f"{name}: the segment list of the header is damaged")
    return int(text)
