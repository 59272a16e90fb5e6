"""An examination as one line of text, and back.

`R LT C2..T4=2 T5..S4-5=0; R PP ...; R M C5..T1=5 L2..S1=3; R NK=L4; L LT ...; VAC=no; DAP=NT`: equal neighbours are
joined, what is not written is NT.
"""

from __future__ import annotations

from oncospine.base import InputError, Segment, Side, parse_segment
from oncospine.neurology.exam import DERMATOMES, KEY_LEVELS, NT, Exam, SideExam, finding, side_exam

PARTS = {"LT": "light_touch", "PP": "pin_prick", "M": "motor"}
"""Modality by its two letters."""

SIDE_LETTERS = {"R": Side.RIGHT, "L": Side.LEFT}
RANGE = ".."


def exam_text(exam: Exam) -> str:
    """The examination as one line; `parsed_exam` gives the same examination back."""
    pieces = []
    for letter, side in SIDE_LETTERS.items():
        half = exam.side(side)
        for short, name in PARTS.items():
            runs = _runs(getattr(half, name), KEY_LEVELS if short == "M" else DERMATOMES)
            pieces.append(f"{letter} {short} {runs}")
        if half.lowest_non_key is not None:
            pieces.append(f"{letter} NK={half.lowest_non_key}")
    pieces += [f"VAC={exam.vac.value}", f"DAP={exam.dap.value}"]
    if exam.had_deficit is not None:
        pieces.append(f"DEFICIT={'yes' if exam.had_deficit else 'no'}")
    return "; ".join(pieces)


def parsed_exam(text: str) -> Exam:
    """The examination of such a line; what is not written is NT. Errors name the piece that cannot be read."""
    cells: dict[Side, dict[str, dict[str, object]]] = {side: {name: {} for name in PARTS.values()} for side in Side}
    lowest: dict[Side, Segment | None] = dict.fromkeys(Side)
    whole = {"VAC": NT, "DAP": NT, "DEFICIT": ""}
    for piece in (item.strip() for item in text.replace("\n", ";").split(";")):
        if not piece:
            continue
        words = piece.split()
        key, equals, value = words[0].partition("=")
        if equals and key.upper() in whole and len(words) == 1:
            whole[key.upper()] = value
        elif words[0].upper() in SIDE_LETTERS and len(words) > 1:
            side = SIDE_LETTERS[words[0].upper()]
            name, equals, value = words[1].partition("=")
            if name.upper() == "NK" and equals:
                lowest[side] = parse_segment(value)
            elif name.upper() in PARTS and not equals:
                _read(cells[side][PARTS[name.upper()]], words[2:], KEY_LEVELS if name.upper() == "M" else DERMATOMES)
            else:
                raise InputError(f"'{piece}': expected LT, PP, M or NK=level after the side")
        else:
            raise InputError(f"'{piece}': expected 'R LT ...', 'L M ...', 'VAC=...', 'DAP=...' or 'DEFICIT=...'")
    sides: dict[Side, SideExam] = {side: side_exam(**half, lowest_non_key=lowest[side]) for side, half in cells.items()}
    had = {"": None, "yes": True, "no": False}.get(whole["DEFICIT"].lower())
    return Exam(
        right=sides[Side.RIGHT], left=sides[Side.LEFT], vac=finding(whole["VAC"]), dap=finding(whole["DAP"]),
        had_deficit=had,
    )  # fmt: skip


def limited_exam(
    *,
    sensory_level: Segment | str | None = None,
    arms: int | None = None,
    legs: int | None = None,
    vac: object = NT,
    dap: object = NT,
) -> Exam:
    """A bedside description such as "sensory level T4, legs 3/5": everything that was not said stays NT.

    Sensation is normal down to the level as stated; below it nothing is assumed.
    """
    felt: dict[str, object] = {}
    if sensory_level is not None:
        last = parse_segment(str(sensory_level))
        felt = {level.value: 2 for level in DERMATOMES if level.order <= last.order}
    moved: dict[str, object] = {}
    for grade, levels in ((arms, KEY_LEVELS[:5]), (legs, KEY_LEVELS[5:])):
        if grade is not None:
            moved |= {level.value: grade for level in levels}
    half = side_exam(light_touch=felt, pin_prick=felt, motor=moved)
    return Exam(right=half, left=half, vac=finding(vac), dap=finding(dap))


def _runs(tokens: tuple[str, ...], levels: tuple[Segment, ...]) -> str:
    pieces = []
    start = 0
    for place in range(1, len(tokens) + 1):
        if place < len(tokens) and tokens[place] == tokens[start]:
            continue
        first, last = levels[start].value, levels[place - 1].value
        span = first if first == last else f"{first}{RANGE}{last}"
        pieces.append(f"{span}={tokens[start]}")
        start = place
    return " ".join(pieces)


def _read(cells: dict[str, object], words: list[str], levels: tuple[Segment, ...]) -> None:
    for word in words:
        span, equals, value = word.partition("=")
        if not equals or not value:
            raise InputError(f"'{word}': expected level=value or first..last=value")
        ends = [parse_segment(end) for end in span.split(RANGE)]
        if len(ends) > 2 or ends[0].order > ends[-1].order:
            raise InputError(f"'{word}': a range runs cranial to caudal, as C2..T4")
        for level in levels:
            inside = ends[0].order <= level.order <= ends[-1].order
            if inside and cells.setdefault(level.value, value) != value:
                raise InputError(f"'{word}': {level} was already given as {cells[level.value]}")
        if not any(end in levels for end in ends) and len(ends) == 1:
            raise InputError(f"'{word}': {ends[0]} has no such test (levels {levels[0]}..{levels[-1]})")
