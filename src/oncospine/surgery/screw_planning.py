"""Pedicle screws planned on the intact bone of a patient, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oncospine.anatomy import Spine
from oncospine.base import Level, Side, in_threads, parse_levels
from oncospine.geometry import Mask, Point, sampled_at
from oncospine.imaging import Scan
from oncospine.surgery.bone_field import SOLID, BoneField, bone_field
from oncospine.surgery.entry_words import entry_in_words
from oncospine.surgery.lateral_mass import lateral_mass_rules, lateral_mass_screw
from oncospine.surgery.screw import Margins, PlannedScrew, Screw, ScrewPath, Wall
from oncospine.surgery.screw_grading import predicted_grade
from oncospine.surgery.screw_measure import (
    AXIS_STEP_MM,
    FARTHEST_MM,
    Walls,
    end_of_bone_from_mm,
    half_voxel_mm,
    margins_of,
    out_of_view,
    structures_met,
    walls_of,
)
from oncospine.surgery.sizes import ScrewCatalogue, ScrewRules, default_catalogue, screw_rules
from oncospine.surgery.trajectory_search import Axis, Trajectory, widest_axis

PEDICLE_SCREW_LEVELS = parse_levels("C7-L5")
"""Levels at which pedicle screws are planned."""

SCREW_LEVELS = parse_levels("C3-L5")
"""Levels at which screws are planned: lateral mass screws above C7, at C7 where no pedicle screw is possible."""

IN_OUT_IN_LEVELS = parse_levels("T1-T12")
"""Levels with a rib beside the pedicle, where a screw may leave it laterally and return into the body."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScrewSite:
    """One pedicle ready for planning and for grading edits: its bone, its walls, and what surrounds it."""

    spine: Spine
    side: Side
    field: BoneField
    walls: Walls
    scan: Scan | None
    rules: ScrewRules
    catalogue: ScrewCatalogue
    trajectory: Trajectory

    @property
    def level(self) -> Level:
        return self.field.level


def plan_screws(
    spine: Spine,
    wanted: Iterable[tuple[Level, Side]],
    *,
    tumour: Mask | None = None,
    scan: Scan | None = None,
    catalogue: ScrewCatalogue | None = None,
    trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD,
    sites: Mapping[tuple[Level, Side], ScrewSite] | None = None,
) -> tuple[PlannedScrew, ...]:
    """A screw, or a refusal with its reason, for each wanted pedicle, in the given order; `sites` are used if given."""
    wanted = tuple(wanted)
    if sites is None:
        sites = screw_sites(spine, wanted, tumour=tumour, scan=scan, catalogue=catalogue, trajectory=trajectory)
    planned = dict(zip(sites, in_threads(plan_screw, sites.values()), strict=True))
    return tuple(planned.get(place) or refused_screw(*place, _missing(spine, *place)) for place in wanted)


def screw_sites(
    spine: Spine,
    wanted: Iterable[tuple[Level, Side]],
    *,
    tumour: Mask | None = None,
    scan: Scan | None = None,
    catalogue: ScrewCatalogue | None = None,
    trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD,
) -> Mapping[tuple[Level, Side], ScrewSite]:
    """`ScrewSite` of every wanted pedicle that exists in view; the bone of a level is prepared once for both sides."""
    seen = [place for place in wanted if _missing(spine, *place) is None]
    levels = tuple(dict.fromkeys(level for level, _ in seen))
    fields = dict(zip(levels, in_threads(lambda level: bone_field(spine, level, tumour=tumour), levels), strict=True))
    sites = {}
    for level, side in seen:
        if side not in fields[level].pedicle_back_mm:
            continue
        sites[level, side] = ScrewSite(
            spine=spine,
            side=side,
            field=fields[level],
            walls=walls_of(fields[level], side),
            scan=scan,
            rules=screw_rules(),
            catalogue=catalogue or default_catalogue(),
            trajectory=trajectory,
        )
    return sites


