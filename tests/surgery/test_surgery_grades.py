"""Every band and boundary of the grading scales, and every row of the screw data."""

from __future__ import annotations

import pytest
from surgery_samples import intact_spine, tube_spine

from oncospine.base import InputError, Level, Side, parse_levels
from oncospine.surgery import Margins, Screw, Wall, default_catalogue, plan_screw, read_catalogue, screw_sites
from oncospine.surgery.screw_grading import gertzbein_grade, neo_grade, predicted_grade
from oncospine.surgery.sizes import screw_rules


@pytest.mark.parametrize(
    ("breach", "grade"),
    [(0.0, "A"), (0.01, "B"), (1.99, "B"), (2.0, "C"), (3.99, "C"), (4.0, "D"), (5.99, "D"), (6.0, "E"), (12.0, "E")],
)
def test_gertzbein_robbins_bands_are_half_open(breach, grade):
    assert gertzbein_grade(breach, screw_rules()) == grade


@pytest.mark.parametrize(
    ("breach", "diameter", "grade"),
    [
        (0.0, 3.5, 0),
        (0.01, 3.5, 1),
        (1.74, 3.5, 1),
        (1.75, 3.5, 2),
        (1.99, 5.0, 1),
        (2.0, 5.0, 2),
        (3.99, 5.0, 2),
        (4.0, 5.0, 3),
    ],
)
def test_neo_grade_1_is_also_less_than_half_the_screw(breach, diameter, grade):
    assert neo_grade(breach, diameter, screw_rules()) == grade


def margins(**changes):
    values = dict.fromkeys(
        ("medial_mm", "lateral_mm", "superior_mm", "inferior_mm", "body_mm", "anterior_mm", "canal_mm"), 2.0
    )
    return Margins(**{**values, **changes})


def graded(level=Level.T6, touches=(), **changes):
    spine = tube_spine()
    site = screw_sites(spine, [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    screw = plan_screw(site).screw()
    other = Screw(level=level, side=Side.LEFT, entry_mm=screw.entry_mm, tip_mm=screw.tip_mm, diameter_mm=5.0)
    return predicted_grade(site.field, spine, other, margins=margins(**changes), touches=touches, rules=screw_rules())


@pytest.mark.parametrize(
    ("changes", "heary"),
    [
        ({}, 1),
        ({"lateral_mm": -1.0}, 2),
        ({"anterior_mm": -1.0}, 3),
        ({"tip_mm": -1.0}, 3),
        ({"body_mm": -1.0}, 1),
        ({"lateral_mm": -1.0, "body_mm": -1.0}, 2),
        ({"lateral_mm": -1.0, "anterior_mm": -1.0}, 3),
        ({"medial_mm": -1.0}, 4),
        ({"inferior_mm": -1.0}, 4),
        ({"medial_mm": -1.0, "anterior_mm": -1.0}, 4),
        ({"superior_mm": -1.0}, None),
        ({"touches": ("aorta",)}, 5),
    ],
)
def test_heary_rows(changes, heary):
    assert graded(**changes).heary == heary


def test_scales_stay_within_their_levels():
    assert graded(Level.T1).heary == 1
    assert graded(Level.T12).heary == 1
    assert graded(Level.L1).heary is None
    assert graded(Level.C7).heary is None
    assert graded(Level.C7).neo == 0
    assert graded(Level.C2, lateral_mm=-3.0).neo == 2
    assert graded(Level.T1).neo is None


def test_half_a_voxel_outside_counts_as_inside_and_is_told():
    half = 0.3  # voxels of 0.6 mm
    inside = graded(lateral_mm=-half + 0.01)
    assert inside.gertzbein == "A"
    assert inside.breach_mm == pytest.approx(half - 0.01)
    assert "within half a voxel" in inside.reason
    outside = graded(lateral_mm=-half - 0.05)
    assert outside.gertzbein == "B"
    assert outside.breach_wall is Wall.LATERAL
    assert graded(lateral_mm=0.1).at_worst == "B"
    assert graded(lateral_mm=-1.8).at_worst == "C"
    assert inside.uncertainty_mm == pytest.approx(half, abs=1e-6)


def test_the_uncertainty_is_half_the_voxel_in_the_direction_of_the_wall():
    spine = intact_spine()  # voxels 1.0 x 1.0 x 1.25 mm
    site = screw_sites(spine, [(Level.T4, Side.LEFT)])[Level.T4, Side.LEFT]
    assert plan_screw(site).grade.uncertainty_mm == pytest.approx(0.62, abs=0.05)


@pytest.mark.parametrize(
    ("levels", "diameters", "lengths"),
    [
        ("C7", (3.5, 4.0), (22, 28)),
        ("T1", (4.5, 5.0), (25, 30)),
        ("T2", (4.5, 5.0), (30, 30)),
        ("T3", (4.0, 4.5), (30, 30)),
        ("T4-T6", (4.0, 4.5), (30, 35)),
        ("T7-T9", (4.5, 5.5), (35, 40)),
        ("T10-T12", (5.5, 6.5), (40, 45)),
        ("L1-L3", (5.5, 6.5), (45, 45)),
        ("L4-L5", (6.5, 7.5), (40, 50)),
    ],
)
def test_usual_sizes_per_level(levels, diameters, lengths):
    catalogue = default_catalogue()
    for level in parse_levels(levels):
        assert catalogue.usual[level].diameter_mm == diameters
        assert catalogue.usual[level].length_mm == lengths
        assert catalogue.diameters_for(level)[-1] == diameters[1]


def test_rules_hold_the_published_numbers():
    rules = screw_rules()
    assert rules.diameter_share == 0.8
    assert rules.sources["diameter_share"].citations == ("solitro2019",)
    assert (rules.short_of_chord_mm, rules.tip_to_cortex_mm) == (5.0, 3.0)
    assert dict(rules.gertzbein_below_mm) == {"B": 2.0, "C": 4.0, "D": 6.0}
    assert rules.heary_levels == parse_levels("T1-T12")
    assert rules.neo_levels == parse_levels("C2-C7")
    assert not rules.sources["length"].verification.is_verified


def test_a_hospitals_own_catalogue(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("diameters_mm: [5.0, 4.0]\nlengths_mm: [25, 30]\n")
    own = read_catalogue(file)
    assert own.diameters_mm == (4.0, 5.0)
    assert own.diameters_for(Level.C7) == (4.0, 5.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("diameters_mm: []\nlengths_mm: [30]\n", "diameters_mm holds a list of sizes in mm"),
        ("diameters_mm: [4.0]\n", "lengths_mm holds a list of sizes in mm"),
        ("diameters_mm: [four]\nlengths_mm: [30]\n", "found .'four'"),
        ("diameters_mm: [-1]\nlengths_mm: [30]\n", "diameters_mm holds"),
        ("- 4\n", "a screw catalogue holds"),
        ("a: [\n", "not readable YAML"),
        ("usual: {rows: [{levels: TH3}]}\ndiameters_mm: [4]\nlengths_mm: [30]\n", "usual"),
        ("usual: [1]\ndiameters_mm: [4]\nlengths_mm: [30]\n", "usual"),
    ],
)
def test_a_bad_catalogue_is_told_in_one_sentence(tmp_path, text, told):
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=told):
        read_catalogue(file)


def test_a_missing_catalogue_is_told(tmp_path):
    with pytest.raises(InputError, match="no such screw catalogue"):
        read_catalogue(tmp_path / "none.yaml")
