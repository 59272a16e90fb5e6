"""A rigid motion between two scans, how good it is, and when it is not good enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oncospine.base import SafetyRefusal, read_yaml
from oncospine.geometry import Affine, Grid, Mask, Volume, as_affine, resampled_to


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationQuality:
    """Figures of one registration; None where a figure does not apply.

    `overlap_fraction`: share of the fixed region that the moved scan covers. `normalised_mutual_information`: 1 is
    independent, 2 identical. `repeatability_mm`: how far results from different starting poses lie apart at the corners
    of the fixed region. `dice`: overlap of the masks. `landmark_rms_mm`: root mean square distance of landmarks.
    `level_shift_mm`: how far the worst vertebra still is from its place; large where the column bent.
    """

    overlap_fraction: float
    normalised_mutual_information: float | None = None
    repeatability_mm: float | None = None
    dice: float | None = None
    landmark_rms_mm: float | None = None
    level_shift_mm: float | None = None

    def failures(self) -> tuple[str, ...]:
        """Which figures miss their bar, with both numbers."""
        found = []
        for name, bar in bars().items():
            value = getattr(self, name)
            if value is None:
                continue
            if "at_least" in bar and not value >= bar["at_least"]:
                found.append(f"{name} is {value:.2f}, at least {bar['at_least']:g} is needed")
            if "at_most" in bar and not value <= bar["at_most"]:
                found.append(f"{name} is {value:.2f}, at most {bar['at_most']:g} is allowed")
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """`matrix` (4, 4) takes points of the moving scan to the fixed scan, both RAS+ mm; it is rigid."""

    matrix: Affine
    quality: RegistrationQuality
    method: str

    def moved_volume(self, volume: Volume) -> Volume:
        """The moving volume in the place of the fixed one: its voxels are untouched, its affine moves."""
        return Volume(volume.array, self.matrix @ volume.affine)

    def moved_mask(self, mask: Mask, *, onto: Grid) -> Mask:
        """A mask of the moving scan on a grid of the fixed scan (linear occupancy, inside from one half)."""
        moved = Mask(mask.array, self.matrix @ mask.affine)
        return Mask(resampled_to(moved, onto) >= 0.5, onto.affine)

    def moved_points(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 3) of the moving scan in the place of the fixed one."""
        return points_mm @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def described(self) -> str:
        """Method and figures in one line, for whoever reads what was carried across."""
        quality = self.quality
        figures = {
            "overlap of the vertebrae (Dice)": quality.dice,
            "landmarks left apart mm": quality.landmark_rms_mm,
            "worst vertebra out of place mm": quality.level_shift_mm,
            "repeatability mm": quality.repeatability_mm,
            "normalised mutual information": quality.normalised_mutual_information,
        }
        told = [f"{name} {value:.2f}" for name, value in figures.items() if value is not None]
        return f"{self.method}; {', '.join(told)}"

    def required(self) -> Registration:
        """This registration if every figure meets its bar; otherwise `SafetyRefusal` with the figures."""
        failures = self.quality.failures()
        if failures:
            raise SafetyRefusal(
                f"the scans could not be brought together reliably ({self.method}): {'; '.join(failures)}. "
                "Masks are not carried across. Where the column bent between the scans, register by the vertebrae of "
                "interest only; else check both segmentations, or give a starting pose, a region or landmarks."
            )
        return self


_NO_TURN = 1e-12
"""Weight of the preference for no turn, relative to the landmarks: decides only what they leave open."""


@cache
def bars() -> dict[str, dict[str, float]]:
    """Bars of the figures, by name (oncospine defaults, not clinical evidence)."""
    table = read_yaml("oncospine.imaging", "data", "registration.yaml")
    return {name: bar for name, bar in table.items() if name != "verification"}


def rigid_from_landmarks(fixed_mm: NDArray[np.float64], moving_mm: NDArray[np.float64]) -> tuple[Affine, float]:
    """Least-squares rigid motion from moving to fixed landmarks (n, 3), and the root mean square distance left.

    Notes
    -----
    Kabsch, Acta Cryst A 1976;32:922. With landmarks on a line the turn about that line is undetermined; the smallest
    one is taken (a vanishing preference for no turn decides).
    """
    middle_fixed, middle_moving = fixed_mm.mean(axis=0), moving_mm.mean(axis=0)
    covariance = (moving_mm - middle_moving).T @ (fixed_mm - middle_fixed)
    u, _, vt = np.linalg.svd(covariance + _NO_TURN * np.linalg.norm(covariance) * np.eye(3))
    flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(vt.T @ u.T)))])
    matrix = np.eye(4)
    matrix[:3, :3] = vt.T @ flip @ u.T
    matrix[:3, 3] = middle_fixed - matrix[:3, :3] @ middle_moving
    left = moving_mm @ matrix[:3, :3].T + matrix[:3, 3] - fixed_mm
    return as_affine(matrix), float(np.sqrt((left**2).sum(axis=1).mean()))


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Overlap of two masks: 2 |A and B| / (|A| + |B|)."""
    total = int(one.sum()) + int(other.sum())
    return 2.0 * int((one & other).sum()) / total if total else 0.0


def normalised_mutual_information(one: NDArray[np.float32], other: NDArray[np.float32], *, bins: int = 64) -> float:
    """(H(a) + H(b)) / H(a, b) of paired samples: 1 for independent, 2 for identical up to grey values.

    Notes
    -----
    Studholme et al., Pattern Recognition 1999;32:71, doi:10.1016/S0031-3203(98)00091-0.
    """
    joint, _, _ = np.histogram2d(one.ravel(), other.ravel(), bins=bins)
    both = _entropy(joint)
    return (_entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0))) / both if both > 0 else 1.0


def _entropy(counts: NDArray[np.float64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
