"""What is kept of a scan around the vertebrae."""

from dataclasses import replace

import numpy as np
from anatomy_samples import thoracic

from oncospine.anatomy import spine_from_labels
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind

STERNUM = 200
"""A number that the label map of the phantom has not given away."""


def with_sternum(ahead_mm: float) -> tuple[LabelMap, LabelMap]:
    """The label map of the phantom with more room in front, without and with a sternum in the midline there."""
    labels = thoracic().labels.canonical()
    step = labels.grid.spacing_mm[1]
    room = int((ahead_mm + 30) / step)
    array = np.pad(labels.volume.array, ((0, 0), (0, room), (0, 0)))
    wide = replace(labels, volume=Volume(array, labels.volume.affine))
    middle, front = array.shape[0] // 2, labels.volume.array.shape[1] + int(ahead_mm / step)
    drawn = array.copy()
    drawn[middle - 10 : middle + 10, front : front + 8, 10:40] = STERNUM
    named = {**labels.structures, STERNUM: Structure(kind=StructureKind.STERNUM)}
    return wide, replace(wide, volume=Volume(drawn, labels.volume.affine), structures=named)


def test_the_whole_sternum_is_kept_however_far_in_front_it_lies() -> None:
    wide, drawn = with_sternum(ahead_mm=60.0)
    bare, found = (spine_from_labels([item], modality="CT") for item in (wide, drawn))
    code = next(code for code, item in found.other_structures.items() if item.kind is StructureKind.STERNUM)
    kept = found.other_codes == code
    assert np.count_nonzero(kept) == 20 * 8 * 30
    assert not any(kept[face].any() for face in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1], np.s_[:, :, 0]))
    assert bare.grid.shape[1] < found.grid.shape[1]


def test_a_sternum_changes_no_measure_of_the_vertebrae() -> None:
    wide, drawn = with_sternum(ahead_mm=60.0)
    bare, found = (spine_from_labels([item], modality="CT") for item in (wide, drawn))
    assert bare.levels == found.levels
    for level in bare.levels:
        np.testing.assert_allclose(bare.vertebrae[level].frame.axes, found.vertebrae[level].frame.axes, atol=1e-9)
        assert bare.vertebrae[level].volumes_ml == found.vertebrae[level].volumes_ml
    np.testing.assert_allclose(bare.canal.areas_mm2, found.canal.areas_mm2, atol=1e-6)
