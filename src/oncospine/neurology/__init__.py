"""Examinations and their grading: ISNCSCI, Frankel, mJOA and others, dated, with what they leave open."""

from oncospine.neurology.agreement import (
    Agreement,
    LevelAgreement,
    ais_agreement,
    cord_segments,
    frankel_agreement,
    level_agreement,
    sensory_agreement,
)
from oncospine.neurology.batch import BatchGrades, ExamBatch, batch_of, exam_batch, isncsci_batch
from oncospine.neurology.exam import DERMATOMES, KEY_LEVELS, NT, Exam, Finding, SideExam, finding, side_exam
from oncospine.neurology.isncsci import NAMES, Answer, Isncsci, SideGrades, isncsci
from oncospine.neurology.scales import (
    ScaleValue,
    frankel_of_ais,
    joa_t_11,
    kps_of_ecog,
    mjoa_18,
    motor_score,
    on_scale,
    on_sum,
    recovery_rate,
    scale_names,
)
from oncospine.neurology.series import Observation, Series, Trend, series
from oncospine.neurology.status import DatedAgreement, Graded, NeuroStatus, exam_of, graded_exam, neuro_status
from oncospine.neurology.text import exam_text, limited_exam, parsed_exam
from oncospine.neurology.worksheet import worksheet, worksheet_figure, worksheet_svg

__all__ = [
    "DERMATOMES",
    "KEY_LEVELS",
    "NAMES",
    "NT",
    "Agreement",
    "Answer",
    "BatchGrades",
    "DatedAgreement",
    "Exam",
    "ExamBatch",
    "Finding",
    "Graded",
    "Isncsci",
    "LevelAgreement",
    "NeuroStatus",
    "Observation",
    "ScaleValue",
    "Series",
    "SideExam",
    "SideGrades",
    "Trend",
    "ais_agreement",
    "batch_of",
    "cord_segments",
    "exam_batch",
    "exam_of",
    "exam_text",
    "finding",
    "frankel_agreement",
    "frankel_of_ais",
    "graded_exam",
    "isncsci",
    "isncsci_batch",
    "joa_t_11",
    "kps_of_ecog",
    "level_agreement",
    "limited_exam",
    "mjoa_18",
    "motor_score",
    "neuro_status",
    "on_scale",
    "on_sum",
    "parsed_exam",
    "recovery_rate",
    "scale_names",
    "sensory_agreement",
    "series",
    "side_exam",
    "worksheet",
    "worksheet_figure",
    "worksheet_svg",
]
