"""Dated treatments: what was done, where, how much. An empty list says nothing; `prior_*` fields say no or yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from oncospine.case.dates import AboutWhen
from oncospine.case.fields import CasePath, Levels, Strict, Text, YesNo, number, whole
from oncospine.case.kinds import RadiotherapyTechnique, SystemicKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeryDone(Strict):
    """One operation; details stand in its operation file."""

    date: AboutWhen
    what: Text
    levels: Levels | None = None
    at_lesion: YesNo | None = None
    subtotal: YesNo | None = None
    """Whether tumour was left behind, or the field contaminated."""
    failed_construct: YesNo | None = None
    """Whether its construct failed."""
    operation_file: CasePath | None = None
    """operation.yaml of what was done, relative to the case folder."""
    complications: tuple[Text, ...] = ()
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiotherapy(Strict):
    """One course of radiotherapy."""

    started: AboutWhen
    ended: AboutWhen | None = None
    levels: Levels | None = None
    technique: RadiotherapyTechnique = RadiotherapyTechnique.UNKNOWN
    dose_gy: Annotated[float, number(0, 200, "Gy")] | None = None
    """Total dose."""
    fractions: Annotated[int, whole(1, 100)] | None = None
    mediastinum: YesNo | None = None
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemicTherapy(Strict):
    """One line of systemic therapy."""

    started: AboutWhen
    ended: AboutWhen | None = None
    kind: SystemicKind
    what: Text | None = None
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steroid(Strict):
    """One steroid course."""

    started: AboutWhen
    ended: AboutWhen | None = None
    drug: Text
    dose_mg_per_day: Annotated[float, number(0, 10000, "mg per day")] | None = None
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTreatment(Strict):
    """Embolisation, cement, ablation or anything else."""

    date: AboutWhen
    what: Text
    levels: Levels | None = None
    notes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatments(Strict):
    """All treatments, each kind oldest first."""

    surgery: tuple[SurgeryDone, ...] = ()
    radiotherapy: tuple[Radiotherapy, ...] = ()
    systemic: tuple[SystemicTherapy, ...] = ()
    steroid: tuple[Steroid, ...] = ()
    other: tuple[OtherTreatment, ...] = ()
    prior_chemotherapy: YesNo | None = None
    """States it even where no course is listed; unknown where absent."""
    prior_systemic: YesNo | None = None
    prior_radiotherapy_at_lesion: YesNo | None = None
    prior_surgery_at_lesion: YesNo | None = None
