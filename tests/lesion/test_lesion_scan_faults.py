"""Metal and padding in a CT: which levels they spoil, how far they reach, and that the finder leaves them alone."""

from dataclasses import replace

import numpy as np
import pytest
from lesion_samples import coarse, spine_of

from oncospine.anatomy import Part
from oncospine.base import Level
from oncospine.geometry import Volume
from oncospine.imaging import Scan
from oncospine.lesion import measured_findings, proposed_lesions
from oncospine.lesion.measure import on_spine_grid
from oncospine.lesion.scan_faults import fault_rules, scan_faults
from oncospine.phantom import mirrored
from shared_samples import ct_spine, labelled


def hu() -> np.ndarray:
    return np.array(on_spine_grid(coarse().scan.volume.canonical(), spine_of(coarse()), "scan"))


def body_of(level: Level) -> np.ndarray:
    spine = spine_of(coarse())
    return (spine.level_codes == level.code) & (spine.part_codes == Part.BODY.code)


def middle_of(mask: np.ndarray) -> tuple[int, ...]:
    voxels = np.argwhere(mask)
    return tuple(voxels[len(voxels) // 2])


def test_a_scan_without_metal_or_padding_has_no_fault():
    faults = scan_faults(hu(), spine_of(coarse()))
    assert (faults.metal, faults.padded, faults.notes, faults.unreadable) == ((), (), (), frozenset())


def test_metal_spoils_the_levels_within_its_reach_and_no_other():
    values, spine = hu(), spine_of(coarse())
    x, y, z = middle_of(body_of(Level.T2))
    values[x - 2 : x + 3, y - 2 : y + 3, z - 1 : z + 2] = 3000
    found = set(scan_faults(values, spine).metal)
    bright = spine.grid.to_world(np.argwhere(values == 3000))
    reach = fault_rules()["metal_reach_mm"]
    near = {
        level
        for level in spine.vertebrae
        for bone in [spine.grid.to_world(np.argwhere(spine.level_codes == level.code))]
        if min(float(np.linalg.norm(bone - point, axis=1).min()) for point in bright) <= reach
    }
    assert found == near
    assert Level.T2 in found
    assert Level.T4 not in found


@pytest.mark.parametrize(("voxels", "spoils"), [(10, False), (12, True)])
def test_less_metal_than_a_clip_is_no_metal(voxels, spoils):
    """A voxel of 1.5 x 1.5 x 2 mm has 4.5 microlitres: 0.05 ml are 11.1 voxels."""
    values = hu()
    chosen = np.argwhere(body_of(Level.T3))[:voxels]
    values[tuple(chosen.T)] = 2500
    assert bool(scan_faults(values, spine_of(coarse())).metal) is spoils


def test_padding_spoils_the_level_it_lies_in_and_is_said_of_the_tumour():
    values, spine = hu(), spine_of(coarse())
    values[body_of(Level.T4)] = -1024
    faults = scan_faults(values, spine, body_of(Level.T4))
    ml = body_of(Level.T4).sum() * spine.grid.voxel_volume_mm3 / 1000
    assert faults.padded == (Level.T4,)
    assert f"{ml:.1f} ml of the mask lies where the scan holds padding, outside its field of view" in faults.notes


def with_metal(source) -> Scan:
    """A screw's worth of metal in the body of T2."""
    spine = ct_spine(source)
    grid = source.scan.volume.grid
    own = spine.grid.to_world(np.argwhere((spine.level_codes == Level.T2.code) & (spine.part_codes == Part.BODY.code)))
    voxels = np.rint(grid.to_voxel(own)).astype(int)
    depth = np.linalg.norm(own - own.mean(axis=0), axis=1)
    array = source.scan.volume.array.copy()
    array[tuple(voxels[depth < 4].T)] = 3000
    return replace(source.scan, volume=Volume(array, source.scan.volume.affine))


def test_mirrored_metal_spoils_the_same_levels():
    found = [
        measured_findings(ct_spine(source), labelled(source.tumour), with_metal(source)).notes
        for source in (coarse(), mirrored(coarse()))
    ]
    assert found[0] == found[1]
    assert any("metal" in note and "T2" in note for note in found[0])


def test_the_finder_proposes_nothing_in_a_vertebra_with_metal():
    from test_lesion_finder import subject

    source = subject(0.3, levels="T4-T8")
    plain = proposed_lesions(ct_spine(source), source.scan)
    grid, level = source.scan.volume.grid, Level.T6
    spine = ct_spine(source)
    own = spine.grid.to_world(np.argwhere((spine.level_codes == level.code) & (spine.part_codes == Part.BODY.code)))
    voxels = np.rint(grid.to_voxel(own)).astype(int)
    array = source.scan.volume.array.copy()
    array[tuple(voxels[np.linalg.norm(own - own.mean(axis=0), axis=1) < 3].T)] = 3000
    found = proposed_lesions(spine, replace(source.scan, volume=Volume(array, source.scan.volume.affine)))
    assert {item.level for item in plain.proposals} == {level}
    assert found.proposals == ()
    assert found.skipped[level] == "metal in or near it"
