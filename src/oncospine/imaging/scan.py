"""A scan as the rest of the program sees it: voxels in place, modality, and the doubts about them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncospine.geometry import Grid, Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """One image volume. `source` and `notes` never hold a name, a date or an identifier of the patient.

    `slice_thickness_mm` is what the scanner states (it may differ from the spacing of the slices); None where the file
    does not say, and so are `contrast_given` (raises the density of bone and tumour) and `tube_voltage_kv` (Hounsfield
    units of bone depend on it). `modality` is a DICOM code such as "CT" or "MR"; "unknown" where neither
    file nor caller says.
    """

    volume: Volume
    modality: str
    source: str
    content_hash: str
    notes: tuple[str, ...] = ()
    slice_thickness_mm: float | None = None
    contrast_given: bool | None = None
    tube_voltage_kv: float | None = None

    @property
    def grid(self) -> Grid:
        return self.volume.grid

    def noted(self, *notes: str) -> Scan:
        """The same scan with further notes."""
        return replace(self, notes=(*self.notes, *notes))