def plan_screw(site: ScrewSite) -> PlannedScrew:
    """The pedicle screw of a site, above C7 the lateral mass screw; at C7 the second where the first is refused."""
    if site.level not in PEDICLE_SCREW_LEVELS:
        return mass_screw(site)
    pedicle = pedicle_screw(site)
    if pedicle.is_planned or site.level not in lateral_mass_rules().levels:
        return pedicle
    instead = mass_screw(site)
    if not instead.is_planned:
        return replace(pedicle, refusal=f"{pedicle.refusal}; lateral mass: {instead.refusal}")
    note = f"lateral mass screw, because the pedicle takes none: {pedicle.refusal}"
    return replace(instead, notes=(note, *instead.notes))


def mass_screw(site: ScrewSite) -> PlannedScrew:
    """The lateral mass screw of one side, or a refusal."""
    found = lateral_mass_screw(site.field, site.side)
    if found.screw is None:
        return refused_screw(site.level, site.side, found.refusal)
    if out_of_view(site.spine, site.field, found.screw, beyond_mm=site.spine.grid.spacing_mm):
        return refused_screw(site.level, site.side, _cut_reason(site))
    return graded_mass_screw(site, found.screw, path=ScrewPath.LATERAL_MASS)


def graded_mass_screw(site: ScrewSite, screw: Screw, *, path: ScrewPath = ScrewPath.SURGEON) -> PlannedScrew:
    """Any screw of a lateral mass as it stands: the published grades are of pedicles and do not apply to it."""
    graded = graded_screw(site, screw, path=path)
    rules = lateral_mass_rules()
    notes = [
        f"lateral mass screw: not graded by the scales for pedicle screws; technique {rules.source.verification.words}"
    ]
    notes += [note for note in graded.notes if "diameter is above" not in note]
    canal = None if graded.margins is None else graded.margins.canal_mm
    ahead = end_of_bone_from_mm(site.field, screw)
    margins = Margins(
        medial_mm=None,
        lateral_mm=None,
        superior_mm=None,
        inferior_mm=None,
        body_mm=None,
        anterior_mm=None if ahead is None else ahead - screw.length_mm,
        canal_mm=canal,
    )
    return replace(
        graded,
        margins=margins,
        grade=None,
        pedicle_width_mm=None,
        notes=tuple(note for note in notes if not note.startswith("flag: the tip ends")),
        citations=rules.source.citations,
    )


def pedicle_screw(site: ScrewSite) -> PlannedScrew:
    """The screw of one pedicle: the widest corridor, the largest size that fits, or a refusal."""
    field, side, rules = site.field, site.side, site.rules
    share = field.destroyed[side]
    if share >= rules.destroyed_pedicle_fraction:
        return refused_screw(
            site.level, side, f"{share:.0%} of the pedicle is tumour: no screw is placed in an involved pedicle (F-14)"
        )
    axis = widest_axis(field, side, rules, trajectory=site.trajectory)
    if axis is None:
        return refused_screw(site.level, side, "no straight corridor of intact bone runs from the arch into the body")
    width = field.vertebra.pedicles[side].width_mm
    diameter, path, notes = _chosen_diameter(site, axis, width)
    if diameter is None or path is None:
        return refused_screw(site.level, side, notes[0], pedicle_width_mm=width, corridor_mm=2 * axis.clearance_mm)
    ends = _ends_of_bone(field, side, axis)
    if ends is None:
        return refused_screw(site.level, side, _cut_reason(site), pedicle_width_mm=width)
    screw, margins = _chosen_length(site, axis, ends, diameter)
    if _ends_at_border(site, axis, ends):
        return refused_screw(site.level, side, _cut_reason(site), pedicle_width_mm=width)
    if screw is None:
        reason = _why_no_length(site, axis, ends, diameter)
        return refused_screw(site.level, side, reason, pedicle_width_mm=width, corridor_mm=2 * axis.clearance_mm)
    if out_of_view(site.spine, field, screw):
        return refused_screw(site.level, side, _cut_reason(site), pedicle_width_mm=width)
    planned = graded_screw(site, screw, path=path, margins=margins)
    return replace(planned, corridor_mm=2 * axis.clearance_mm, notes=(*planned.notes, *notes))


