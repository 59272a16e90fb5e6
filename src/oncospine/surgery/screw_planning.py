"""Pedicle and lateral mass screws planned on the intact bone of a patient, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from oncospine.anatomy import Spine
from oncospine.base import Level, Side
from oncospine.geometry import Mask
from oncospine.imaging import Scan
from oncospine.surgery.bone_field import SOLID, BoneField, bone_field
from oncospine.surgery.lateral_mass import lateral_mass_rules, lateral_mass_screw
from oncospine.surgery.screw import Margins, PlannedScrew, Screw, ScrewPath, Wall
from oncospine.surgery.screw_assessment import graded_mass_screw, graded_screw, share_of_pedicle
from oncospine.surgery.screw_measure import (
    AXIS_STEP_MM,
    FARTHEST_MM,
    half_voxel_mm,
    margins_of,
    out_of_view,
)
from oncospine.surgery.screw_site import IN_OUT_IN_LEVELS, PEDICLE_SCREW_LEVELS, ScrewSite, missing_pedicle, screw_sites
from oncospine.surgery.sizes import ScrewCatalogue
from oncospine.surgery.trajectory_search import SLACK_MM, Axis, Trajectory, widest_axis


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
    planned = {place: plan_screw(site) for place, site in sites.items()}
    return tuple(planned.get(place) or refused_screw(*place, missing_pedicle(spine, *place)) for place in wanted)


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


def _chosen_diameter(
    site: ScrewSite, axis: Axis, width_mm: float
) -> tuple[float | None, ScrewPath | None, tuple[str, ...]]:
    """The largest diameter within the rule, how the screw then runs, and what has to be said about it."""
    rules, sizes = site.rules, site.catalogue.diameters_for(site.level)
    fitting = [size for size in sizes if size <= 2 * axis.clearance_mm]
    within = [size for size in fitting if size <= rules.diameter_share * width_mm]
    if within:
        return within[-1], ScrewPath.INTRAPEDICULAR, ()
    if fitting:
        return fitting[0], ScrewPath.INTRAPEDICULAR, ()
    thin = share_of_pedicle(site, sizes[0], width_mm)
    breach = sizes[0] - 2 * axis.clearance_mm
    # beside a wall that tumour took lies no rib to return from
    if site.level in IN_OUT_IN_LEVELS and breach < rules.gertzbein_below_mm["B"] and not _tumour_narrows(site, axis):
        note = f"{thin}: planned in-out-in, {breach:.1f} mm through the lateral wall, the medial wall kept"
        return sizes[0], ScrewPath.IN_OUT_IN, (note,)
    return None, None, (_why_no_diameter(site, axis, width_mm, thin),)


def _whole_axis(site: ScrewSite) -> Axis | None:
    """The widest axis if no tumour had taken bone."""
    return widest_axis(bone_field(site.spine, site.level), site.side, site.rules, trajectory=site.trajectory)


def _tumour_narrows(site: ScrewSite, axis: Axis) -> bool:
    """Whether the corridor is narrower than it was before tumour took bone."""
    whole = _whole_axis(site) if site.field.has_tumour else None
    return whole is not None and whole.clearance_mm > axis.clearance_mm + SLACK_MM


def _why_no_diameter(site: ScrewSite, axis: Axis, width_mm: float, thin: str) -> str:
    """Why no screw fits the corridor: tumour took the bone, the pedicle is thin, or it is wide but not straight."""
    size = site.catalogue.diameters_for(site.level)[0]
    corridor = f"the widest straight corridor is {2 * axis.clearance_mm:.1f} mm, the thinnest screw {size:g} mm"
    if site.field.has_tumour:
        whole = _whole_axis(site)
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
