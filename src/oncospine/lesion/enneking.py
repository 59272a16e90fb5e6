"""Enneking stage of a primary tumour, from what is entered of its biology and what is measured of its extent."""

from __future__ import annotations

from enum import StrEnum

from oncospine.base import InputError
from oncospine.lesion.extent_findings import Tomita

CITATIONS = ("enneking1980", "boriani1997")


class Enneking(StrEnum):
    """Stages in order; an enumeration, not numbers."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    IA = "IA"
    IB = "IB"
    IIA = "IIA"
    IIB = "IIB"
    IIIA = "IIIA"
    IIIB = "IIIB"
    III = "III"


BEHAVIOURS = {"latent": Enneking.S1, "active": Enneking.S2, "aggressive": Enneking.S3}


MALIGNANT = {
    ("G1", "T1"): Enneking.IA,
    ("G1", "T2"): Enneking.IB,
    ("G2", "T1"): Enneking.IIA,
    ("G2", "T2"): Enneking.IIB,
}


def enneking(*, grade: str, metastasis: bool, compartment: str | None = None, behaviour: str | None = None) -> Enneking:
    """Stage of a primary tumour: `grade` G0, G1 or G2, `compartment` T0, T1, T2 or None, `behaviour` for G0.

    Raises `InputError` for unknown words, for a benign tumour without behaviour, and for a malignant one of which the
    compartment is needed and not known. Not for metastases.
    """
    if grade not in {"G0", "G1", "G2"}:
        raise InputError(f"unknown grade '{grade}'; use G0 (benign), G1 (low grade) or G2 (high grade)")
    if compartment not in {None, "T0", "T1", "T2"}:
        raise InputError(f"unknown compartment '{compartment}'; use T0, T1 or T2")
    if grade == "G0":
        if behaviour not in BEHAVIOURS:
            raise InputError(f"a benign tumour needs its behaviour: latent, active or aggressive; got '{behaviour}'")
        stage = BEHAVIOURS[behaviour]
        if metastasis and stage is not Enneking.S3:
            raise InputError("only an aggressive benign tumour (S3) can have metastases")
        return stage
    if metastasis:
        return {"T1": Enneking.IIIA, "T2": Enneking.IIIB}.get(compartment or "", Enneking.III)
    known = MALIGNANT.get((grade, compartment or ""))
    if known is None:
        raise InputError(f"{grade} without metastasis needs the compartment, T1 or T2; got '{compartment}'")
    return known


def measured_compartment(extent: Tomita) -> str:
    """T1 or T2 of the measured extent: in the spine epidural or paravertebral tumour is extracompartmental [K]."""
    outside = {"spinal canal (epidural)", "paravertebral"} & set(extent.sites)
    return "T2" if outside or extent.type >= 6 else "T1"
