"""The operation: decompression, reach of each approach, screws, rods, cage, stages, and their comparison."""

from oncospine.surgery.anterior_column import CagePlan, planned_cage
from oncospine.surgery.approaches import Approach, approach, approaches
from oncospine.surgery.compare import compare, compared_on
from oncospine.surgery.criteria import Alternative, Comparison, Criterion, comparison_of, criteria
from oncospine.surgery.decompression import CanalSpace, Decompression, LevelDecompression, canal_space, decompression
from oncospine.surgery.evaluate import evaluate, evaluated_on
from oncospine.surgery.evaluated import EvaluatedOperation, EvaluatedStage, Remaining
from oncospine.surgery.examples import published_operation, published_operation_text
from oncospine.surgery.fixation_checks import Anchors, FixationCheck, anchors_of, destroyed_levels, fixation_checks
from oncospine.surgery.ground import Ground, prepared
from oncospine.surgery.meshes import glb_bytes, plan_meshes, stl_bytes, write_meshes
from oncospine.surgery.operation import (
    SIDE_UP,
    CageStep,
    Corpectomy,
    FacetRemoval,
    LaminaSide,
    Laminectomy,
    Operation,
    OwnScrew,
    PatientPosition,
    PedicleFixation,
    Resection,
    ResectionIntent,
    Stage,
)
from oncospine.surgery.operation_file import parse_operation, read_operation
from oncospine.surgery.operation_text import operation_yaml, write_operation
from oncospine.surgery.proposal import ORIGIN, proposed_on, proposed_operation
from oncospine.surgery.reach import OUT_OF_REACH, Corridor, Reach, reach_of, stage_colours
from oncospine.surgery.removal import corpectomy_mask, laminectomy_mask
from oncospine.surgery.rods import Bend, CrossConnector, Rod, cross_connector, planned_rods
from oncospine.surgery.screw import Gertzbein, Margins, PlannedScrew, PredictedGrade, Screw, ScrewPath, Wall
from oncospine.surgery.screw_assessment import graded_screw
from oncospine.surgery.screw_edits import EditedScrews, ScrewEdit, edit_screws
from oncospine.surgery.screw_exports import screw_plan_csv, screw_plan_json, slicer_markups
from oncospine.surgery.screw_planning import plan_screw, plan_screws
from oncospine.surgery.screw_site import ScrewSite, screw_sites
from oncospine.surgery.sizes import ScrewCatalogue, default_catalogue, read_catalogue
from oncospine.surgery.stage_plan import StagePlan, StageRule, stage_plan
from oncospine.surgery.sternum_line import LineTest, line_test
from oncospine.surgery.trajectory_search import Trajectory

__all__ = [
    "ORIGIN",
    "OUT_OF_REACH",
    "SIDE_UP",
    "Alternative",
    "Anchors",
    "Approach",
    "Bend",
    "CagePlan",
    "CageStep",
    "CanalSpace",
    "Comparison",
    "Corpectomy",
    "Corridor",
    "Criterion",
    "CrossConnector",
    "Decompression",
    "EditedScrews",
    "EvaluatedOperation",
    "EvaluatedStage",
    "FacetRemoval",
    "FixationCheck",
    "Gertzbein",
    "Ground",
    "LaminaSide",
    "Laminectomy",
    "LevelDecompression",
    "LineTest",
    "Margins",
    "Operation",
    "OwnScrew",
    "PatientPosition",
    "PedicleFixation",
    "PlannedScrew",
    "PredictedGrade",
    "Reach",
    "Remaining",
    "Resection",
    "ResectionIntent",
    "Rod",
    "Screw",
    "ScrewCatalogue",
    "ScrewEdit",
    "ScrewPath",
    "ScrewSite",
    "Stage",
    "StagePlan",
    "StageRule",
    "Trajectory",
    "Wall",
    "anchors_of",
    "approach",
    "approaches",
    "canal_space",
    "compare",
    "compared_on",
    "comparison_of",
    "corpectomy_mask",
    "criteria",
    "cross_connector",
    "decompression",
    "default_catalogue",
    "destroyed_levels",
    "edit_screws",
    "evaluate",
    "evaluated_on",
    "fixation_checks",
    "glb_bytes",
    "graded_screw",
    "laminectomy_mask",
    "line_test",
    "operation_yaml",
    "parse_operation",
    "plan_meshes",
    "plan_screw",
    "plan_screws",
    "planned_cage",
    "planned_rods",
    "prepared",
    "proposed_on",
    "proposed_operation",
    "published_operation",
    "published_operation_text",
    "reach_of",
    "read_catalogue",
    "read_operation",
    "screw_plan_csv",
    "screw_plan_json",
    "screw_sites",
    "slicer_markups",
    "stage_colours",
    "stage_plan",
    "stl_bytes",
    "write_meshes",
    "write_operation",
]
