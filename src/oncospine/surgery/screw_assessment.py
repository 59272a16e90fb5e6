"""Any screw as it stands, the program's own or a surgeon's: measured, graded, and what is to be said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oncospine.geometry import Point, sampled_at
from oncospine.surgery.bone_field import SOLID
from oncospine.surgery.entry_words import entry_in_words
from oncospine.surgery.lateral_mass import lateral_mass_rules
from oncospine.surgery.screw import Margins, PlannedScrew, Screw, ScrewPath
from oncospine.surgery.screw_grading import predicted_grade
from oncospine.surgery.screw_measure import (
    AXIS_STEP_MM,
    end_of_bone_from_mm,
    margins_of,
    structures_met,
)
from oncospine.surgery.screw_site import ScrewSite


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


def graded_mass_screw(site: ScrewSite, screw: Screw, *, path: ScrewPath = ScrewPath.SURGEON) -> PlannedScrew:
    """Any screw of a lateral mass as it stands: the published grades are of pedicles and do not apply to it."""
    graded = graded_screw(site, screw, path=path)
    rules = lateral_mass_rules()
    notes = [
        f"lateral mass screw: not graded by the scales for pedicle screws; technique {rules.source.verification.words}"
    ]
    notes += [note for note in graded.notes if note != _too_wide(site, screw)]
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


def share_of_pedicle(site: ScrewSite, diameter_mm: float, width_mm: float) -> str:
    """A diameter against the width of the pedicle, in words, to a tenth of a percent: a limit is not blurred."""
    thinnest = ", the thinnest screw," if diameter_mm == site.catalogue.diameters_for(site.level)[0] else ""
    return f"{diameter_mm:g} mm{thinnest} is {diameter_mm / width_mm:.1%} of the {width_mm:.1f} mm wide pedicle"


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
    too_wide = _too_wide(site, screw)
    return (*notes, too_wide) if too_wide else tuple(notes)


def _too_wide(site: ScrewSite, screw: Screw) -> str | None:
    """What is to be said of a screw wider than the rule's share of the pedicle; None of any other."""
    width, limit = site.field.vertebra.pedicles[site.side].width_mm, site.rules.diameter_share
    if screw.diameter_mm <= limit * width:
        return None
    return f"{share_of_pedicle(site, screw.diameter_mm, width)}, above {limit:.0%}: wall fracture is more likely"


def _citations(site: ScrewSite) -> tuple[str, ...]:
    names = ["diameter_share", "length", "gertzbein"]
    names += ["heary"] if site.level in site.rules.heary_levels else []
    names += ["neo"] if site.level in site.rules.neo_levels else []
    return tuple(dict.fromkeys(key for name in names for key in site.rules.sources[name].citations))
