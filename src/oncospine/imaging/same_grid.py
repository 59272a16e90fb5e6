"""Scan and mask must be on one grid: otherwise a tumour lands in another vertebra without anyone noticing."""

from __future__ import annotations

from oncospine.base import InputError
from oncospine.geometry import Grid, Mask, Volume, common_grid
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.scan import Scan

Gridded = Scan | LabelMap | Volume | Mask


def require_same_grid(scan: Gridded, mask: Gridded, names: tuple[str, str] = ("scan", "mask")) -> None:
    """Refuse two images that are not on one grid; the message prints both geometries."""
    require_one_grid(scan.grid, mask.grid, names=names)


def require_shared_voxels(scan: Scan | LabelMap, mask: Scan | LabelMap, names: tuple[str, str]) -> None:
    """Refuse two images whose voxels do not coincide; a crop of the scan, or turned axes, are fine."""
    if common_grid(scan.volume.canonical().grid, mask.volume.canonical().grid) is None:
        require_same_grid(scan, mask, names)


def require_one_grid(one: Grid, other: Grid, *, names: tuple[str, str]) -> None:
    """The same for bare grids."""
    if one.is_same_as(other):
        return
    raise InputError(
        f"{names[1]} is not on the grid of {names[0]}.\n"
        f"  {names[0]}: {one.described()}\n"
        f"  {names[1]}: {other.described()}\n"
        f"Use a mask made on this scan, or resample it (nearest neighbour) to the grid of {names[0]}."
    )
