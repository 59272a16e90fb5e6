"""The screw plan for other programs: CSV, JSON, and lines that 3D Slicer opens."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from oncospine.base import to_plain
from oncospine.geometry import Point
from oncospine.surgery.rods import Rod
from oncospine.surgery.screw import PlannedScrew

FRAME = "RAS+ mm"
"""Coordinates of the CSV and the JSON."""

COLUMNS = (
    "level", "side", "planned", "diameter_mm", "length_mm",
    "entry_r_mm", "entry_a_mm", "entry_s_mm", "tip_r_mm", "tip_a_mm", "tip_s_mm",
    "convergence_deg", "caudal_deg",
    "medial_mm", "lateral_mm", "superior_mm", "inferior_mm", "body_mm", "anterior_mm", "canal_mm",
    "gertzbein", "gertzbein_at_worst", "heary", "neo", "hu_mean", "entry", "refusal", "notes",
)  # fmt: skip
"""Columns of the CSV, one screw or refusal a row."""


def screw_plan_csv(screws: Sequence[PlannedScrew]) -> str:
    """The plan as CSV with a header; refused pedicles stand in it with their reason."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for screw in screws:
        writer.writerow({key: _cell(value) for key, value in _row(screw).items()})
    return text.getvalue()


def screw_plan_json(screws: Sequence[PlannedScrew]) -> str:
    """The plan as JSON with the frame it is in."""
    plain = {"frame": FRAME, "screws": to_plain(tuple(screws))}
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def slicer_markups(screws: Sequence[PlannedScrew], rods: Sequence[Rod] = ()) -> str:
    """A line per planned screw and a curve per rod as a Slicer markups file (.mrk.json); LPS, as the file says."""
    planned = [screw for screw in screws if screw.is_planned]
    plain = {
        "@schema": "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
        "markups-schema-v1.0.3.json#",
        "markups": [*(_line(screw) for screw in planned), *(_curve(rod) for rod in rods)],
    }
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _row(screw: PlannedScrew) -> dict[str, Any]:
    margins, grade = screw.margins, screw.grade
    row: dict[str, Any] = {
        "level": screw.level,
        "side": screw.side,
        "planned": "yes" if screw.is_planned else "no",
        "diameter_mm": screw.diameter_mm,
        "length_mm": screw.length_mm,
        "convergence_deg": screw.convergence_deg,
        "caudal_deg": screw.caudal_deg,
        "hu_mean": screw.hu_mean,
        "entry": screw.entry_words,
        "refusal": screw.refusal,
        "notes": "; ".join(screw.notes),
    }
    for name, point in (("entry", screw.entry_mm), ("tip", screw.tip_mm)):
        for axis, letter in enumerate("ras"):
            row[f"{name}_{letter}_mm"] = None if point is None else float(point[axis])
    for wall in ("medial", "lateral", "superior", "inferior", "body", "anterior", "canal"):
        row[f"{wall}_mm"] = None if margins is None else getattr(margins, f"{wall}_mm")
    row["gertzbein"] = None if grade is None else grade.gertzbein
    row["gertzbein_at_worst"] = None if grade is None else grade.at_worst
    row["heary"] = None if grade is None else grade.heary
    row["neo"] = None if grade is None else grade.neo
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _line(screw: PlannedScrew) -> dict[str, Any]:
    solid = screw.screw()
    points = [_control_point("1", "entry", solid.entry_mm), _control_point("2", "tip", solid.tip_mm)]
    return {
        "type": "Line",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "labelFormat": "%N-%d",
        "name": f"{screw.name} {solid.diameter_mm:g} x {solid.length_mm:.0f}",
        "controlPoints": points,
        "measurements": [{"name": "length", "enabled": True, "value": round(solid.length_mm, 3), "units": "mm"}],
    }


def _curve(rod: Rod) -> dict[str, Any]:
    heads = zip(rod.levels, rod.heads_mm, strict=True)
    points = [_control_point(str(number), f"{level}", head) for number, (level, head) in enumerate(heads, 1)]
    return {
        "type": "Curve",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "name": f"rod {rod.side} {rod.length_mm:.0f}",
        "controlPoints": points,
    }


def _control_point(key: str, label: str, point_mm: Point) -> dict[str, Any]:
    lps = np.asarray(point_mm) * [-1.0, -1.0, 1.0]
    return {
        "id": key,
        "label": label,
        "position": [round(float(value), 4) + 0.0 for value in lps],
        "selected": True,
        "locked": True,
        "visibility": True,
        "positionStatus": "defined",
    }
