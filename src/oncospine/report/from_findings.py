"""Level map, profile and tables of measures out of a spine and its findings."""

from __future__ import annotations

from oncospine.anatomy import Confidence, Severity, Spine, TubeKind
from oncospine.base import Level, Side
from oncospine.lesion import EsccEstimate, Findings, WorstLevel, normal_sizes
from oncospine.report.bibliography import Bibliography
from oncospine.report.profile_chart import profile_chart
from oncospine.report.slices import displayed
from oncospine.report.svg import svg_uri
from oncospine.report.view import Grade, Notice, ProfileView
from oncospine.report.view_parts import PictureView, Table
from oncospine.report.words import ABSENT, decimal, listed, percent, quantity, typeset

NORMAL_SOURCE = "valosek2024"
"""Citation of the normal band."""


def spine_notices(spine: Spine) -> tuple[Notice, ...]:
    """Doubts about levels first; the confidence of the names is always said, with its reasons."""
    naming = spine.naming
    certain = naming.confidence is Confidence.HIGH
    reasons = f": {'; '.join(naming.reasons)}" if naming.reasons else ""
    text = f"Level names: {naming.confidence} confidence{reasons}."
    found = [Notice(grade=Grade.NOTE if certain else Grade.WARNING, text=text)]
    for doubt in spine.doubts:
        grade = Grade.WARNING if doubt.severity is Severity.WARNING else Grade.NOTE
        found.append(Notice(grade=grade, text=typeset(f"{doubt.topic.capitalize()}: {doubt.text}.")))
    return tuple(found)


def findings_notices(findings: Findings) -> tuple[Notice, ...]:
    """What the measuring had to say about its own input."""
    return tuple(Notice(grade=Grade.WARNING, text=typeset(f"Tumour: {note}.")) for note in findings.notes)


def profile_view(spine: Spine, findings: Findings, sources: Bibliography) -> ProfileView:
    """The chart with its sentences."""
    svg = profile_chart(
        findings.profile,
        findings.worst,
        normal=normal_sizes("canal"),
        normal_cord=normal_sizes("cord"),
        involved=frozenset(findings.involved_levels),
        displayed=lambda level: displayed(level, spine),
    )
    picture = PictureView(
        kind="profile",
        title="Compression along the canal",
        caption="Areas across the canal's own centreline, head at the top.",
        uri=svg_uri(svg),
    )
    return ProfileView(
        picture=picture,
        sentences=_profile_sentences(spine, findings.worst),
        source=sources.source([NORMAL_SOURCE]),
    )


def _profile_sentences(spine: Spine, worst: WorstLevel | None) -> tuple[str, ...]:
    if worst is None:
        return ("No tumour was measured inside the bony canal.",)
    sac, around = worst.sac_occupation, decimal(worst.circumferential_deg, "°", digits=0)
    found = [
        f"Worst at {displayed(worst.level, spine)}: tumour takes {quantity(worst.canal_occupation, as_percent=True)} "
        f"of the bony canal; {quantity(worst.free_canal_mm2)} are left.",
        f"It lies {worst.direction} of the canal's middle and lines {around} of the circumference.",
        f"Of the dural sac it takes {percent(sac.value)}." if sac.value is not None else f"Dural sac: {sac.reason}.",
    ]
    if spine.tube(TubeKind.CORD) is None:
        found.append("The cord is not labelled: compression of the cord itself is not measured.")
    return tuple(found)


def measurement_tables(spine: Spine, findings: Findings | None) -> tuple[Table, ...]:
    """One table of vertebrae, one of the tumour, one of ESCC and shape."""
    tables = [_vertebra_table(spine)]
    if findings is not None:
        tables.append(_canal_table(spine, findings))
        tables += [_escc_table(spine, findings)] if findings.escc else []
        tables += [_shape_table(spine, findings)] if findings.shapes else []
        tables += _density_table(findings)
    return tuple(tables)


