"""Facts about the tumour, the examination and fitness."""

from __future__ import annotations

from collections.abc import Mapping

from oncospine.base import Level
from oncospine.scores import Histology, histology
from oncospine.strategy.conditions import COMPARISONS
from oncospine.strategy.facts import Reader, Values, fact, threshold

SIGNS = ("weakness", "gait_loss", "sensory_level", "sphincter_change", "saddle_numbness", "myelopathy")
"""Signs of cord or cauda compression, each a field of its own."""

SOLITARY_PLASMACYTOMA = "plasmacytoma"
"""Haematological, but treated by its own rule and not by NOMS."""


def entity(reader: Reader) -> Histology | None:
    """The entity of the histology table; None without tissue diagnosis."""
    name = reader.get("histology")
    if name is None:
        return None
    found = histology(name)
    if found.id == "unknown":
        reader.note_missing("histology")
        return None
    return found


@fact("histology_group")
def histology_group(reader: Reader) -> Values:
    found = entity(reader)
    return None if found is None else (found.group,)


@fact("pathway")
def pathway(reader: Reader) -> Values:
    """metastatic, haematological, primary or benign; entities that can be both need `tumour_role`."""
    found = entity(reader)
    if found is None:
        return None
    if len(found.kinds) == 1:
        return (found.kinds[0],)
    role = reader.get("tumour_role")
    return None if role is None else ({"metastasis": "metastatic", "primary": "primary"}[role],)


@fact("malignant")
def malignant(reader: Reader) -> Values:
    """A malignant tumour of the spine: by histology, or a spinal mass in a person with known cancer."""
    found = entity(reader)
    if found is not None:
        return (found.kinds != ("benign",),)
    return (True,) if reader.get("known_cancer") is True else None


@fact("noms_applies")
def noms_applies(reader: Reader) -> Values:
    """NOMS is for metastases, myeloma and lymphoma."""
    found = entity(reader)
    if found is None:
        return None
    way = reader.one("pathway")
    if way is None:
        return None
    return (way in {"metastatic", "haematological"} and found.id != SOLITARY_PLASMACYTOMA,)


@fact("radiosensitive")
def radiosensitive(reader: Reader) -> Values:
    """Sensitive to conventional radiotherapy by histology alone."""
    found = entity(reader)
    if found is None or found.noms_class is None:
        return None
    return (found.noms_class == "sensitive",)


@fact("o_class")
def o_class(reader: Reader) -> Values:
    """NOMS oncological class: resistant by histology, or because this level was irradiated before."""
    found = entity(reader)
    if found is None or found.noms_class is None:
        return None
    if found.noms_class == "resistant":
        return ("resistant",)
    return ("resistant",) if reader.get("prior_cebrt") is True else ("sensitive",)


@fact("s_class")
def s_class(reader: Reader) -> Values:
    """Able or unable to tolerate surgery, as a person confirmed; both branches where nobody did.

    Who declines an operation is put with the unable.
    """
    able = reader.get("can_tolerate_surgery")
    if reader.peek("declines_surgery") is True:
        return ("unable",)
    if able is None:
        return ("able", "unable")
    return ("able",) if able else ("unable",)


@fact("not_operated")
def not_operated(reader: Reader) -> Values:
    """Unfit as a person stated, or declined by the patient."""
    if reader.peek("declines_surgery") is True:
        return (True,)
    able = reader.get("can_tolerate_surgery")
    return None if able is None else (not able,)


@fact("vascularity")
def vascularity(reader: Reader) -> Values:
    """Upper end of the entity's usual vascularity: the safe side for a bleeding flag."""
    found = entity(reader)
    return None if found is None or found.vascularity is None else (found.vascularity[1],)


@fact("is_sarcoma")
def is_sarcoma(reader: Reader) -> Values:
    found = entity(reader)
    return None if found is None else (found.is_sarcoma,)


