"""Making a phantom: scan, labels and truth from one spec."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oncospine.base import Level, Progress, silent
from oncospine.geometry import Affine, Volume
from oncospine.imaging import LabelMap, Scan, convention
from oncospine.phantom.bone import SpineModel, spine_model
from oncospine.phantom.canvas import averaged
from oncospine.phantom.render import CONVENTIONS, SLAB, painted
from oncospine.phantom.shapes import Floats
from oncospine.phantom.spec import Modality, PhantomSpec
from oncospine.phantom.truth import PhantomTruth, truth_of
from oncospine.phantom.tumour import tumour_model

MR_SCALE = 1000.0
"""Grey value of CSF in an MR phantom."""

FRONT_MM = 46.0
"""What the image shows in front of the bodies, where no shape is given."""

BEHIND_MM = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom:
    """A scan with everything known about it; all volumes share one grid.

    `parts` has the codes of `PART_CODES`; `neural` nests the canal: 1 epidural space, 2 CSF, 3 cord (canal is > 0, sac
    is > 1); `tumour` has 1 bone, 2 epidural, 3 paravertebral.
    """

    spec: PhantomSpec
    scan: Scan
    labels: LabelMap
    parts: Volume
    neural: Volume
    tumour: Volume
    truth: PhantomTruth


def make_phantom(spec: PhantomSpec, *, progress: Progress = silent) -> Phantom:
    """Build, paint, blur and measure one phantom."""
    model = spine_model(spec)
    tumour = tumour_model(model)
    affine, shape = scan_grid(model)
    canvas = painted(model, tumour, affine, shape, progress)
    grey = averaged(canvas)
    array = _scanned(grey, spec, affine)
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    named = convention(CONVENTIONS[spec.modality])
    scan = Scan(
        volume=Volume(array, affine),
        modality="CT" if spec.modality is Modality.CT else "MR",
        source="phantom",
        content_hash=f"sha256:{digest}",
        notes=("phantom: computed, not a patient",),
        slice_thickness_mm=float(spec.voxel_mm[2]),
    )
    labels = LabelMap(
        volume=Volume(canvas.labels, affine),
        structures=named.structures,
        convention=named.name,
        notes=("phantom labels: exact by construction",),
        content_hash=f"sha256:{hashlib.sha256(canvas.labels.tobytes()).hexdigest()}",
    )
    progress("phantom: truth", 0.95)
    return Phantom(
        spec=spec,
        scan=scan,
        labels=labels,
        parts=Volume(canvas.parts, affine),
        neural=Volume(canvas.neural, affine),
        tumour=Volume(canvas.tumour, affine),
        truth=truth_of(model, tumour, scan.volume.grid),
    )


def scan_grid(model: SpineModel) -> tuple[Affine, tuple[int, int, int]]:
    """Affine and shape of the scan: axes Right, Anterior, Superior, covering the spec's levels."""
    spec = model.spec
    points = np.concatenate([_bone_corners(model, level) for level in spec.levels])
    middles = np.stack([model.pose.to_world(model.vertebrae[level].frame.origin_mm) for level in spec.levels])
    low = np.array([middles[:, 0].mean() - spec.half_width_mm, points[:, 1].min() - BEHIND_MM, points[:, 2].min()])
    high = np.array([middles[:, 0].mean() + spec.half_width_mm, points[:, 1].max() + FRONT_MM, points[:, 2].max()])
    low[2] -= spec.margin_mm[1]
    high[2] += spec.margin_mm[0]
    step = np.asarray(spec.voxel_mm, dtype=np.float64)
    size = np.maximum(np.ceil((high - low) / step).astype(int), 4) if spec.shape is None else np.asarray(spec.shape)
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = (low + high) / 2 - (size - 1) / 2 * step
    return affine, (int(size[0]), int(size[1]), int(size[2]))


def _bone_corners(model: SpineModel, level: Level) -> NDArray[np.float64]:
    """World corners of the boxes around the parts of a vertebra."""
    vertebra = model.vertebrae[level]
    picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
    boxes = [np.asarray(item.solid.bounds)[picks, np.arange(3)] for item in vertebra.parts]
    return model.pose.to_world(vertebra.frame.to_world(np.concatenate(boxes)))


def _scanned(grey: Floats, spec: PhantomSpec, affine: Affine) -> NDArray[np.int16]:
    """Blurred, noisy and rounded grey values; noise is drawn slab by slab from the seed."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    for axis in range(3):
        if spec.psf_mm > 0:
            gaussian_filter1d(grey, spec.psf_mm / spacing[axis], axis=axis, output=grey, mode="nearest", truncate=3)
    found = np.empty(grey.shape, np.int16)
    for start in range(0, grey.shape[2], SLAB):
        rng = np.random.default_rng([spec.seed, 404, start])
        part = grey[:, :, start : start + SLAB]
        noise = rng.standard_normal((2, *part.shape), dtype=np.float32) * np.float32(spec.noise)
        if spec.modality is Modality.CT:
            value = np.clip(part + noise[0], -1024, 3071)
        else:
            value = np.hypot(part * np.float32(MR_SCALE) + noise[0], noise[1])
        found[:, :, start : start + SLAB] = np.rint(value)
    return found
