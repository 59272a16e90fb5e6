"""The lesion in detail: impression, match with the examination, WBB clocks, stages, distances, neighbours, walls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from oncospine.anatomy import Confidence, Spine
from oncospine.base import Level, Side
from oncospine.case import Override
from oncospine.imaging import Scan
from oncospine.lesion import (
    WALLS,
    Findings,
    Resection,
    TubeDistance,
    Verdict,
    Wbb,
    impression,
    measured_compartment,
    resections,
    wbb_data,
)
from oncospine.lesion.phrases import sectors_in_words
from oncospine.level_match import LevelMatch
from oncospine.report.bibliography import Bibliography
from oncospine.report.slices import DrawnPicture, displayed
from oncospine.report.view_lesion import LesionView, StageLine
from oncospine.report.view_parts import Table
from oncospine.report.wbb_pictures import wbb_pictures
from oncospine.report.words import ABSENT, decimal, listed

NOT_ENTERED = "not entered"
"""Stands where no clinician stated a stage."""


def lesion_view(
    spine: Spine,
    findings: Findings,
    sources: Bibliography,
    *,
    scan: Scan | None = None,
    match: LevelMatch | None = None,
    overrides: Iterable[Override] = (),
) -> tuple[LesionView, tuple[DrawnPicture, ...]]:
    """The section and its pictures, which are not yet part of it."""

    def name(level: Level) -> str:
        return displayed(level, spine)

    view = LesionView(
        impression=marked(impression(findings), spine),
        match=() if match is None else match.sentences,
        match_source=sources.source(() if match is None else match.citations),
        stages=stage_lines(findings, sources, name, tuple(overrides)),
        convention=str(wbb_data()["convention"]),
        tables=lesion_tables(spine, findings),
    )
    return view, wbb_pictures(scan, spine, findings, displayed=name)


LEVEL_NAME = re.compile(r"\b(?:C[1-7]|T(?:1[0-3]|[1-9])|L[1-6]|S[1-5])\b")


def marked(text: str, spine: Spine) -> str:
    """A text of the lesion room with its levels as everywhere on the page: "T3?" where they are in doubt."""
    if spine.naming.confidence is Confidence.HIGH:
        return text
    return LEVEL_NAME.sub(lambda found: f"{found[0]}?", text)


def stage_lines(
    findings: Findings, sources: Bibliography, name: Callable[[Level], str], overrides: tuple[Override, ...]
) -> tuple[StageLine, ...]:
    """WBB per level, Tomita, Enneking, each with its source and how far it was verified."""
    found = [_wbb_line(stage, sources, name, overrides) for stage in findings.wbb.values()]
    if findings.tomita is not None:
        type_ = findings.tomita
        found.append(
            StageLine(
                name="Tomita (surgical)",
                value=f"type {type_.type}, {type_.group}",
                stated=_stated(overrides, "tomita_type"),
                text=f"{type_.reason}; sites: {listed(type_.sites)}",
                source=sources.source(type_.citations, verification=type_.verification),
            )
        )
        measured = measured_compartment(type_)
        found.append(
            StageLine(
                name="Enneking",
                value=f"{measured} ({'extra' if measured == 'T2' else 'intra'}compartmental), from the extent alone",
                stated=_stated(overrides, "enneking_stage"),
                text="for primary tumours; the stage needs the grade and whether there are metastases",
                source=sources.source(("enneking1980", "boriani1997")),
            )
        )
    return tuple(found)


def _stated(overrides: tuple[Override, ...], what: str, level: Level | None = None) -> str:
    """The latest statement of a clinician, with role and date."""
    own = [item for item in overrides if item.what == what and item.level is level]
    latest = max(own, key=lambda item: item.date, default=None)
    return NOT_ENTERED if latest is None else f"{latest.value} ({latest.by}, {latest.date})"


def _wbb_line(
    stage: Wbb, sources: Bibliography, name: Callable[[Level], str], overrides: tuple[Override, ...]
) -> StageLine:
    said = {what: _stated(overrides, f"wbb_{what}", stage.level) for what in ("sectors", "layers")}
    entered = "; ".join(f"{what} {text}" for what, text in said.items() if text != NOT_ENTERED)
    beside = f"neighbours {sectors_in_words(stage.margin)} within the spread of readers" if stage.margin else ""
    return StageLine(
        name=f"WBB {name(stage.level)}",
        value=f"sectors {sectors_in_words(stage.sectors)}; layers {listed(stage.layers) or 'none'}",
        stated=entered or NOT_ENTERED,
        text="; ".join(text for text in (beside, *stage.notes) if text),
        source=sources.source(("boriani1997", "chan2009")),
    )


def lesion_tables(spine: Spine, findings: Findings) -> tuple[Table, ...]:
    """Distances, walls, spaces, neighbours, pieces and resections; a table without rows is left out."""
    tables = (
        _distance_table(findings),
        _wall_table(spine, findings),
        _space_table(spine, findings),
        _neighbour_table(findings),
        _piece_table(spine, findings),
        _resection_table(findings),
    )
    return tuple(table for table in tables if table is not None and table.rows)


def _distance_table(findings: Findings) -> Table | None:
    limits = list(dict.fromkeys(limit for item in findings.distances for limit in item.within_ml))
    rows = tuple(
        (
            f"to the labelled {item.tube}",
            decimal(item.least_mm),
            f"± {item.error_mm:.1f}",
            *(decimal(item.within_ml.get(limit), digits=2) for limit in limits),
            decimal(item.overlap_ml, digits=2),
        )
        for item in findings.distances
    )
    headings = ("Tumour", "Least, mm", "Error, mm", *(f"Within {limit}, ml" for limit in limits), "Overlap, ml")
    notes = ["For separation surgery and SBRT: a gap of 3 mm is stated in two sources, 2 mm is quoted."]
    notes += [note for item in findings.distances for note in _distance_notes(item)]
    title = "Distance to cord and sac"
    return Table(title=title, headings=headings, rows=rows, notes=tuple(dict.fromkeys(notes)))


def _distance_notes(found: TubeDistance) -> list[str]:
    if found.overlap_ml <= 0:
        return []
    return [f"The label of the {found.tube} overlaps the tumour: it may be drawn as if the tumour were not there."]


def _wall_table(spine: Spine, findings: Findings) -> Table | None:
    levels = list(dict.fromkeys(item.level for item in findings.breaches))
    areas = {(item.level, item.wall): item.area_mm2 for item in findings.breaches}
    walls = [wall for wall in WALLS if any((level, wall) in areas for level in levels)]
    rows = tuple(
        (displayed(level, spine), *(decimal(areas.get((level, wall)), digits=0) for wall in walls)) for level in levels
    )
    notes = ("Area of the interface between tumour in bone and tumour outside it; compatible with a breach.",)
    return Table(title="Tumour through the cortex, mm²", headings=("Level", *walls), rows=rows, notes=notes)


def _space_table(spine: Spine, findings: Findings) -> Table | None:
    rows = [
        (
            f"disc {_between(spine, disc.above, disc.below)}",
            "crossed" if disc.crosses else "entered",
            decimal(disc.volume_ml, digits=2),
        )
        for disc in findings.discs
    ]
    for above, below in dict.fromkeys((item.above, item.below) for item in findings.foramina):
        own = {item.side: item.volume_ml for item in findings.foramina if (item.above, item.below) == (above, below)}
        rows.append((f"foramen {_between(spine, above, below)}", *_sides(own)))
    for number in dict.fromkeys(item.number for item in findings.ribs):
        ribs = {item.side: item for item in findings.ribs if item.number == number}
        joint = any(item.costovertebral for item in ribs.values())
        words, ml = _sides({side: item.overlap_ml for side, item in ribs.items()})
        rows.append((f"rib {number}", f"{words}{', costovertebral joint' if joint else ''}", ml))
    headings = ("Space or bone", "Where", "Tumour in it, ml (right / left)")
    title = "Discs, foramina and ribs"
    return Table(title=title, headings=headings, rows=tuple(rows), words=frozenset({0, 1}))


def _between(spine: Spine, above: Level, below: Level) -> str:
    return f"{displayed(above, spine)}-{displayed(below, spine)}"


def _sides(ml: dict[Side, float]) -> tuple[str, str]:
    """Words for the sides and the volumes, right before left."""
    sides = [side for side in (Side.RIGHT, Side.LEFT) if side in ml]
    words = "both sides" if len(sides) == len(Side) else str(sides[0])
    return words, " / ".join(decimal(ml.get(side), digits=2) for side in (Side.RIGHT, Side.LEFT))


def _neighbour_table(findings: Findings) -> Table | None:
    rows = tuple(
        (
            item.structure.replace("_", " "),
            item.words,
            decimal(item.distance_mm),
            decimal(item.degrees, "°", digits=0),
            decimal(item.overlap_ml, digits=2),
        )
        for item in findings.contacts
    )
    headings = ("Neighbour", "Contact", "Distance, mm", "Circumference", "Overlap, ml")
    notes = ("Only labelled structures within 12 mm. Contact from 1.5 mm, partly encased from 180°, encased from 270°: "
             "oncospine defaults.",)  # fmt: skip
    return Table(title="Neighbours", headings=headings, rows=rows, notes=notes, words=frozenset({0, 1}))


def _piece_table(spine: Spine, findings: Findings) -> Table | None:
    if len(findings.pieces) < 2:
        return None
    rows = tuple(
        (str(number), listed(displayed(level, spine) for level in piece.levels) or ABSENT, decimal(piece.volume_ml))
        for number, piece in enumerate(findings.pieces, 1)
    )
    return Table(title="Separate pieces", headings=("Piece", "Levels", "ml"), rows=rows, words=frozenset({0, 1}))


VERDICTS = {
    Verdict.FEASIBLE: "the sectors allow it",
    Verdict.WITH_VIOLATION: "only with a violation of the margin",
    Verdict.NOT_FEASIBLE: "the sectors speak against it",
}


def _resection_table(findings: Findings) -> Table | None:
    involved = {level: stage for level, stage in findings.wbb.items() if level in findings.involved_levels}
    if not involved:
        return None
    around = any(item.circumferential for item in findings.escc.values())
    rows = tuple(_resection_row(item) for item in resections(involved, circumferential=around))
    notes = (
        "Geometry of the sectors alone, meant for primary tumours and solitary metastases; fitness, histology and "
        "what the margin would cost are for the team.",
    )
    headings = ("En bloc operation", "WBB sectors", "Because", "Free to cut")
    return Table(
        title="What the WBB sectors allow", headings=headings, rows=rows, notes=notes, words=frozenset(range(4))
    )


def _resection_row(item: Resection) -> tuple[str, ...]:
    reasons: Iterable[str] = item.reasons or (ABSENT,)
    words = f"{VERDICTS[item.verdict]}{'' if item.verification.is_verified else f' ({item.verification.words})'}"
    return item.text, words, "; ".join(reasons), "; ".join(item.osteotomies) or ABSENT
