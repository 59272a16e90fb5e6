"""Physical space: volumes, masks, frames, planes, curves and distances, in RAS+ millimetres."""

from oncospine.geometry.aligned import common_grid, regridded
from oncospine.geometry.frame import Frame, Plane, Point, angle_deg, as_point, fitted_plane, frame_from, unit
from oncospine.geometry.grid import (
    SAME_GRID_MM,
    Affine,
    Box,
    Grid,
    as_affine,
    bounding_box,
    cropped_grid,
    label_boxes,
    overlap,
    shifted,
    united,
    voxels_of,
    widened,
)
from oncospine.geometry.label_statistics import LabelStatistics, label_statistics
from oncospine.geometry.polyline import Polyline, frames_along, smoothed_curve
from oncospine.geometry.resampling import frame_grid, resampled_to, sampled_at, section_points
from oncospine.geometry.volume import Mask, Volume, canonical_axes

__all__ = [
    "SAME_GRID_MM",
    "Affine",
    "Box",
    "Frame",
    "Grid",
    "LabelStatistics",
    "Mask",
    "Plane",
    "Point",
    "Polyline",
    "Volume",
    "angle_deg",
    "as_affine",
    "as_point",
    "bounding_box",
    "canonical_axes",
    "common_grid",
    "cropped_grid",
    "fitted_plane",
    "frame_from",
    "frame_grid",
    "frames_along",
    "label_boxes",
    "label_statistics",
    "overlap",
    "regridded",
    "resampled_to",
    "sampled_at",
    "section_points",
    "shifted",
    "smoothed_curve",
    "unit",
    "united",
    "voxels_of",
    "widened",
]
