"""Pieces of one label: islands far from their vertebra are left out, a vertebra in two large pieces is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.spine import Doubt, Severity
from oncospine.base import Level
from oncospine.geometry import Grid, LabelStatistics, Volume, label_statistics

FAR_MM = 30.0
"""A piece whose block lies further than this from that of the largest piece is an island; what a tumour has left of a
body lies nearer to its arch [D]."""

LARGE_SHARE = 0.05
"""A second piece of this share of the vertebra is told: a fracture, an eaten pedicle, two vertebrae in a label [D]."""

LARGEST_ISLAND_SHARE = 0.5
"""A piece of this share of the largest is no island: then the label names two places, and both stay [D]."""


def without_islands(codes: NDArray[np.uint8], grid: Grid) -> tuple[NDArray[np.uint8], list[Doubt], dict[Level, int]]:
    """Level codes without the islands of each label, doubts about them, and how many large pieces each level is in."""
    kept, doubts, pieces = codes, [], {}
    for code, found in label_statistics(Volume(codes, grid.affine)).items():
        level = Level.from_code(code)
        here = codes[found.box] == code
        islands, pieces[level] = _pieces(here, grid)
        if islands.any():
            kept = kept.copy() if kept is codes else kept
            kept[found.box][islands] = 0
            doubts.append(_island_doubt(level, islands, grid))
    return kept, doubts, pieces


def piece_doubts(pieces: Mapping[Level, int], cut: Collection[Level]) -> list[Doubt]:
    """Warnings about vertebrae in pieces; what is in view of a level `cut` by the scan need not hang together."""
    return [
        Doubt(
            severity=Severity.WARNING,
            topic="segmentation",
            text=f"{level} is labelled in {count} large pieces that do not touch: check it before its sizes are used",
        )
        for level, count in pieces.items()
        if count > 1 and level not in cut
    ]


def _pieces(here: NDArray[np.bool_], grid: Grid) -> tuple[NDArray[np.bool_], int]:
    """Voxels of islands, and how many large pieces are left."""
    import cc3d

    pieces, count = cc3d.connected_components(here, connectivity=26, return_N=True)
    if count < 2:
        return np.zeros(here.shape, np.bool_), count
    every: Mapping[int, LabelStatistics] = label_statistics(Volume(pieces.astype(np.int32), grid.affine))
    volumes = {piece: found.volume_ml for piece, found in every.items()}
    largest = max(volumes, key=lambda piece: (volumes[piece], -piece))
    far = [
        piece
        for piece, found in every.items()
        if _gap_mm(found, every[largest], grid) > FAR_MM and volumes[piece] < LARGEST_ISLAND_SHARE * volumes[largest]
    ]
    total = sum(volume for piece, volume in volumes.items() if piece not in far)
    large = sum(volume >= LARGE_SHARE * total for piece, volume in volumes.items() if piece not in far)
    return np.isin(pieces, far), large


def _gap_mm(one: LabelStatistics, other: LabelStatistics, grid: Grid) -> float:
    """Distance between the blocks of two pieces."""
    gaps = [
        max(a.start - b.stop, b.start - a.stop, 0) * spacing
        for a, b, spacing in zip(one.box, other.box, grid.spacing_mm, strict=True)
    ]
    return float(np.linalg.norm(gaps))


def _island_doubt(level: Level, islands: NDArray[np.bool_], grid: Grid) -> Doubt:
    volume = np.count_nonzero(islands) * grid.voxel_volume_mm3 / 1000
    text = f"{level}: {volume:.2g} ml labelled away from the vertebra is left out"
    return Doubt(severity=Severity.NOTE, topic="segmentation", text=text)
