"""The one place where SimpleITK optimises a rigid motion; on upright working grids its space is our RAS space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Affine, Grid, as_affine


def optimised(fixed: Any, moving: Any, start: Affine, *, inside: NDArray[np.bool_] | None) -> Affine:
    """Rigid optimum of mutual information near `start` (moving to fixed).

    ITK looks from fixed to moving, so the matrix is inverted.
    """
    import SimpleITK as sitk  # noqa: N813

    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=48)
    if inside is not None and not inside.all():
        mask = sitk.GetImageFromArray(np.ascontiguousarray(inside.T.astype(np.uint8)))
        mask.CopyInformation(fixed)
        method.SetMetricFixedMask(mask)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=1e-3, numberOfIterations=200, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2.0, 1.0, 0.0])
    method.SetNumberOfThreads(1)
    method.SetNumberOfWorkUnits(1)
    size = np.array(fixed.GetSize())
    middle = fixed.TransformContinuousIndexToPhysicalPoint(((size - 1) / 2).tolist())
    transform = sitk.Euler3DTransform()
    transform.SetCenter(middle)
    inverse = np.linalg.inv(start)
    transform.SetMatrix(_orthonormal(inverse[:3, :3]).ravel().tolist(), 1e-6)
    transform.SetTranslation((inverse[:3, :3] @ middle + inverse[:3, 3] - np.array(middle)).tolist())
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError:
        return start  # the images do not overlap at this pose: the figures will say so
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    found = np.eye(4)
    found[:3, :3] = rotation
    found[:3, 3] = np.array(middle) + np.array(transform.GetTranslation()) - rotation @ middle
    return as_affine(np.linalg.inv(found))


def itk_image(values: NDArray[np.float32], grid: Grid) -> Any:
    """An ITK image whose physical space is our RAS space: the working grids are upright, so no sign changes."""
    import SimpleITK as sitk  # noqa: N813

    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T.astype(np.float32)))
    image.SetSpacing([float(step) for step in grid.spacing_mm])
    image.SetOrigin([float(value) for value in grid.affine[:3, 3]])
    return image


def _orthonormal(matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ vt, dtype=np.float64)
