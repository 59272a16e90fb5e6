"""From a case and its findings to the record that the rules read: every value with where it came from.

A clinician's entry wins over a measurement; what nobody entered and nothing measured stays None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any

from oncospine.anatomy import POSTERIOR_ELEMENTS, Part, sided
from oncospine.base import How, Level, Side
from oncospine.case import (
    Ambulation,
    Case,
    Course,
    DiagnosisKind,
    Exam,
    LabPanel,
    RadiotherapyTechnique,
    Sex,
    Sphincter,
    SystemicKind,
    months_between,
)
from oncospine.lesion import EsccEstimate, Findings, LevelFinding
from oncospine.scores import OneOf, suggested_bone
from oncospine.strategy import LevelInputs, PatientInputs, Source
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

BY_HAND = {"sensory_level", "pain", "sex", "histology", "progression"}
"""Fields of one name that do not mean the same in the case and in the rules; each is passed on by hand."""

TRANSLATION_ERROR_MM = 2.5
"""Translations below this are within the error of the measurement and are not passed on [D]."""

LESION_SHARE = 0.1
"""Share of lesion voxels outside the healthy range from which a lesion type is suggested [D]."""


def patient_inputs(
    case: Case, findings: Findings | None, *, mr: Findings | None = None, on: date | None = None
) -> PatientInputs:
    """`PatientInputs` of the case as it stands on a day (default: its latest entry).

    `mr` are findings of the same lesion on MR, where the cord is seen: their ESCC grades replace a CT estimate.
    """
    day = on or _latest_day(case)
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for found, source in (
        (_person(case, day), Source(how=How.ENTERED, text="case")),
        (_tumour(case), Source(how=How.ENTERED, text="case, diagnosis")),
        (_same(case.latest_disease(day)), Source(how=How.ENTERED, text="case, staging")),
        (_treatments(case), Source(how=How.ENTERED, text="case, treatments")),
        (_examination(case.latest_exam(day)), Source(how=How.ENTERED, text="examination", kind="exam")),
        (_laboratory(case.latest_laboratory(day)), Source(how=How.ENTERED, text="laboratory")),
        (_fitness(case, day), Source(how=How.ENTERED, text="case, fitness")),
        (_stated(case), Source(how=How.ENTERED, text="stated by a clinician")),
    ):
        known = {name: value for name, value in found.items() if value is not None}
        values |= known
        sources |= dict.fromkeys(known, source)
    levels = _levels(case, findings, {} if mr is None else mr.escc)
    if findings is not None:
        measured = _from_findings(findings)
        values = {**measured, **values}
        sources |= {name: Source(how=How.MEASURED, text="images", kind="imaging") for name in measured.keys() - sources}
        sources["levels"] = Source(how=How.MEASURED, text="images", kind="imaging")
    elif levels:
        sources["levels"] = Source(how=How.ENTERED, text="levels stated by the team")
    return PatientInputs(levels=levels, sources=MappingProxyType(sources), **values)


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
    ages = case.age_on(day) if day != date.max else None
    return {
        "age_years": None if ages is None else ages[1],
        "sex": None if case.sex is Sex.UNKNOWN else case.sex.value,
    }


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
    if any(item.at_lesion for item in done.surgery):
        found["prior_surgery"] = True
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


def _stated(case: Case) -> dict[str, Any]:
    """A clinician's entries that the rules read of the patient, not of a level; the latest of each kind."""
    known = {item.name for item in fields(PatientInputs)}
    found: dict[str, Any] = {}
    for entry in sorted(case.overrides, key=lambda item: item.date):
        if entry.what in known:
            found[entry.what] = {"yes": True, "no": False}.get(entry.value, entry.value)
    for name, kind in (("tomita_type", int), ("bone_density_hu", float)):
        if name in found:
            found[name] = kind(found[name])
    return found


def _from_findings(findings: Findings) -> dict[str, Any]:
    """What the images say of the lesion as a whole."""
    found: dict[str, Any] = {"spinal_mass": True}
    involved = [findings.levels[level] for level in findings.involved_levels]
    if involved:
        arch = any(level.involves(part) for level in involved for part in POSTERIOR_ELEMENTS)
        found["posterior_only_disease"] = arch and not any(level.body_fraction > 0 for level in involved)
    return found