@fact("deficit")
def deficit(reader: Reader) -> Values:
    """Any neurological symptom or sign; Frankel or AIS E and no sign entered means none."""
    signs = [reader.get(name) for name in SIGNS]
    graded = [reader.get("frankel"), reader.get("ais")]
    if any(signs) or any(grade in {"A", "B", "C", "D"} for grade in graded):
        return (True,)
    if reader.inputs.ais_graded is not None and "E" not in reader.get("ais_graded"):
        return (True,)
    if "E" in graded or all(sign is False for sign in signs):
        return (False,)
    return None


@fact("complete")
def complete(reader: Reader) -> Values:
    """Complete loss below the level as entered."""
    grades = [grade for grade in (reader.get("frankel"), reader.get("ais")) if grade is not None]
    if not grades and reader.inputs.ais_graded is not None:
        possible = reader.get("ais_graded")
        return tuple(answer for answer in (True, False) if ("A" in possible if answer else set(possible) != {"A"}))
    return None if not grades else ("A" in grades,)


@fact("paraplegia_over_limit")
def paraplegia_over_limit(reader: Reader) -> Values:
    """Complete paraplegia for longer than the trial accepted."""
    lost = reader.one("complete")
    if lost is None:
        return None
    if lost is False:
        return (False,)
    hours = reader.get("complete_hours")
    return None if hours is None else (hours > float(threshold("paraplegia_hours")),)


@fact("mscc")
def mscc(reader: Reader) -> Values:
    """Metastatic (or haematological) cord compression: high-grade epidural disease of a malignant tumour."""
    bad = reader.one("malignant")
    way = reader.fact("pathway")
    if bad is False or way in {("benign",), ("primary",)}:
        return (False,)
    if reader.get("compression_ruled_out") is True:
        return (False,)
    grades = reader.fact("n_class")
    if bad is None or grades is None:
        return None
    return tuple(grade == "high" for grade in grades)


@fact("spinal_tumour")
def spinal_tumour(reader: Reader) -> Values:
    """A cancer or a spinal mass: what makes neurological signs an emergency flag."""
    mass, cancer, levels = reader.get("spinal_mass"), reader.get("known_cancer"), reader.get("levels")
    if mass or cancer or levels or reader.get("histology") is not None:
        return (True,)
    return (False,) if mass is False and cancer is False else None


@fact("ecog_for_scores")
def ecog_for_scores(reader: Reader) -> Values:
    before = reader.get("ecog_before_deficit")
    now = reader.get("ecog") if before is None else before
    return None if now is None else (now,)


@fact("kps_for_scores")
def kps_for_scores(reader: Reader) -> Values:
    before = reader.get("kps_before_deficit")
    now = reader.get("kps") if before is None else before
    return None if now is None else (now,)


@fact("thoracotomy_limit")
def thoracotomy_limit(reader: Reader) -> Values:
    """Whether any recorded lung value is beyond the published limit for thoracotomy."""
    limits: Mapping[str, Mapping[str, float]] = threshold("thoracotomy_limits")
    known = [
        all(COMPARISONS[operator](value, limit) for operator, limit in test.items())
        for name, test in limits.items()
        if (value := reader.get(name)) is not None
    ]
    if any(known):
        return (True,)
    return (False,) if len(known) == len(limits) else None


@fact("anchors_above")
def anchors_above(reader: Reader) -> Values:
    return _anchors(reader, above=True)


@fact("anchors_below")
def anchors_below(reader: Reader) -> Values:
    return _anchors(reader, above=False)


def _anchors(reader: Reader, *, above: bool) -> Values:
    """Anchor levels of the planned construct on one side of the destroyed segment, destroyed vertebrae not counted."""
    construct: tuple[Level, ...] | None = reader.get("construct")
    levels = reader.levels()
    if construct is None or not levels:
        return None
    destroyed = {item.level for item in levels}
    edge = levels[0].level.order if above else levels[-1].level.order
    side = [level for level in construct if (level.order < edge if above else level.order > edge)]
    return (len(set(side) - destroyed),)


@fact("tissue_diagnosis")
def tissue_diagnosis(reader: Reader) -> Values:
    """Whether the histology is known; `histology` None says that there is none."""
    return (entity(reader) is not None,)