def graded_screw(
    site: ScrewSite, screw: Screw, *, path: ScrewPath = ScrewPath.SURGEON, margins: Margins | None = None
) -> PlannedScrew:
    """Any screw in this pedicle, measured and graded: the program's own or a surgeon's edit."""
    field, side = site.field, site.side
    margins = margins_of(site.walls, site.spine, screw) if margins is None else margins
    touches = structures_met(site.spine, field, screw)
    axis = field.frame.axes @ screw.direction
    mean, lowest = _grey_values(site, screw)
    grade = predicted_grade(field, site.spine, screw, margins=margins, touches=touches, rules=site.rules)
    return PlannedScrew(
        level=site.level,
        side=side,
        path=path,
        entry_mm=screw.entry_mm,
        tip_mm=screw.tip_mm,
        diameter_mm=screw.diameter_mm,
        length_mm=screw.length_mm,
        convergence_deg=float(np.degrees(np.arctan2(-side.sign * axis[0], axis[1]))),
        caudal_deg=float(np.degrees(np.arctan2(-axis[2], axis[1]))),
        margins=margins,
        grade=grade,
        pedicle_width_mm=field.vertebra.pedicles[side].width_mm,
        hu_mean=mean,
        hu_lowest=lowest,
        entry_words=entry_in_words(field, side, field.frame.to_local(screw.entry_mm)),
        touches=touches,
        notes=_notes(site, screw, margins, touches),
        citations=_citations(site),
    )


def outside_bone(site: ScrewSite, entry_mm: Point, target_mm: Point) -> str | None:
    """Why a screw from entry to target cannot be one of this vertebra: none of it is in its bone. None where it is."""
    field = site.field
    share = np.linspace(0.0, 1.0, max(round(float(np.linalg.norm(target_mm - entry_mm)) / AXIS_STEP_MM), 1) + 1)
    path = entry_mm + share[:, None] * (target_mm - entry_mm)
    if (field.occupancy_at(field.frame.to_local(path)) > SOLID).any():
        return None
    away = float(np.min(site.walls.all_walls.query(field.frame.to_local(path))[0]))
    turned = path * [-1.0, -1.0, 1.0]
    lps = (field.occupancy_at(field.frame.to_local(turned)) > SOLID).any()
    hint = "the points look like LPS: change the signs of the first two numbers" if lps else "check level and points"
    return f"the screw as entered lies outside the bone of {site.level}, {away:.0f} mm from it; {hint} (RAS+ mm)"


AWAY_MM = 5.0
"""An entry further from the bone than this is flagged: more than soft tissue labels or drilling explain."""


def entry_flags(site: ScrewSite, screw: Screw) -> tuple[str, ...]:
    """What is wrong with a surgeon's own entry: away from the bone, or on the other side of the patient."""
    entry = site.field.frame.to_local(screw.entry_mm)
    found = []
    if site.side.sign * entry[0] <= 0:
        found.append(f"flag: the entry lies on the patient's {site.side.other}, the screw is named {site.side}")
    away = float(np.min(cKDTree(site.field.surface_mm).query(entry)[0]))
    if away > AWAY_MM and not site.field.occupancy_at(entry[None])[0] > SOLID:
        found.append(f"flag: the entry stands {away:.0f} mm outside the bone of {site.level}")
    return tuple(found)


def refused_screw(
    level: Level,
    side: Side,
    reason: str | None,
    *,
    pedicle_width_mm: float | None = None,
    corridor_mm: float | None = None,
) -> PlannedScrew:
    """The place of a screw that is not planned, and why."""
    return PlannedScrew(
        level=level,
        side=side,
        refusal=reason or "the pedicle has no bone in view",
        pedicle_width_mm=pedicle_width_mm,
        corridor_mm=corridor_mm,
    )


