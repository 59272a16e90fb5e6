"""Bringing two scans of one patient together: CT to MR, before to after; whole or one vertebra at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, MeasurementError, Progress, silent
from oncospine.geometry import Affine, Grid, Mask, Volume, as_affine, bounding_box, cropped_grid, resampled_to
from oncospine.imaging.itk_rigid import itk_image, optimised
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.rigid import (
    Registration,
    RegistrationQuality,
    dice,
    normalised_mutual_information,
    rigid_from_landmarks,
)
from oncospine.imaging.scan import Scan
from oncospine.imaging.structures import StructureKind
from oncospine.imaging.surface_match import DistanceMap, matched

SCAN_STEP_MM = 2.0
"""Working grid for scans: fine enough for a fraction of a millimetre, coarse enough for seconds."""

MAX_WORKING_VOXELS = 1_500_000
"""A larger region is sampled more coarsely, so that time and memory stay bounded."""

REGION_MARGIN_MM = 10.0
"""Soft tissue around the region that helps to find it."""

MASK_STEP_MM = 1.0
"""Working grid for the registration of masks."""

MASK_MARGIN_MM = 12.0
"""Space around a mask in which its distance map steers the registration."""

_STARTS = ((0.0, 0.0), (4.0, 4.0), (-4.0, -4.0))
"""Starting poses: degrees about each axis, millimetres along each axis, beside the given one."""

_RETURNS = _STARTS[1:]
"""Disturbances of the result from which it has to be found again."""

_MIN_SHARED_LEVELS = 2


def register_scans(
    fixed: Scan, moving: Scan, *, region: Mask | None = None, start: Affine | None = None, progress: Progress = silent
) -> Registration:
    """Rigid registration by mutual information from three starting poses; the best is disturbed and found again.

    `region` (on any grid of the fixed scan) is where the scans have to agree, such as the vertebrae of interest;
    without it the whole fixed scan counts. `start` takes moving to fixed; without it the scanner's own frames are
    trusted if they overlap, else the middles are put together. Call `.required()` to refuse a poor result.
    """
    task = _Task.of(fixed.volume, moving.volume, region)
    first = as_affine(start) if start is not None else _first_pose(fixed.grid, moving.grid)
    runs = len(_STARTS) + len(_RETURNS)
    found = []
    for number, disturbance in enumerate(_STARTS):
        progress("registering", number / runs)
        found.append(task.optimum(_perturbed(first, about=task.target, disturbance=disturbance)))
    best = max(found, key=lambda pose: task.similarity(pose)[0])
    spread = 0.0
    for number, disturbance in enumerate(_RETURNS, len(_STARTS)):
        progress("checking the registration", number / runs)
        again = task.optimum(_perturbed(best, about=task.target, disturbance=disturbance))
        spread = max(spread, _distance_mm(best, again, task.target))
    score, overlap = task.similarity(best)
    return Registration(
        matrix=best,
        quality=RegistrationQuality(
            overlap_fraction=overlap, normalised_mutual_information=score, repeatability_mm=spread
        ),
        method="rigid, mutual information",
    )


def scan_similarity(fixed: Scan, moving: Scan, pose: Affine, *, region: Mask | None = None) -> float:
    """Normalised mutual information of two scans in a given pose (moving to fixed), where both are in the region."""
    return _Task.of(fixed.volume, moving.volume, region).similarity(pose)[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """The two scans on working grids, and where they have to agree."""

    target: Grid
    image: NDArray[np.float32]
    inside: NDArray[np.bool_]
    moving: Volume
    source: Grid
    values: NDArray[np.float32]

    @classmethod
    def of(cls, fixed: Volume, moving: Volume, region: Mask | None) -> _Task:
        margin = 0.0 if region is None else REGION_MARGIN_MM
        target = _working_grid(fixed.grid if region is None else _box_of(region), SCAN_STEP_MM, margin_mm=margin)
        inside = np.ones(target.shape, np.bool_)
        if region is not None:
            inside = _distance_map(region, target) <= REGION_MARGIN_MM
        source = _working_grid(moving.grid, SCAN_STEP_MM)
        return cls(
            target=target,
            image=resampled_to(fixed, target, outside=float(fixed.array.min())),
            inside=inside,
            moving=moving,
            source=source,
            values=resampled_to(moving, source, outside=float(moving.array.min())),
        )

    def optimum(self, start: Affine) -> Affine:
        return optimised(
            itk_image(self.image, self.target),
            itk_image(self.values, self.source),
            start,
            inside=self.inside,
        )

    def similarity(self, pose: Affine) -> tuple[float, float]:
        """Normalised mutual information where both scans are, and the share of the region where they are."""
        both = self.inside & _covered(self.target, self.moving.grid, pose)
        share = float(both.sum() / max(self.inside.sum(), 1))
        if not both.any():
            return 1.0, 0.0
        values = resampled_to(Volume(self.moving.array, pose @ self.moving.affine), self.target)
        return normalised_mutual_information(self.image[both], values[both]), share


def register_masks(fixed: Mask, moving: Mask, *, start: Affine | None = None) -> Registration:
    """Rigid registration of one structure seen twice (a vertebra in CT and MR) by the distances to its surface.

    Independent of grey values, so right across modalities; as good as the two segmentations. Without `start` the
    centroids are put together.
    """
    if not fixed.array.any() or not moving.array.any():
        raise MeasurementError("one of the two masks is empty: there is nothing to register")
    first = as_affine(start) if start is not None else _translation(fixed.centroid_mm() - moving.centroid_mm())
    target = _working_grid(_box_of(fixed), MASK_STEP_MM, margin_mm=MASK_MARGIN_MM)
    source = _working_grid(_box_of(moving), MASK_STEP_MM, margin_mm=2 * MASK_MARGIN_MM)
    one = DistanceMap(values=_distance_map(fixed, target), grid=target)
    other = DistanceMap(values=_distance_map(moving, source), grid=source)
    matrix = matched(one, other, first)
    before = resampled_to(fixed, target) >= 0.5
    after = resampled_to(Mask(moving.array, matrix @ moving.affine), target) >= 0.5
    covered = _covered(target, moving.grid, matrix)
    quality = RegistrationQuality(
        overlap_fraction=float((covered & before).sum() / max(before.sum(), 1)), dice=dice(before, after)
    )
    return Registration(matrix=matrix, quality=quality, method="rigid, distance to the surface of the mask")


def register_vertebrae(fixed: LabelMap, moving: LabelMap) -> Registration:
    """Registration by the vertebrae that both label maps name: centroids first, then all their surfaces together.

    `landmark_rms_mm` is the distance of the centroids that is left; it is large where the column bent between the scans
    (lying and standing, before and after) or a level is named differently.
    """
    levels = [level for level in fixed.levels() if level in moving.levels()]
    if len(levels) < _MIN_SHARED_LEVELS:
        raise InputError(
            f"the label maps share {len(levels)} vertebrae; {_MIN_SHARED_LEVELS} are needed. "
            f"First: {', '.join(fixed.levels()) or 'none'}; second: {', '.join(moving.levels()) or 'none'}."
        )
    kind = StructureKind.VERTEBRA
    one = np.array([fixed.mask(kind, level).centroid_mm() for level in levels])
    other = np.array([moving.mask(kind, level).centroid_mm() for level in levels])
    starts = (rigid_from_landmarks(one, other)[0], _translation(one.mean(axis=0) - other.mean(axis=0)))
    tried = [register_masks(_union(fixed, levels), _union(moving, levels), start=start) for start in starts]
    found = max(tried, key=lambda result: result.quality.dice or 0.0)
    left = found.moved_points(other) - one
    quality = RegistrationQuality(
        overlap_fraction=found.quality.overlap_fraction,
        dice=found.quality.dice,
        landmark_rms_mm=float(np.sqrt((left**2).sum(axis=1).mean())),
    )
    return Registration(matrix=found.matrix, quality=quality, method="rigid, surfaces of the shared vertebrae")


def _union(labels: LabelMap, levels: list[Any]) -> Mask:
    masks = [labels.mask(StructureKind.VERTEBRA, level).array for level in levels]
    return Mask(np.logical_or.reduce(masks), labels.grid.affine)


def _working_grid(grid: Grid, step_mm: float, *, margin_mm: float = 0.0) -> Grid:
    """An upright grid of cubes that covers `grid`, also where it is oblique or sheared."""
    corners = grid.corners_mm()
    low, high = corners.min(axis=0) - margin_mm, corners.max(axis=0) + margin_mm
    step_mm = max(step_mm, float((np.prod(high - low) / MAX_WORKING_VOXELS) ** (1 / 3)))
    counts = np.maximum(np.ceil((high - low) / step_mm).astype(int) + 1, 8)
    affine = np.diag([step_mm, step_mm, step_mm, 1.0])
    affine[:3, 3] = low
    return Grid((int(counts[0]), int(counts[1]), int(counts[2])), affine)


def _box_of(mask: Mask) -> Grid:
    box = bounding_box(mask.array, margin=1)
    if box is None:
        raise MeasurementError("the region for the registration is empty")
    return cropped_grid(mask.grid, box)


def _distance_map(mask: Mask, grid: Grid) -> NDArray[np.float32]:
    """Signed distance to the surface in mm (inside negative), cut off at the margin."""
    from scipy.ndimage import distance_transform_edt

    inside = resampled_to(mask, grid) >= 0.5
    outer = distance_transform_edt(~inside, sampling=grid.spacing_mm)
    inner = distance_transform_edt(inside, sampling=grid.spacing_mm)
    return np.clip(outer - inner, -MASK_MARGIN_MM, MASK_MARGIN_MM).astype(np.float32)


def _covered(target: Grid, moving: Grid, pose: Affine) -> NDArray[np.bool_]:
    moved = Volume(np.ones(moving.shape, np.uint8), pose @ moving.affine)
    return np.asarray(resampled_to(moved, target, order=0) > 0.5)


def _first_pose(fixed: Grid, moving: Grid) -> Affine:
    """Identity if the scanner's frames overlap, else middle to middle."""
    one, other = fixed.corners_mm(), moving.corners_mm()
    if (one.max(axis=0) > other.min(axis=0)).all() and (other.max(axis=0) > one.min(axis=0)).all():
        return as_affine(np.eye(4))
    return _translation(one.mean(axis=0) - other.mean(axis=0))


def _perturbed(pose: Affine, *, about: Grid, disturbance: tuple[float, float]) -> Affine:
    from scipy.spatial.transform import Rotation

    degrees, shift = disturbance
    middle = about.corners_mm().mean(axis=0)
    change = np.eye(4)
    change[:3, :3] = Rotation.from_euler("xyz", [degrees, -degrees, degrees], degrees=True).as_matrix()
    change[:3, 3] = middle - change[:3, :3] @ middle + np.array([shift, -shift, shift])
    return as_affine(change @ pose)


def _distance_mm(one: Affine, other: Affine, grid: Grid) -> float:
    """Largest distance between the two results at the corners of the region."""
    corners = grid.corners_mm()
    back = np.linalg.inv(one)
    source = corners @ back[:3, :3].T + back[:3, 3]
    return float(np.linalg.norm(source @ other[:3, :3].T + other[:3, 3] - corners, axis=1).max())


def _translation(shift: NDArray[np.float64]) -> Affine:
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return as_affine(matrix)
