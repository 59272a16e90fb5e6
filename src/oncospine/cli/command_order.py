"""The order in which help lists the commands: that in which a case meets them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SCANS = ("demo", "new", "import", "series", "deidentify", "segment", "outline", "find-lesions", "register")
EXAMINATION = ("exam", "score", "histology")
MAIN_JOB = ("measure", "assess", "plan", "compare", "screw", "export")
BESIDE_A_CASE = ("evidence", "validate", "schema")
IN_ORDER_OF_USE = (*SCANS, *EXAMINATION, *MAIN_JOB, *BESIDE_A_CASE)
"""Every command."""


class InOrderOfUse(TyperGroup):
    """A group of commands listed in order of use; one that is not named there stands last."""

    def list_commands(self, ctx: Any) -> list[str]:
        known = {name: place for place, name in enumerate(IN_ORDER_OF_USE)}
        return sorted(super().list_commands(ctx), key=lambda name: known.get(name, len(known)))
