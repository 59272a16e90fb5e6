"""The default table against the alignment and the limits it was made from (morphometry.md sections 8, 12 and 13)."""

import csv
import math
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import yaml

from oncospine.base import Level, Verification, parse_levels
from oncospine.phantom import MODELLED_LEVELS, Collapse, PhantomSpec, TumourSpec
from oncospine.phantom.subject import drawn_subject
from oncospine.phantom.tables import materials, morphometry

AVERAGE = PhantomSpec(variation=0.0, asymmetry=0.25)
THORACIC = parse_levels("T1-T12")


def angle_between(upper, lower):
    table = morphometry()
    return table[upper]["w"] / 2 + table[upper]["dth"] + table[lower]["w"] / 2


@pytest.mark.parametrize(("ends", "degrees"), [("T1-T12", 44.2), ("T2-T11", 39.9), ("T3-T10", 33.3)])
def test_wedges_of_bodies_and_discs_add_up_to_the_published_kyphosis(ends, degrees):
    levels = parse_levels(ends)
    total = sum(angle_between(upper, lower) for upper, lower in pairwise(levels))
    assert total == pytest.approx(degrees, abs=0.15)


def test_supine_the_thoracic_spine_is_flatter_by_the_discs():
    total = sum(morphometry()[level]["w"] for level in THORACIC[1:-1])
    total += (morphometry()[Level.T1]["w"] + morphometry()[Level.T12]["w"]) / 2
    assert total - 11 * 0.7 == pytest.approx(32, abs=0.6)


@pytest.mark.parametrize("level", parse_levels("C7-L5"))
def test_anterior_height_is_posterior_height_less_the_wedge(level):
    row = morphometry()[level]
    expected = row["VBHp"] - (row["EPDu"] + row["EPDl"]) / 2 * math.tan(math.radians(row["w"]))
    assert row["VBHa"] == pytest.approx(expected, abs=0.2)


def test_every_row_names_source_and_tag():
    text = (files("oncospine.phantom") / "data" / "levels.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(Level(row["level"]) for row in rows) == MODELLED_LEVELS
    assert {Verification(row["tag"]) for row in rows} == {Verification.PROJECT}
    known = yaml.safe_load((files("oncospine.phantom") / "data" / "citations.yaml").read_text("utf-8"))
    assert {row["citation"] for row in rows} <= set(known)


@pytest.mark.parametrize("level", MODELLED_LEVELS)
def test_the_dural_sac_fits_into_the_bony_canal_and_the_cord_into_the_sac(level):
    sizes = drawn_subject(AVERAGE)[level].sizes
    assert 0.9 - 1e-9 <= (sizes["SCD"] - sizes["sAP"]) / 2 <= 3.4
    assert 0.9 - 1e-9 <= (sizes["SCW"] - sizes["sRL"]) / 2 <= 5.1
    assert sizes["cAP"] < sizes["sAP"] - 2
    assert sizes["cRL"] < sizes["sRL"] - 2


@pytest.mark.parametrize("seed", range(40))
def test_people_stay_within_the_limits_beyond_which_a_measurement_is_rejected(seed):
    shapes = drawn_subject(PhantomSpec(seed=seed, sex=("female", "male", None)[seed % 3]))
    for level in THORACIC:
        sizes = shapes[level].sizes
        early = level.number <= 4
        assert (15 if early else 16) < sizes["EPWu"] < (40 if early else 56)
        assert (11 if early else 14) < sizes["EPDu"] < 46
        assert 9 < sizes["VBHp"] < 33
        assert 0.8 < sizes["VBHa"] / sizes["VBHp"] < 1.08
        assert 8 < sizes["SCD"] < 28
        assert 10 < sizes["SCW"] < 32
        for side in shapes[level].sides.values():
            assert 1.5 < side.pedicle_width < 16
            assert 4 < side.pedicle_height < 25
            assert -25 < side.transverse_angle_deg < 55


def test_left_and_right_of_one_vertebra_always_differ():
    for shape in drawn_subject(AVERAGE).values():
        left, right = shape.sides.values()
        assert left.pedicle_width != right.pedicle_width
        assert left.transverse_angle_deg != right.transverse_angle_deg
        assert shape.spinous_deviation_deg != 0


def test_women_have_smaller_bones_but_nearly_the_same_canal():
    woman, man = (drawn_subject(PhantomSpec(variation=0, sex=sex))[Level.T6].sizes for sex in ("female", "male"))
    assert woman["EPWu"] / man["EPWu"] == pytest.approx(0.93 / 1.07)
    assert woman["SCW"] / man["SCW"] == pytest.approx(0.97 / 1.03)


def test_a_collapse_takes_its_share_of_the_anterior_height_and_adds_kyphosis():
    whole = drawn_subject(AVERAGE)[Level.T7]
    tumour = TumourSpec(collapses=(Collapse(level=Level.T7, anterior_loss=0.4),))
    fallen = drawn_subject(PhantomSpec(variation=0.0, asymmetry=0.25, tumour=tumour))[Level.T7]
    assert fallen.sizes["VBHa"] == pytest.approx(0.6 * whole.sizes["VBHa"])
    assert fallen.sizes["VBHp"] == whole.sizes["VBHp"]
    assert fallen.half_wedge > whole.half_wedge


def test_tissues_keep_the_order_a_reader_expects():
    ct, mr = materials("ct"), materials("mr_t2")
    assert ct["lung"] < ct["skin_fat"] < ct["csf"] < ct["cord"] < ct["lytic"] < ct["trabecular"] < ct["cortex"]
    assert mr["cortex"] < mr["cord"] < mr["soft_tumour"] < mr["csf"]
    assert np.isfinite(list(ct.values())).all()