def _vertebra_table(spine: Spine) -> Table:
    headings = ("Level", "Body height a / m / p, mm", "Pedicle right w × h, mm", "Pedicle left w × h, mm",
                "Canal least / median, mm²", "Volume, ml", "In view")  # fmt: skip
    rows = []
    for level, vertebra in spine.vertebrae.items():
        h = vertebra.heights
        heights = ABSENT if h is None else f"{h.anterior_mm:.1f} / {h.middle_mm:.1f} / {h.posterior_mm:.1f}"
        pedicles = [vertebra.pedicles.get(side) for side in (Side.RIGHT, Side.LEFT)]
        widths = [ABSENT if p is None else f"{p.width_mm:.1f} × {p.height_mm:.1f}" for p in pedicles]
        here = [float(a) for a, name in zip(spine.canal.areas_mm2, spine.canal.levels, strict=True) if name is level]
        middle = sorted(here)[len(here) // 2] if here else None
        canal = ABSENT if middle is None else f"{min(here):.1f} / {middle:.1f}"
        seen = f"cut: {listed(vertebra.completeness.cut)}" if vertebra.completeness.cut else "complete"
        rows.append((displayed(level, spine), heights, *widths, canal, decimal(vertebra.volume_ml), seen))
    notes = ("a / m / p: anterior, middle, posterior. Pedicle: outer width and height at the isthmus.",)
    return Table(title="Vertebrae", headings=headings, rows=tuple(rows), notes=notes, words=frozenset({0, 6}))


def _canal_table(spine: Spine, findings: Findings) -> Table:
    headings = ("Level", "Bone, ml", "Bone, share", "Body, share", "Epidural, ml", "Beside right / left, ml",
                "Most canal taken", "Involved parts")  # fmt: skip
    rows = []
    for level, found in findings.levels.items():
        here = [
            float(share)
            for share, name in zip(findings.profile.canal_occupation, findings.profile.levels, strict=True)
            if name is level
        ]
        beside = " / ".join(decimal(found.paravertebral_ml.get(side, 0.0)) for side in (Side.RIGHT, Side.LEFT))
        rows.append(
            (
                displayed(level, spine),
                decimal(found.bone_ml),
                percent(found.bone_fraction),
                percent(found.body_fraction),
                decimal(found.epidural_ml),
                beside,
                percent(max(here, default=0.0)),
                listed(found.involved_parts) or "none",
            )
        )
    return Table(title="Tumour per level", headings=headings, rows=tuple(rows), words=frozenset({0, 7}))


def _escc_table(spine: Spine, findings: Findings) -> Table:
    rows = tuple(
        (displayed(level, spine), " or ".join(item.possible), *_escc_answer(item), item.basis, typeset(item.rule))
        for level, item in findings.escc.items()
    )
    notes = ("The scale is read on axial T2 MR by a radiologist; an entry in the case takes precedence.",)
    headings = ("Level", "Grades possible", "Best, with margin", "Around the sac", "Basis", "Decided by")
    return Table(title="ESCC from the masks", headings=headings, rows=rows, notes=notes, words=frozenset(range(6)))


def _shape_table(spine: Spine, findings: Findings) -> Table:
    rows = tuple(
        (
            displayed(level, spine),
            quantity(shape.height_loss_percent),
            quantity(shape.translation_mm),
            quantity(shape.segmental_kyphosis_deg),
        )
        for level, shape in findings.shapes.items()
    )
    headings = ("Level", "Loss of height", "Translation", "Segmental kyphosis")
    return Table(title="Shape of the involved bodies", headings=headings, rows=rows)


def _escc_answer(item: EsccEstimate) -> tuple[str, str]:
    """The best grade with its margin to the neighbouring one, and whether the tumour lies all around."""
    margin = "" if item.margin is None else f", {item.margin:.1f} errors from the next grade"
    best = ABSENT if item.grade is None else f"{item.grade}{margin}"
    return best, "circumferential" if item.circumferential else "displaced cord" if item.displaced else ABSENT


def _density_table(findings: Findings) -> list[Table]:
    bone = findings.density
    if bone is None:
        return []
    healthy: tuple[Level, ...] = bone.healthy_levels
    rows = (
        (f"Healthy bodies ({listed(healthy)})", f"{bone.healthy_mean_hu:.0f} ± {bone.healthy_sd_hu:.0f} HU"),
        ("Lesion in the bodies", f"{bone.lesion_mean_hu:.0f} HU"),
        ("Lesion voxels below the healthy range", percent(bone.below_fraction)),
        ("Lesion voxels above the healthy range", percent(bone.above_fraction)),
    )
    notes = ("Healthy range: mean ± 2 SD of this patient's own bodies; HU depend on contrast and tube voltage.",)
    return [Table(title="Bone density", headings=("What", "Value"), rows=rows, notes=notes)]
