"""NOMS: all ten rows, both mechanical branches, missing inputs, and that fitness moves nothing else."""

import itertools

import pytest

from oncospine.base import Level
from oncospine.strategy import LevelInputs, PatientInputs, Status, all_rules, assess
from oncospine.strategy.engine import evaluation
from oncospine.strategy.facts import Facts

STABLE = {"pain": "none", "bone": "blastic", "alignment": "normal", "collapse": "none", "posterolateral": "none"}
UNSTABLE = {
    "pain": "mechanical", "bone": "lytic", "alignment": "subluxation", "collapse": "over_50",
    "posterolateral": "bilateral",
}  # fmt: skip
BETWEEN = STABLE | {"pain": "mechanical", "bone": "lytic", "collapse": "under_50"}


def patient(escc: str, histology: str, sins: dict[str, str], able: bool | None) -> PatientInputs:
    level = LevelInputs(level=Level.T6, escc=(escc,), **sins)
    return PatientInputs(
        levels=(level,), histology=histology, tumour_role="metastasis", known_cancer=True, can_tolerate_surgery=able
    )


def noms(inputs: PatientInputs) -> list[str]:
    """Rows that apply; the engine alone, without working out what would change them."""
    found = evaluation(Facts(inputs))
    return [rule.id for rule in all_rules() if rule.family == "noms" and found.applies(rule.id)]


EXPECTED = {
    ("low", "sensitive", "stable"): ("NOMS-1", "NOMS-1"),
    ("low", "sensitive", "unstable"): ("NOMS-2", "NOMS-2"),
    ("low", "resistant", "stable"): ("NOMS-3", "NOMS-3"),
    ("low", "resistant", "unstable"): ("NOMS-4", "NOMS-4"),
    ("high", "sensitive", "stable"): ("NOMS-5", "NOMS-5"),
    ("high", "sensitive", "unstable"): ("NOMS-6", "NOMS-6"),
    ("high", "resistant", "stable"): ("NOMS-7", "NOMS-9"),
    ("high", "resistant", "unstable"): ("NOMS-8", "NOMS-10"),
}


@pytest.mark.parametrize("row", EXPECTED)
def test_every_row_for_the_able_and_the_unable(row: tuple[str, str, str]) -> None:
    for escc in {"low": ("0", "1a", "1b", "1c"), "high": ("2", "3")}[row[0]]:
        histology = {"sensitive": "breast_hr", "resistant": "rcc"}[row[1]]
        sins = STABLE if row[2] == "stable" else UNSTABLE
        for able, expected in zip((True, False), EXPECTED[row], strict=True):
            assert noms(patient(escc, histology, sins, able)) == [expected]


def test_sins_7_to_12_prints_both_branches_with_their_assumption_and_the_conflict() -> None:
    found = assess(patient("1b", "rcc", BETWEEN, True))
    assert noms(patient("1b", "rcc", BETWEEN, True)) == ["NOMS-3", "NOMS-4"]
    row = found.recommendation("NOMS-3")
    assert row is not None
    assert row.status is Status.BRANCH
    assert row.assumptions == ("m_class = stable",)
    assert [clash.rule_id for clash in row.conflicts] == ["NOMS-4"]


def test_missing_escc_gives_no_row_but_says_what_is_missing() -> None:
    inputs = PatientInputs(
        levels=(LevelInputs(level=Level.T6, **UNSTABLE),), histology="rcc", tumour_role="metastasis",
        can_tolerate_surgery=True,
    )  # fmt: skip
    found = assess(inputs)
    assert noms(inputs) == []
    missing = {item.rule_id: item.missing for item in found.not_evaluated}
    assert "escc" in missing["NOMS-8"]


def test_prior_radiotherapy_makes_a_sensitive_tumour_resistant() -> None:
    level = LevelInputs(level=Level.T6, escc=("2",), **STABLE)
    inputs = PatientInputs(
        levels=(level,), histology="breast_hr", prior_cebrt=True, can_tolerate_surgery=True
    )  # fmt: skip
    assert noms(inputs) == ["NOMS-7"]


def test_the_rows_partition_every_complete_patient() -> None:
    for escc, histology, sins, able in itertools.product(
        ("0", "1a", "1b", "1c", "2", "3"), ("breast_hr", "lms"), (STABLE, UNSTABLE), (True, False)
    ):
        assert len(noms(patient(escc, histology, sins, able))) == 1


def test_a_grade_from_ct_is_flagged_as_an_estimate() -> None:
    level = LevelInputs(level=Level.T6, escc=("2", "3"), escc_from_ct=True, **STABLE)
    found = assess(PatientInputs(levels=(level,), histology="rcc", can_tolerate_surgery=True))
    assert found.recommendation("MR-1") is not None
    assert noms(PatientInputs(levels=(level,), histology="rcc", can_tolerate_surgery=True)) == ["NOMS-7"]