def _levels(
    case: Case, findings: Findings | None, seen: Mapping[Level, EsccEstimate]
) -> tuple[LevelInputs, ...] | None:
    """Inputs of every involved vertebra; None where neither image nor team says which."""
    if findings is None:
        levels = [LevelInputs(level=level) for level in case.affected_levels]
        return tuple(_overridden(case, level) for level in levels) or None
    involved = findings.involved_levels or tuple(findings.levels)
    grades = _escc_by_level({**findings.escc, **seen}, involved)
    return tuple(_overridden(case, _level(findings, level, grades.get(level))) for level in involved)


def _level(findings: Findings, level: Level, escc: EsccEstimate | None) -> LevelInputs:
    found = findings.levels[level]
    shape = findings.shapes.get(level)
    translation = None if shape is None else shape.translation_mm.value
    return LevelInputs(
        level=level,
        body_fraction=found.body_fraction,
        pedicle_left_fraction=_fraction(found, sided("pedicle", Side.LEFT)),
        pedicle_right_fraction=_fraction(found, sided("pedicle", Side.RIGHT)),
        facet_left_fraction=_fraction(found, sided("articular", Side.LEFT)),
        facet_right_fraction=_fraction(found, sided("articular", Side.RIGHT)),
        arch_fraction=max(_fraction(found, part) for part in ARCH),
        epidural=found.epidural_ml > 0,
        paravertebral=sum(found.paravertebral_ml.values()) > 0,
        height_loss_percent=None if shape is None else shape.height_loss_percent.value,
        translation_mm=translation if translation is not None and abs(translation) > TRANSLATION_ERROR_MM else None,
        escc=None if escc is None else escc.possible,
        escc_from_ct=None if escc is None else escc.is_ct,
        bone=_bone(findings),
    )


ARCH = (Part.LAMINA_LEFT, Part.LAMINA_RIGHT, Part.TRANSVERSE_LEFT, Part.TRANSVERSE_RIGHT, Part.SPINOUS)
"""Parts of the arch that are neither pedicle nor facet."""


def _fraction(found: LevelFinding, part: Part) -> float:
    part_found = found.parts.get(part)
    return 0.0 if part_found is None else part_found.fraction


def _bone(findings: Findings) -> OneOf | None:
    density = findings.density
    if density is None:
        return None
    return suggested_bone(
        below_fraction=density.below_fraction, above_fraction=density.above_fraction, cut=LESION_SHARE
    )


def _escc_by_level(estimates: Mapping[Level, EsccEstimate], involved: tuple[Level, ...]) -> dict[Level, EsccEstimate]:
    """Estimate of each involved level; that of a neighbour which only has epidural tumour goes to the nearest one."""
    grades = ("0", "1a", "1b", "1c", "2", "3")
    found: dict[Level, EsccEstimate] = {}
    for level, estimate in estimates.items():
        home = min(involved, key=lambda other: (abs(other.order - level.order), other.order))
        known = found.get(home)
        if known is None or _rank(estimate, grades) > _rank(known, grades):
            found[home] = estimate
    return found


def _rank(estimate: EsccEstimate, grades: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(grades.index(grade) for grade in reversed(estimate.possible))


def _overridden(case: Case, level: LevelInputs) -> LevelInputs:
    """The clinician's entries for this level in place of the measurements."""
    changes: dict[str, Any] = {}
    stated = {entry.what: entry.value for entry in case.overrides if entry.level is level.level}
    if "escc" in stated:
        changes |= {"escc": (stated["escc"],), "escc_from_ct": False}
    if "sins_bone_lesion" in stated:
        changes["bone"] = stated["sins_bone_lesion"]
    if "sins_alignment" in stated:
        changes["alignment"] = stated["sins_alignment"]
    if "sins_collapse" in stated:
        changes["collapse"] = stated["sins_collapse"]
    if "sins_posterolateral" in stated:
        changes["posterolateral"] = stated["sins_posterolateral"]
    if "sins_pain" in stated:
        changes["pain"] = stated["sins_pain"]
    return replace(level, **changes)
