"""NRRD files (.nrrd, .seg.nrrd): text header checked first, voxels streamed; attached raw or gzip data only."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Affine, Grid
from oncospine.imaging.byte_stream import MAX_VOXELS, ByteStream
from oncospine.imaging.foreign_text import printable
from oncospine.imaging.nifti import SinkFactory, StoredVolume, checked_affine, require_volume_shape, stream_into

_LINE = 1 << 20
_HEADER_LINES = 100_000
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_TO_RAS = {
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
}
"""World frames of NRRD and the signs that lead to RAS+."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NrrdLayers:
    """Voxels as (layer, i, j, k) and the key/value pairs of the header (Slicer keeps its segments there)."""

    array: NDArray[Any]
    affine: Affine
    content_hash: str
    pairs: Mapping[str, str]
    notes: tuple[str, ...]


def read_nrrd(path: Path, *, into: SinkFactory, name: str, progress: Progress = silent) -> StoredVolume:
    """A single-layer NRRD volume."""
    layers = read_nrrd_layers(path, into=into, name=name, progress=progress)
    if layers.array.shape[0] != 1:
        raise InputError(
            f"{name}: 4-D image ({layers.array.shape[0]} layers); one 3-D volume is needed. "
            "A Slicer segmentation is read as such when it is named .seg.nrrd."
        )
    return StoredVolume(
        array=layers.array[0],
        affine=layers.affine,
        content_hash=layers.content_hash,
        notes=layers.notes,
        format="NRRD",
    )


def read_nrrd_layers(path: Path, *, into: SinkFactory, name: str, progress: Progress = silent) -> NrrdLayers:
    """Voxels of an NRRD file with an optional leading list axis; every defect is an `InputError`."""
    stream = ByteStream(path, name=name, progress=progress)
    fields, pairs = _header(stream)
    shape, affine = _geometry(fields, name=name)
    dtype = _dtype(fields, name=name)
    encoding = fields.get("encoding", "").lower()
    if encoding in {"gzip", "gz"}:
        stream.inflate_rest()
    elif encoding != "raw":
        raise InputError(f"{name}: NRRD encoding '{printable(encoding)}'; expected raw or gzip. Save it again so.")
    size = math.prod(shape)
    stream.require_plausible(size * dtype.itemsize)
    sink = into(size, name=name)
    stream_into(sink, stream, dtype=dtype, size=size)
    stream.finish()
    array, notes = sink.finished(shape)
    if not Grid((shape[1], shape[2], shape[3]), affine).is_orthogonal:
        notes = (*notes, "the voxel axes are not at right angles (sheared or gantry-tilted image)")
    return NrrdLayers(array=array, affine=affine, content_hash=stream.content_hash, pairs=pairs, notes=notes)


def _header(stream: ByteStream) -> tuple[dict[str, str], dict[str, str]]:
    """Fields (`name: value`) and key/value pairs (`key:=value`) up to the empty line."""
    if not re.fullmatch(rb"NRRD000\d", stream.take_line(longest=_LINE)):
        raise InputError(f"{stream.name}: not an NRRD file (it does not start with NRRD)")
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for _ in range(_HEADER_LINES):
        line = stream.take_line(longest=_LINE).decode("utf-8", "replace")
        if not line:
            break
        if line.startswith("#"):
            continue
        pair = re.match(r"([^:]*):=(.*)", line, re.DOTALL)
        field = re.match(r"([^:]*): ?(.*)", line, re.DOTALL)
        if pair:
            pairs[pair[1].strip()] = pair[2].strip()
        elif field:
            fields[field[1].strip().lower()] = field[2].strip()
        else:
            raise InputError(f"{stream.name}: a line of the NRRD header is neither a field nor a key; it is damaged")
    else:
        raise InputError(f"{stream.name}: the NRRD header has no end")
    if any(name in fields for name in ("data file", "datafile")):
        raise InputError(f"{stream.name}: the voxels are in another file; save it with header and voxels in one .nrrd")
    if any(fields.get(name, "0") != "0" for name in ("line skip", "byte skip", "lineskip", "byteskip")):
        raise InputError(f"{stream.name}: NRRD line or byte skip is not read; save the file without")
    return fields, pairs


def _geometry(fields: Mapping[str, str], *, name: str) -> tuple[tuple[int, int, int, int], Affine]:
    sizes = [_whole(word, name=name) for word in fields.get("sizes", "").split()]
    signs = _TO_RAS.get(fields.get("space", "").lower())
    if signs is None:
        raise InputError(
            f"{name}: the header names no patient frame (space: left-posterior-superior or the like), "
            "so left and right are unknown. Save the file with its orientation."
        )
    vectors = re.findall(r"none|\([^)]*\)", fields.get("space directions", ""))
    if len(vectors) != len(sizes):
        raise InputError(f"{name}: {len(sizes)} sizes but {len(vectors)} space directions; the header is damaged")
    spatial = [index for index, vector in enumerate(vectors) if vector != "none"]
    if spatial != list(range(len(sizes)))[-len(spatial) :] or len(sizes) - len(spatial) > 1:
        raise InputError(f"{name}: the list axis has to be the first of four axes")
    shape = require_volume_shape(tuple(sizes[index] for index in spatial), name=name)
    layers = sizes[0] if len(spatial) < len(sizes) else 1
    if layers < 1 or layers * math.prod(shape) > MAX_VOXELS:
        raise InputError(f"{name}: {layers} layers of shape {shape} are not a clinical image")
    affine = np.eye(4)
    for axis, index in enumerate(spatial):
        affine[:3, axis] = _vector(vectors[index], name=name)
    affine[:3, 3] = _vector(fields.get("space origin", ""), name=name)
    return (layers, *shape), checked_affine(np.diag([*signs, 1]) @ affine, shape=shape, name=name)


def _dtype(fields: Mapping[str, str], *, name: str) -> np.dtype[Any]:
    written = fields.get("type", "").lower()
    code = next((code for code, names in _TYPES.items() if written in names), None)
    if code is None:
        raise InputError(f"{name}: NRRD type '{printable(written)}'; one number per voxel is needed")
    endian = fields.get("endian", "little").lower()
    if endian not in {"little", "big"}:
        raise InputError(f"{name}: NRRD endian '{printable(endian)}'; expected little or big")
    return np.dtype(code).newbyteorder("<" if endian == "little" else ">")


def _whole(word: str, *, name: str) -> int:
    if not re.fullmatch(r"\d{1,9}", word):
        raise InputError(f"{name}: '{printable(word)}' is not a size; the NRRD header is damaged")
    return int(word)


def _vector(text: str, *, name: str) -> tuple[float, float, float]:
    words = text.strip().strip("()").split(",")
    try:
        x, y, z = (float(word) for word in words)
    except ValueError:
        raise InputError(f"{name}: '{printable(text)}' is not a vector of three numbers in the NRRD header") from None
    return x, y, z
