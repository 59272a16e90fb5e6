"""A diagnosis in words is read where it is exactly a name, and told of where it is not."""

import pytest

from oncospine.base import How
from oncospine.case import parse_case
from oncospine.histology_words import histology_doubt, named_entity
from oncospine.patient_inputs import patient_inputs
from oncospine.pipeline import assess_case

HEAD = "schema_version: 1\npseudonym: p\ndiagnosis: "


def case_of(diagnosis: str):
    return parse_case(f"{HEAD}{{{diagnosis}}}\n")


@pytest.mark.parametrize(
    ("written", "entity"),
    [
        ("leiomyosarcoma", "lms"),
        ("'leiomyosarcoma, metastatic'", "lms"),
        ("Metastatic leiomyosarcoma", "lms"),
        ("renal cell", "rcc"),
        ("lms", "lms"),
        ("sarcoma", None),
        ("leiomyosarcom", None),
        ("some round cells", None),
    ],
)
def test_words_that_are_a_name_are_read_and_others_are_told_of_with_the_nearest_names(written, entity) -> None:
    case = case_of(f"kind: metastatic, histology: {written}")
    assert named_entity(case.diagnosis) == entity
    doubt = histology_doubt(case.diagnosis)
    assert (doubt is None) == (entity is not None)
    if doubt is not None:
        assert written in doubt
        assert "histology_id" in doubt
        assert assess_case(case, None).doubts == (doubt,)


def test_what_was_read_from_words_says_so_and_an_id_wins() -> None:
    found = patient_inputs(case_of("kind: metastatic, histology: leiomyosarcoma"), None)
    assert (found.histology, found.sources["histology"].how) == ("lms", How.DERIVED)
    both = patient_inputs(case_of("kind: metastatic, histology: leiomyosarcoma, histology_id: rcc"), None)
    assert (both.histology, both.sources["histology"].how) == ("rcc", How.ENTERED)


def test_words_without_tissue_are_not_used_and_that_is_told() -> None:
    case = case_of("kind: metastatic, histology: leiomyosarcoma, tissue_diagnosis: no")
    assert patient_inputs(case, None).histology is None
    assert "tissue_diagnosis is no" in str(histology_doubt(case.diagnosis))
