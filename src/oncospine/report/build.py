"""From the results of all rooms to the view of one page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from oncospine import __version__
from oncospine.anatomy import Spine
from oncospine.base import Progress, SideProcess, silent
from oncospine.case import Case, Study
from oncospine.evidence.for_case import CaseEvidence
from oncospine.imaging import Scan
from oncospine.lesion import Findings, impression
from oncospine.level_match import LevelMatch
from oncospine.neurology import NeuroStatus
from oncospine.report.bibliography import Bibliography
from oncospine.report.drawn_operation import drawn_operation
from oncospine.report.from_case import patient_view, study_line
from oncospine.report.from_comparison import comparison_view
from oncospine.report.from_evidence import evidence_view, option_evidence_view
from oncospine.report.from_findings import findings_notices, measurement_tables, profile_view, spine_notices
from oncospine.report.from_lesion import lesion_tables, lesion_view, marked
from oncospine.report.from_neurology import neurology_notices, neurology_view
from oncospine.report.from_operations import comparison_table, operation_view
from oncospine.report.from_prognosis import flip_table, lmnop_table, prognosis_view
from oncospine.report.from_scores import escc_views, score_view, sins_views
from oncospine.report.from_strategy import (
    not_evaluated_lines,
    option_views,
    recommendation_views,
    strategy_notices,
)
from oncospine.report.from_surgery import screw_table
from oncospine.report.level_map import level_map_view
from oncospine.report.palette import CAGE, CANAL, SCREW, TUMOUR
from oncospine.report.ray_picture import VIEWS
from oncospine.report.screw_pictures import screw_pictures
from oncospine.report.slices import DrawnPicture, slice_pictures, tube_style
from oncospine.report.svg import svg_uri
from oncospine.report.view import Grade, Notice, ReportView, ScoreView, StudyView
from oncospine.report.view_comparison import ComparisonView
from oncospine.report.view_evidence import OptionEvidenceView
from oncospine.report.view_lesion import LesionView
from oncospine.report.view_parts import Fact, PictureView
from oncospine.report.view_surgery import OperationView
from oncospine.report.views3d import Pending, operation_views, rendered_views
from oncospine.scores import Score
from oncospine.strategy import FOOTER, PatientInputs, Strategy
from oncospine.surgery import EvaluatedOperation, comparison_of

TITLE = "Spinal tumour planning report"
"""Heading of the page."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecondStudy:
    """Another study of the same lesion, measured on its own: the MR that shows the cord beside the CT."""

    study: Study
    scan: Scan | None
    spine: Spine
    findings: Findings | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """What a page can be made of. Only the case is needed; what is None or empty leaves its part of the page out.

    `second` is the MR beside the CT; `match` is the examination against the images. `scores` are further scores beside
    SINS and ESCC, which come with `strategy` and `inputs`. `operations` stand side by side in their order; the first
    one's screws stand on the first screen and have pictures of their own. `hashes` maps input files to their content
    hash. `made_on` is printed as it stands; leave it out for the same bytes on every day.
    """

    case: Case
    study: Study | None = None
    scan: Scan | None = None
    spine: Spine | None = None
    findings: Findings | None = None
    second: SecondStudy | None = None
    neuro: NeuroStatus | None = None
    doubts: tuple[str, ...] = ()
    match: LevelMatch | None = None
    inputs: PatientInputs | None = None
    strategy: Strategy | None = None
    scores: tuple[Score, ...] = ()
    operations: tuple[EvaluatedOperation, ...] = ()
    evidence: CaseEvidence | None = None
    notes: tuple[str, ...] = ()
    hashes: Mapping[str, str] | None = None
    made_on: str = ""


