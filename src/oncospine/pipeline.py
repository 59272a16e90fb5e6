"""The whole path, readable from top to bottom: measure, assess, plan. The one place that strings the rooms together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oncospine.anatomy import Spine, spine_from_labels
from oncospine.base import InputError, Progress, SideProcess, silent, started
from oncospine.case import Case, MaskContent, Modality, Phase, Study
from oncospine.evidence import CaseEvidence, evidence_for_case
from oncospine.histology_words import histology_doubt
from oncospine.imaging import Scan
from oncospine.lesion import Findings, measured_findings
from oncospine.level_match import LevelMatch, level_match
from oncospine.neurology import NeuroStatus, neuro_status
from oncospine.patient_inputs import patient_inputs, with_plan
from oncospine.strategy import PatientInputs, Strategy, assess
from oncospine.study_images import ANATOMY, around_spine, modality_of, read_study
from oncospine.surgery import EvaluatedOperation, Operation, evaluated_on, prepared, proposed_on


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One study measured: its scan (None where only masks were given), spine and findings (None without tumour)."""

    study: Study
    scan: Scan | None
    spine: Spine
    findings: Findings | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """A case with its measurements (None without images), its examinations, the inputs of the rules and what they say.

    `mr` is a second study of the same lesion on which the cord is seen, where there is one; `match` is the examination
    against the images.
    """

    case: Case
    measured: Measured | None
    mr: Measured | None
    neuro: NeuroStatus
    inputs: PatientInputs
    strategy: Strategy
    doubts: tuple[str, ...] = ()
    """Entries of the case that the rules could not read."""
    match: LevelMatch | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """Everything of one run of the main job: the program's own operation and the surgeon's, each evaluated.

    `evidence` is what a review of the literature holds on the options, None where no review is about this tumour.
    """

    assessed: Assessed
    operations: tuple[EvaluatedOperation, ...]
    notes: tuple[str, ...]
    evidence: CaseEvidence | None = None


def measure(
    case: Case, *, study_id: str | None = None, beside: SideProcess | None = None, progress: Progress = silent
) -> Measured:
    """Measure one study of the case: the named one, else the latest pre-operative one with vertebra masks.

    Raises `InputError` where no study has masks of vertebrae, and for anything wrong with a file.
    """
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    study = case.study(study_id) if study_id is not None else _study_to_measure(case)
    images = around_spine(read_study(case.folder, study, progress))
    scan, tumour = images.scan, images.tumour
    told = [*images.notes, *(scan.notes if scan is not None else ())]
    told += [note for labels in images.anatomy for note in labels.notes]
    spine = spine_from_labels(images.anatomy, modality=modality_of(study), beside=beside, progress=progress)
    findings = None
    if tumour is not None:
        progress("measuring the tumour", 0.85)
        findings = measured_findings(spine, tumour, scan)
    progress("measured", 1.0)
    return Measured(study=study, scan=scan, spine=spine, findings=findings, notes=tuple(dict.fromkeys(told)))


def measure_cord(case: Case, measured: Measured, *, progress: Progress = silent) -> Measured | None:
    """The latest pre-operative MR of the same lesion, measured, where `measured` is a CT; None where there is none."""
    if measured.study.modality is Modality.MR or measured.findings is None:
        return None
    usable = [
        study for study in _measurable(case) if study.modality is Modality.MR and study.masks_of(MaskContent.TUMOUR)
    ]
    latest = max(usable, key=lambda study: study.date, default=None)
    return None if latest is None else measure(case, study_id=latest.id, progress=progress)


def assess_case(
    case: Case, measured: Measured | None, mr: Measured | None = None, operation: Operation | None = None
) -> Assessed:
    """What the rules say of the case with what was measured, and of the operation that is planned."""
    inputs = _inputs(case, measured, mr, operation)
    return _assessed(case, measured, mr, inputs, assess(inputs))


def _inputs(case: Case, measured: Measured | None, mr: Measured | None, operation: Operation | None) -> PatientInputs:
    inputs = patient_inputs(
        case,
        None if measured is None else measured.findings,
        mr=None if mr is None else mr.findings,
        study=None if measured is None else measured.study,
        mr_study=None if mr is None else mr.study,
    )
    return inputs if operation is None else with_plan(inputs, operation)


