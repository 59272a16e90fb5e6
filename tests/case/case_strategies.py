"""Random valid cases for hypothesis."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from oncospine.base import Level, Segment
from oncospine.case import (
    DERMATOMES,
    KEY_MUSCLES,
    Ais,
    Ambulation,
    Case,
    Diagnosis,
    DiagnosisKind,
    DiseaseExtent,
    EnteredScore,
    Exam,
    Fitness,
    Frankel,
    HistoryEntry,
    Isncsci,
    IsncsciSide,
    LabPanel,
    LabValue,
    MaskContent,
    MaskFile,
    Modality,
    Override,
    Pain,
    PartialDate,
    Phase,
    SacralFinding,
    SensoryLevel,
    Sex,
    Steroid,
    Study,
    SurgeryDone,
    Treatments,
    Visceral,
    analytes,
)

DAY = st.just(date(2013, 2, 8))
WHEN = st.sampled_from(["2013-02-08", "2013-02", "2013"]).map(PartialDate)
YES_NO = st.none() | st.booleans()
LEVEL = st.sampled_from(list(Level))
SEGMENT = st.none() | st.sampled_from(list(Segment))


def _is_free_text(text: str) -> bool:
    return bool(text.strip()) and "@" not in text


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(_is_free_text)
MAYBE_TEXT = st.none() | TEXTS


def maybe(strategy: Any) -> Any:
    return st.none() | strategy


def several(strategy: Any) -> Any:
    return st.lists(strategy, max_size=2).map(tuple)


def tables(order: tuple[Segment, ...], grades: list[str]) -> Any:
    found = st.dictionaries(st.sampled_from(order), st.sampled_from(grades), max_size=len(order))
    return maybe(found.map(lambda table: {segment: table[segment] for segment in order if segment in table}))


def lab_values(name: str) -> Any:
    analyte = analytes()[name]

    def inside(unit: str) -> Any:
        factor = analyte.factors[unit]
        span = st.floats(analyte.low * 1.01 / factor, analyte.high * 0.99 / factor)
        return span.map(lambda value: LabValue(analyte=name, value=value, unit=unit))

    return maybe(st.sampled_from(list(analyte.factors)).flatmap(inside))


SIDES = st.builds(
    IsncsciSide,
    light_touch=tables(DERMATOMES, ["0", "1", "2", "1*", "0**", "NT"]),
    pin_prick=tables(DERMATOMES, ["0", "1", "2"]),
    motor=tables(KEY_MUSCLES, ["0", "3", "5", "4*", "NT**"]),
    lowest_non_key_muscle=SEGMENT,
)
ISNCSCI = st.builds(
    Isncsci, right=SIDES, left=SIDES, vac=maybe(st.sampled_from(SacralFinding)), previous_deficit=YES_NO
)
EXAMS = st.builds(
    Exam,
    date=DAY,
    by=MAYBE_TEXT,
    sensory_level=maybe(st.builds(SensoryLevel, single=SEGMENT, right=SEGMENT, left=SEGMENT)),
    isncsci=maybe(ISNCSCI),
    frankel=maybe(st.sampled_from(Frankel)),
    ais=maybe(st.sampled_from(Ais)),
    kps=maybe(st.integers(0, 10).map(lambda tens: tens * 10)),
    ambulation=maybe(st.sampled_from(Ambulation)),
    pain=maybe(st.builds(Pain, nrs_rest=maybe(st.integers(0, 10)), vas_rest_mm=maybe(st.floats(0, 100)))),
    motor_deficit_days=maybe(st.floats(0, 4000)),
    weakness=YES_NO,
)
PANELS = st.builds(LabPanel, date=DAY, **{name: lab_values(name) for name in analytes()})
EXTENTS = st.builds(
    DiseaseExtent, date=DAY, visceral=maybe(st.sampled_from(Visceral)), brain=YES_NO, organs=several(TEXTS)
)
SURGERY = st.builds(
    SurgeryDone,
    date=WHEN,
    what=TEXTS,
    levels=maybe(LEVEL.map(lambda level: (level,))),
    operation_file=st.none() | st.just("op.yaml"),
)
STEROIDS = st.builds(Steroid, started=WHEN, drug=TEXTS, dose_mg_per_day=maybe(st.floats(0, 99)))
MASKS = st.builds(MaskFile, path=st.just("a/b.nii.gz"), convention=st.just("x"), what=st.sampled_from(MaskContent))
STUDIES = st.builds(
    Study,
    id=st.just("ct"),
    date=DAY,
    modality=st.sampled_from(Modality),
    phase=st.sampled_from(Phase),
    masks=several(MASKS),
)
OVERRIDES = st.builds(
    Override,
    what=st.just("escc"),
    value=st.sampled_from(["0", "1a", "3"]),
    level=LEVEL,
    by=TEXTS,
    date=DAY,
    why=TEXTS,
)
SCORES = st.builds(EnteredScore, name=st.just("sorg"), value=st.floats(-10, 10), date=DAY, by=TEXTS, source=TEXTS)
CASES = st.builds(
    Case,
    pseudonym=st.from_regex(r"\A[PS]-[0-9]{1,5}\Z"),
    birth_year=maybe(st.integers(1900, 2012)),
    sex=st.sampled_from(Sex),
    diagnosis=st.builds(
        Diagnosis,
        kind=st.sampled_from(DiagnosisKind),
        histology=MAYBE_TEXT,
        date=maybe(WHEN),
        known_cancer=YES_NO,
    ),
    affected_levels=st.sets(LEVEL).map(lambda found: tuple(sorted(found, key=lambda level: level.order))),
    history=several(st.builds(HistoryEntry, date=WHEN, what=TEXTS)),
    exams=several(EXAMS),
    laboratory=several(PANELS),
    disease=several(EXTENTS),
    treatments=st.builds(Treatments, surgery=several(SURGERY), steroid=several(STEROIDS), prior_chemotherapy=YES_NO),
    fitness=several(st.builds(Fitness, date=DAY, asa=maybe(st.integers(1, 5)), bmi=maybe(st.floats(5, 120)))),
    studies=st.lists(STUDIES, max_size=1).map(tuple),
    overrides=several(OVERRIDES),
    entered_scores=several(SCORES),
    notes=MAYBE_TEXT,
)
"""Valid cases whose every part may be there or not."""
