"""Reading record by record: the next one, a decision, a step back, conflicts, a random sample, stopping."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.counted import stage_state
from oncospine.evidence.decisions import SAMPLED, checked_decision, resolve, unfinished_sample
from oncospine.evidence.project import Protocol, Review, goes_on
from oncospine.evidence.records.record import Record
from oncospine.evidence.screening.journal import Choice, Decision
from oncospine.evidence.screening.ranker import Ranker, TextRanker, ranked_unread, screening_text
from oncospine.evidence.screening.stopping import StopAdvice, consecutive_irrelevant, share_read


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRecord:
    """What the reviewer sees: the record, the criteria, why this one comes now, how far the work is, stop advice.

    `earlier` are the decisions of the two readers, where a third settles their conflict.
    """

    record: Record
    how: str
    read: int
    total: int
    protocol: Protocol
    advice: tuple[StopAdvice, ...] = ()
    earlier: tuple[Decision, ...] = ()


class ScreeningSession:
    """Reading by one reviewer with the features kept in memory; every decision is on disk when `decide` returns.

    Titles and abstracts come most likely relevant first; full texts in the order of the records. With `sample` that
    many unread records are drawn at random and read first, so that `sample_estimate` can say what may be left; a
    sample that was begun is finished before anything else is offered.
    """

    def __init__(
        self, folder: Path, reviewer: str, *, stage: str = "screening", sample: int = 0, ranker: Ranker | None = None
    ) -> None:
        self.review = Review(folder)
        self.reviewer = reviewer
        self.stage = stage
        self._journal = self.review.journal_of_reader(stage, reviewer)
        self._decisions = self.review.by_report(self._journal.decisions())
        self._reports = self._to_read()
        self._ranker = ranker if ranker is not None else TextRanker()
        if stage == "screening":
            self._ranker.prepare([screening_text(report) for report in self._reports])
        self._sample = unfinished_sample(self._journal.entries()) or _new_sample(sample, len(self._unread()))
        self._how = ""
        self._again = ""

    def next(self) -> NextRecord | None:
        """The next record to read, or None when all are read. Nothing stops by itself before."""
        name, self._how = self._chosen()
        if not name:
            return None
        labels = [int(goes_on(decision)) for decision in self._decisions.values()]
        done, total = len(labels), len(self._reports)
        advice = (consecutive_irrelevant(labels), share_read(done, total)) if self.stage == "screening" else ()
        record = next(report for report in self._reports if report.id == name)
        protocol = self.review.protocol
        return NextRecord(record=record, how=self._how, read=done, total=total, protocol=protocol, advice=advice)

    def decide(self, record: str, choice: Choice | str, *, reason: str = "") -> Decision:
        """Record a decision; deciding again on a record replaces the earlier one (both stay in the journal)."""
        decision = checked_decision(self.review, record, choice, self.reviewer, reason, self.stage, self._how)
        self._journal.append(decision)
        leader = self.review.leader_of[record]
        if SAMPLED.fullmatch(self._how) and leader != self._again:
            done, size = self._sample
            self._sample = (done + 1, size) if done + 1 < size else (0, 0)
        self._decisions.pop(leader, None)
        self._decisions[leader] = decision
        self._again = ""
        return decision

    def back(self) -> bool:
        """Offer the record decided last again; False where there is none."""
        self._again = next(reversed(self._decisions), "")
        return bool(self._again)

    def _chosen(self) -> tuple[str, str]:
        """Id of the record that comes now, and why."""
        if self._again:
            return self._again, self._decisions[self._again].how
        unread = self._unread()
        if not unread:
            return "", ""
        done, size = self._sample
        if size:
            return min(unread, key=lambda name: hashlib.sha256(name.encode()).digest()), _sampled(done + 1, size)
        if self.stage != "screening":
            return unread[0], "order of the records"
        ranked = ranked_unread(self._reports, self._decisions, self._ranker, question=self.review.protocol.question)
        return ranked.order[0], ranked.how

    def _to_read(self) -> Sequence[Record]:
        reports = self.review.reports
        if not reports:
            raise InputError(f"{self.review.folder} holds no records yet; import some first")
        if self.stage == "screening":
            return reports
        kept = stage_state(self.review, "screening").decisions
        found = [report for report in reports if report.id in kept and goes_on(kept[report.id])]
        if not found:
            raise InputError("no record has been included on title and abstract yet; screen those first")
        return found

    def _unread(self) -> list[str]:
        return [report.id for report in self._reports if report.id not in self._decisions]


class ConflictSession:
    """A third reader settles, record by record, what two readers decided differently."""

    def __init__(self, folder: Path, reviewer: str, *, stage: str = "screening") -> None:
        self.review, self.reviewer, self.stage = Review(folder), reviewer, stage
        state = stage_state(self.review, stage)
        self._open = list(state.open_conflicts)
        self._total = len(self._open)
        self._readers = [
            self.review.by_report(self.review.journal(stage, name).decisions()) for name in state.reviewers
        ]

    def next(self) -> NextRecord | None:
        """The next record in conflict, with the decisions of both."""
        if not self._open:
            return None
        name = self._open[0]
        record = next(report for report in self.review.reports if report.id == name)
        earlier = tuple(decisions[name] for decisions in self._readers if name in decisions)
        done = self._total - len(self._open)
        protocol = self.review.protocol
        return NextRecord(
            record=record, how="conflict", read=done, total=self._total, protocol=protocol, earlier=earlier
        )

    def decide(self, record: str, choice: Choice | str, *, reason: str = "") -> Decision:
        """Settle one conflict."""
        decision = resolve(self.review.folder, record, choice, reviewer=self.reviewer, reason=reason, stage=self.stage)
        self._open.remove(record)
        return decision


def screen_next(folder: Path, reviewer: str) -> NextRecord | None:
    """The next record for a reviewer (one look; for many records keep a `ScreeningSession`)."""
    return ScreeningSession(folder, reviewer).next()


def _sampled(number: int, size: int) -> str:
    return f"random sample {number} of {size}"


def _new_sample(size: int, n_unread: int) -> tuple[int, int]:
    if size < 0 or size > n_unread:
        raise InputError(f"a sample of {size} cannot be drawn from {n_unread} unread records")
    return 0, size