def _assessed(
    case: Case, measured: Measured | None, mr: Measured | None, inputs: PatientInputs, strategy: Strategy
) -> Assessed:
    findings = None if measured is None else measured.findings
    involved = case.affected_levels if findings is None else findings.involved_levels
    neuro = neuro_status(case, involved=involved)
    match = _level_match(case, measured, mr)
    doubt = histology_doubt(case.diagnosis)
    return Assessed(
        case=case,
        measured=measured,
        mr=mr,
        neuro=neuro,
        inputs=inputs,
        strategy=strategy,
        doubts=() if doubt is None else (doubt,),
        match=match,
    )


def _level_match(case: Case, measured: Measured | None, mr: Measured | None) -> LevelMatch | None:
    """The latest examination against the study that shows the cord best; None without a tumour mask."""
    seen = [study for study in (mr, measured) if study is not None and study.findings is not None]
    if not seen or seen[0].findings is None:
        return None
    imaged = tuple(dict.fromkeys(level for study in seen for level in study.spine.levels))
    return level_match(case.latest_exam(), seen[0].findings, imaged=imaged)


def plan(
    case: Case,
    operation: Operation | None = None,
    *,
    study_id: str | None = None,
    review: Path | None = None,
    beside: SideProcess | None = None,
    progress: Progress = silent,
) -> Planned:
    """The main job: measure, assess, propose an operation, and evaluate it beside the surgeon's own.

    `review` is the folder of a pooled review of the literature; without it, the one that comes with the program is
    used where it is about the tumour of this case. `beside` takes part of the work.
    """
    measured = mr = None
    if study_id is not None or has_images(case):
        measured = measure(case, study_id=study_id, beside=beside, progress=staged(progress, 0.0, 0.35))
        mr = measure_cord(case, measured, progress=staged(progress, 0.35, 0.5))
    inputs = _inputs(case, measured, mr, operation)
    strategy = started(assess, inputs, beside=beside)
    evaluated, notes = _operations(measured, operation, staged(progress, 0.5, 1.0))
    assessed = _assessed(case, measured, mr, inputs, strategy())
    return Planned(assessed=assessed, operations=evaluated, notes=notes, evidence=_evidence(assessed, review))


def _evidence(assessed: Assessed, review: Path | None) -> CaseEvidence | None:
    options = [option.id for option in assessed.strategy.options]
    return evidence_for_case(assessed.inputs, options, folder=review)


def _operations(
    measured: Measured | None, own: Operation | None, progress: Progress
) -> tuple[tuple[EvaluatedOperation, ...], tuple[str, ...]]:
    """The program's own operation and the surgeon's, evaluated; and what to say where there is none."""
    if measured is None:
        return (), ("no study with masks of vertebrae: operations are not evaluated",)
    ground = prepared(measured.spine, measured.findings, measured.scan)
    operations, notes = [], []
    if measured.findings is None:
        notes.append(
            f"study {measured.study.id} has no tumour mask: no operation is proposed. "
            "`oncospine outline` draws one, `oncospine find-lesions` looks for one on CT"
        )
    elif measured.findings.involved_levels:
        progress("proposing an operation", 0.0)
        operations.append(proposed_on(ground))
    else:
        notes.append("no vertebra with tumour in its bone: no operation is proposed")
    if own is not None:
        operations.append(own)
    evaluated = []
    for index, item in enumerate(operations):
        part = staged(progress, 0.4 + 0.3 * index, 0.7 + 0.3 * index)
        evaluated.append(evaluated_on(ground, item, progress=part))
    return tuple(evaluated), tuple(notes)


def staged(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one part of a longer job, from `start` to `end` of the whole."""

    def tell(doing: str, fraction: float | None = None, /) -> None:
        progress(doing, None if fraction is None else start + (end - start) * fraction)

    return tell


def has_images(case: Case) -> bool:
    """True where some study has masks of vertebrae to measure."""
    return any(mask.what in ANATOMY for study in case.studies for mask in study.masks)


def _study_to_measure(case: Case) -> Study:
    """The latest study with vertebra masks; one with a tumour mask is preferred, then a CT, because it shows bone."""
    usable = _measurable(case)
    if not usable:
        raise InputError("no study of the case has a mask of vertebrae; add one under `studies: masks:`")
    return max(
        usable,
        key=lambda study: (bool(study.masks_of(MaskContent.TUMOUR)), study.modality is not Modality.MR, study.date),
    )


def _measurable(case: Case) -> list[Study]:
    """Studies with masks of vertebrae; where there are pre-operative ones, only those."""
    usable = [study for study in case.studies if any(mask.what in ANATOMY for mask in study.masks)]
    return [study for study in usable if study.phase not in {Phase.POSTOPERATIVE, Phase.FOLLOW_UP}] or usable
