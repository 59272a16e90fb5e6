"""Tomita and Enneking: every row of their tables."""

import pytest
from lesion_samples import findings_of, phantom

from oncospine.base import InputError, Level, Verification, parse_levels
from oncospine.lesion import enneking, measured_compartment, tomita_type

NOTHING = {"body": False, "pedicle": False, "arch": False, "epidural": False, "paravertebral": False}


@pytest.mark.parametrize(
    ("levels", "sites", "expected"),
    [
        ("T3", ["body"], 1),
        ("T3", ["arch"], 1),
        ("T3", ["body", "pedicle"], 2),
        ("T3", ["arch", "pedicle"], 2),
        ("T3", ["body", "pedicle", "arch"], 3),
        ("T3", ["body", "epidural"], 4),
        ("T3", ["body", "pedicle", "arch", "epidural"], 4),
        ("T3", ["body", "paravertebral"], 5),
        ("T3", ["body", "epidural", "paravertebral"], 5),
        ("T3-T4", ["body"], 6),
        ("T3-T5", ["body", "epidural", "paravertebral"], 6),
        ("T3-T6", ["body"], 7),
        ("T3, T5", ["body"], 7),
        ("C7, T1", ["body"], 6),
        ("T12, L1", ["body"], 6),
    ],
)
def test_every_type(levels, sites, expected):
    found = tomita_type(parse_levels(levels), **{**NOTHING, **dict.fromkeys(sites, True)})
    assert found.type == expected
    assert found.verification is Verification.KNOWLEDGE


@pytest.mark.parametrize(("number", "group"), [("T3", "intracompartmental"), ("T3-T4", "extracompartmental")])
def test_groups(number, group):
    assert tomita_type(parse_levels(number), **{**NOTHING, "body": True}).group == group
    assert tomita_type(parse_levels("T3, T7"), **{**NOTHING, "body": True}).group == "multiple"


def test_the_highest_type_wins_and_the_flags_are_kept():
    found = findings_of(phantom()).tomita
    assert found.type == 6
    assert {"spinal canal (epidural)", "paravertebral", "pedicle", "vertebral body"} <= set(found.sites)


@pytest.mark.parametrize(
    ("inputs", "stage"),
    [
        ({"grade": "G0", "behaviour": "latent", "metastasis": False}, "S1"),
        ({"grade": "G0", "behaviour": "active", "metastasis": False}, "S2"),
        ({"grade": "G0", "behaviour": "aggressive", "metastasis": False}, "S3"),
        ({"grade": "G0", "behaviour": "aggressive", "metastasis": True}, "S3"),
        ({"grade": "G1", "compartment": "T1", "metastasis": False}, "IA"),
        ({"grade": "G1", "compartment": "T2", "metastasis": False}, "IB"),
        ({"grade": "G2", "compartment": "T1", "metastasis": False}, "IIA"),
        ({"grade": "G2", "compartment": "T2", "metastasis": False}, "IIB"),
        ({"grade": "G1", "compartment": "T1", "metastasis": True}, "IIIA"),
        ({"grade": "G2", "compartment": "T2", "metastasis": True}, "IIIB"),
        ({"grade": "G2", "metastasis": True}, "III"),
    ],
)
def test_every_enneking_stage(inputs, stage):
    assert enneking(**inputs).value == stage


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"grade": "high", "metastasis": False}, "unknown grade 'high'"),
        ({"grade": "G1", "compartment": "T4", "metastasis": False}, "unknown compartment 'T4'"),
        ({"grade": "G0", "metastasis": False}, "needs its behaviour"),
        ({"grade": "G0", "behaviour": "latent", "metastasis": True}, "only an aggressive"),
        ({"grade": "G2", "metastasis": False}, "needs the compartment"),
    ],
)
def test_enneking_names_what_is_missing(inputs, message):
    with pytest.raises(InputError, match=message):
        enneking(**inputs)


@pytest.mark.parametrize(
    ("sites", "expected"), [(["body"], "T1"), (["body", "epidural"], "T2"), (["body", "paravertebral"], "T2")]
)
def test_epidural_and_paravertebral_extension_are_extracompartmental(sites, expected):
    extent = tomita_type((Level.T3,), **{**NOTHING, **dict.fromkeys(sites, True)})
    assert measured_compartment(extent) == expected
