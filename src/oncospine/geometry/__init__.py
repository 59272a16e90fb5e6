"""Physical space: volumes, masks, frames, planes, curves and distances, in RAS+ millimetres."""

from oncospine.geometry.grid import SAME_GRID_MM, Affine, Box, Grid, as_affine, bounding_box, cropped_grid
from oncospine.geometry.volume import Mask, Volume, canonical_axes

__all__ = [
    "SAME_GRID_MM",
    "Affine",
    "Box",
    "Grid",
    "Mask",
    "Volume",
    "as_affine",
    "bounding_box",
    "canonical_axes",
    "cropped_grid",
]
