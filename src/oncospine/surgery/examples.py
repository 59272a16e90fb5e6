"""Operations that come with the program."""

from __future__ import annotations

from importlib.resources import files

from oncospine.surgery.operation import Operation
from oncospine.surgery.operation_file import parse_operation

PUBLISHED_FILE = "published_operation.yaml"
"""The operation of Maimone 2013 in the form a surgeon writes his own."""


def published_operation() -> Operation:
    """The two-stage operation of Maimone et al. 2013: T1-T4 laminectomy, C7-T5 fixation, then anterior T3-T4."""
    return parse_operation(published_operation_text(), file=PUBLISHED_FILE, origin="published (Maimone 2013)")


def published_operation_text() -> str:
    """Its operation.yaml, to start an own one from."""
    return (files("oncospine.surgery") / "data" / PUBLISHED_FILE).read_text("utf-8")
