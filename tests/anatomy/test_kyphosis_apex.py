"""The apex of the thoracic kyphosis on columns bent by formula, however the patient lies."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from oncospine.anatomy import kyphosis_apex
from oncospine.base import Level, parse_levels
from oncospine.geometry import Frame

LEVELS = parse_levels("C7-L2")
PLACE_MM = np.array([10.0, -200.0, 500.0])


def bent(apex: Level, sagitta_mm: float, turn: Rotation | None = None) -> dict:
    """Vertebrae 22 mm apart on two arms of parabolas that meet furthest back at `apex`; T1 and T12 lie on one line."""
    turn = turn or Rotation.identity()
    heights = np.array([-22.0 * (level.order - Level.T1.order) for level in LEVELS])
    top, bottom, place = 0.0, -22.0 * 11, -22.0 * (apex.order - Level.T1.order)
    arm = np.where(heights >= place, top - place, place - bottom)
    back = sagitta_mm * (1 - ((heights - place) / arm) ** 2)
    found = {}
    for level, height, behind in zip(LEVELS, heights, back, strict=True):
        axes = turn.apply(np.eye(3))
        origin = turn.apply([3.0, -behind, height]) + PLACE_MM
        found[level] = SimpleNamespace(frame=Frame(origin, axes))
    return found


@pytest.mark.parametrize("apex", ["T5", "T7", "T9"])
@pytest.mark.parametrize("turn", [None, Rotation.from_euler("xyz", [25, -10, 15], degrees=True)])
def test_the_body_furthest_back_is_the_apex(apex, turn):
    assert kyphosis_apex(bent(Level(apex), 25.0, turn)) is Level(apex)


def test_a_straight_or_lordotic_thoracic_spine_has_no_apex():
    assert kyphosis_apex(bent(Level.T7, 4.9)) is None
    assert kyphosis_apex(bent(Level.T7, 5.0)) is Level.T7
    assert kyphosis_apex(bent(Level.T7, -20.0)) is None


@pytest.mark.parametrize("missing", ["T1", "T8", "T12"])
def test_part_of_the_curve_has_no_known_apex(missing):
    column = bent(Level.T7, 25.0)
    del column[Level(missing)]
    assert kyphosis_apex(column) is None


def test_the_mirrored_patient_has_the_same_apex():
    column = bent(Level.T6, 25.0)
    mirrored = {}
    for level, vertebra in column.items():
        frame = vertebra.frame
        axes = frame.axes * [-1, 1, 1] * np.array([[-1], [1], [1]])
        mirrored[level] = SimpleNamespace(frame=Frame(frame.origin_mm * [-1, 1, 1], axes))
    assert kyphosis_apex(mirrored) is Level.T6
