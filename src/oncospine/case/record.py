"""The patient's record: `Case` and its parts. Frozen dataclasses; pydantic checks them where a file is read."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from oncospine.base import InputError, Level, to_plain
from oncospine.case.dates import AboutWhen, Day
from oncospine.case.exams import Exam
from oncospine.case.fields import (
    BirthYear,
    Levels,
    NotInFile,
    Pseudonym,
    SchemaVersion,
    Strict,
    Text,
    Token,
    YesNo,
    number,
    whole,
)
from oncospine.case.kinds import DiagnosisKind, Sex, Visceral
from oncospine.case.laboratory import LabPanel
from oncospine.case.nearest import or_nearest
from oncospine.case.overrides import Override
from oncospine.case.studies import Study
from oncospine.case.treatments import Treatments

SCHEMA_VERSION = 1
"""Version of the layout of case.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(Strict):
    """What the tumour is and how that is known."""

    kind: DiagnosisKind = DiagnosisKind.UNKNOWN
    histology: Text | None = None
    """In words."""
    histology_id: Token | None = None
    """Id of the histology table of `oncospine.strategy`."""
    tissue_diagnosis: YesNo | None = None
    """Whether tissue of this lesion, or of the known primary, has been examined."""
    known_cancer: YesNo | None = None
    newly_diagnosed: YesNo | None = None
    """Whether the tumour was first diagnosed with this spinal lesion."""
    primary_suspected: YesNo | None = None
    """Whether imaging suggests a primary malignant bone tumour or chordoma."""
    lymphoma_plausible: YesNo | None = None
    biopsy_discordant: YesNo | None = None
    """Whether a biopsy was negative or at odds with imaging."""
    spindle_cell: YesNo | None = None
    iodine_avid: YesNo | None = None
    primary_site: Text | None = None
    date: AboutWhen | None = None
    """When the cancer was first diagnosed."""
    first_metastasis: AboutWhen | None = None
    disease_free_months: Annotated[float, number(0, 900, "months")] | None = None
    spinal_lesion: AboutWhen | None = None
    """When the spinal lesion became known."""
    cord_compression: AboutWhen | None = None
    """When cord compression became known."""
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry(Strict):
    """One dated event of the history."""

    date: AboutWhen
    what: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DiseaseExtent(Strict):
    """Staging on one date: how far the disease has spread, and what systemic therapy is left."""

    date: Day
    visceral: Visceral | None = None
    organ_systems: Annotated[int, whole(0, 15)] | None = None
    """Number of organ systems other than bone with metastases."""
    organs: tuple[Text, ...] = ()
    extraspinal_controlled: YesNo | None = None
    """Whether disease outside the spine is absent or controlled."""
    brain: YesNo | None = None
    leptomeningeal: YesNo | None = None
    extraspinal_bone_count: Annotated[int, whole(0, 500)] | None = None
    vertebral_count: Annotated[int, whole(0, 33)] | None = None
    """Number of vertebrae with metastases, this lesion included."""
    solitary_bone_lesion: YesNo | None = None
    """Whether the team counts the bone disease as solitary, such as one mass over two vertebrae."""
    solitary_metastasis: YesNo | None = None
    """Whether the spinal metastasis is the only one in the body."""
    systemic_option_unused: YesNo | None = None
    """Whether a systemic therapy that may work has not been used yet."""
    systemic_options: tuple[Text, ...] = ()
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness(Strict):
    """Fitness for an operation and what stands in the way; on one date."""

    date: Day
    can_tolerate_surgery: YesNo | None = None
    """Stated by the team, never derived."""
    asa: Annotated[int, whole(1, 5)] | None = None
    bmi: Annotated[float, number(5, 120, "kg/m2")] | None = None
    comorbidities: tuple[Text, ...] = ()
    frail: YesNo | None = None
    obese: YesNo | None = None
    anaemia: YesNo | None = None
    diabetes: YesNo | None = None
    smoker: YesNo | None = None
    anticoagulant: YesNo | None = None
    pregnant: YesNo | None = None
    uncorrected_coagulopathy: YesNo | None = None
    active_infection: YesNo | None = None
    febrile: YesNo | None = None
    osteoporosis: YesNo | None = None
    t_score: Annotated[float, number(-10, 10, "T-score")] | None = None
    steroid_contraindicated: YesNo | None = None
    mri_contraindicated: YesNo | None = None
    fev1_l: Annotated[float, number(0.1, 8, "L")] | None = None
    fvc_l: Annotated[float, number(0.2, 9, "L")] | None = None
    fev1_fvc_percent: Annotated[float, number(10, 100, "%")] | None = None
    po2_mmhg: Annotated[float, number(20, 200, "mmHg")] | None = None
    pco2_mmhg: Annotated[float, number(10, 150, "mmHg")] | None = None
    sao2_percent: Annotated[float, number(40, 100, "%")] | None = None
    previous_sternotomy: YesNo | None = None
    previous_thoracotomy: YesNo | None = None
    recurrent_laryngeal_palsy: YesNo | None = None
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources(Strict):
    """What the hospital can offer."""

    sbrt: YesNo | None = None
    embolisation: YesNo | None = None
    mri: YesNo | None = None
    neuromonitoring: YesNo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes(Strict):
    """What the patient wants, in words, and refusals that rules must know."""

    date: Day | None = None
    text: Text | None = None
    declines_surgery: YesNo | None = None
    declines_radiotherapy: YesNo | None = None
    declines_transfusion: YesNo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredScore(Strict):
    """A score worked out elsewhere (such as a web calculator) and typed in."""

    name: Token
    value: Annotated[float, number(-1000, 1000, "points or a fraction")]
    unit: Text | None = None
    date: Day
    by: Text
    source: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Strict):
    """One patient: who (under a pseudonym), what is known, since when. None means unknown, never a default."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    pseudonym: Pseudonym
    birth_year: BirthYear | None = None
    sex: Sex = Sex.UNKNOWN
    diagnosis: Diagnosis = Diagnosis()
    affected_levels: Levels = ()
    """Vertebrae known to be affected, as stated by the team; images are measured all the same."""
    history: tuple[HistoryEntry, ...] = ()
    exams: tuple[Exam, ...] = ()
    laboratory: tuple[LabPanel, ...] = ()
    disease: tuple[DiseaseExtent, ...] = ()
    treatments: Treatments = field(default_factory=Treatments)
    fitness: tuple[Fitness, ...] = ()
    resources: Resources = Resources()
    wishes: Wishes = Wishes()
    studies: tuple[Study, ...] = ()
    overrides: tuple[Override, ...] = ()
    entered_scores: tuple[EnteredScore, ...] = ()
    notes: Text | None = None
    folder: Annotated[Path | None, NotInFile] = field(default=None, compare=False)
    """The folder it was read from; not part of the file."""

    def study(self, id: str) -> Study:  # noqa: A002
        """The study with that id; otherwise `InputError` with the nearest."""
        for study in self.studies:
            if study.id == id:
                return study
        known = [study.id for study in self.studies]
        hint = or_nearest(id, known) or f"; the case has {', '.join(known) or 'no studies'}"
        raise InputError(f"unknown study '{id}'{hint}")

    def latest_exam(self, on: date | None = None) -> Exam | None:
        """The most recent exam, not after `on`; of two on one day the one listed last."""
        return latest(self.exams, on=on)

    def latest_laboratory(self, on: date | None = None) -> LabPanel | None:
        return latest(self.laboratory, on=on)

    def latest_disease(self, on: date | None = None) -> DiseaseExtent | None:
        return latest(self.disease, on=on)

    def latest_fitness(self, on: date | None = None) -> Fitness | None:
        return latest(self.fitness, on=on)

    def overrides_of(self, what: str, level: Level | None = None) -> tuple[Override, ...]:
        """Overrides of one kind, oldest first; for one level where given."""
        found = [entry for entry in self.overrides if entry.what == what and level in (None, entry.level)]
        return tuple(sorted(found, key=lambda entry: entry.date))

    def age_on(self, day: date) -> tuple[int, int] | None:
        """Least and most age in whole years on that day: the birth year alone leaves two."""
        if self.birth_year is None:
            return None
        years = day.year - self.birth_year
        return max(years - 1, 0), years

    def to_plain(self) -> dict[str, Any]:
        """The record as plain data, as it stands in the file: what is unknown is left out, and the folder."""
        return {"schema_version": self.schema_version, **_plain_fields(self, without={"schema_version", "folder"})}


class Dated(Protocol):
    """An entry with an exact date."""

    @property
    def date(self) -> date: ...


Entry = TypeVar("Entry", bound=Dated)


def latest(entries: tuple[Entry, ...], *, on: date | None = None) -> Entry | None:
    """The entry with the most recent date, not after `on`; of equal dates the one listed last."""
    known = [entry for entry in entries if on is None or entry.date <= on]
    return max(reversed(known), key=lambda entry: entry.date, default=None)


def _plain_fields(value: Any, *, without: set[str]) -> dict[str, Any]:
    """The fields of a dataclass as plain data, but those that hold their default: the file need not say them."""
    known = [entry for entry in dataclasses.fields(value) if entry.name not in without]
    return {
        entry.name: _plain(getattr(value, entry.name))
        for entry in known
        if getattr(value, entry.name) != _default(entry)
    }


def _default(entry: dataclasses.Field[Any]) -> Any:
    if entry.default_factory is not dataclasses.MISSING:
        return entry.default_factory()
    return entry.default


def _plain(value: Any) -> Any:
    """As `to_plain`, but no number is rounded: the file keeps what was entered."""
    if isinstance(value, float):
        return value
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if dataclasses.is_dataclass(value):
        return _plain_fields(value, without=set())
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return to_plain(value)
