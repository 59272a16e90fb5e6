"""Inputs of the lesion tests: asymmetric phantoms with their tumour."""

from __future__ import annotations

from functools import cache

import numpy as np

from oncospine.anatomy import Spine, spine_from_labels
from oncospine.base import Level, Side, parse_levels, to_json
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind
from oncospine.lesion import Findings, findings_summary, measured_findings
from oncospine.phantom import (
    BonePiece,
    EpiduralPiece,
    ParavertebralPiece,
    Phantom,
    PhantomSpec,
    TumourSpec,
    make_phantom,
    mirrored,
)
from shared_samples import ct_findings, ct_spine, labelled

LEFT_TUMOUR = TumourSpec(
    bone=(
        BonePiece(level=Level.T3, fraction=0.65, centre=(-0.5, -0.4, -0.3)),
        BonePiece(level=Level.T3, part="pedicle left", fraction=0.9),
        BonePiece(level=Level.T3, part="transverse left", fraction=0.8),
        BonePiece(level=Level.T4, fraction=0.35, centre=(-0.4, -0.5, 0.5)),
    ),
    epidural=(EpiduralPiece(level=Level.T3, thickness_mm=6.5, length_mm=26.0, clock_deg=330.0, offset_mm=6.0),),
    paravertebral=(ParavertebralPiece(level=Level.T3, side=Side.LEFT, half_sizes_mm=(10.0, 12.0, 11.0)),),
)
"""A mass in T3 and T4 on the left, in front of the sac and beside the bodies."""

LEFT_SPEC = PhantomSpec(levels=parse_levels("T2-T5"), voxel_mm=(0.9, 0.9, 1.25), seed=7, tumour=LEFT_TUMOUR)


@cache
def phantom() -> Phantom:
    """The phantom most tests use: ribs, lungs and vessels, tumour on the left."""
    return make_phantom(LEFT_SPEC)


@cache
def other_side() -> Phantom:
    """The mirrored patient."""
    return mirrored(phantom())


@cache
def coarse() -> Phantom:
    """A small, quick phantom for what has to be measured many times."""
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("T2-T4"),
            voxel_mm=(1.5, 1.5, 2.0),
            seed=11,
            thorax=False,
            tumour=TumourSpec(
                bone=(
                    BonePiece(level=Level.T3, fraction=0.5, centre=(0.5, -0.3, 0.2)),
                    BonePiece(level=Level.T3, part="pedicle right", fraction=0.9),
                ),
                epidural=(EpiduralPiece(level=Level.T3, thickness_mm=6.0, length_mm=18.0, clock_deg=35.0),),
            ),
        )
    )


def plain_mask(mask: np.ndarray, like: Volume) -> LabelMap:
    """Tumour that only says "tumour"."""
    return labelled(Volume(mask.astype(np.uint8), like.affine), "mask")


def neural_labels(source: Phantom) -> tuple[LabelMap, LabelMap]:
    """Exact masks of the dural sac and of the cord, as an MR reader would draw them."""
    found = []
    for least, kind in ((2, StructureKind.DURAL_SAC), (3, StructureKind.SPINAL_CORD)):
        volume = Volume((source.neural.array >= least).astype(np.uint8), source.neural.affine)
        found.append(LabelMap(volume=volume, structures={1: Structure(kind=kind)}, convention="exact"))
    return found[0], found[1]


def bones_of(source: Phantom) -> LabelMap:
    """The labels without what the CT convention calls the cord (it is the sac)."""
    cords = source.labels.labels_of(StructureKind.SPINAL_CORD)
    array = np.where(np.isin(source.labels.volume.array, cords), 0, source.labels.volume.array)
    volume = Volume(array.astype(source.labels.volume.array.dtype), source.labels.volume.affine)
    return LabelMap(volume=volume, structures=source.labels.structures, convention=source.labels.convention)


@cache
def spine_of(source: Phantom) -> Spine:
    """As CT sees it: bones and the sac."""
    return ct_spine(source)


@cache
def mr_spine_of(source: Phantom) -> Spine:
    """As MR sees it: bones, sac and cord."""
    return spine_from_labels([bones_of(source), *neural_labels(source)], modality="MR")


@cache
def findings_of(source: Phantom) -> Findings:
    return ct_findings(source, spine_of(source))


@cache
def mr_findings_of(source: Phantom) -> Findings:
    return measured_findings(mr_spine_of(source), labelled(source.tumour))


def measured_with(source: Phantom, tumour: LabelMap) -> Findings:
    """The phantom's spine with another tumour mask."""
    return measured_findings(spine_of(source), tumour, source.scan)


def summary_json(findings: Findings) -> str:
    return to_json(findings_summary(findings))
