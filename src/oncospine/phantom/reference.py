"""The published case that defines the program, as simulated images of a simulated patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from oncospine.base import Level, Progress, Side, read_yaml, silent
from oncospine.phantom.files import write_case
from oncospine.phantom.phantom import Phantom, make_phantom
from oncospine.phantom.spec import (
    BonePiece,
    EpiduralPiece,
    Modality,
    ParavertebralPiece,
    PhantomSpec,
    Posture,
    TumourSpec,
)

CT_STUDY, MR_STUDY = "ct-preop", "mr-preop"


def reference_tumour() -> TumourSpec:
    """Mass in both bodies and all four pedicles of T3 and T4, pressing on the cord from the right front."""
    bodies = (
        BonePiece(level=Level.T3, fraction=0.72, centre=(0.25, -0.55, -0.25)),
        BonePiece(level=Level.T4, fraction=0.60, centre=(0.20, -0.65, 0.25)),
    )
    pedicles = tuple(
        BonePiece(level=level, part=f"pedicle {side}", fraction=fraction)
        for level, side, fraction in (
            (Level.T3, Side.RIGHT, 0.95),
            (Level.T3, Side.LEFT, 0.70),
            (Level.T4, Side.RIGHT, 0.85),
            (Level.T4, Side.LEFT, 0.50),
        )
    )
    return TumourSpec(
        bone=bodies + pedicles,
        epidural=(EpiduralPiece(level=Level.T3, thickness_mm=11.8, length_mm=44.0, clock_deg=18.0, offset_mm=9.0),),
        paravertebral=(
            ParavertebralPiece(level=Level.T3, side=Side.RIGHT, half_sizes_mm=(10.0, 12.0, 15.0)),
            ParavertebralPiece(level=Level.T4, side=Side.LEFT, half_sizes_mm=(6.0, 8.0, 9.0)),
        ),
    )


def reference_spec(modality: Modality = Modality.CT) -> PhantomSpec:
    """The spec of the reference patient's CT or T2 MR; one person, one posture."""
    spec = PhantomSpec(
        voxel_mm=(0.7, 0.7, 1.0),
        seed=2013,
        sex="female",
        stature_cm=164.0,
        posture=Posture(lean_deg=14.0),
        tumour=reference_tumour(),
    )
    if modality is Modality.CT:
        return spec
    return replace(spec, modality=modality, voxel_mm=(0.9, 0.9, 1.2), noise=35.0, psf_mm=0.5)


@cache
def reference_record() -> Mapping[str, Any]:
    """What case.yaml says of the patient, studies aside (`data/reference_case.yaml`)."""
    return MappingProxyType(read_yaml("oncospine.phantom", "data", "reference_case.yaml"))


def reference_case(folder: Path, *, mr: bool = True, progress: Progress = silent) -> Path:
    """Write the reference case (CT, and T2 MR unless `mr` is False) to `folder`; returns the path of case.yaml."""
    studies: dict[str, Phantom] = {CT_STUDY: make_phantom(reference_spec(), progress=progress)}
    if mr:
        studies[MR_STUDY] = make_phantom(reference_spec(Modality.MR_T2), progress=progress)
    dates = {key: str(reference_record()["exams"][0]["date"]) for key in studies}
    return write_case(studies, folder, record=reference_record(), dates=dates)
