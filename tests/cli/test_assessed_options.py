"""The options of an assessment as lines: a patient without histology is not shown a page of tumours he may have."""

from oncospine.base import Level
from oncospine.cli.assessed_text import _options
from oncospine.strategy import LevelInputs, PatientInputs, assess


def lines(histology: str | None) -> list[str]:
    found = assess(PatientInputs(levels=(LevelInputs(level=Level.T5),), histology=histology, spinal_mass=True))
    return _options(found.options)


def test_options_that_wait_for_the_histology_alone_stand_on_one_line() -> None:
    told = lines(None)
    (waiting,) = [line for line in told if line.startswith("open once the histology is known")]
    assert "radiofrequency ablation" in waiting
    assert not any(line.startswith("ablation") for line in told)
    assert any(line.startswith("biopsy_first (leads") for line in told)


def test_with_a_histology_those_for_other_tumours_stand_on_one_line() -> None:
    told = lines("prostate_cr")
    assert not any(line.startswith("open once") for line in told)
    (others,) = [line for line in told if line.startswith("for other tumours")]
    assert "CT-guided radiofrequency ablation (osteoid osteoma)" in others
    assert "observe" not in others
    assert "radiofrequency" not in next(iter(lines("osteoid_osteoma")[-1:]))


def test_missing_inputs_are_named_as_a_clinician_writes_them() -> None:
    missing = [line.partition("(open, missing ")[2].partition("): ")[0] for line in lines("lms")]
    assert any("KPS" in names and "albumin (g/dL)" in names for names in missing)
    assert not any("_" in names for names in missing)
