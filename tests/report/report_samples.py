"""Inputs of the report tests: a phantom patient whose tumour is on the left, and a case around it."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from oncospine.anatomy import Confidence, LevelNaming, Spine, spine_from_labels
from oncospine.base import Level, Side, parse_levels
from oncospine.case import Case, Study, parse_case
from oncospine.case import Modality as StudyModality
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Scan, convention
from oncospine.lesion import Findings, measured_findings
from oncospine.phantom import (
    BonePiece,
    EpiduralPiece,
    Modality,
    ParavertebralPiece,
    PhantomSpec,
    TumourSpec,
    make_phantom,
)
from oncospine.report import Results, SecondStudy
from oncospine.strategy import LevelInputs, PatientInputs, assess
from oncospine.surgery import EvaluatedOperation, evaluate, parse_operation

SPEC = PhantomSpec(
    levels=parse_levels("T2-T5"),
    voxel_mm=(1.0, 1.0, 1.25),
    seed=5,
    tumour=TumourSpec(
        bone=(
            BonePiece(level=Level.T3, fraction=0.6),
            BonePiece(level=Level.T3, part="pedicle left", fraction=0.8),
            BonePiece(level=Level.T4, fraction=0.3),
        ),
        epidural=(EpiduralPiece(level=Level.T3, thickness_mm=5.0, length_mm=18.0, clock_deg=300.0),),
        paravertebral=(ParavertebralPiece(level=Level.T3, side=Side.LEFT),),
    ),
)

CASE_YAML = """\
schema_version: 1
pseudonym: REF-0001
birth_year: 1961
sex: female
diagnosis: {kind: metastatic, histology: leiomyosarcoma, histology_id: leiomyosarcoma, known_cancer: yes}
affected_levels: T3-T4
history:
  - {date: 2010-08, what: leiomyosarcoma resected}
  - {date: 2012-12, what: weakness of both legs}
exams:
  - {date: 2013-02-08, sensory_level: T4, frankel: D, kps: 60, ambulation: with_aid, weakness: yes}
studies:
  - {id: ct-preop, date: 2013-02-08, modality: CT, position: supine, phase: preoperative}
"""


@cache
def measured() -> tuple[Scan, Spine, Findings]:
    """The phantom measured as a patient would be."""
    phantom = make_phantom(SPEC)
    named = convention("tumour_compartments")
    tumour = LabelMap(volume=phantom.tumour, structures=named.structures, convention=named.name)
    spine = spine_from_labels([phantom.labels], modality="CT")
    certain = LevelNaming(confidence=Confidence.HIGH, reasons=("named by construction",))
    return phantom.scan, replace(spine, naming=certain), measured_findings(spine, tumour, phantom.scan)


@cache
def measured_on_mr() -> SecondStudy:
    """The same patient on T2 MR, where the cord is labelled."""
    phantom = make_phantom(replace(SPEC, modality=Modality.MR_T2, voxel_mm=(0.9, 0.9, 3.0)))
    named = convention("tumour_compartments")
    tumour = LabelMap(volume=phantom.tumour, structures=named.structures, convention=named.name)
    spine = spine_from_labels([phantom.labels], modality="MR")
    study = Study(id="mr-preop", date=date(2013, 2, 9), modality=StudyModality.MR, sequence="T2")
    return SecondStudy(
        study=study, scan=phantom.scan, spine=spine, findings=measured_findings(spine, tumour, phantom.scan)
    )


def mirrored(volume: Volume) -> Volume:
    """The mirrored patient: x changes its sign, no voxel is lost."""
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    return Volume(volume.array, flip @ volume.affine)


def case(text: str = CASE_YAML) -> Case:
    return parse_case(text)


def inputs() -> PatientInputs:
    """A patient with a deficit, so that emergency flags fire, and with alignment left out."""
    t3 = LevelInputs(level=Level.T3, body_fraction=0.6, escc=("2", "3"), escc_from_ct=True, bone="lytic")
    t4 = LevelInputs(level=Level.T4, body_fraction=0.3, bone="lytic")
    return PatientInputs(
        levels=(t3, t4), histology="leiomyosarcoma", tumour_role="metastasis", known_cancer=True, weakness=True,
        sensory_level=True, pain="mechanical", can_tolerate_surgery=True, age_years=52,
    )  # fmt: skip


OPERATION_YAML = """\
format: 1
title: "Posterior alone"
stages:
  - title: "from behind"
    approach: A-LAM
    laminectomy: {levels: T3-T4}
    resection: {intent: subtotal, levels: T3-T4}
    fixation: {levels: T2-T5}
"""


@cache
def operation() -> EvaluatedOperation:
    """Laminectomy and fixation on the phantom: the involved left pedicle of T3 takes no screw."""
    scan, spine, findings = measured()
    return evaluate(parse_operation(OPERATION_YAML), spine, findings, scan)


@cache
def results() -> Results:
    """What was measured and assessed; no operation."""
    scan, spine, findings = measured()
    known = case()
    given = inputs()
    return Results(
        case=known,
        study=known.studies[0],
        scan=scan,
        spine=spine,
        findings=findings,
        inputs=given,
        strategy=assess(given),
        notes=("slices are 2.5 mm thick",),
        hashes={"studies/ct-preop/scan.nii.gz": "sha256:00ff"},
    )


def changed(**fields: object) -> Results:
    """The same results with some fields replaced."""
    return replace(results(), **fields)  # type: ignore[arg-type]
