"""One paragraph in radiological wording: what the masks show, where, how far; never what to do."""

from __future__ import annotations

from oncospine.base import Side, described_levels
from oncospine.lesion.escc_estimate import GRADES
from oncospine.lesion.findings import INVOLVED_ML, Compartment, Findings, LevelFinding


def impression(findings: Findings) -> str:
    """The paragraph; sentences without content are left out."""
    sentences = [
        _lesion(findings),
        *(_level(found) for found in findings.levels.values() if found.involved_parts),
        _outside(findings),
        _canal(findings),
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
    side = f", mostly on the {findings.dominant_side}" if findings.dominant_side else ""
    return f"Mass of {volume:.1f} ml{several}, compatible with tumour, involving {levels}{side}."


def _level(found: LevelFinding) -> str:
    parts = [str(part) for part in found.involved_parts if part.value != "body"]
    body = f"{100 * found.body_fraction:.0f} % of the body" if found.body_fraction > 0 else ""
    named = ", ".join(sorted(parts))
    both = " and ".join(text for text in (body, named) if text)
    return f"{found.level}: {both}."


def _outside(findings: Findings) -> str:
    said = []
    broken = {breach.level for breach in findings.breaches if breach.wall == "posterior wall"}
    if broken:
        said.append(f"the posterior wall is broken at {described_levels(tuple(broken))}")
    if findings.discs:
        crossed = [f"{disc.above}-{disc.below}" for disc in findings.discs if disc.crosses]
        if crossed:
            said.append(f"the disc {', '.join(crossed)} is crossed")
    beside = {side: sum(found.paravertebral_ml[side] for found in findings.levels.values()) for side in Side}
    sides = [
        f"{ml:.1f} ml on the {side}"
        for side, ml in sorted(beside.items(), key=lambda item: -item[1])
        if ml >= INVOLVED_ML
    ]
    if sides:
        said.append(f"paravertebral extension of {' and '.join(sides)}")
    met = [item.structure.replace("_", " ") for item in findings.contacts if item.words != "clear"]
    if met:
        said.append(f"in contact with {', '.join(met)}")
    return _sentence(said)


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
        said.append(f"{kind} {' or '.join(estimate.possible)} at {level}")
    if findings.cauda:
        said.append(f"below the conus at {described_levels(tuple(findings.cauda))}, where ESCC does not apply")
    return _sentence(said)


def _rank(possible: tuple[str, ...]) -> tuple[int, int]:
    return GRADES.index(possible[-1]), GRADES.index(possible[0])


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
        f"{level} sectors {', '.join(map(str, stage.sectors))}, layers {', '.join(stage.layers) or 'none'}"
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
