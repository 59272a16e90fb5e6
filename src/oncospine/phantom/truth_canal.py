"""The truth about the canal: areas along the centreline, and what an ESCC reader should find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, read_yaml
from oncospine.phantom.bone import SpineModel
from oncospine.phantom.canal import Neural
from oncospine.phantom.column import CURVE_STEP_MM
from oncospine.phantom.vertebra import VertebraModel

Triple = tuple[float, float, float]
GRADES = ("0", "1a", "1b", "1c", "2", "3")
"""ESCC grades, best to worst."""

END_MM = 12.0
"""How far the profile runs beyond the bodies of the first and last level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalTruth:
    """Sections perpendicular to the centreline, cranial to caudal; all areas exact, in mm2.

    `occupation` is the epidural tumour's share of the bony canal. `tumour_to_cord_mm` is the gap between the leading
    front and the resting cord, None where no front is or no cord. `cord_ap_mm` is the diameter along the front's
    direction (front to back where there is none).
    """

    arc_mm: tuple[float, ...]
    level: tuple[Level, ...]
    centre_mm: tuple[Triple, ...]
    superior: tuple[Triple, ...]
    canal_mm2: tuple[float, ...]
    sac_mm2: tuple[float, ...]
    cord_mm2: tuple[float, ...]
    epidural_tumour_mm2: tuple[float, ...]
    occupation: tuple[float, ...]
    thickness_mm: tuple[float, ...]
    free_sac_mm2: tuple[float, ...]
    free_cord_mm2: tuple[float, ...]
    cord_ap_ratio: tuple[float, ...]
    tumour_to_cord_mm: tuple[float | None, ...]
    escc: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EsccTruth:
    """The worst grade of one level that holds over `sustained_mm`, with the inputs at the tightest section."""

    grade: str
    arc_mm: float
    occupation: float
    epidural_area_mm2: float
    thickness_mm: float
    sac_ratio: float
    cord_area_ratio: float
    cord_ap_ratio: float
    csf_share: float
    tumour_to_cord_mm: float | None
    clock_deg: float | None


@cache
def escc_rule() -> Mapping[str, Any]:
    """Cut-offs (`data/escc_rule.yaml`)."""
    return MappingProxyType(read_yaml("oncospine.phantom", "data", "escc_rule.yaml"))


def level_arcs(model: SpineModel, vertebra: VertebraModel) -> tuple[float, float]:
    """Arc lengths of the pedicle isthmuses, left and right."""
    curve = model.neural.curve
    arcs = [curve.nearest_arc(vertebra.frame.to_world(shape.centre)) for shape in vertebra.pedicles.values()]
    return arcs[0], arcs[1]


def level_borders(model: SpineModel) -> list[float]:
    """Arc lengths of the limits between the image's levels: the middles of the discs, and the outer ends."""
    curve, levels = model.neural.curve, model.spec.levels
    borders = []
    for level in levels:
        vertebra = model.vertebrae[level]
        gap = vertebra.shape.rim_gap / 2
        borders.append(curve.nearest_arc(vertebra.frame.to_world((0, 0, -vertebra.shape.mean_height / 2 - gap))))
    first = model.vertebrae[levels[0]]
    top = curve.nearest_arc(first.frame.to_world((0, 0, first.shape.mean_height / 2)))
    return [top, *borders]


