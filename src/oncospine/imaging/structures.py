"""The one vocabulary of structures into which every labelling scheme is translated."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum

from oncospine.base import InputError, Level, Side, parse_level
from oncospine.imaging.foreign_text import printable


class StructureKind(StrEnum):
    """What a label stands for, without level, side or number."""

    VERTEBRA = "vertebra"
    VERTEBRAL_BODY = "vertebral_body"
    VERTEBRAL_ARCH = "vertebral_arch"
    SPINOUS_PROCESS = "spinous_process"
    TRANSVERSE_PROCESS = "transverse_process"
    SUPERIOR_ARTICULAR_PROCESS = "superior_articular_process"
    INFERIOR_ARTICULAR_PROCESS = "inferior_articular_process"
    DENS = "dens"
    ENDPLATE = "endplate"
    SUPERIOR_ENDPLATE = "superior_endplate"
    INFERIOR_ENDPLATE = "inferior_endplate"
    DISC = "disc"
    SUPERIOR_DISC = "superior_disc"
    INFERIOR_DISC = "inferior_disc"
    DISC_POINT = "disc_point"
    SACRUM = "sacrum"
    SACRAL_ALA = "sacral_ala"
    SACRAL_POSTERIOR = "sacral_posterior"
    SACRAL_BODY = "sacral_body"
    SACRAL_ENDPLATE = "sacral_endplate"
    COCCYX = "coccyx"
    SPINAL_CORD = "spinal_cord"
    DURAL_SAC = "dural_sac"
    SPINAL_CANAL = "spinal_canal"
    CSF = "csf"
    CONUS_MEDULLARIS = "conus_medullaris"
    PONTOMEDULLARY_GROOVE = "pontomedullary_groove"
    PONTOMEDULLARY_JUNCTION = "pontomedullary_junction"
    RIB = "rib"
    STERNUM = "sternum"
    COSTAL_CARTILAGE = "costal_cartilage"
    CLAVICLE = "clavicle"
    SCAPULA = "scapula"
    HUMERUS = "humerus"
    FEMUR = "femur"
    HIP = "hip"
    SKULL = "skull"
    CARPAL = "carpal"
    AORTA = "aorta"
    HEART = "heart"
    ATRIAL_APPENDAGE = "atrial_appendage"
    PULMONARY_VEIN = "pulmonary_vein"
    PULMONARY_ARTERY = "pulmonary_artery"
    BRACHIOCEPHALIC_TRUNK = "brachiocephalic_trunk"
    SUBCLAVIAN_ARTERY = "subclavian_artery"
    COMMON_CAROTID_ARTERY = "common_carotid_artery"
    BRACHIOCEPHALIC_VEIN = "brachiocephalic_vein"
    SUPERIOR_VENA_CAVA = "superior_vena_cava"
    INFERIOR_VENA_CAVA = "inferior_vena_cava"
    AZYGOS_VEIN = "azygos_vein"
    VERTEBRAL_ARTERY = "vertebral_artery"
    PORTAL_AND_SPLENIC_VEIN = "portal_and_splenic_vein"
    ILIAC_ARTERY = "iliac_artery"
    ILIAC_VEIN = "iliac_vein"
    OESOPHAGUS = "oesophagus"
    TRACHEA = "trachea"
    LUNG = "lung"
    THYROID = "thyroid"
    SPLEEN = "spleen"
    KIDNEY = "kidney"
    KIDNEY_CYST = "kidney_cyst"
    GALLBLADDER = "gallbladder"
    LIVER = "liver"
    STOMACH = "stomach"
    PANCREAS = "pancreas"
    ADRENAL_GLAND = "adrenal_gland"
    SMALL_BOWEL = "small_bowel"
    DUODENUM = "duodenum"
    COLON = "colon"
    URINARY_BLADDER = "urinary_bladder"
    PROSTATE = "prostate"
    BRAIN = "brain"
    FACE = "face"
    GLUTEUS_MAXIMUS = "gluteus_maximus"
    GLUTEUS_MEDIUS = "gluteus_medius"
    GLUTEUS_MINIMUS = "gluteus_minimus"
    DEEP_BACK_MUSCLE = "deep_back_muscle"
    ILIOPSOAS = "iliopsoas"
    TUMOUR = "tumour"
    TUMOUR_BONE = "tumour_bone"
    TUMOUR_EPIDURAL = "tumour_epidural"
    TUMOUR_PARAVERTEBRAL = "tumour_paravertebral"
    METAL = "metal"
    IMPLANT_ENTRY = "implant_entry"
    IMPLANT_TARGET = "implant_target"
    SKIN = "skin"


TUMOUR_KINDS = frozenset(
    {
        StructureKind.TUMOUR,
        StructureKind.TUMOUR_BONE,
        StructureKind.TUMOUR_EPIDURAL,
        StructureKind.TUMOUR_PARAVERTEBRAL,
    }
)
"""All kinds that are part of a tumour."""

_DISC_KINDS = frozenset({StructureKind.DISC, StructureKind.DISC_POINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One anatomical thing. A disc carries the level of the vertebra above it; `number` counts ribs.

    A `spinal_cord` with a level is the part of the cord behind that vertebra, not the cord segment of that name.
    """

    kind: StructureKind
    level: Level | None = None
    side: Side | None = None
    number: int | None = None

    @property
    def name(self) -> str:
        """Stable text: "vertebra T3", "disc T3-T4", "rib left 4", "kidney right"."""
        words = [self.kind.value]
        if self.level is not None:
            words.append(_disc_name(self.level) if self.kind in _DISC_KINDS else self.level.value)
        if self.side is not None:
            words.append(self.side.value)
        if self.number is not None:
            words.append(str(self.number))
        return " ".join(words)

    @classmethod
    def from_name(cls, name: str) -> Structure:
        """The structure whose `name` this is; `InputError` with the nearest kind otherwise."""
        words = str(name).split()
        kinds = [kind.value for kind in StructureKind]
        if not words or words[0] not in kinds:
            near = difflib.get_close_matches(words[0] if words else "", kinds, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; a name starts with one of {', '.join(kinds)}"
            raise InputError(f"'{printable(str(name))}' does not name a structure{hint}")
        level: Level | None = None
        side: Side | None = None
        number: int | None = None
        for word in words[1:]:
            if word in {Side.LEFT.value, Side.RIGHT.value}:
                side = Side(word)
            elif word.isdigit():
                number = int(word)
            else:
                level = parse_level(word.split("-")[0])
        return cls(kind=StructureKind(words[0]), level=level, side=side, number=number)

    def to_plain(self) -> str:
        """The name: one word of the vocabulary is all a result needs."""
        return self.name


def _disc_name(above: Level) -> str:
    below = above.neighbour(1)
    return f"{above.value}-{below.value}" if below is not None else above.value
