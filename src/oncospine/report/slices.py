"""The pictures of one lesion: sagittal, coronal, axial at the worst place and at every involved level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oncospine.anatomy import Confidence, Spine, Tube, TubeKind
from oncospine.base import Level
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.report.outlines import Outline, canal_ring, canal_walls, mask_outline
from oncospine.report.palette import CANAL, CORD, SAC, TUMOUR, Style
from oncospine.report.sections import Section, axial_section, coronal_section, sagittal_section
from oncospine.report.slice_picture import Name, SliceLayout, slice_picture
from oncospine.report.windows import window_of

AXIAL_HALF_WIDTH_MM = 50.0
AXIAL_BEHIND_MM = 50.0
AXIAL_AHEAD_MM = 45.0
"""An axial picture holds the vertebra with the costotransverse joints and what lies beside it."""

AHEAD_OF_BONE_MM = 22.0
BEHIND_BONE_MM = 8.0
"""A sagittal picture reaches from the oesophagus to behind the spinous processes."""

BESIDE_MM = 55.0
"""A coronal picture reaches this far to each side of the bodies."""

AROUND_TUMOUR_MM = 95.0
"""A picture of a long spine ends this far above and below the involved bodies: about four levels."""

NAME_GAP_MM = 4.0
"""Between the front of a body and its name."""

BESIDE_BODY_MM = 12.0
"""Between the side of a body and its name: clear of the rib's head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPicture:
    """One picture and the words under it."""

    kind: str
    title: str
    caption: str
    svg: str
    aspect: float = 1.0


def slice_pictures(scan: Scan, spine: Spine, findings: Findings | None) -> tuple[DrawnPicture, ...]:
    """Sagittal, coronal and axial pictures; without findings the axial one is through the middle level."""
    return (
        sagittal_picture(scan, spine, findings),
        coronal_picture(scan, spine, findings),
        *axial_pictures(scan, spine, findings),
    )


def sagittal_picture(scan: Scan, spine: Spine, findings: Findings | None) -> DrawnPicture:
    """Along the middle of the canal, anterior on the viewer's left."""
    bone = spine.grid.to_world(np.argwhere(spine.level_codes.any(axis=2, keepdims=True)))[:, 1]
    y_mm = (float(bone.min()) - BEHIND_BONE_MM, float(bone.max()) + AHEAD_OF_BONE_MM)
    section = sagittal_section(spine.canal, y_mm=y_mm, z_mm=picture_heights(spine, findings))
    window = window_of(scan)
    outlines = [canal_walls(spine.canal, section, CANAL), *_contents(spine, section), *_tumour(findings, section)]
    layout = SliceLayout(
        title="sagittal",
        corner=("sagittal",),
        outlines=tuple(outlines),
        names=_names(spine, section, findings, aside=("anterior", _half(spine, "depth_mm") + NAME_GAP_MM)),
    )
    caption = f"follows {section.follows}; anterior is on the viewer's left. Window: {window.title}."
    return DrawnPicture(
        kind="slice",
        title="Sagittal",
        caption=caption,
        svg=slice_picture(scan, section, window, layout),
        aspect=section.shape[1] / section.shape[0],
    )


def coronal_picture(scan: Scan, spine: Spine, findings: Findings | None) -> DrawnPicture:
    """Along the middle of the bodies, the patient's right on the viewer's left."""
    origins = _origins(spine)
    x_mm = (float(origins[:, 0].min()) - BESIDE_MM, float(origins[:, 0].max()) + BESIDE_MM)
    section = coronal_section(spine, x_mm=x_mm, z_mm=picture_heights(spine, findings))
    window = window_of(scan)
    layout = SliceLayout(
        title="coronal",
        corner=("coronal",),
        outlines=tuple(_tumour(findings, section)),
        names=_names(spine, section, findings, aside=("right", _half(spine, "width_mm") + BESIDE_BODY_MM)),
    )
    caption = f"follows {section.follows}; the patient's right is on the viewer's left. Window: {window.title}."
    return DrawnPicture(
        kind="slice",
        title="Coronal",
        caption=caption,
        svg=slice_picture(scan, section, window, layout),
        aspect=section.shape[1] / section.shape[0],
    )