def _missing(spine: Spine, level: Level, side: Side) -> str | None:
    """Why there is no pedicle to plan in; None where there is one."""
    if level not in SCREW_LEVELS:
        return f"screws are planned from {SCREW_LEVELS[0]} to {SCREW_LEVELS[-1]} only"
    if level in spine.fragments:
        return f"only a fragment of {level} is in view"
    if level not in spine.vertebrae:
        return f"{level} is not labelled in this scan"
    if side in spine.vertebrae[level].pedicles:
        return None
    told = [note for note in spine.vertebrae[level].notes if note.startswith(f"{side} pedicle")]
    return told[0] if told else f"no {side} pedicle of {level} was found"


def _chosen_diameter(
    site: ScrewSite, axis: Axis, width_mm: float
) -> tuple[float | None, ScrewPath | None, tuple[str, ...]]:
    """The largest diameter within the rule, how the screw then runs, and what has to be said about it."""
    rules, sizes = site.rules, site.catalogue.diameters_for(site.level)
    fitting = [size for size in sizes if size <= 2 * axis.clearance_mm]
    within = [size for size in fitting if size <= rules.diameter_share * width_mm]
    if within:
        return within[-1], ScrewPath.INTRAPEDICULAR, ()
    thin = f"{sizes[0]:g} mm, the thinnest screw, is {sizes[0] / width_mm:.0%} of the {width_mm:.1f} mm wide pedicle"
    if fitting:
        note = f"{thin}, above {rules.diameter_share:.0%}: wall fracture is more likely"
        return fitting[0], ScrewPath.INTRAPEDICULAR, (note,)
    breach = sizes[0] - 2 * axis.clearance_mm
    if site.level in IN_OUT_IN_LEVELS and breach < rules.gertzbein_below_mm["B"]:
        note = f"{thin}: planned in-out-in, {breach:.1f} mm through the lateral wall, the medial wall kept"
        return sizes[0], ScrewPath.IN_OUT_IN, (note,)
    return None, None, (_why_no_diameter(site, axis, width_mm, thin),)


def _why_no_diameter(site: ScrewSite, axis: Axis, width_mm: float, thin: str) -> str:
    """Why no screw fits the corridor: tumour took the bone, the pedicle is thin, or it is wide but not straight."""
    size = site.catalogue.diameters_for(site.level)[0]
    corridor = f"the widest straight corridor is {2 * axis.clearance_mm:.1f} mm, the thinnest screw {size:g} mm"
    if site.field.has_tumour:
        whole = widest_axis(bone_field(site.spine, site.level), site.side, site.rules, trajectory=site.trajectory)
        if whole is not None and size <= 2 * whole.clearance_mm:
            return f"tumour leaves too little bone: {corridor}"
    if size <= site.rules.diameter_share * width_mm:
        return f"the pedicle is {width_mm:.1f} mm wide but not straight: {corridor}"
    return f"the pedicle is too thin: {thin}, and {corridor}"


def _why_no_length(site: ScrewSite, axis: Axis, ends: tuple[float, float], diameter: float) -> str:
    """Why no length of the catalogue fits: too little bone ahead, or a wall of the body in the way."""
    shortest, bone = site.catalogue.lengths_mm[0], ends[1] - ends[0]
    kept = max(site.rules.short_of_chord_mm, site.rules.tip_to_cortex_mm)
    if bone - kept < shortest:
        until = "tumour" if _is_bone_label(site, axis, ends[1] + BEYOND_MM) else "the cortex"
        return (
            f"only {bone:.0f} mm of intact bone along the axis before {until}: the shortest screw of the catalogue is "
            f"{shortest:g} mm and {kept:g} mm are kept free"
        )
    longest = max(size for size in site.catalogue.lengths_mm if size <= bone - kept)
    screw = _placed(site, axis, ends[0], length=longest, diameter=diameter, shift=0.0)
    if site.field.frame.to_local(screw.tip_mm)[1] <= site.field.pedicle_front_mm[site.side]:
        return f"the longest screw that fits, {longest:g} mm, would end within the pedicle and not in the body"
    walls = "its wall, an endplate or tumour" if site.field.has_tumour else "its wall or an endplate"
    return f"a screw of {diameter:g} mm along the widest corridor of the pedicle would leave the body through {walls}"