def report_view(results: Results, *, beside: SideProcess | None = None, progress: Progress = silent) -> ReportView:
    """The view of one page, pictures included; `beside` draws some of them."""
    sources = Bibliography()
    solid = _solid_views(results, beside)
    spine, findings, strategy = results.spine, results.findings, results.strategy
    notices = _notices(results, sources)
    profile = profile_view(spine, findings, sources) if spine is not None and findings is not None else None
    scores = _scores(results, sources)
    options = option_views(strategy, sources, _beside_options(results.evidence)) if strategy is not None else ()
    recommendations = recommendation_views(strategy, sources) if strategy is not None else ()
    progress("drawing the pictures", 0.2)
    lesion = _lesion(results, sources)
    pictures = _scan_pictures(results, solid)
    operations = _operations(results, sources, solid)
    screws = tuple(
        screw_table(item.operation.title, item.screws, spine)
        for item in results.operations
        if spine is not None and item.screws
    )
    progress("writing the page", 0.9)
    neurology = neurology_view(results.neuro, sources) if results.neuro is not None else None
    prognosis = None
    if strategy is not None:
        prognosis = prognosis_view(strategy.prognosis, sources, entered=results.case.entered_scores)
    return ReportView(
        title=TITLE,
        patient=patient_view(results.case, results.study),
        notices=notices,
        level_map=level_map_view(spine, findings) if spine is not None else None,
        profile=profile,
        scores=scores,
        options=options,
        recommendations=recommendations,
        not_evaluated=not_evaluated_lines(strategy) if strategy is not None else (),
        screws=screws,
        comparison=comparison_table(results.operations),
        criteria=_criteria(results, sources),
        operations=operations,
        second_study=_second(results.second, sources) if results.second is not None else None,
        pictures=pictures,
        legend=_legend(results) if pictures else (),
        measurements=measurement_tables(spine, findings) if spine is not None else (),
        provenance=_provenance(results),
        citations=sources.listed(),
        footer=strategy.footer if strategy is not None else FOOTER,
        made_on=results.made_on,
        evidence=None if results.evidence is None else evidence_view(results.evidence),
        neurology=neurology,
        prognosis=prognosis,
        flips=flip_table(strategy) if strategy is not None else None,
        lesion=lesion,
        lmnop=lmnop_table(strategy.lmnop, sources) if strategy is not None else None,
        drawn_operation=drawn_operation(strategy, results.operations),
    )


def _notices(results: Results, sources: Bibliography) -> tuple[Notice, ...]:
    """Emergency flags first and in the order of the rules, then doubts, then notes; none is left out."""
    found: list[Notice] = []
    if results.strategy is not None:
        found += strategy_notices(results.strategy, sources)
    found += [Notice(grade=Grade.WARNING, text=f"{doubt[0].upper()}{doubt[1:]}.") for doubt in results.doubts]
    if results.neuro is not None:
        # with images the compressed levels are compared, not the involved ones, and said once
        level = results.neuro.level if results.match is None else None
        found += neurology_notices(replace(results.neuro, level=level))
    if results.spine is not None:
        found += spine_notices(results.spine)
    else:
        found.append(Notice(grade=Grade.WARNING, text="No image was measured: levels and sides stand as entered."))
    if results.findings is not None:
        found += findings_notices(results.findings)
    elif results.spine is not None:
        found.append(Notice(grade=Grade.WARNING, text="No tumour mask: involvement and compression are not measured."))
    if results.match is not None and results.match.image_rest:
        found.append(Notice(grade=Grade.WARNING, text=" ".join(results.match.sentences)))
    if results.second is not None:
        name = study_line(results.second.study)
        told = [*spine_notices(results.second.spine)]
        told += findings_notices(results.second.findings) if results.second.findings is not None else ()
        found += [replace(notice, text=f"{name}: {notice.text}") for notice in told]
    found += [Notice(grade=Grade.NOTE, text=note) for note in results.notes]
    grades = list(Grade)
    return tuple(sorted(dict.fromkeys(found), key=lambda notice: grades.index(notice.grade)))


def _beside_options(evidence: CaseEvidence | None) -> dict[str, OptionEvidenceView]:
    return {} if evidence is None else {name: option_evidence_view(item) for name, item in evidence.options.items()}


def _scores(results: Results, sources: Bibliography) -> tuple[ScoreView, ...]:
    found: list[ScoreView] = []
    if results.strategy is not None and results.strategy.sins is not None:
        found += sins_views(results.strategy.sins, results.inputs, sources)
    if results.inputs is not None:
        found += escc_views(results.inputs, sources)
    first = results.strategy.prognosis.default_score if results.strategy is not None else None
    for score in results.scores:
        found.append(replace(score_view(score, sources), headline=first is None or score.id == first))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SolidViews:
    """Pictures in 3-D on their way: of the spine as it is, and after each operation."""

    spine: Pending
    operations: tuple[Pending, ...]