def axial_pictures(scan: Scan, spine: Spine, findings: Findings | None) -> tuple[DrawnPicture, ...]:
    """Across the canal: the worst place (bone window, and plain in the soft-tissue window), then each other level."""
    worst = findings.worst if findings is not None else None
    if worst is None:
        levels = findings.involved_levels if findings is not None else ()
        chosen = levels or (spine.levels[len(spine.levels) // 2],)
        return tuple(_axial(scan, spine, findings, _middle_station(spine, level), level=level) for level in chosen)
    station = int(np.abs(spine.canal.arc_mm - worst.arc_mm).argmin())
    found = [_axial(scan, spine, findings, station, level=worst.level, words="worst place")]
    if scan.modality == "CT":
        found.append(_axial(scan, spine, None, station, level=worst.level, preset="soft_tissue", words="worst place"))
    others = [level for level in findings.involved_levels if level is not worst.level] if findings else []
    found += [_axial(scan, spine, findings, _fullest_station(spine, findings, level), level=level) for level in others]
    return tuple(found)


def displayed(level: Level, spine: Spine) -> str:
    """Name of a level with a question mark where the numbering is in doubt."""
    return str(level) if spine.naming.confidence is Confidence.HIGH else f"{level}?"


def tube_style(tube: Tube) -> Style:
    """How the sac or the cord is drawn, named for what it is."""
    if tube.kind is TubeKind.CORD:
        return CORD
    return Style(name=str(tube.kind), colour=SAC.colour, dash=SAC.dash, width=SAC.width)


def _axial(
    scan: Scan,
    spine: Spine,
    findings: Findings | None,
    station: int,
    *,
    level: Level,
    preset: str = "bone",
    words: str = "",
) -> DrawnPicture:
    canal = spine.canal
    section = axial_section(
        canal.frames[station],
        half_width_mm=AXIAL_HALF_WIDTH_MM,
        behind_mm=AXIAL_BEHIND_MM,
        ahead_mm=AXIAL_AHEAD_MM,
    )
    window = window_of(scan, preset)
    name = displayed(level, spine)
    outlines: tuple[Outline, ...] = ()
    if findings is not None:
        contents = _contents(spine, section)
        outlines = (canal_ring(canal, station, section, CANAL), *contents, *_tumour(findings, section))
    layout = SliceLayout(
        title=f"axial {name}",
        corner=(name, *([words] if words else [])),
        outlines=outlines,
    )
    plain = "" if outlines else " Without outlines."
    caption = (
        f"across the canal, seen from the feet; the patient's right is on the viewer's left. "
        f"Window: {window.title}.{plain}"
    )
    return DrawnPicture(
        kind="slice",
        title=f"Axial {name}, {words}" if words else f"Axial {name}",
        caption=caption,
        svg=slice_picture(scan, section, window, layout),
        aspect=section.shape[1] / section.shape[0],
    )


def _contents(spine: Spine, section: Section) -> list[Outline]:
    return [mask_outline(tube.mask, section, tube_style(tube)) for tube in spine.tubes]


def _tumour(findings: Findings | None, section: Section) -> list[Outline]:
    return [] if findings is None else [mask_outline(findings.tumour, section, TUMOUR)]


def _names(spine: Spine, section: Section, findings: Findings | None, *, aside: tuple[str, float]) -> tuple[Name, ...]:
    """Level names beside the bodies, in front or to the patient's right; those of involved levels stand out."""
    involved = set(findings.involved_levels) if findings is not None else set()
    direction, distance = aside
    names = []
    for level, vertebra in spine.vertebrae.items():
        point = vertebra.frame.origin_mm + distance * getattr(vertebra.frame, direction)
        x, y = section.to_picture(point)
        if 0 <= y < section.shape[0]:
            text = displayed(level, spine)
            names.append(Name(text=text, x=float(x), y=float(y), strong=level in involved, anchor="end"))
    return tuple(names)


def _half(spine: Spine, size: str) -> float:
    """Half the usual depth or width of a body; 0 where no endplate is known."""
    plates = (vertebra.lower_endplate for vertebra in spine.vertebrae.values())
    sizes = [getattr(plate, size) for plate in plates if plate is not None]
    return float(np.median(sizes)) / 2 if sizes else 0.0


def _origins(spine: Spine) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([vertebra.frame.origin_mm for vertebra in spine.vertebrae.values()])


def picture_heights(spine: Spine, findings: Findings | None) -> tuple[float, float]:
    """z of the foot and the head end of a picture: the labelled spine, or of a long one the part around the tumour."""
    heights = spine.grid.corners_mm()[:, 2]
    low, high = float(heights.min()), float(heights.max())
    centres = [spine.vertebrae[level].frame.origin_mm[2] for level in (findings.involved_levels if findings else ())]
    if centres:
        low = max(low, float(min(centres)) - AROUND_TUMOUR_MM)
        high = min(high, float(max(centres)) + AROUND_TUMOUR_MM)
    return low, high


def _middle_station(spine: Spine, level: Level) -> int:
    """Station of the canal nearest to the middle of a vertebra."""
    arc = float(spine.canal.centreline.nearest_arc_mm(spine.vertebrae[level].canal_mm))
    return int(np.abs(spine.canal.arc_mm - arc).argmin())


def _fullest_station(spine: Spine, findings: Findings | None, level: Level) -> int:
    """Station of a level where the tumour takes most of the canal; its middle where it takes none."""
    if findings is None:
        return _middle_station(spine, level)
    here = np.array([name is level for name in findings.profile.levels])
    taken = np.where(here, findings.profile.tumour_mm2, -1.0)
    return int(taken.argmax()) if taken.max() > 0 else _middle_station(spine, level)
