"""Imaging studies of a case and the masks drawn on them."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.base import InputError
from oncospine.case.dates import Day
from oncospine.case.fields import CasePath, Strict, Text, Token, YesNo
from oncospine.case.kinds import Contrast, MaskContent, Modality, Phase, Position

CARRIED = "carried from study"
"""How `made_by` of a mask begins that was brought from another study by registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFile(Strict):
    """One mask file (or folder of one file per structure)."""

    path: CasePath
    convention: Token
    """Label convention, such as totalsegmentator_total; the names are those of `oncospine.imaging`."""
    what: MaskContent
    made_by: Text | None = None
    """Program and version, or the role of the person who drew it."""

    @property
    def is_carried(self) -> bool:
        """True where `oncospine register` brought the mask from another study."""
        return (self.made_by or "").startswith(CARRIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study(Strict):
    """One dated scan with its masks."""

    id: Token
    date: Day
    modality: Modality
    scan: CasePath | None = None
    """DICOM folder or zip, .nii.gz or .nrrd."""
    sequence: Text | None = None
    """For MR: such as T2, T1, STIR."""
    masks: tuple[MaskFile, ...] = ()
    position: Position = Position.UNKNOWN
    contrast: Contrast = Contrast.UNKNOWN
    phase: Phase = Phase.UNKNOWN
    whole_spine: YesNo | None = None
    notes: Text | None = None

    def masks_of(self, what: MaskContent) -> tuple[MaskFile, ...]:
        return tuple(mask for mask in self.masks if mask.what is what)

    def mask(self, what: MaskContent) -> MaskFile | None:
        """The only mask of that content, None without one; two are an `InputError` because a choice is needed."""
        found = self.masks_of(what)
        if len(found) > 1:
            paths = ", ".join(mask.path for mask in found)
            raise InputError(f"study '{self.id}' has {len(found)} masks of {what}: {paths}; keep the one to use")
        return found[0] if found else None
