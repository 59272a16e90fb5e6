"""Facts about a planned construct, and counts of risk factors."""

from __future__ import annotations

from oncospine.base import Level
from oncospine.strategy.facts import Reader, Values, fact, threshold
from oncospine.strategy.facts_anatomy import involved, sins_of, within


def construct(reader: Reader) -> tuple[Level, ...] | None:
    """Anchor levels of the planned construct, cranial to caudal; None where nothing is planned."""
    found: tuple[Level, ...] | None = reader.get("construct")
    return tuple(sorted(found, key=lambda level: level.order)) if found else None


@fact("construct_caudal_end")
def construct_caudal_end(reader: Reader) -> Values:
    levels = construct(reader)
    return None if levels is None else (levels[-1].value,)


@fact("construct_crosses_junction")
def construct_crosses_junction(reader: Reader) -> Values:
    """Whether the construct reaches both sides of the cervicothoracic or thoracolumbar junction."""
    levels = construct(reader)
    if levels is None:
        return None
    spans = (threshold("cervicothoracic"), threshold("thoracolumbar"))
    crossed = any(
        levels[0].order <= Level(span[0]).order and levels[-1].order >= Level(span[1]).order for span in spans
    )
    return (crossed,)


@fact("construct_in_cervicothoracic")
def construct_in_cervicothoracic(reader: Reader) -> Values:
    levels = construct(reader)
    return None if levels is None else (any(within(level, threshold("cervicothoracic")) for level in levels),)


@fact("construct_cervical_and_thoracic")
def construct_cervical_and_thoracic(reader: Reader) -> Values:
    levels = construct(reader)
    if levels is None:
        return None
    return (levels[0].order <= Level.C7.order and levels[-1].order >= Level.T1.order,)


@fact("construct_end_involved")
def construct_end_involved(reader: Reader) -> Values:
    levels, tumour = construct(reader), involved(reader)
    if levels is None or tumour is None:
        return None
    return (levels[0] in tumour or levels[-1] in tumour,)


@fact("hardware_factors")
def hardware_factors(reader: Reader) -> Values:
    """How many predictors of hardware failure hold; unknown ones leave a range."""
    score = sins_of(reader)
    limit = int(threshold("hardware_sins_over"))
    unstable = None if score is None or score.range is None else _over(score.range, limit)
    levels = construct(reader)
    long = None if levels is None else _length(levels) > int(threshold("hardware_levels_over"))
    few = [
        _under(reader.fact(name), int(threshold("anchors_each_side"))) for name in ("anchors_above", "anchors_below")
    ]
    irradiated = _any([reader.get("prior_cebrt"), reader.get("prior_sbrt")])
    found = (
        unstable, reader.one("construct_crosses_junction"), _any(few), irradiated, reader.get("osteoporosis"), long,
        reader.one("survival_long"),
    )  # fmt: skip
    return _count(found)


@fact("wound_factors")
def wound_factors(reader: Reader) -> Values:
    """How many wound risk factors hold; unknown ones leave a range."""
    steroid, asa = reader.get("dexamethasone_mg_day"), reader.get("asa")
    found = (
        None if steroid is None else steroid > 0,
        reader.get("planned_fixation"),
        _any([reader.get("prior_cebrt"), reader.get("rt_within_21_days")]),
        _any([reader.get("previous_chemotherapy"), reader.get("chemo_within_3_weeks")]),
        reader.get("obese"),
        None if asa is None else asa > int(threshold("wound_asa_over")),
    )
    return _count(found)


@fact("fracture_factors")
def fracture_factors(reader: Reader) -> Values:
    """How many risk factors of fracture after SBRT hold; only where SBRT is planned or dosed."""
    dose = reader.get("sbrt_gy_per_fraction")
    if dose is None and reader.get("planned_sbrt") is not True:
        return None
    levels = reader.levels() or ()
    bones = [reader.level_value(item, "bone") for item in levels]
    shapes = [reader.level_value(item, "alignment") for item in levels]
    found = (
        None if dose is None else dose >= float(threshold("fracture_gy_from")),
        reader.get("baseline_fracture"),
        _any([None if bone is None else bone == "lytic" for bone in bones]),
        _any([reader.get("kyphosis"), *(None if shape is None else shape != "normal" for shape in shapes)]),
    )
    return _count(found)


def _count(found: tuple[bool | None, ...]) -> Values:
    """Every count the factors allow; None where none of them is known."""
    known = [item for item in found if item is not None]
    if not known:
        return None
    return tuple(range(sum(known), sum(known) + len(found) - len(known) + 1))


def _any(found: list[bool | None]) -> bool | None:
    if any(found):
        return True
    return None if None in found or not found else False


def _over(ends: tuple[int, int], limit: int) -> bool | None:
    if ends[0] > limit:
        return True
    return None if ends[1] > limit else False


def _under(values: Values, limit: int) -> bool | None:
    return None if values is None else bool(isinstance(values[0], int) and values[0] < limit)


def _length(levels: tuple[Level, ...]) -> int:
    return levels[-1].order - levels[0].order + 1