BEYOND_MM = 1.0
"""So far behind the end of the intact bone it is looked whether tumour or soft tissue ends it: about a voxel."""


def _is_bone_label(site: ScrewSite, axis: Axis, along_mm: float) -> bool:
    """Whether a point of the axis lies in this vertebra's label, tumour or not."""
    local = axis.point(site.side) + along_mm * axis.direction(site.side)
    voxel = np.rint(site.spine.grid.to_voxel(site.field.frame.to_world(local))).astype(np.intp)
    inside = bool(((voxel >= 0) & (voxel < np.array(site.spine.grid.shape))).all())
    return inside and bool(site.spine.level_codes[tuple(voxel)] == site.level.code)


def _ends_of_bone(field: BoneField, side: Side, axis: Axis) -> tuple[float, float] | None:
    """Where the axis enters the posterior cortex and leaves the intact bone in front, from its plane, in mm."""
    along = np.arange(0.0, FARTHEST_MM, AXIS_STEP_MM)
    start, way = axis.point(side), axis.direction(side)
    ends = []
    for sense in (-1.0, 1.0):
        outside = np.flatnonzero(field.occupancy_at(start + sense * along[:, None] * way) <= SOLID)
        if outside.size == 0:
            return None
        ends.append(sense * float(along[outside[0]]))
    return ends[0], ends[1]


def _ends_at_border(site: ScrewSite, axis: Axis, ends: tuple[float, float]) -> bool:
    """True where the bone ends behind or in front because the scan ends: within a voxel of its border."""
    start, way = axis.point(site.side), axis.direction(site.side)
    local = start + np.array(ends)[:, None] * way
    voxels = site.spine.grid.to_voxel(site.field.frame.to_world(local))
    return bool(((voxels < 0.5) | (voxels > np.array(site.spine.grid.shape) - 1.5)).any())


def _chosen_length(
    site: ScrewSite, axis: Axis, ends: tuple[float, float], diameter: float
) -> tuple[Screw | None, Margins | None]:
    """The longest screw that keeps the tip's distance and does not pierce the body beside it.

    A screw wider than the corridor is moved laterally until its medial side is inside: in-out-in.
    """
    field, side, rules = site.field, site.side, site.rules
    too_wide = diameter > 2 * axis.clearance_mm
    shift = 0.0
    room = ends[1] - ends[0] - max(rules.short_of_chord_mm, rules.tip_to_cortex_mm)
    for length in reversed([size for size in site.catalogue.lengths_mm if size <= room]):
        screw = _placed(site, axis, ends[0], length=length, diameter=diameter, shift=shift)
        if field.frame.to_local(screw.tip_mm)[1] <= field.pedicle_front_mm[side]:
            break
        margins = margins_of(site.walls, site.spine, screw)
        for _ in range(MOST_SHIFTS if too_wide else 0):
            if margins.medial_mm is None or margins.medial_mm >= 0:
                break
            shift -= margins.medial_mm
            screw = _placed(site, axis, ends[0], length=length, diameter=diameter, shift=shift)
            margins = margins_of(site.walls, site.spine, screw)
        if margins.body_mm is None or margins.body_mm >= _tolerated(site, margins):
            return screw, margins
    return None, None


MOST_SHIFTS = 3
"""Corrections of an in-out-in screw towards lateral; each is as long as its medial breach."""


