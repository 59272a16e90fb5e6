"""The words a case may use: closed vocabularies of `case.yaml`."""

from __future__ import annotations

from enum import StrEnum


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class DiagnosisKind(StrEnum):
    METASTATIC = "metastatic"
    PRIMARY = "primary"
    UNKNOWN = "unknown"


class Frankel(StrEnum):
    """Frankel grade (classifications.md 7.1); ordered from complete to recovered."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class Ais(StrEnum):
    """ASIA impairment scale as entered by the clinician (6.4)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class McCormick(StrEnum):
    """Modified McCormick grade (7.5)."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"


class SacralFinding(StrEnum):
    """VAC and DAP: yes, no, or not tested (6.1)."""

    YES = "yes"
    NO = "no"
    NT = "NT"


class PainCharacter(StrEnum):
    """The pain item of SINS (1.1)."""

    MECHANICAL = "mechanical"
    OCCASIONAL = "occasional"
    NONE = "none"


class Ambulation(StrEnum):
    INDEPENDENT = "independent"
    WITH_AID = "with_aid"
    NOT_WALKING = "not_walking"


class Sphincter(StrEnum):
    NORMAL = "normal"
    IMPAIRED = "impaired"
    LOST = "lost"


class Course(StrEnum):
    """How the neurology has been moving up to the exam; slow and fast are slow and fast worsening."""

    IMPROVING = "improving"
    STABLE = "stable"
    SLOW = "slow"
    FAST = "fast"


class Visceral(StrEnum):
    """Metastases in major organs: the categories of prognosis-and-strategy.md section 1."""

    NONE = "none"
    TREATABLE = "treatable"
    UNTREATABLE = "untreatable"
    DISSEMINATED = "disseminated"


class RadiotherapyTechnique(StrEnum):
    CEBRT = "cebrt"
    SBRT = "sbrt"
    PROTON = "proton"
    CARBON = "carbon"
    OTHER = "other"
    UNKNOWN = "unknown"


class SystemicKind(StrEnum):
    CHEMOTHERAPY = "chemotherapy"
    HORMONE = "hormone"
    TARGETED = "targeted"
    IMMUNOTHERAPY = "immunotherapy"
    RADIONUCLIDE = "radionuclide"
    BONE_AGENT = "bone_agent"
    OTHER = "other"


class Modality(StrEnum):
    CT = "CT"
    MR = "MR"
    CT_MYELOGRAPHY = "CT_myelography"
    PET_CT = "PET_CT"
    RADIOGRAPH = "radiograph"


class Position(StrEnum):
    SUPINE = "supine"
    PRONE = "prone"
    STANDING = "standing"
    UNKNOWN = "unknown"


class Contrast(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    PREOPERATIVE = "preoperative"
    INTRAOPERATIVE = "intraoperative"
    POSTOPERATIVE = "postoperative"
    FOLLOW_UP = "follow_up"
    UNKNOWN = "unknown"


class MaskContent(StrEnum):
    """What a mask shows. `anatomy`: many structures by label value, told apart by the mask's convention."""

    ANATOMY = "anatomy"
    VERTEBRAE = "vertebrae"
    TUMOUR = "tumour"
    CORD = "cord"
    CANAL = "canal"
    DURAL_SAC = "dural_sac"
    VESSELS = "vessels"
    IMPLANTS = "implants"
    OTHER = "other"
