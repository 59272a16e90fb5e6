"""Labels with islands, in pieces or with swapped names: what is left out, and what is told."""

import numpy as np
import pytest
from anatomy_samples import relabelled, spine, thoracic

from oncospine.anatomy import Severity, spine_from_labels
from oncospine.base import Level, Side
from oncospine.imaging import StructureKind


def label_of(level):
    (label,) = thoracic().labels.labels_of(StructureKind.VERTEBRA, level=level)
    return label


def told(found, topic):
    return [doubt.text for doubt in found.doubts if doubt.topic == topic and doubt.severity is Severity.WARNING]


def test_an_island_far_away_changes_nothing_and_is_told():
    def with_island(array):
        free = np.argwhere(array[:6, :6, :6] == 0)
        array[tuple(free.T)] = label_of(Level.T3)
        return array

    plain = spine_from_labels([thoracic().labels], modality="CT")
    found = spine_from_labels([relabelled(thoracic().labels, with_island)], modality="CT")
    one, other = plain.vertebrae[Level.T3], found.vertebrae[Level.T3]
    assert other.volume_ml == one.volume_ml
    assert other.frame.axes == pytest.approx(one.frame.axes)
    assert other.pedicles[Side.LEFT].width_mm == pytest.approx(one.pedicles[Side.LEFT].width_mm)
    assert any("labelled away from the vertebra" in doubt.text for doubt in found.doubts)
    assert not any("labelled away" in doubt.text for doubt in plain.doubts)


def test_a_vertebra_cut_into_body_and_arch_is_told():
    def in_two(array):
        frame = thoracic().truth.vertebrae[Level.T4].frame
        local = frame.to_local(thoracic().labels.grid.to_world(np.argwhere(array == label_of(Level.T4))))
        gone = np.argwhere(array == label_of(Level.T4))[np.abs(local[:, 1] + 16) < 2.5]
        array[tuple(gone.T)] = 0
        return array

    found = spine_from_labels([relabelled(thoracic().labels, in_two)], modality="CT")
    assert any(text.startswith("T4 is labelled in 2 large pieces") for text in told(found, "segmentation"))
    assert not told(spine_from_labels([thoracic().labels], modality="CT"), "segmentation")


def test_two_swapped_names_are_a_level_warning_that_names_them():
    def swapped(array):
        four, five = array == label_of(Level.T4), array == label_of(Level.T5)
        array[four], array[five] = label_of(Level.T5), label_of(Level.T4)
        return array

    found = spine_from_labels([relabelled(thoracic().labels, swapped)], modality="CT")
    assert "T5 lies above T4: their names are swapped" in told(found, "level")
    assert not any("swapped" in text for text in told(spine("T2-T6"), "level"))


def test_half_a_body_is_a_warning_about_its_angles():
    labels = thoracic().labels
    middle = int(labels.grid.to_voxel(thoracic().truth.vertebrae[Level.T4].origin_mm)[0])
    array = np.ascontiguousarray(labels.volume.array[:middle])
    halved = relabelled(labels, lambda _: array)
    found = spine_from_labels([halved], modality="CT")
    assert any("not reliable" in text and "T4" in text for text in told(found, "completeness"))