def level_index(model: SpineModel, arc: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index into the image's levels for arc lengths; beyond the ends the end levels."""
    found = np.searchsorted(np.asarray(level_borders(model)[1:-1]), arc, side="right")
    return np.asarray(found, np.intp)


def canal_truth(model: SpineModel) -> CanalTruth:
    """The profile over the image's levels, every `CURVE_STEP_MM`."""
    neural, rows = model.neural, _rows(model)
    curve = neural.curve
    inputs = section_inputs(neural)
    own = {name: tuple(float(v) for v in values[rows]) for name, values in inputs.items()}
    gap = inputs["tumour_to_cord_mm"][rows]
    grades = section_grades(inputs)[rows]
    worlds = model.pose.to_world(curve.points[rows])
    ups = -curve.down[rows] @ model.pose.axes
    return CanalTruth(
        arc_mm=tuple(float(v) for v in curve.arc[rows]),
        level=tuple(model.spec.levels[i] for i in level_index(model, curve.arc[rows])),
        centre_mm=tuple((float(p[0]), float(p[1]), float(p[2])) for p in worlds),
        superior=tuple((float(p[0]), float(p[1]), float(p[2])) for p in ups),
        canal_mm2=own["canal_mm2"],
        sac_mm2=own["sac_mm2"],
        cord_mm2=own["cord_mm2"],
        epidural_tumour_mm2=own["epidural_tumour_mm2"],
        occupation=own["occupation"],
        thickness_mm=own["thickness_mm"],
        free_sac_mm2=own["free_sac_mm2"],
        free_cord_mm2=own["free_cord_mm2"],
        cord_ap_ratio=own["cord_ap_ratio"],
        tumour_to_cord_mm=tuple(None if np.isnan(v) else float(v) for v in gap),
        escc=tuple(GRADES[i] for i in grades),
    )


def section_inputs(neural: Neural) -> dict[str, NDArray[np.float64]]:
    """Everything a grade depends on, per curve point."""
    fronts = neural.fronts
    lead = np.maximum(fronts.lead, 0)
    reached = fronts.lead >= 0
    n = fronts.n if len(fronts.n) else np.array([[0.0, 1.0]])
    n_u, n_v = n[lead, 0], n[lead, 1]
    rows = np.arange(len(lead))
    free = fronts.free[lead, rows] if len(fronts.n) else np.full(len(lead), np.nan)
    cord, resting = neural.cord, neural.free_cord
    edge = cord.centre_u * n_u + cord.centre_v * n_v + cord.support(n_u, n_v)
    area = dict(neural.area)
    return {
        **area,
        "occupation": area["epidural_tumour_mm2"] / area["canal_mm2"],
        "thickness_mm": fronts.thickness.max(axis=0) if len(fronts.n) else np.zeros(len(lead)),
        "free_sac_mm2": np.pi / np.sqrt(neural.free_sac.m_uu * neural.free_sac.m_vv),
        "free_cord_mm2": np.where(neural.has_cord, np.pi / np.sqrt(resting.m_uu * resting.m_vv), 0.0),
        "cord_ap_ratio": np.where(reached, cord.support(n_u, n_v) / resting.support(n_u, n_v), 1.0),
        "tumour_to_cord_mm": np.where(reached & neural.has_cord, np.maximum(free - edge, 0.0), np.nan),
    }


def section_grades(inputs: Mapping[str, NDArray[np.float64]]) -> NDArray[np.intp]:
    """Index into `GRADES` per section, by the cut-offs of classifications.md 2.3 on exact sections."""
    rule = escc_rule()
    epidural = (inputs["epidural_tumour_mm2"] >= rule["epidural_area_mm2"]) & (
        inputs["thickness_mm"] >= rule["epidural_thickness_mm"]
    )
    deformed = inputs["sac_mm2"] < rule["sac_deformed_below"] * inputs["free_sac_mm2"]
    abuts = np.nan_to_num(inputs["tumour_to_cord_mm"], nan=99.0) <= rule["abut_gap_mm"]
    squeezed = (inputs["cord_mm2"] < rule["cord_area_below"] * inputs["free_cord_mm2"]) | (
        inputs["cord_ap_ratio"] < rule["cord_ap_below"]
    )
    effaced = inputs["sac_mm2"] - inputs["cord_mm2"] < rule["csf_share"] * inputs["sac_mm2"]
    steps = np.stack([epidural, deformed, abuts, squeezed, effaced])
    return np.asarray(np.logical_and.accumulate(steps, axis=0).sum(axis=0), np.intp)


def escc_truth(model: SpineModel) -> dict[Level, EsccTruth]:
    """Per level the worst sustained grade and the inputs at the section most occupied."""
    neural = model.neural
    inputs = section_inputs(neural)
    grades = section_grades(inputs)
    rows = _rows(model)
    owner = level_index(model, neural.curve.arc[rows])
    found = {}
    for index, level in enumerate(model.spec.levels):
        own = rows[owner == index]
        worst = int(own[np.argmax(inputs["occupation"][own])])
        gap = float(inputs["tumour_to_cord_mm"][worst])
        lead = int(neural.fronts.lead[worst])
        sac, cord = inputs["sac_mm2"][worst], inputs["cord_mm2"][worst]
        clock = None if lead < 0 else float(np.degrees(np.arctan2(*neural.fronts.n[lead])) % 360)
        found[level] = EsccTruth(
            grade=GRADES[_sustained(grades[own])],
            arc_mm=float(neural.curve.arc[worst]),
            occupation=float(inputs["occupation"][worst]),
            epidural_area_mm2=float(inputs["epidural_tumour_mm2"][worst]),
            thickness_mm=float(inputs["thickness_mm"][worst]),
            sac_ratio=float(sac / inputs["free_sac_mm2"][worst]),
            cord_area_ratio=float(cord / inputs["free_cord_mm2"][worst]) if neural.has_cord[worst] else float("nan"),
            cord_ap_ratio=float(inputs["cord_ap_ratio"][worst]),
            csf_share=float((sac - cord) / sac),
            tumour_to_cord_mm=None if np.isnan(gap) else gap,
            clock_deg=clock,
        )
    return found


def _sustained(grades: NDArray[np.intp]) -> int:
    """The worst grade that is reached or exceeded over an unbroken length of `sustained_mm`."""
    needed = max(round(float(escc_rule()["sustained_mm"]) / CURVE_STEP_MM), 1)
    for grade in range(len(GRADES) - 1, 0, -1):
        run = best = 0
        for value in grades:
            run = run + 1 if value >= grade else 0
            best = max(best, run)
        if best >= needed:
            return grade
    return 0


def _rows(model: SpineModel) -> NDArray[np.intp]:
    borders = level_borders(model)
    arc = model.neural.curve.arc
    return np.flatnonzero((arc >= borders[0] - END_MM) & (arc <= borders[-1] + END_MM))
