"""ESCC from masks: every step at its boundary, what holds over 3 mm, what CT may say, and the conus."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from lesion_samples import bones_of, findings_of, mr_findings_of, neural_labels, phantom

from oncospine.anatomy import spine_from_labels
from oncospine.base import Level, parse_levels
from oncospine.lesion import measured_findings
from oncospine.lesion.cord_shape import expected
from oncospine.lesion.escc_estimate import GRADES, Measures, escc_limits, station_grades
from oncospine.phantom import BonePiece, EpiduralPiece, PhantomSpec, TumourSpec, make_phantom
from shared_samples import labelled

WORST = {
    "area_mm2": 100.0,
    "thickness_mm": 8.0,
    "sac_ratio": 0.3,
    "gap_mm": 0.0,
    "cord_ratio": 0.5,
    "csf_share": 0.0,
    "csf_arc_deg": 0.0,
}


def grade(lean: float = 0.0, **changes: float) -> str:
    values = {name: np.array([changes.get(name, value)]) for name, value in WORST.items()}
    return GRADES[int(station_grades(Measures(**values), lean)[0])]


@pytest.mark.parametrize(
    ("changes", "expected_grade"),
    [
        ({}, "3"),
        ({"csf_share": 0.05, "csf_arc_deg": 30.0}, "2"),
        ({"csf_share": 0.049, "csf_arc_deg": 90.0}, "3"),
        ({"csf_share": 0.2, "csf_arc_deg": 29.0}, "3"),
        ({"cord_ratio": 0.90}, "1c"),
        ({"cord_ratio": 0.899}, "3"),
        ({"gap_mm": 0.8}, "1b"),
        ({"gap_mm": 0.79}, "3"),
        ({"sac_ratio": 0.90}, "1a"),
        ({"sac_ratio": 0.899}, "3"),
        ({"area_mm2": 4.9}, "0"),
        ({"area_mm2": 5.0}, "3"),
        ({"thickness_mm": 1.4}, "0"),
        ({"thickness_mm": 1.5}, "3"),
        ({"csf_share": 0.5, "csf_arc_deg": 300.0, "cord_ratio": 1.0, "gap_mm": 3.0, "sac_ratio": 1.0}, "1a"),
        ({"csf_share": 0.5, "csf_arc_deg": 300.0, "cord_ratio": 1.0, "gap_mm": 3.0, "sac_ratio": 0.8}, "1b"),
        ({"csf_share": 0.5, "csf_arc_deg": 300.0, "cord_ratio": 1.0, "gap_mm": 0.0, "sac_ratio": 0.8}, "1c"),
    ],
)
def test_every_step_at_its_boundary(changes, expected_grade):
    assert grade(**changes) == expected_grade


@pytest.mark.parametrize("name", ["sac_ratio", "gap_mm", "cord_ratio", "csf_share"])
def test_leaning_never_reverses_the_order(name):
    limit = escc_limits()[
        {
            "sac_ratio": "sac_deformed_ratio",
            "gap_mm": "cord_contact_mm",
            "cord_ratio": "cord_compressed_ratio",
            "csf_share": "csf_visible_ratio",
        }[name]
    ]
    for value in np.linspace(limit.value - 2 * limit.error, limit.value + 2 * limit.error, 9):
        graded = [GRADES.index(grade(lean, **{name: value, "csf_arc_deg": 90.0})) for lean in (-1.0, 0.0, 1.0)]
        assert graded == sorted(graded)
        if abs(value - limit.value) > 1.01 * limit.error:
            assert graded[0] == graded[2]


@pytest.mark.parametrize(("sac_ratio", "expected_grade"), [(0.86, "1c"), (0.89, "1b"), (0.91, "1b"), (0.94, "1a")])
def test_tumour_at_the_cord_of_a_hardly_deformed_sac_is_never_two_grades_off(sac_ratio, expected_grade):
    rest = {"gap_mm": 0.2, "cord_ratio": 1.0, "csf_share": 0.5, "csf_arc_deg": 300.0}
    assert grade(sac_ratio=sac_ratio, **rest) == expected_grade
    assert (grade(-1.0, sac_ratio=0.90, **rest), grade(1.0, sac_ratio=0.90, **rest)) == ("1a", "1c")


def test_without_a_sac_mask_the_steps_that_need_it_stay_open():
    unknown = {"sac_ratio": np.nan, "csf_share": np.nan, "csf_arc_deg": np.nan}
    assert (grade(-1.0, **unknown), grade(1.0, **unknown)) == ("2", "3")
    clear = {**unknown, "gap_mm": 4.0, "cord_ratio": 1.0}
    assert (grade(-1.0, **clear), grade(1.0, **clear)) == ("1a", "1b")


def test_expected_values_are_interpolated_across_the_tumour():
    values = np.linspace(200.0, 100.0, 101)
    touched = np.zeros(101, bool)
    touched[40:60] = True
    pressed = np.where(touched, 20.0, values)
    assert expected(pressed, touched)[50] == pytest.approx(150.0, abs=1.0)
    assert np.isnan(expected(np.full(101, np.nan), touched)).all()


def test_the_phantom_has_the_grades_of_its_truth():
    truth = phantom().truth.escc
    found = mr_findings_of(phantom()).escc
    for level in (Level.T3, Level.T4):
        assert found[level].grade == truth[level].grade
        assert found[level].grade in found[level].possible
    assert found[Level.T3].gap_mm == pytest.approx(truth[Level.T3].tumour_to_cord_mm or 0.0, abs=0.9)


def test_ct_gives_at_most_none_low_or_high():
    allowed = {("0",), GRADES[1:4], GRADES[4:], GRADES[1:]}
    for estimate in findings_of(phantom()).escc.values():
        assert estimate.possible in allowed
        assert estimate.grade in {None, "0"}
        assert estimate.basis == "CT estimate"


def test_an_involved_level_without_epidural_tumour_is_grade_0():
    bone = phantom().tumour.array * (phantom().tumour.array == 1)
    volume = replace(phantom().tumour, array=bone.astype(np.uint8))
    found = measured_findings(spine_from_labels([phantom().labels], modality="CT"), labelled(volume))
    assert {level: item.possible for level, item in found.escc.items()} == {Level.T3: ("0",), Level.T4: ("0",)}
    assert found.worst is None


@cache
def lumbar():
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("L1-L4"),
            voxel_mm=(1.1, 1.1, 1.6),
            seed=4,
            thorax=False,
            tumour=TumourSpec(
                bone=(BonePiece(level=Level.L3, fraction=0.4),),
                epidural=(EpiduralPiece(level=Level.L3, thickness_mm=6.0, length_mm=20.0, clock_deg=20.0),),
            ),
        )
    )


def test_below_the_conus_there_is_no_grade_but_the_compromise_of_the_sac():
    found = measured_findings(spine_from_labels([lumbar().labels], modality="CT"), labelled(lumbar().tumour))
    assert Level.L3 not in found.escc
    compromise = found.cauda[Level.L3]
    assert "not applicable" in compromise.reason
    assert 0 < compromise.free_fraction <= 1
    assert compromise.free_mm2 > 0


def test_where_the_cord_is_labelled_its_end_decides():
    source = lumbar()
    spine = spine_from_labels([bones_of(source), *neural_labels(source)], modality="MR")
    found = measured_findings(spine, labelled(source.tumour))
    assert "the labelled cord ends above" in found.cauda[Level.L3].reason
    assert Level.L3 not in found.escc


def test_every_cut_off_is_marked_as_the_projects_own():
    from importlib.resources import files

    import yaml

    rows = yaml.safe_load(files("oncospine.lesion").joinpath("data/escc_limits.yaml").read_text("utf-8"))
    assert {row["verification"] for row in rows.values()} == {"D"}
    assert all(row["source"] for row in rows.values())