def _solid_views(results: Results, beside: SideProcess | None) -> _SolidViews:
    """All views of the spine and of the first operation, two of the other operations."""
    spine, findings = results.spine, results.findings
    if spine is None:
        return _SolidViews(spine=tuple, operations=())
    short = [view for view in VIEWS if view.letter in SHORT_VIEWS]
    return _SolidViews(
        spine=rendered_views(spine, findings, beside=beside),
        operations=tuple(
            operation_views(spine, findings, item, views=VIEWS if index == 0 else short)
            for index, item in enumerate(results.operations)
        ),
    )


def _scan_pictures(results: Results, solid: _SolidViews) -> tuple[PictureView, ...]:
    """Slices where there is a scan, and the four views."""
    if results.spine is None:
        return ()
    slices = () if results.scan is None else slice_pictures(results.scan, results.spine, results.findings)
    return tuple(_picture(item, study_line(results.study)) for item in (*slices, *solid.spine()))


def _lesion(results: Results, sources: Bibliography) -> LesionView | None:
    """The lesion in detail, its pictures with their reminder."""
    spine, findings = results.spine, results.findings
    if spine is None or findings is None:
        return None
    view, drawn = lesion_view(
        spine, findings, sources, scan=results.scan, match=results.match, overrides=results.case.overrides
    )
    return replace(view, pictures=tuple(_picture(item, study_line(results.study)) for item in drawn))


def _second(second: SecondStudy, sources: Bibliography) -> StudyView:
    spine, findings, study = second.spine, second.findings, study_line(second.study)
    slices = () if second.scan is None else slice_pictures(second.scan, spine, findings)
    return StudyView(
        study=study,
        profile=profile_view(spine, findings, sources) if findings is not None else None,
        pictures=tuple(_picture(item, study) for item in slices),
        measurements=(
            *measurement_tables(spine, findings),
            *(lesion_tables(spine, findings) if findings is not None else ()),
        ),
        impression=marked(impression(findings), spine) if findings is not None else "",
    )


def _operations(results: Results, sources: Bibliography, solid: _SolidViews) -> tuple[OperationView, ...]:
    """Every operation with its pictures, and every screw of the first."""
    spine, found = results.spine, []
    if spine is None:
        return ()
    for index, (item, views) in enumerate(zip(results.operations, solid.operations, strict=True)):
        drawn = list(views())
        if index == 0 and results.scan is not None:
            drawn += screw_pictures(results.scan, spine, results.findings, item.screws)
        found.append(
            operation_view(item, spine, sources, tuple(_picture(one, study_line(results.study)) for one in drawn))
        )
    return tuple(found)


def _criteria(results: Results, sources: Bibliography) -> ComparisonView | None:
    """The operations on all criteria, where there is something to compare."""
    if len(results.operations) < 2:
        return None
    named = [(item.operation.title, item) for item in results.operations]
    return comparison_view(comparison_of(named, results.findings), sources)


SHORT_VIEWS = ("P", "L")
"""Views of every operation but the first."""


def _picture(item: DrawnPicture, study: str) -> PictureView:
    return PictureView(
        kind=item.kind,
        title=item.title,
        caption=item.caption,
        uri=svg_uri(item.svg),
        aspect=item.aspect,
        study=study,
    )


def _legend(results: Results) -> tuple[tuple[str, str, str], ...]:
    styles = [TUMOUR] if results.findings is not None else []
    spines = [spine for spine in (results.spine, results.second.spine if results.second else None) if spine is not None]
    styles += [CANAL, *(tube_style(tube) for spine in spines for tube in spine.tubes)]
    if any(item.screws for item in results.operations):
        styles.append(SCREW)
    if any(stage.cage is not None for item in results.operations for stage in item.stages):
        styles.append(CAGE)
    return tuple((style.name, style.colour, style.dash) for style in dict.fromkeys(styles))


def _provenance(results: Results) -> tuple[Fact, ...]:
    facts = [Fact(name="oncospine", value=__version__, how="version")]
    if results.strategy is not None:
        facts.append(Fact(name="rules", value=results.strategy.rules_version, how="version"))
    facts += [Fact(name=name, value=digest, how="content hash") for name, digest in (results.hashes or {}).items()]
    if results.scan is not None:
        facts.append(Fact(name="scan as read", value=results.scan.content_hash, how="content hash"))
        facts += [Fact(name="scan", value=note, how="note of the reader") for note in results.scan.notes]
    if results.findings is not None:
        digest = hashlib.sha256(results.findings.compartments.tobytes()).hexdigest()
        facts.append(Fact(name="tumour as measured", value=f"sha256:{digest}", how="content hash of its voxels"))
    return tuple(facts)
