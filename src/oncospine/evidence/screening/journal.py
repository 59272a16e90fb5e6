"""Decisions of one reviewer, appended line by line and flushed to disk: a killed run loses none that was confirmed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from oncospine.base import InputError


class Choice(StrEnum):
    """What a reviewer says about a record; not retrieved belongs to full texts."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"
    NOT_RETRIEVED = "not_retrieved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: which record, what, why, by whom, when; `how` tells which model put it in front of the reviewer."""

    record: str
    choice: Choice
    reason: str
    reviewer: str
    time: str
    how: str = ""


STOPPED = "stopped before it was read"
"""How a decision came about that set an unread record aside when the reading was ended."""


class Journal:
    """Append-only file of decisions (one JSON object per line). The last decision on a record counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *decisions: Decision) -> None:
        """Write one line each and wait until the disk has them. When this returns, no crash can lose them."""
        lines = "\n".join(_line(decision) for decision in decisions)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        start = "\n" if self._torn() else ""
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            data = f"{start}{lines}\n".encode()
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> tuple[Decision, ...]:
        """All decisions in order. A line torn by a crash is passed over (it was never confirmed)."""
        return tuple(self._parsed())

    def decisions(self) -> dict[str, Decision]:
        """The decision that counts for each record, in order of first decision."""
        latest: dict[str, Decision] = {}
        for decision in self._parsed():
            latest[decision.record] = decision
        return latest

    def _torn(self) -> bool:
        """Does the file end inside a line?"""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            return False
        with self.path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) != b"\n"

    def _parsed(self) -> Iterator[Decision]:
        if not self.path.is_file():
            return
        lines = self.path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
                yield Decision(**{**row, "choice": Choice(row["choice"])})
            except (UnicodeDecodeError, json.JSONDecodeError):
                if b"}" in line:
                    raise InputError(
                        f"{self.path.name}, line {number}: not a decision ({line[:60]!r}); the journal is only ever "
                        "appended to. Restore it from version control, or correct the line by hand"
                    ) from None
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{self.path.name}, line {number}: {error}; expected record, choice, reviewer, time"
                ) from error


def _line(decision: Decision) -> str:
    row = {field.name: getattr(decision, field.name) for field in fields(Decision)}
    return json.dumps(row | {"choice": decision.choice.value}, ensure_ascii=False)


def decided(record: str, choice: Choice | str, *, reviewer: str, reason: str = "", how: str = "") -> Decision:
    """A decision taken now. Excluding needs a reason: the flow diagram counts reasons."""
    if not reviewer.strip():
        raise InputError("a decision needs the name of its reviewer")
    try:
        chosen = Choice(choice)
    except ValueError:
        raise InputError(f"'{choice}' is not a decision; expected {', '.join(Choice)}") from None
    return Decision(
        record=record,
        choice=chosen,
        reason=reason.strip(),
        reviewer=reviewer.strip(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        how=how,
    )
