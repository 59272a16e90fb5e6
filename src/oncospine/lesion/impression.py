"""One paragraph in radiological wording: what the masks suggest, where, how far; never what to do.

The paragraph of a mirrored patient is the mirrored paragraph, word for word: left and right change places, sector s
becomes 13 - s.
"""

from __future__ import annotations

from collections.abc import Iterable

from oncospine.base import Level, Side, described_levels
from oncospine.lesion.escc_estimate import GRADES
from oncospine.lesion.extent_findings import Contact, TubeDistance
from oncospine.lesion.findings import INVOLVED_ML, Compartment, Findings, LevelFinding
from oncospine.lesion.phrases import joined, on_side, parts_in_words, sectors_in_words, volumes_by_side


def impression(findings: Findings) -> str:
    """The paragraph; sentences without content are left out."""
    sentences = [
        _lesion(findings),
        *(_level(found) for found in findings.levels.values() if found.involved_parts),
        _walls(findings),
        _outside(findings),
        _canal(findings),
        *(_distance(found) for found in findings.distances),
        _shape(findings),
        _stage(findings),
        _limits(findings),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _lesion(findings: Findings) -> str:
    volume = findings.volume_ml.value or 0.0
    levels = described_levels(findings.involved_levels)
    several = f" in {len(findings.pieces)} separate pieces" if len(findings.pieces) > 1 else ""
    if not levels:
        return f"Mass of {volume:.1f} ml{several} without involvement of vertebral bone."
    skip = ", with uninvolved vertebrae between" if findings.distribution == "skip" else ""
    side = f", mostly on the {findings.dominant_side}" if findings.dominant_side else ""
    return f"Mass of {volume:.1f} ml{several}, compatible with tumour, involving {levels}{skip}{side}."


def _level(found: LevelFinding) -> str:
    body = [f"{100 * found.body_fraction:.0f} % of the body"] if found.body_fraction > 0 else []
    return f"{found.level}: {joined([*body, *parts_in_words(found.involved_parts)])}."


WALL_WORDS = (
    ("posterior wall", "posterior wall"),
    ("anterior wall", "anterior wall"),
    ("upper endplate", "upper endplate"),
    ("lower endplate", "lower endplate"),
)
SIDED_WALLS = (
    ("{} lateral wall", "lateral wall", "lateral walls"),
    ("arch {}", "cortex of the arch", "sides of the arch"),
)
"""Walls of a vertebra in the order in which they are told."""


def _walls(findings: Findings) -> str:
    """Walls that tumour passes through, each with its levels."""
    levels: dict[str, list[Level]] = {}
    for level in dict.fromkeys(breach.level for breach in findings.breaches):
        own = {breach.wall for breach in findings.breaches if breach.level is level}
        words = [text for name, text in WALL_WORDS if name in own]
        words += [
            on_side((side for side in Side if form.format(side) in own), one, both) for form, one, both in SIDED_WALLS
        ]
        for text in filter(None, words):
            levels.setdefault(text, []).append(level)
    said = [f"{text} of {described_levels(own)}" for text, own in levels.items()]
    return f"Tumour on both sides of the cortex, compatible with a breach: {joined(said)}." if said else ""


def _outside(findings: Findings) -> str:
    said = []
    crossed = [f"{disc.above}-{disc.below}" for disc in findings.discs if disc.crosses]
    if crossed:
        said.append(f"the disc {joined(crossed)} is crossed")
    entered = [f"{disc.above}-{disc.below}" for disc in findings.discs if not disc.crosses]
    if entered:
        said.append(f"tumour reaches into the disc {joined(entered)}")
    foramina = _foramina(findings)
    if foramina:
        said.append(f"tumour in the foramina {foramina}")
    ribs = _ribs(findings)
    if ribs:
        said.append(f"tumour meets {ribs}")
    beside = {side: sum(found.paravertebral_ml[side] for found in findings.levels.values()) for side in Side}
    extension = volumes_by_side(beside, INVOLVED_ML)
    if extension:
        said.append(f"paravertebral extension of {extension}")
    met = _contacts(findings.contacts)
    if met:
        said.append(met)
    return _sentence(said)


def _foramina(findings: Findings) -> str:
    """ "T2-T3 left and T3-T4 on both sides"."""
    sides: dict[str, list[Side]] = {}
    for item in findings.foramina:
        sides.setdefault(f"{item.above}-{item.below}", []).append(item.side)
    return joined([f"{name} {_where(own)}" for name, own in sides.items()])


def _ribs(findings: Findings) -> str:
    sides: dict[str, list[Side]] = {}
    for item in findings.ribs:
        joint = " at the costovertebral joint" if item.costovertebral else ""
        sides.setdefault(f"rib {item.number}{joint}", []).append(item.side)
    return joined([f"{name} {_where(own)}" for name, own in sides.items()])


def _where(sides: Iterable[Side]) -> str:
    found = set(sides)
    return "on both sides" if len(found) == len(Side) else f"on the {next(iter(found))}"


CONTACT_WORDS = ("encased", "partly encased", "in contact")
"""From the most to the least."""


def _contacts(contacts: Iterable[Contact]) -> str:
    """Neighbours by how far the tumour surrounds them; the same organ on both sides is said once."""
    said = []
    for word in CONTACT_WORDS:
        own: dict[str, list[str]] = {}
        for item in contacts:
            if item.words == word:
                name, side = _without_side(item.structure)
                own.setdefault(name, []).append(side)
        names = [_organ(name, sides) for name, sides in sorted(own.items())]
        if names:
            said.append(f"in contact with {joined(names)}" if word == "in contact" else f"{joined(names)} {word}")
    return "; ".join(said)


def _without_side(structure: str) -> tuple[str, str]:
    name, _, last = structure.replace("_", " ").rpartition(" ")
    return (name, last) if last in {side.value for side in Side} else (f"{name} {last}".strip(), "")


def _organ(name: str, sides: list[str]) -> str:
    if sides == [""]:
        return f"the {name}"
    return f"the {name} {_where(map(Side, sides))}"


def _canal(findings: Findings) -> str:
    worst = findings.worst
    epidural = findings.compartment_ml[Compartment.EPIDURAL].value or 0.0
    if worst is None or worst.canal_occupation.value is None:
        return "No epidural tumour in the mask."
    said = [
        f"epidural tumour of {epidural:.1f} ml over {worst.length_mm:.0f} mm takes up to "
        f"{100 * worst.canal_occupation.value:.0f} % of the canal at {worst.level}, from {worst.direction}"
    ]
    graded = [(level, estimate) for level, estimate in findings.escc.items() if estimate.possible[-1] != "0"]
    if graded:
        level, estimate = max(
            graded, key=lambda item: (_rank(item[1].possible), item[0] is worst.level, -item[0].order)
        )
        kind = "CT estimate of ESCC" if estimate.is_ct else "compatible with ESCC"
        around = ", circumferential" if estimate.circumferential else ""
        said.append(f"{kind} {joined_or(estimate.possible)} at {level}{around}")
    if findings.cauda:
        said.append(f"below the conus at {described_levels(tuple(findings.cauda))}, where ESCC does not apply")
    return _sentence(said)


def joined_or(grades: tuple[str, ...]) -> str:
    """ "2 or 3"; a run of more than two as "1a to 3"."""
    return " or ".join(grades) if len(grades) < 3 else f"{grades[0]} to {grades[-1]}"


def _rank(possible: tuple[str, ...]) -> tuple[int, int]:
    return GRADES.index(possible[-1]), GRADES.index(possible[0])


def _distance(found: TubeDistance) -> str:
    """The 2-3 mm question, for cord and sac."""
    near = [f"{ml:.1f} ml within {limit}" for limit, ml in found.within_ml.items() if ml >= 0.05]
    if found.least_mm > 0:
        start = f"Least distance to the labelled {found.tube} {found.least_mm:.1f} mm (error {found.error_mm:.1f} mm)"
    else:
        inside = f" (overlap {found.overlap_ml:.1f} ml)" if found.overlap_ml >= 0.05 else ""
        start = f"The tumour reaches the labelled {found.tube}{inside}"
    return f"{start}; {joined(near)} of it." if near else f"{start}."


def _shape(findings: Findings) -> str:
    said = []
    for level, shape in findings.shapes.items():
        loss = shape.height_loss_percent
        if loss.value is not None and loss.low is not None and loss.low > 0:
            said.append(f"loss of height of {level} of {loss.value:.0f} % ({loss.low:.0f} to {loss.high:.0f} %)")
    return _sentence(said)


def _stage(findings: Findings) -> str:
    if findings.tomita is None:
        return ""
    sectors = [
        f"{level} sectors {sectors_in_words(stage.sectors)}, layers {', '.join(stage.layers) or 'none'}"
        for level, stage in findings.wbb.items()
        if level in findings.involved_levels
    ]
    return (
        f"Extent compatible with Tomita type {findings.tomita.type} ({findings.tomita.verification.words}) "
        f"and WBB {'; '.join(sectors)}."
    )


def _limits(findings: Findings) -> str:
    said = ["measured on the masks given; a reading by a radiologist takes precedence"]
    if any(estimate.is_ct for estimate in findings.escc.values()):
        said.append("the cord is not seen on CT")
    return _sentence(said)


def _sentence(said: list[str]) -> str:
    if not said:
        return ""
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."
