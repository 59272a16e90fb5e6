"""Decisions outside a session: one at a time, a settled conflict, stopping, and what a random sample says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.counted import stage_state
from oncospine.evidence.project import RESOLVED, Review, goes_on
from oncospine.evidence.screening.journal import STOPPED, Choice, Decision, decided
from oncospine.evidence.screening.stopping import MissedEstimate, missed_estimate

SAMPLED = re.compile(r"random sample (\d+) of (\d+)")
"""How a journal says that a record was read as one of a random sample."""


def record_decision(
    folder: Path, record: str, choice: Choice | str, *, reviewer: str, reason: str = "", stage: str = "screening"
) -> Decision:
    """Record one decision of one reviewer."""
    review = Review(folder)
    decision = checked_decision(review, record, choice, reviewer, reason, stage, "")
    review.journal_of_reader(stage, reviewer).append(decision)
    return decision


def resolve(
    folder: Path, record: str, choice: Choice | str, *, reviewer: str, reason: str = "", stage: str = "screening"
) -> Decision:
    """Settle a conflict between two reviewers."""
    review = Review(folder)
    state = stage_state(review, stage)
    if review.leader_of.get(record) not in state.open_conflicts:
        raise InputError(f"'{record}' is not in conflict in {stage}; {len(state.open_conflicts)} records are")
    decision = checked_decision(review, record, choice, reviewer, reason, stage, "settled conflict")
    review.journal(stage, RESOLVED).append(decision)
    return decision


def stop_screening(folder: Path, reviewer: str, *, why: str) -> int:
    """End the reading of titles: what one reviewer has not read is set aside, and counted so in the flow diagram.

    Nothing is lost: deciding on such a record later replaces it. Returns how many were set aside.
    """
    if not why.strip():
        raise InputError("stopping needs its reason in words: it stands in the flow of the review")
    review = Review(folder)
    journal = review.journal("screening", reviewer)
    read = review.by_report(journal.decisions())
    left = [report.id for report in review.reports if report.id not in read]
    aside = [decided(name, Choice.EXCLUDE, reviewer=reviewer, reason=why, how=STOPPED) for name in left]
    if aside:
        journal.append(*aside)
    return len(aside)


def sample_estimate(review: Review, reviewer: str) -> MissedEstimate | None:
    """What the last finished random sample of a reviewer says about the records that were unread when it was drawn."""
    entries = review.journal("screening", reviewer).entries()
    drawn = _last_sample(entries)
    if drawn is None or len(drawn.records) < drawn.size:
        return None
    latest = review.by_report({entry.record: entry for entry in entries})
    before = review.by_report({entry.record: entry for entry in entries[: drawn.start]})
    return missed_estimate(
        n_found=sum(goes_on(decision) for decision in before.values()),
        n_unread=len(review.reports) - len(before),
        n_sampled=drawn.size,
        n_relevant_in_sample=sum(goes_on(latest[review.leader_of[name]]) for name in drawn.records),
    )


def checked_decision(
    review: Review, record: str, choice: Choice | str, reviewer: str, reason: str, stage: str, how: str
) -> Decision:
    """A decision that names a record of this review, has its reason where it excludes, and fits its stage."""
    if record not in review.leader_of:
        raise InputError(f"no record '{record}' in this review")
    decision = decided(record, choice, reviewer=reviewer, reason=reason, how=how)
    reasons = review.protocol.exclude_reasons
    if decision.choice is Choice.EXCLUDE and not decision.reason:
        raise InputError(f"excluding {record} needs a reason" + (f": {', '.join(reasons)}" if reasons else ""))
    if decision.choice is Choice.NOT_RETRIEVED and stage == "screening":
        raise InputError("not_retrieved belongs to full texts, not to screening")
    return decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """A random sample in a journal: where it starts, how many it is of, and the records read of it so far."""

    start: int
    size: int
    records: tuple[str, ...]


def _last_sample(entries: Sequence[Decision]) -> _Sample | None:
    """The sample begun last; deciding again on one of its records is no new one."""
    found: _Sample | None = None
    for place, entry in enumerate(entries):
        match = SAMPLED.fullmatch(entry.how)
        if match is None or (found is not None and entry.record in found.records):
            continue
        if found is None or match[1] == "1":
            found = _Sample(start=place, size=int(match[2]), records=(entry.record,))
        else:
            found = replace(found, records=(*found.records, entry.record))
    return found


def unfinished_sample(entries: Sequence[Decision]) -> tuple[int, int] | None:
    """(read, size) of a sample that was begun and not finished."""
    last = _last_sample(entries)
    return None if last is None or len(last.records) >= last.size else (len(last.records), last.size)
