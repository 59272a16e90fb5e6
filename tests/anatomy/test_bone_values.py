"""Grey values of parts, and metal."""

import numpy as np
import pytest
from anatomy_samples import spine

from oncospine.anatomy import (
    Part,
    metal_near,
    part_densities,
)
from oncospine.base import InputError, Level, Side


def test_each_part_has_its_own_hu_and_bodies_are_sampled_in_their_core():
    found = spine("T2-T6")
    values = np.zeros(found.grid.shape, np.int16)
    for part in Part:
        values[found.part_codes == part.code] = 10 * part.code
    values[found.level_codes == Level.T4.code] += 500
    from scipy.ndimage import binary_erosion

    body = found.part_codes == Part.BODY.code
    values[body & ~binary_erosion(body, iterations=2)] = 3000
    densities = part_densities(values, found)
    for level in found.levels:
        for part in Part:
            expected = 10 * part.code + (500 if level is Level.T4 else 0)
            assert densities[level][part].mean_hu == pytest.approx(expected)
            assert densities[level][part].sd_hu == pytest.approx(0)
            assert densities[level][part].is_core is (part is Part.BODY)


def test_metal_is_found_at_its_level_and_bone_is_not_metal():
    found = spine("T2-T6")
    values = np.where(found.level_codes > 0, 1300, 40).astype(np.int16)
    assert metal_near(values, found) is None
    centre = np.rint(found.grid.to_voxel(found.vertebrae[Level.T5].pedicles[Side.LEFT].isthmus_mm)).astype(int)
    values[tuple(slice(c - 2, c + 3) for c in centre)] = 3000
    metal = metal_near(values, found)
    assert Level.T5 in metal.levels
    assert Level.T2 not in metal.levels
    assert metal.volume_ml == pytest.approx(0.125)
    assert "T5" in metal.text
    values[:] = 40
    values[tuple(centre)] = 3000
    assert metal_near(values, found) is None


def test_a_scan_on_another_grid_is_refused():
    with pytest.raises(InputError, match="resample the scan"):
        part_densities(np.zeros((3, 3, 3), np.int16), spine("T2-T6"))
