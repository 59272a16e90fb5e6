"""Parametric spines with simulated tumours whose truth is known by construction."""

from oncospine.phantom.phantom import Phantom, make_phantom
from oncospine.phantom.spec import (
    MODELLED_LEVELS,
    BonePiece,
    Collapse,
    EpiduralPiece,
    LesionKind,
    Modality,
    ParavertebralPiece,
    PhantomSpec,
    Posture,
    TumourSpec,
)
from oncospine.phantom.truth import PedicleTruth, PhantomTruth, VertebraTruth
from oncospine.phantom.truth_canal import GRADES, CanalTruth, EsccTruth
from oncospine.phantom.truth_tumour import TumourTruth
from oncospine.phantom.vertebra import PART_CODES

__all__ = [
    "GRADES",
    "MODELLED_LEVELS",
    "PART_CODES",
    "BonePiece",
    "CanalTruth",
    "Collapse",
    "EpiduralPiece",
    "EsccTruth",
    "LesionKind",
    "Modality",
    "ParavertebralPiece",
    "PedicleTruth",
    "Phantom",
    "PhantomSpec",
    "PhantomTruth",
    "Posture",
    "TumourSpec",
    "TumourTruth",
    "VertebraTruth",
    "make_phantom",
]
