"""Parametric spines with simulated tumours whose truth is known by construction."""

from oncospine.phantom.files import write_case, write_phantom
from oncospine.phantom.mirror import AXIS_CODES, mirrored, reoriented
from oncospine.phantom.phantom import Phantom, make_phantom
from oncospine.phantom.random_spec import random_spec
from oncospine.phantom.reference import reference_case, reference_record, reference_spec, reference_tumour
from oncospine.phantom.spec import (
    MODELLED_LEVELS,
    PART_CODES,
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

__all__ = [
    "AXIS_CODES",
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
    "mirrored",
    "random_spec",
    "reference_case",
    "reference_record",
    "reference_spec",
    "reference_tumour",
    "reoriented",
    "write_case",
    "write_phantom",
]
