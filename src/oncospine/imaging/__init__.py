"""Files in: scans, label maps and masks, translated into one vocabulary and one frame (RAS+ mm)."""

from oncospine.imaging.conventions import (
    Candidate,
    Convention,
    convention,
    conventions,
    explaining,
    recognise_convention,
)
from oncospine.imaging.deidentify import (
    Pseudonyms,
    deidentified_series,
    new_key,
    write_deidentified,
    write_mapping,
)
from oncospine.imaging.dicom_series import SeriesInfo, list_series
from oncospine.imaging.engines import Engine, engine, engines, segment
from oncospine.imaging.key_file import key_of_file, used_key
from oncospine.imaging.label_map import CANAL_KINDS, LabelMap
from oncospine.imaging.level_agreement import LevelMotion, level_motions, require_same_names
from oncospine.imaging.moved_labels import moved_labels
from oncospine.imaging.reading import RECOGNISE, read_labels, read_mask, read_scan
from oncospine.imaging.registration import register_masks, register_scans, register_vertebrae, scan_similarity
from oncospine.imaging.rigid import Registration, RegistrationQuality, rigid_from_landmarks
from oncospine.imaging.same_grid import require_same_grid, require_shared_voxels
from oncospine.imaging.scan import Scan
from oncospine.imaging.segments import SEGMENT_NAMES
from oncospine.imaging.structures import TUMOUR_KINDS, Structure, StructureKind
from oncospine.imaging.study_import import ImportedMask, ImportedStudy, MaskSource, import_study
from oncospine.imaging.writing import write_nifti, write_seg_nrrd

__all__ = [
    "CANAL_KINDS",
    "RECOGNISE",
    "SEGMENT_NAMES",
    "TUMOUR_KINDS",
    "Candidate",
    "Convention",
    "Engine",
    "ImportedMask",
    "ImportedStudy",
    "LabelMap",
    "LevelMotion",
    "MaskSource",
    "Pseudonyms",
    "Registration",
    "RegistrationQuality",
    "Scan",
    "SeriesInfo",
    "Structure",
    "StructureKind",
    "convention",
    "conventions",
    "deidentified_series",
    "engine",
    "engines",
    "explaining",
    "import_study",
    "key_of_file",
    "level_motions",
    "list_series",
    "moved_labels",
    "new_key",
    "read_labels",
    "read_mask",
    "read_scan",
    "recognise_convention",
    "register_masks",
    "register_scans",
    "register_vertebrae",
    "require_same_grid",
    "require_same_names",
    "require_shared_voxels",
    "rigid_from_landmarks",
    "scan_similarity",
    "segment",
    "used_key",
    "write_deidentified",
    "write_mapping",
    "write_nifti",
    "write_seg_nrrd",
]
