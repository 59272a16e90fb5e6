"""From a case and its findings to the record that the rules read: every value with where it came from.

A clinician's entry wins over a measurement; what nobody entered and nothing measured stays None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any

from oncospine.anatomy import POSTERIOR_ELEMENTS
from oncospine.base import How
from oncospine.case import (
    Ambulation,
    Case,
    Course,
    DiagnosisKind,
    Exam,
    LabPanel,
    Modality,
    RadiotherapyTechnique,
    Sex,
    Sphincter,
    Study,
    SystemicKind,
    months_between,
)
from oncospine.histology_words import named_entity
from oncospine.lesion import Findings
from oncospine.level_inputs import found_levels, imaging_source, override_source
from oncospine.neurology import Graded, graded_exam
from oncospine.strategy import PatientInputs, Source
from oncospine.strategy.fields import specs_of
from oncospine.surgery import FacetRemoval, Operation

RENAMED = {
    "histology_id": "histology",
    "brain": "brain_metastases",
    "extraspinal_bone_count": "extraspinal_bone_foci",
    "vertebral_count": "vertebral_metastases",
    "solitary_bone_lesion": "solitary_lesion",
    "ambulation": "ambulatory",
    "complete_paraplegia_hours": "complete_hours",
    "prior_chemotherapy": "previous_chemotherapy",
    "prior_surgery_at_lesion": "prior_surgery",
    "recurrent_laryngeal_palsy": "laryngeal_palsy",
}
"""Fields of the case that the rules know under another name; all others are passed on under their own."""

AIS_GRADES = "ABCDE"
"""Grades of the ASIA impairment scale; a grading may also say that none applies."""

BY_HAND = {"sensory_level", "pain", "sex", "histology", "progression"}
"""Fields of one name that do not mean the same in the case and in the rules; each is passed on by hand."""


def patient_inputs(
    case: Case,
    findings: Findings | None,
    *,
    mr: Findings | None = None,
    study: Study | None = None,
    mr_study: Study | None = None,
    on: date | None = None,
) -> PatientInputs:
    """`PatientInputs` of the case as it stands on a day (default: its latest entry).

    `mr` are findings of the same lesion on MR, where the cord is seen: their ESCC grades replace a CT estimate.
    `study` and `mr_study` are what the findings were measured on, for the source of every value.
    """
    day = on or _latest_day(case)
    found = found_levels(case, findings, mr=mr, study=study, mr_study=mr_study)
    values: dict[str, Any] = {} if findings is None else _from_findings(findings)
    sources = dict(found.sources) | dict.fromkeys(values, imaging_source(study))
    exam, disease, panel = case.latest_exam(day), case.latest_disease(day), case.latest_laboratory(day)
    graded = None if exam is None else graded_exam(exam)
    for entries, source in (
        (_person(case, day), _entered("case")),
        (_tumour(case), _entered("case, diagnosis")),
        *_named(case),
        (_same(disease), _entered("staging", disease)),
        (_treatments(case), _entered("case, treatments")),
        (_graded(graded), Source(how=How.DERIVED, text=_dated("ISNCSCI tables", exam), kind="exam")),
        (_examination(exam), replace(_entered("examination", exam), kind="exam")),
        (_laboratory(panel), _entered("laboratory", panel)),
        (_fitness(case, day), _entered("fitness", case.latest_fitness(day))),
        (_wishes(case), _entered("case, wishes")),
        (_whole_spine(case, day), _entered("case, studies")),
    ):
        known = {name: value for name, value in entries.items() if value is not None}
        values |= known
        sources |= dict.fromkeys(known, source)
    for name, value, source in _stated(case):
        values[name], sources[name] = value, source
    return PatientInputs(levels=found.levels, sources=MappingProxyType(sources), **values)


def _entered(what: str, entry: object | None = None) -> Source:
    return Source(how=How.ENTERED, text=_dated(what, entry))


def _dated(what: str, entry: object | None) -> str:
    day = getattr(entry, "date", None)
    return what if day is None else f"{what} of {day}"


def with_plan(inputs: PatientInputs, operation: Operation) -> PatientInputs:
    """The same inputs with what an operation plans, so that the rules on plans can speak."""
    stages = operation.stages
    fixations = [stage.fixation for stage in stages if stage.fixation is not None]
    laminectomies = [stage.laminectomy for stage in stages if stage.laminectomy is not None]
    planned: dict[str, Any] = {
        "planned_open_surgery": True,
        "planned_laminectomy": bool(laminectomies),
        "planned_facet_removal": any(step.facets is not FacetRemoval.NONE for step in laminectomies),
        "planned_fixation": bool(fixations),
        "planned_body_resection": any(stage.corpectomy is not None for stage in stages),
        "planned_both_columns": bool(laminectomies) and any(stage.corpectomy is not None for stage in stages),
        "construct": tuple(dict.fromkeys(screw.level for step in fixations for screw in step.screws)) or None,
        "laminectomy_levels": tuple(dict.fromkeys(level for step in laminectomies for level in step.levels)) or None,
    }
    known = {name: value for name, value in planned.items() if value is not None}
    source = Source(how=How.ENTERED, text=f"operation: {operation.title}")
    sources = {**inputs.sources, **dict.fromkeys(known, source)}
    return replace(inputs, sources=MappingProxyType(sources), **known)


def _latest_day(case: Case) -> date:
    days = [
        entry.date
        for entries in (case.exams, case.laboratory, case.disease, case.fitness, case.studies, case.overrides)
        for entry in entries
    ]
    return max(days, default=date.max)


def _same(entry: object) -> dict[str, Any]:
    """The fields of an entry of the case that the rules know, enumerations as their words."""
    if not is_dataclass(entry):
        return {}
    known = {item.name for item in fields(PatientInputs)}
    found = {}
    for item in fields(entry):
        name = RENAMED.get(item.name, item.name)
        value = getattr(entry, item.name)
        if name in known and item.name not in BY_HAND and value is not None:
            found[name] = value.value if isinstance(value, Enum) else value
    return found


def _person(case: Case, day: date) -> dict[str, Any]:
    return {
        "age_years": _age(case, day),
        "sex": None if case.sex is Sex.UNKNOWN else case.sex.value,
    }


def _age(case: Case, day: date) -> int | None:
    """Age where the birth year settles it: unknown where the two possible ages lie on two sides of a limit."""
    ages = case.age_on(day) if day != date.max else None
    limits = specs_of(PatientInputs)["age_years"].steps
    if ages is None or (ages[0] != ages[1] and set(ages) <= set(limits)):
        return None
    return ages[1]


def _tumour(case: Case) -> dict[str, Any]:
    diagnosis = case.diagnosis
    role = {DiagnosisKind.METASTATIC: "metastasis", DiagnosisKind.PRIMARY: "primary"}.get(diagnosis.kind)
    found = _same(diagnosis)
    if diagnosis.tissue_diagnosis is False:
        found.pop("histology", None)
    known = True if role == "metastasis" else None
    interval = _months(diagnosis.date, diagnosis.first_metastasis)
    return {
        "known_cancer": known,
        "disease_free_months": interval,
        "months_to_compression": _months(diagnosis.date, diagnosis.cord_compression),
        "tumour_role": role,
        **found,
    }


def _named(case: Case) -> Iterable[tuple[dict[str, Any], Source]]:
    """A diagnosis in words that is exactly the name of an entity."""
    found = named_entity(case.diagnosis)
    if found is not None:
        words = f"the words '{case.diagnosis.histology}' of the diagnosis"
        yield {"histology": found}, Source(how=How.DERIVED, text=words)


def _months(start: Any, end: Any) -> float | None:
    """Months between two dates, known only where the precision of both leaves less than one month open."""
    if start is None or end is None:
        return None
    least, most = months_between(start, end)
    return least if most - least < 1 and least >= 0 else None


def _treatments(case: Case) -> dict[str, Any]:
    done = case.treatments
    at_lesion = [
        course for course in done.radiotherapy if course.levels and set(course.levels) & set(case.affected_levels)
    ]
    techniques = {course.technique for course in at_lesion}
    none_before = False if done.prior_radiotherapy_at_lesion is False else None
    steroid = [course for course in done.steroid if "dexa" in course.drug.lower() and course.ended is None]
    found = _same(done)
    if any(line.kind is SystemicKind.CHEMOTHERAPY for line in done.systemic):
        found["previous_chemotherapy"] = True
    operated = [item for item in done.surgery if item.at_lesion]
    if operated:
        found["prior_surgery"] = True
    if any(item.subtotal for item in operated[-1:]):
        found["subtotal_resection"] = True
    if any(item.failed_construct for item in operated):
        found["failed_posterior"] = True
    return {
        "prior_cebrt": True if RadiotherapyTechnique.CEBRT in techniques else none_before,
        "prior_sbrt": True if RadiotherapyTechnique.SBRT in techniques else none_before,
        "dexamethasone_mg_day": steroid[-1].dose_mg_per_day if steroid else None,
        "sbrt_available": case.resources.sbrt,
        **found,
    }


def _examination(exam: Exam | None) -> dict[str, Any]:
    if exam is None:
        return {}
    pain = exam.pain
    return {
        "sensory_level": True if exam.sensory_level is not None else None,
        "gait_loss": True if exam.ambulation is Ambulation.NOT_WALKING else None,
        "progression": None if exam.progression in {None, Course.IMPROVING} else str(exam.progression),
        "sphincter_change": True if exam.sphincter not in {None, Sphincter.NORMAL} else None,
        "pain": None if pain is None or pain.character is None else pain.character.value,
        "severe_pain": None if pain is None else pain.severe,
        **_same(exam),
    }


LABORATORY = {
    "albumin": ("albumin_g_dl", "g/dL"),
    "crp": ("crp_mg_dl", "mg/dL"),
    "ldh": ("ldh_iu_l", "U/L"),
    "platelets": ("platelets_per_ul", "/uL"),
    "calcium": ("calcium_mg_dl", "mg/dL"),
    "bilirubin": ("bilirubin_mg_dl", "mg/dL"),
    "inr": ("inr", "1"),
}
"""Analytes of the case, the field of the rules and its unit."""


def _laboratory(panel: LabPanel | None) -> dict[str, Any]:
    if panel is None:
        return {}
    found: dict[str, Any] = {}
    for analyte, (field, unit) in LABORATORY.items():
        value = getattr(panel, analyte)
        found[field] = None if value is None else value.in_unit(unit)
    found["febrile_or_neutropenic"] = True if panel.neutropenic else None
    return found


def _fitness(case: Case, day: date) -> dict[str, Any]:
    fitness = case.latest_fitness(day)
    if fitness is None:
        return {}
    ratio = None if fitness.fev1_l is None or not fitness.fvc_l else 100 * fitness.fev1_l / fitness.fvc_l
    return {
        "fev1_fvc_percent": ratio,
        "prior_chest_surgery_or_rt": True if fitness.previous_sternotomy or fitness.previous_thoracotomy else None,
        "febrile_or_neutropenic": True if fitness.febrile else None,
        **_same(fitness),
    }


def _graded(graded: Graded | None) -> dict[str, Any]:
    """What the ISNCSCI tables give; an entered AIS or sensory level comes later and wins."""
    if graded is None:
        return {}
    grades = graded.grades
    possible = tuple(value for value in grades.ais.values if value in AIS_GRADES)
    lost = [
        all(value != "INT" for value in side.sensory_level.values) for side in (graded.grades.right, graded.grades.left)
    ]
    return {
        "ais": possible[0] if len(grades.ais.values) == 1 and possible else None,
        "ais_graded": possible or None,
        "sensory_level": True if any(lost) else None,
    }


def _wishes(case: Case) -> dict[str, Any]:
    wishes = case.wishes
    return {
        "declines_surgery": wishes.declines_surgery,
        "declines_radiotherapy": wishes.declines_radiotherapy,
        "declines_transfusion": wishes.declines_transfusion,
    }


def _whole_spine(case: Case, day: date) -> dict[str, Any]:
    """An MR study of the whole spine on or before the day counts as reported."""
    seen = any(
        study.modality is Modality.MR and study.whole_spine is True and study.date <= day for study in case.studies
    )
    return {"mri_reported": True if seen else None}


def _stated(case: Case) -> Iterable[tuple[str, Any, Source]]:
    """A clinician's entries that the rules read of the patient, not of a level; the latest of each kind wins."""
    known = {item.name for item in fields(PatientInputs)}
    kinds = {"tomita_type": int, "bone_density_hu": float}
    for entry in sorted(case.overrides, key=lambda item: item.date):
        if entry.what in known:
            value: Any = {"yes": True, "no": False}.get(entry.value, entry.value)
            yield entry.what, kinds.get(entry.what, lambda same: same)(value), override_source(entry)


def _from_findings(findings: Findings) -> dict[str, Any]:
    """What the images say of the lesion as a whole."""
    found: dict[str, Any] = {"spinal_mass": True}
    involved = [findings.levels[level] for level in findings.involved_levels]
    if involved:
        arch = any(level.involves(part) for level in involved for part in POSTERIOR_ELEMENTS)
        found["posterior_only_disease"] = arch and not any(level.body_fraction > 0 for level in involved)
    return found
