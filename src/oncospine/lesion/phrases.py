"""Sides, sectors and lists in words that mirror exactly: no phrase depends on which of two sides comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oncospine.anatomy import Part
from oncospine.base import Side

PART_WORDS = (
    ("pedicle", "pedicle", "pedicles"),
    ("articular", "articular processes", "articular processes"),
    ("lamina", "lamina", "laminae"),
    ("transverse", "transverse process", "transverse processes"),
)
"""Paired parts of a vertebra: name, words for one side, words for both."""


def joined(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def on_side(sides: Iterable[Side], one: str, both: str) -> str:
    """ "left pedicle", "both pedicles"; nothing without a side."""
    found = set(sides)
    if not found:
        return ""
    return f"both {both}" if len(found) == len(Side) else f"{next(iter(found))} {one}"


def parts_in_words(parts: Iterable[Part]) -> list[str]:
    """Parts of a vertebra but its body, from the body backwards."""
    found = set(parts)
    words = []
    for name, one, both in PART_WORDS:
        sides = [part.side for part in found if part.value.startswith(name) and part.side is not None]
        words.append(on_side(sides, one, both))
    words.append("spinous process" if Part.SPINOUS in found else "")
    return [word for word in words if word]


def sectors_in_words(sectors: Iterable[int]) -> str:
    """Sectors with runs joined: "3-6, 9"."""
    runs: list[list[int]] = []
    for sector in sorted(set(sectors)):
        if runs and runs[-1][-1] == sector - 1:
            runs[-1].append(sector)
        else:
            runs.append([sector])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def volumes_by_side(ml: Mapping[Side, float], least_ml: float) -> str:
    """ "4.5 ml on the left and 0.3 ml on the right", most first; "1.0 ml on each side" where they print the same."""
    kept = {side: f"{value:.1f} ml" for side, value in ml.items() if value >= least_ml}
    if len(kept) == len(Side) and len(set(kept.values())) == 1:
        return f"{next(iter(kept.values()))} on each side"
    return joined([f"{kept[side]} on the {side}" for side in sorted(kept, key=lambda side: -ml[side])])