def _tolerated(site: ScrewSite, margins: Margins) -> float:
    """Least margin in the body: half a voxel outside counts as inside; no worse than a too thin pedicle before it."""
    half = float(half_voxel_mm(site.spine, site.field.frame.right))
    walls = [found for wall in Wall if (found := margins.of(wall)) is not None]
    return min(*walls, 0.0) - half


def _placed(site: ScrewSite, axis: Axis, back: float, *, length: float, diameter: float, shift: float) -> Screw:
    """The screw along an axis, entering `back` mm from its plane, moved laterally by `shift`."""
    field, side = site.field, site.side
    way = axis.direction(side)
    entry = axis.point(side) + back * way + shift * np.array([float(side.sign), 0.0, 0.0])
    return Screw(
        level=site.level,
        side=side,
        entry_mm=field.frame.to_world(entry),
        tip_mm=field.frame.to_world(entry + length * way),
        diameter_mm=diameter,
    )


def _cut_reason(site: ScrewSite) -> str:
    cut = site.field.vertebra.completeness.reason
    return f"the screw's path leaves the scan: {site.level} is {cut}" if cut else "the screw's path leaves the scan"


def _grey_values(site: ScrewSite, screw: Screw) -> tuple[float | None, float | None]:
    """Mean HU inside the screw's cylinder, and the lowest mean of its millimetres along the axis; None without a CT."""
    if site.scan is None or site.scan.modality != "CT":
        return None, None
    values = sampled_at(site.scan.volume, _cylinder(site, screw), outside=np.nan)
    means = values.mean(axis=1)
    if not np.isfinite(means).all():
        return None, None
    return float(means.mean()), float(means.min())


def _cylinder(site: ScrewSite, screw: Screw) -> NDArray[np.float64]:
    """World points (rings, samples, 3) within a screw: its axis and two circles."""
    axes = site.field.frame.axes
    way = screw.direction
    across = np.cross(way, axes[2])
    across /= np.linalg.norm(across)
    up = np.cross(across, way)
    angles = np.arange(8) * np.pi / 4
    circle = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * up
    disc = np.concatenate([np.zeros((1, 3)), circle * screw.diameter_mm / 6, circle * screw.diameter_mm / 3])
    rings = np.arange(0.5, screw.length_mm, 1.0)
    return np.asarray(screw.entry_mm + rings[:, None, None] * way + disc)


def _notes(site: ScrewSite, screw: Screw, margins: Margins, touches: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    vertebra = site.field.vertebra
    if not vertebra.completeness.is_complete:
        notes.append(f"{site.level} is {vertebra.completeness.reason}; the screw itself is in view")
    if site.field.has_tumour:
        notes.append("tumour in this vertebra: only the bone around it was used")
    if margins.anterior_mm is not None and margins.anterior_mm < site.rules.tip_to_cortex_mm:
        wanted = site.rules.tip_to_cortex_mm
        notes.append(
            f"flag: the tip ends {margins.anterior_mm:.1f} mm before the end of the bone ({wanted:g} mm wanted)"
        )
    if margins.canal_mm is not None and margins.canal_mm < 0:
        notes.append(f"flag: {-margins.canal_mm:.1f} mm of the screw stand in the canal")
    notes += [f"flag: the screw meets the {name}" for name in touches]
    largest = site.rules.diameter_share * vertebra.pedicles[site.side].width_mm
    if screw.diameter_mm > largest:
        notes.append(f"the diameter is above {site.rules.diameter_share:.0%} of the pedicle width ({largest:.1f} mm)")
    return tuple(notes)


def _citations(site: ScrewSite) -> tuple[str, ...]:
    names = ["diameter_share", "length", "gertzbein"]
    names += ["heary"] if site.level in site.rules.heary_levels else []
    names += ["neo"] if site.level in site.rules.neo_levels else []
    return tuple(dict.fromkeys(key for name in names for key in site.rules.sources[name].citations))
