"""Swimmer plot: one bar per patient along the months of follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

from oncospine.base import MeasurementError
from oncospine.evidence.figures.canvas import COLOURS, GREY, FigureFiles, figure, saved
from oncospine.evidence.patient import Patient

GROUP_NAMES = {"malignant": "malignant", "ebv_smt": "EBV- or AIDS-related", "benign": "benign"}
"""Groups with a colour and a name of their own; those of other reviews follow in the order of their patients."""

ROW_IN = 0.24


def draw_swimmer(patients: Sequence[Patient], folder: Path, *, name: str = "swimmer") -> FigureFiles:
    """Bars by length, coloured by histology group; marks for recurrence, progression, death and follow-up going on."""
    shown = [patient for patient in patients if patient.followup_months is not None and not patient.title_only]
    if not shown:
        raise MeasurementError("no patient has a follow-up time: there is no swimmer plot to draw")
    shown.sort(key=lambda patient: (-(patient.followup_months or 0.0), patient.id))
    height = ROW_IN * len(shown) + 1.6
    with figure(7.0, height) as made:
        axes = made.add_axes((0.24, 0.55 / height, 0.73, (ROW_IN * len(shown) + 0.3) / height))
        groups = _groups(shown)
        longest = max(patient.followup_months or 0.0 for patient in shown)
        for index, patient in enumerate(shown):
            _lane(axes, patient, len(shown) - 1 - index, longest, groups.get(patient.group, GREY))
        labels = [patient.id for patient in shown]
        axes.set_yticks([len(shown) - 1 - i for i in range(len(shown))], labels, fontsize=8)
        axes.set(xlim=(0, longest * 1.05), ylim=(-0.7, len(shown) - 0.3))
        axes.set_xlabel("months of follow-up (clock start as reported)")
        place = {"loc": "lower center", "bbox_to_anchor": (0.4, 1.0), "ncols": 4}
        axes.legend(handles=_legend(groups), frameon=False, fontsize=8, **place)
        return saved(made, folder, name, _rows(shown))


def _lane(axes: Any, patient: Patient, y: int, longest: float, colour: str) -> None:
    end = patient.followup_months or 0.0
    axes.barh(y, end, height=0.62, color=colour, alpha=0.55, lw=0)
    mark = {"mec": "white", "mew": 0.5, "zorder": 4, "clip_on": False}
    if patient.local_recurrence and patient.local_recurrence_months is not None:
        axes.plot(patient.local_recurrence_months, y, "^", color=COLOURS[1], ms=8, **mark)
    if patient.progression and patient.progression_months is not None:
        axes.plot(patient.progression_months, y, "D", color=COLOURS[4], ms=7, **mark)
    if patient.dead:
        axes.plot(end, y, "X", color="black", ms=8, **mark)
    elif patient.dead is False:
        axes.plot(end + 0.018 * longest, y, ">", color=colour, ms=6, zorder=3, clip_on=False)


def _groups(patients: Sequence[Patient]) -> dict[str, str]:
    """Colour of each group that is drawn, in the order of the legend; patients without a group are grey."""
    drawn = {patient.group for patient in patients}
    others = dict.fromkeys(patient.group for patient in patients if patient.group not in {"", *GROUP_NAMES})
    free = cycle((COLOURS[0], COLOURS[2], COLOURS[3])) if drawn.isdisjoint(GROUP_NAMES) else repeat(COLOURS[3])
    known = dict(zip(GROUP_NAMES, COLOURS, strict=False))
    return {name: known[name] for name in GROUP_NAMES if name in drawn} | dict(zip(others, free, strict=False))


def _rows(patients: Sequence[Patient]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("patient", "group", "followup_months", "status", "status_basis", "recurrence_months", "progression_months")
    ]
    for p in patients:
        status = "" if p.dead is None else "dead" if p.dead else "alive"
        months = (p.local_recurrence_months, p.progression_months)
        rows.append((p.id, p.group, p.followup_months, status, p.status_basis, *months))
    return rows


def _legend(groups: Mapping[str, str]) -> list[object]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = (
        ("X", "black", "died"),
        (">", "grey", "alive at last report"),
        ("^", COLOURS[1], "local recurrence"),
        ("D", COLOURS[4], "distant progression"),
    )
    handles: list[object] = [
        Patch(color=colour, alpha=0.55, label=GROUP_NAMES.get(name, name.replace("_", " ")))
        for name, colour in groups.items()
    ]
    return handles + [Line2D([], [], marker=m, color=c, ls="", ms=7, label=text) for m, c, text in marks]
