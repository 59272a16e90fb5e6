"""Values along the canal: noise goes, peaks stay, and the blur of thick slices is taken off again."""

import numpy as np
import pytest
from lesion_samples import mr_findings_of, phantom

from oncospine.anatomy import spine_from_labels
from oncospine.base import Level
from oncospine.lesion.along_canal import HALF_WINDOW, pooled, squared_steps_mm2

STATIONS = np.arange(40.0)
VALLEY = 0.9 + 0.004 * (STATIONS - 20) ** 2
INNER = slice(HALF_WINDOW, -HALF_WINDOW)


def test_a_valley_keeps_its_depth():
    """A mean over the same window would read it 0.016 too shallow: more than the error of the cut-off it is for."""
    found = pooled(VALLEY, np.zeros(40), 1.0)
    assert found[INNER] == pytest.approx(VALLEY[INNER], abs=1e-12)
    mean = np.convolve(VALLEY, np.full(7, 1 / 7), mode="same")
    assert mean[20] - VALLEY[20] == pytest.approx(0.016, abs=1e-3)


def test_noise_is_averaged():
    noise = np.random.default_rng(1).normal(0, 1, 4000)
    assert pooled(noise, np.zeros(4000), 1.0).std() < 0.62


@pytest.mark.parametrize("slice_mm", [1.0, 2.5, 4.0])
def test_what_linear_interpolation_between_slices_adds_is_taken_off(slice_mm):
    """Mean over where the slices fall; without the correction a valley reads h^2 / 12 of its curvature too shallow."""
    read = []
    for phase in np.linspace(0, slice_mm, 50, endpoint=False):
        slices = np.arange(-20 + phase, 80, slice_mm)
        values = np.interp(STATIONS, slices, 0.9 + 0.004 * (slices - 20) ** 2)
        read.append((pooled(values, np.full(40, slice_mm**2), 1.0)[20], values[20]))
    corrected, plain = np.mean(read, axis=0)
    assert corrected == pytest.approx(0.9, abs=1e-4)
    assert plain - 0.9 == pytest.approx(0.008 * slice_mm**2 / 12, rel=0.02)


def test_the_length_of_a_station_is_heard():
    values = 0.9 + 0.004 * (2 * STATIONS - 40) ** 2
    corrected = pooled(values, np.full(40, 6.25), 2.0)
    assert corrected[INNER] == pytest.approx(values[INNER] - 0.008 * 6.25 / 12, abs=1e-12)


def test_moments_of_several_columns_are_each_fitted():
    both = pooled(np.stack([VALLEY, 2 * VALLEY], axis=1), np.full(40, 4.0), 1.0)
    assert both[:, 1] == pytest.approx(2 * both[:, 0])
    assert both[:, 0] == pytest.approx(pooled(VALLEY, np.full(40, 4.0), 1.0))


def test_unknown_stations_stay_unknown():
    values = VALLEY.copy()
    values[10] = np.nan
    found = pooled(values, np.zeros(40), 1.0)
    assert np.isnan(found[10 - HALF_WINDOW : 11 + HALF_WINDOW]).all()
    assert np.isfinite(found[11 + HALF_WINDOW :]).all()


def test_the_step_along_the_canal_follows_spacing_and_tilt():
    spine = spine_from_labels([phantom().labels], modality="CT")
    spacing = np.asarray(spine.grid.spacing_mm)
    axes = spine.grid.affine[:3, :3] / spacing
    for frame, step in zip(spine.canal.frames, squared_steps_mm2(spine.canal, spine.grid), strict=True):
        assert step == pytest.approx(sum((spacing[k] * float(axes[:, k] @ frame.superior)) ** 2 for k in range(3)))
        assert spacing.min() ** 2 <= step <= spacing.max() ** 2


def test_the_area_of_tumour_at_the_wall_of_the_canal_is_whole():
    """Half of the mask's fading rim lies beyond the wall: cut there, areas read 2 to 3 mm2 too small on average."""
    profile, truth = mr_findings_of(phantom()).profile, phantom().truth.canal
    spine = spine_from_labels([phantom().labels], modality="CT")
    centres = np.asarray(truth.centre_mm)
    errors = []
    for frame, area, level in zip(spine.canal.frames, profile.tumour_mm2, profile.levels, strict=True):
        true = truth.epidural_tumour_mm2[int(np.linalg.norm(centres - frame.origin_mm, axis=1).argmin())]
        if level in {Level.T3, Level.T4} and true >= 30:
            errors.append(area - true)
    assert len(errors) > 20
    assert abs(np.mean(errors)) < 1.0
