"""A review beside one patient: what it holds on each option, and the reported patients most like this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from oncospine.base import read_yaml
from oncospine.evidence.brief import ReviewBrief, changed_since, read_brief, shipped_brief
from oncospine.evidence.options import OptionEvidence, option_evidence
from oncospine.evidence.similar import Query, SimilarPatients, patients_like
from oncospine.scores import histology
from oncospine.strategy import PatientInputs

SHIPPED = "comes with oncospine"
"""Source of the review that is part of the program."""

ESCC_COMPRESSION = frozenset({"2", "3"})
"""Grades of epidural compression at which the cord itself is compressed."""

ROLES = {"metastasis": "metastatic", "primary": "primary"}
"""Roles of the tumour in the inputs, and the disease class of the case table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvidence:
    """One review for one patient. `source` names the folder, or says that it came with the program."""

    review: ReviewBrief
    source: str
    group: str
    options: Mapping[str, OptionEvidence]
    similar: SimilarPatients
    notes: tuple[str, ...]


def evidence_summary(evidence: CaseEvidence) -> dict[str, Any]:
    """What is kept with a plan: all but the review itself, which stands in its own folder."""
    return {
        "review": {"title": evidence.review.title, "source": evidence.source, "state": evidence.review.state},
        "certainty": evidence.review.certainty,
        "group": evidence.group,
        "options": evidence.options,
        "similar": evidence.similar,
        "notes": evidence.notes,
    }


@cache
def shipped_histologies() -> frozenset[str]:
    """Ids of the histologies that the review that comes with the program is about."""
    return frozenset(read_yaml("oncospine.evidence", "data", "shipped_review.yaml")["histologies"])


def evidence_for_case(
    inputs: PatientInputs, options: Sequence[str], *, folder: Path | None = None
) -> CaseEvidence | None:
    """The review in `folder`, else the shipped one where it is about this histology, else None.

    The group of the patient asked about is taken from the review's own map of histologies; where that does not name
    his, patients of all groups are counted and histology is not compared, and a note says so.
    """
    name = None if inputs.histology is None else histology(inputs.histology).id
    changed: tuple[str, ...] = ()
    if folder is not None:
        review, source = read_brief(folder), str(folder)
        changed = changed_since(folder, review)
    elif name in shipped_histologies():
        review, source = shipped_brief(), SHIPPED
    else:
        return None
    group = review.histologies.get(name or "", "")
    found = {option: option_evidence(option, review, group=group) for option in options}
    return CaseEvidence(
        review=review,
        source=source,
        group=group,
        options=found,
        similar=patients_like(query_of(inputs, group=group), review.patients),
        notes=_notes(name, group=group, source=source, changed=changed),
    )


def query_of(inputs: PatientInputs, *, group: str = "") -> Query:
    """The patient of the rules as one to look for; the operation is left open, because it is still to be chosen."""
    levels = inputs.levels or ()
    return Query(
        histology_group=group,
        disease_class=ROLES.get(inputs.tumour_role or "", ""),
        levels=tuple(item.level for item in levels),
        myelopathy=inputs.myelopathy,
        cord_compression=_compression([frozenset(item.escc or ()) for item in levels]),
        age_years=inputs.age_years,
        sex={"female": "F", "male": "M"}.get(inputs.sex or "", ""),
    )


def _compression(grades: Sequence[frozenset[str]]) -> bool | None:
    """True where one level surely compresses the cord, False where surely none does, else None."""
    if any(found and found <= ESCC_COMPRESSION for found in grades):
        return True
    return False if grades and all(found and not found & ESCC_COMPRESSION for found in grades) else None


def _notes(name: str | None, *, group: str, source: str, changed: Sequence[str]) -> tuple[str, ...]:
    found = []
    if changed:
        found.append(
            f"The review has changed since it was pooled ({', '.join(changed)}): "
            f"run `oncospine evidence pool {source}` and plan again."
        )
    if not group:
        told = f"'{name}'" if name else "of this patient, which is not stated,"
        found.append(
            f"Which group of the review the histology {told} belongs to is not said (`histologies` in "
            "review.yaml): patients of all groups are counted, and histology is not compared."
        )
    return tuple(found)
