"""A review as a folder of plain files: made for version control, readable without oncospine, safe against crashes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from oncospine.base import InputError, Progress, content_hash, silent, write_atomically
from oncospine.evidence.duplicates.groups import Deduplicated, deduplicated
from oncospine.evidence.records.formats import Imported, imported_records
from oncospine.evidence.records.record import Record, record_from_plain, record_to_plain
from oncospine.evidence.screening.journal import Choice, Decision, Journal

STAGES = ("screening", "fulltext")
"""Titles and abstracts first, then full texts."""

RESOLVED = "resolved"
"""Name of the journal that settles conflicts between two reviewers."""

MOST_READERS = 2
"""Two people decide independently; a third settles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What the review asks, fixed before it starts.

    `histologies` maps ids of the histology table to the groups of the case table (`lms: malignant`), so that a patient
    of the strategy finds the reported patients of his kind; its groups lead the survival curves. `certainty` is the
    judgement of the team: `question`, `start` (very low, low, moderate, high) and `steps`, a list of
    `{reason, step, why}`; without it the review is judged as single case reports.
    """

    title: str
    question: str
    include: tuple[str, ...] = ()
    exclude_reasons: tuple[str, ...] = ()
    histologies: Mapping[str, str] = field(default_factory=dict)
    certainty: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""


class Review:
    """An open review folder.

    ::

        review.yaml             title, question, criteria
        sources/                the exports as they came
        records.jsonl           one record per line; imports.jsonl says from which file
        duplicates.jsonl        pairs that a person joined, separated or left to the rules again
        screening/*.jsonl       decisions on titles and abstracts, one journal per reviewer, resolved.jsonl
        fulltext/*.jsonl        decisions on full texts
        extraction/             cases.csv, series.csv, studies.csv
        results/                everything derived: can be deleted and made again
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "review.yaml").is_file():
            raise InputError(f"{folder} is no review: it has no review.yaml; start one with `oncospine evidence new`")

    @cached_property
    def protocol(self) -> Protocol:
        row = yaml.safe_load((self.folder / "review.yaml").read_text("utf-8")) or {}
        if not isinstance(row, dict) or not row.get("question"):
            raise InputError(f"{self.folder / 'review.yaml'}: 'question' is missing; a review needs one")
        return Protocol(
            title=str(row.get("title", "")),
            question=str(row["question"]),
            include=tuple(map(str, row.get("include") or ())),
            exclude_reasons=tuple(map(str, row.get("exclude_reasons") or ())),
            histologies={str(name): str(group) for name, group in (row.get("histologies") or {}).items()},
            certainty=row.get("certainty") or {},
            notes=str(row.get("notes", "")),
        )

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """All records of finished imports; those of an import that was killed before its last line do not count."""
        finished = {row["sha256"] for row in self.imports}
        found = (record_from_plain(row) for row in self._json_lines("records.jsonl"))
        return tuple(r for r in found if r.provenance is None or r.provenance.sha256 in finished)

    @cached_property
    def imports(self) -> tuple[dict[str, Any], ...]:
        return tuple(self._json_lines("imports.jsonl"))

    @cached_property
    def unique(self) -> Deduplicated:
        """The records as publications, by the rules and by what people decided on pairs."""
        return self.deduplicated(silent)

    def deduplicated(self, progress: Progress) -> Deduplicated:
        """`unique`, computed again with its progress told."""
        latest: dict[tuple[str, str], str] = {}
        for row in self._json_lines("duplicates.jsonl"):
            latest[(row["one"], row["other"])] = row["what"]
        return deduplicated(
            self.records,
            joined=[pair for pair, what in latest.items() if what == "join"],
            separated=[pair for pair, what in latest.items() if what == "separate"],
            progress=progress,
        )

    @cached_property
    def reports(self) -> tuple[Record, ...]:
        """One merged record per publication, in order of first appearance."""
        return tuple(group.merged for group in self.unique.groups)

    @property
    def leader_of(self) -> dict[str, str]:
        """Record id -> id of the record that stands for its publication."""
        return {member: group.leader for group in self.unique.groups for member in group.members}

    def add(self, path: Path, *, progress: Progress = silent) -> Imported:
        """Import a file: copy it to sources/, append its records. The same content twice is refused."""
        sha256 = content_hash(path) if path.is_file() else ""
        known = next((row for row in self.imports if row["sha256"] == sha256), None)
        if known is not None:
            raise InputError(f"{path.name} was imported before as {known['file']} (same content); nothing was done")
        taken = {row["name"] for row in self.imports}
        stem = re.sub(r"[^\w.-]+", "_", path.stem)
        name = next(n for n in (stem, *(f"{stem}-{i}" for i in range(2, 10_000))) if n not in taken)
        found = imported_records(path, name=name, progress=progress)
        stored = self.folder / "sources" / f"{name}{path.suffix}"
        stored.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, stored)
        lines = [json.dumps(record_to_plain(record), ensure_ascii=False) for record in (*self.records, *found.records)]
        entry = {
            "file": path.name,
            "name": name,
            "stored": stored.relative_to(self.folder).as_posix(),
            "sha256": sha256,
            "format": found.format,
            "records": len(found.records),
            "problems": [str(problem) for problem in found.problems],
            "time": _now(),
        }
        write_atomically(self.folder / "records.jsonl", "\n".join(lines) + "\n")
        imports = [json.dumps(row, ensure_ascii=False) for row in (*self.imports, entry)]
        write_atomically(self.folder / "imports.jsonl", "\n".join(imports) + "\n")
        self._forget()
        return found

    def mark_pair(self, one: str, other: str, what: str, *, by: str, why: str) -> None:
        """Join or separate two records, or leave the pair to the rules again ("undo"). Who and why are kept."""
        known = {record.id for record in self.records}
        unknown = [name for name in (one, other) if name not in known]
        if unknown or what not in ("join", "separate", "undo") or not by.strip() or not why.strip():
            raise InputError(
                f"cannot {what} {one} and {other}: "
                + (f"no record '{unknown[0]}'" if unknown else "say join, separate or undo, with who decides and why")
            )
        first, second = sorted((one, other))
        rows = [*self._json_lines("duplicates.jsonl")]
        rows.append({"one": first, "other": second, "what": what, "by": by, "why": why, "time": _now()})
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomically(self.folder / "duplicates.jsonl", text)
        self._forget()

    def journal(self, stage: str, reviewer: str) -> Journal:
        """The journal of one reviewer in one stage."""
        if stage not in STAGES:
            raise InputError(f"unknown stage '{stage}', expected one of {', '.join(STAGES)}")
        safe = re.sub(r"[^\w-]+", "_", reviewer.strip().lower())
        if not safe:
            raise InputError("a journal needs the name of its reviewer")
        return Journal(self.folder / stage / f"{safe}.jsonl")

    def journal_of_reader(self, stage: str, reviewer: str) -> Journal:
        """The journal of one of the two readers; a third one is told how a conflict is settled."""
        journal, readers = self.journal(stage, reviewer), self.reviewers(stage)
        if journal.path.stem not in readers and len(readers) >= MOST_READERS:
            option = "" if stage == STAGES[0] else f" --stage {stage}"
            raise InputError(
                f"{stage} is read by {' and '.join(readers)}; a third reader settles what they decided differently: "
                f"oncospine evidence resolve {self.folder} --reviewer {reviewer}{option}"
            )
        return journal

    def reviewers(self, stage: str) -> tuple[str, ...]:
        """Names of the journals of a stage, without the one that settles conflicts."""
        folder = self.folder / stage
        names = sorted(path.stem for path in folder.glob("*.jsonl")) if folder.is_dir() else []
        return tuple(name for name in names if name != RESOLVED)

    def by_report(self, decisions: dict[str, Decision]) -> dict[str, Decision]:
        """Decisions under the id that stands for the publication; decisions on unknown records are an error."""
        leader = self.leader_of
        unknown = next((name for name in decisions if name not in leader), None)
        if unknown is not None:
            raise InputError(f"a decision names record '{unknown}', which is not among the records of this review")
        ordered = sorted(decisions.values(), key=lambda decision: decision.time)
        return {leader[decision.record]: decision for decision in ordered}

    def rows_of(self, name: str) -> Path | None:
        """Path of an extraction table, None if it has not been made."""
        path = self.folder / "extraction" / f"{name}.csv"
        return path if path.is_file() else None

    def _json_lines(self, name: str) -> Iterator[dict[str, Any]]:
        path = self.folder / name
        if not path.is_file():
            return
        for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as error:
                    raise InputError(
                        f"{name}, line {number}: not JSON ({error.msg}); restore it from version control"
                    ) from error

    def _forget(self) -> None:
        for name in ("records", "imports", "unique", "reports"):
            self.__dict__.pop(name, None)


def new_review(folder: Path, protocol: Protocol) -> Review:
    """Start a review in a new or empty folder."""
    if (folder / "review.yaml").exists():
        raise InputError(f"{folder} already holds a review; open it, or choose another folder")
    if not protocol.question.strip():
        raise InputError("a review needs a question; it decides what is relevant")
    row = {
        "title": protocol.title,
        "question": protocol.question,
        "include": list(protocol.include),
        "exclude_reasons": list(protocol.exclude_reasons),
        "histologies": dict(protocol.histologies),
        "certainty": dict(protocol.certainty),
        "notes": protocol.notes,
    }
    write_atomically(folder / "review.yaml", yaml.safe_dump(row, sort_keys=False, allow_unicode=True))
    return Review(folder)


def goes_on(decision: Decision) -> bool:
    """Include and maybe go on to the next stage."""
    return decision.choice in (Choice.INCLUDE, Choice.MAYBE)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
