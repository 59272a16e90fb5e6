"""What has been decided in a review so far: per stage, per report, and as a PRISMA flow."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass

from oncospine.base import InputError
from oncospine.evidence.prisma import PrismaFlow
from oncospine.evidence.project import RESOLVED, Review, goes_on
from oncospine.evidence.screening.agreement import Agreement, agreement, settled
from oncospine.evidence.screening.journal import STOPPED, Choice, Decision
from oncospine.evidence.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class StageState:
    """Decisions that count in a stage (by report), conflicts still open, and agreement of the first two reviewers."""

    stage: str
    decisions: dict[str, Decision]
    open_conflicts: tuple[str, ...]
    agreement: Agreement | None
    reviewers: tuple[str, ...]


def stage_state(review: Review, stage: str) -> StageState:
    """Combine the journals of a stage: one reviewer, or two with their conflicts."""
    names = review.reviewers(stage)
    if len(names) > 2:
        raise InputError(
            f"{stage} has {len(names)} reviewers ({', '.join(names)}): two decide, a third settles in {RESOLVED}.jsonl"
        )
    sets = [review.by_report(review.journal(stage, name).decisions()) for name in names]
    resolved = review.by_report(review.journal(stage, RESOLVED).decisions())
    sets = [_without_unread(one, sets[:place] + sets[place + 1 :]) for place, one in enumerate(sets)]
    if len(sets) < 2:
        return StageState(
            stage=stage,
            decisions=(sets[0] if sets else {}) | resolved,
            open_conflicts=(),
            agreement=None,
            reviewers=names,
        )
    kept, still_open = settled(sets[0], sets[1], resolved)
    shared = set(sets[0]) & set(sets[1])
    return StageState(
        stage=stage,
        decisions=kept,
        open_conflicts=still_open,
        agreement=agreement(sets[0], sets[1]) if shared else None,
        reviewers=names,
    )


def included_reports(review: Review) -> tuple[str, ...]:
    """Ids of the reports whose full text was included."""
    decisions = stage_state(review, "fulltext").decisions
    return tuple(report.id for report in review.reports if _is(decisions.get(report.id), Choice.INCLUDE))


def studies_of_reports(review: Review) -> dict[str, str]:
    """Report id -> study key, from extraction/studies.csv; a report not listed there is a study of its own."""
    path = review.rows_of("studies")
    if path is None:
        return {}
    leader = review.leader_of
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    unknown = next((row["record_id"] for row in rows if row.get("record_id") not in leader), None)
    if unknown is not None:
        raise InputError(f"studies.csv names record '{unknown}', which is not among the records of this review")
    return {leader[row["record_id"]]: row["study_key"] for row in rows}


def prisma_flow(review: Review, *, patients: int | None = None) -> PrismaFlow:
    """The flow as it stands; raises while records or full texts are undecided, because a flow of guesses is none."""
    screened, full = stage_state(review, "screening"), stage_state(review, "fulltext")
    reports = [report.id for report in review.reports]
    undecided = [name for name in reports if name not in screened.decisions]
    if undecided or screened.open_conflicts:
        raise InputError(
            f"screening is not finished: {counted(len(undecided), 'record')} undecided, "
            f"{counted(len(screened.open_conflicts), 'conflict')} open"
        )
    sought = [name for name in reports if goes_on(screened.decisions[name])]
    missing = [name for name in sought if name not in full.decisions]
    if missing or full.open_conflicts:
        conflicts = counted(len(full.open_conflicts), "conflict")
        raise InputError(f"{counted(len(missing), 'full text')} undecided, {conflicts} open")
    aside = [name for name in reports if screened.decisions[name].how == STOPPED]
    out = [d for name in reports if not goes_on(d := screened.decisions[name]) and d.how != STOPPED]
    choices = {name: full.decisions[name] for name in sought}
    lost = [name for name, decision in choices.items() if decision.choice is Choice.NOT_RETRIEVED]
    unfit = [decision for decision in choices.values() if decision.choice is Choice.EXCLUDE]
    kept = [name for name, decision in choices.items() if goes_on(decision)]
    study = studies_of_reports(review)
    return PrismaFlow(
        database_specific_results={str(row["file"]): int(row["records"]) for row in review.imports},
        duplicates=review.unique.n_removed,
        excluded_automatic=len(aside),
        records_screened=len(reports) - len(aside),
        records_excluded=len(out),
        screening_reasons=_reasons(out),
        dbr_sought_reports=len(sought),
        dbr_notretrieved_reports=len(lost),
        dbr_assessed=len(sought) - len(lost),
        dbr_excluded=_reasons(unfit),
        new_reports=len(kept),
        new_studies=len({study.get(name, name) for name in kept}),
        patients=patients,
    )


def _without_unread(mine: dict[str, Decision], others: list[dict[str, Decision]]) -> dict[str, Decision]:
    """Without records that this reader set aside unread and another one has read: the reading counts."""
    read = {name for other in others for name, decision in other.items() if decision.how != STOPPED}
    return {name: decision for name, decision in mine.items() if decision.how != STOPPED or name not in read}


def _reasons(decisions: list[Decision]) -> dict[str, int]:
    return dict(Counter(decision.reason or "no reason given" for decision in decisions).most_common())


def _is(decision: Decision | None, choice: Choice) -> bool:
    return decision is not None and decision.choice is choice
