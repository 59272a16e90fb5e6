"""Lines of a text file of unknown encoding, with their numbers; what had to be guessed is reported."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.records.record import Problem

MOST_REPEATS = 5
"""A problem that repeats on many lines is listed this many times, then counted."""

_TWICE_ENCODED = re.compile("[\u00c3\u00c2][\u0080-\u00bf]|\u00e2\u20ac")


class Problems(list[Problem]):
    """Problems of one file; `add` names the line."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self._counts: dict[str, int] = {}

    def add(self, line: int, message: str, *, kind: str | None = None) -> None:
        """Add a problem; those of one `kind` are listed a few times and then only counted."""
        if kind is not None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._counts[kind] > MOST_REPEATS:
                return
        self.append(Problem(file=self.file, line=line, message=message))

    def close(self) -> None:
        """Say how many of each kind were not listed."""
        for kind, count in self._counts.items():
            if count > MOST_REPEATS:
                self.append(Problem(file=self.file, line=0, message=f"{count - MOST_REPEATS} more lines: {kind}"))


def numbered_lines(path: Path, problems: Problems) -> Iterator[tuple[int, str]]:
    """(number, text) of each line, read as a stream: UTF-8; UTF-16 by its mark; single lines as Windows-1252.

    Line ends are LF, CRLF or a lone CR; other separators of Unicode stay inside the line.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
        if not head:
            raise InputError(f"{path.name} is empty: expected bibliographic records; export the search again")
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            yield from _wide_lines(path)
            return
        stream.seek(3 if head[:3] == codecs.BOM_UTF8 else 0)
        number = 0
        for chunk in stream:
            pieces = chunk.rstrip(b"\n").rstrip(b"\r").split(b"\r")
            for piece in pieces:
                number += 1
                yield number, _decoded(piece, number, problems)


def _decoded(piece: bytes, number: int, problems: Problems) -> str:
    if b"\0" in piece:
        problems.add(number, "holds zero bytes, which were dropped; is this a text export?", kind="zero bytes dropped")
        piece = piece.replace(b"\0", b"")
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError as error:
        found = piece[error.start]
        problems.add(
            number,
            f"byte 0x{found:02x} at column {error.start + 1} is not UTF-8; the line was read as Windows-1252. "
            "Check accents, or export again as UTF-8",
            kind="not UTF-8, read as Windows-1252",
        )
        return piece.decode("cp1252", errors="replace")
    if _TWICE_ENCODED.search(text):
        problems.add(
            number,
            f"accents look encoded twice ({_TWICE_ENCODED.search(text).group()!r}); the text was kept as it is",  # type: ignore[union-attr]
            kind="accents encoded twice",
        )
    return text


def _wide_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_bytes().decode("utf-16")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} starts as UTF-16 but breaks at byte {error.start}; export it as UTF-8"
        ) from error
    yield from enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)
