"""A second ISNCSCI, written differently on purpose: plain strings and lists, complete examinations only.

It follows the worksheet's own wording step by step and shares no code with the package. Unknown cells are handled
by trying every completion.
"""

import itertools

NECK, CHEST, LOIN, TAIL = 8, 12, 5, 3
ORDER = [
    *(f"C{n + 1}" for n in range(NECK)),
    *(f"T{n + 1}" for n in range(CHEST)),
    *(f"L{n + 1}" for n in range(LOIN)),
    *(f"S{n + 1}" for n in range(TAIL)),
    "S4-5",
]
MUSCLES = ["C5", "C6", "C7", "C8", "T1", "L2", "L3", "L4", "L5", "S1"]


def grade(exam):
    """Fields of a complete examination {'R': {'LT': {}, 'PP': {}, 'M': {}, 'NK': None}, 'L': ..., 'VAC', 'DAP'}."""
    sides = {name: _levels(exam[name], exam["VAC"]) for name in "RL"}
    ranks = [ORDER.index(level) if level != "INT" else 99 for pair in sides.values() for level in pair]
    nli = "INT" if min(ranks) == 99 else ORDER[min(ranks)]
    sacral = any(exam[s][m]["S4-5"] > 0 for s in "RL" for m in ("LT", "PP"))
    incomplete = exam["VAC"] or exam["DAP"] or sacral
    ais = _ais(exam, sides, nli, incomplete)
    out = {"nli": nli, "complete": "incomplete" if incomplete else "complete", "ais": ais}
    for name, word in (("R", "right"), ("L", "left")):
        out[f"sensory_{word}"], out[f"motor_{word}"] = sides[name]
        out[f"szpp_{word}"] = _sensory_zone(exam[name], sides[name][0], exam["DAP"])
        out[f"mzpp_{word}"] = _motor_zone(exam[name], sides[name][1], exam["VAC"], ais)
    return out


def completions(exam):
    """Every examination that an examination with 'NT' cells can stand for (motor by its decision classes)."""
    slots = [
        (s, m, level) for s in "RL" for m in ("LT", "PP", "M") for level, value in exam[s][m].items() if value == "NT"
    ]
    whole = [key for key in ("VAC", "DAP") if exam[key] == "NT"]
    choices = [(0, 1, 3, 5) if m == "M" else (0, 1, 2) for _, m, _ in slots] + [(True, False)] * len(whole)
    for picks in itertools.product(*choices):
        filled = {s: {m: dict(exam[s][m]) for m in ("LT", "PP", "M")} | {"NK": exam[s]["NK"]} for s in "RL"}
        filled |= {"VAC": exam["VAC"], "DAP": exam["DAP"]}
        for (s, m, level), value in zip(slots, picks, strict=False):
            filled[s][m][level] = value
        for key, value in zip(whole, picks[len(slots) :], strict=True):
            filled[key] = value
        yield filled


def possible(exam):
    """Every value each field can have over all completions."""
    found: dict[str, set[str]] = {}
    for filled in completions(exam):
        for name, value in grade(filled).items():
            found.setdefault(name, set()).add(value)
    return found


def _levels(side, contraction):
    sensory = "C1"
    for level in ORDER[1:]:
        if side["LT"][level] == side["PP"][level] == 2:
            sensory = level
        else:
            break
    normal_to_the_end = sensory == "S4-5"
    motor = "C1"
    for level in ORDER[1:-1]:
        if level in MUSCLES:
            strength = side["M"][level]
            if strength >= 3:
                motor = level
            if strength < 5:
                return ("INT" if normal_to_the_end else sensory), motor
        elif ORDER.index(level) <= ORDER.index(sensory):
            motor = level
        else:
            return ("INT" if normal_to_the_end else sensory), motor
    if normal_to_the_end and contraction:
        motor = "INT"
    return ("INT" if normal_to_the_end else sensory), motor


def _ais(exam, sides, nli, incomplete):
    if not incomplete:
        return "A"
    if nli == "INT":
        return "E"
    spared = exam["VAC"]
    for name in "RL":
        motor = sides[name][1]
        if motor == "INT":
            continue
        far = ORDER[ORDER.index(motor) + 4 :]
        spared = spared or any(exam[name]["M"].get(level, 0) > 0 for level in far) or exam[name]["NK"] in far
    if not spared:
        return "B"
    below = [level for level in MUSCLES if ORDER.index(level) > ORDER.index(nli)]
    strong = sum(exam[name]["M"][level] >= 3 for name in "RL" for level in below)
    return "D" if strong >= len(below) else "C"


def _sensory_zone(side, level, pressure):
    if pressure or side["LT"]["S4-5"] or side["PP"]["S4-5"]:
        return "NA"
    felt = [name for name in ORDER[1:] if side["LT"][name] or side["PP"][name]]
    return max([*felt, level], key=ORDER.index)


def _motor_zone(side, level, contraction, ais):
    if contraction:
        return "NA"
    moving = [name for name in MUSCLES if side["M"][name] > 0]
    zone = max([*moving, level], key=ORDER.index)
    lowest = side["NK"]
    if ais == "C" and lowest is not None and ORDER.index(lowest) > ORDER.index(zone) + 3:
        return lowest
    return zone
