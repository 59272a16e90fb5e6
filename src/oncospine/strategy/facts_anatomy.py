"""Facts about place, compression and stability."""

from __future__ import annotations

from itertools import pairwise

from oncospine.base import Level
from oncospine.scores import Escc, LesionInputs, OneOf, Score, n_classes, patient_sins, worst_escc
from oncospine.scores.sins_suggest import suggested_alignment, suggested_collapse, suggested_posterolateral
from oncospine.scores.table import score_table
from oncospine.strategy.facts import Reader, Values, fact, threshold
from oncospine.strategy.inputs import LevelInputs


def involved(reader: Reader) -> tuple[Level, ...] | None:
    """Involved vertebrae, cranial to caudal."""
    levels = reader.levels()
    return None if not levels else tuple(item.level for item in levels)


def within(level: Level, span: list[str]) -> bool:
    """Whether a level lies in a span such as [T7, L3]."""
    return Level(span[0]).order <= level.order <= Level(span[1]).order


def takes_part(fraction: float | None) -> bool | None:
    """Whether an element counts as involved."""
    return None if fraction is None else fraction >= float(threshold("element_involved_fraction"))


@fact("n_levels")
def n_levels(reader: Reader) -> Values:
    levels = reader.levels()
    return None if levels is None else (len(levels),)


@fact("contiguous")
def contiguous(reader: Reader) -> Values:
    levels = involved(reader)
    if levels is None:
        return None
    return (all(one.neighbour(1) is two for one, two in pairwise(levels)),)


@fact("cauda_only")
def cauda_only(reader: Reader) -> Values:
    levels = involved(reader)
    last = Level(threshold("last_cord_level"))
    return None if levels is None else (all(level.order > last.order for level in levels),)


def _touches(name: str) -> None:
    def function(reader: Reader) -> Values:
        levels = involved(reader)
        return None if levels is None else (any(within(level, threshold(name)) for level in levels),)

    fact(f"involves_{name}")(function)


for _span in ("adamkiewicz", "upper_cervical", "mid_cervical", "lumbar", "thoracolumbar_spine", "presacral_spine"):
    _touches(_span)


def _touches_bodies(name: str) -> None:
    def function(reader: Reader) -> Values:
        levels = reader.levels()
        if not levels:
            return None
        here = [
            takes_part(reader.level_value(item, "body_fraction"))
            for item in levels
            if within(item.level, threshold(name))
        ]
        if any(here):
            return (True,)
        return None if None in here else (False,)

    fact(f"{name}_involved")(function)


for _span in ("thoracic_body", "subaxial_body", "low_cervical_body", "anterior_upper_thoracic"):
    _touches_bodies(_span)


@fact("body_involved")
def body_involved(reader: Reader) -> Values:
    return _any_level(reader, "body_fraction", float(threshold("element_involved_fraction")), strict=False)


@fact("body_over_half")
def body_over_half(reader: Reader) -> Values:
    return _any_level(reader, "body_fraction", float(threshold("body_destroyed_fraction")), strict=True)


@fact("bilateral_body_run")
def bilateral_body_run(reader: Reader) -> Values:
    """Longest run of adjacent upper thoracic levels with body and both pedicles involved."""
    levels = reader.levels()
    if not levels:
        return None
    span = threshold("upper_thoracic")
    best = run = 0
    previous: Level | None = None
    for item in levels:
        parts = [
            takes_part(reader.level_value(item, name))
            for name in ("body_fraction", "pedicle_left_fraction", "pedicle_right_fraction")
        ]
        if None in parts:
            return None
        full = all(parts) and within(item.level, span)
        touching = previous is not None and previous.neighbour(1) is item.level
        run = (run + 1 if touching else 1) if full else 0
        previous, best = item.level, max(best, run)
    return (best,)


@fact("pedicle_involved")
def pedicle_involved(reader: Reader) -> Values:
    levels = reader.levels()
    if not levels:
        return None
    found = [
        takes_part(reader.level_value(item, name))
        for item in levels
        for name in ("pedicle_left_fraction", "pedicle_right_fraction")
    ]
    if any(found):
        return (True,)
    return None if None in found else (False,)


@fact("collapsed")
def collapsed(reader: Reader) -> Values:
    """Whether any involved body has lost height, by the collapse option of SINS."""
    levels = reader.levels()
    if not levels:
        return None
    found = [_collapse(reader, item) for item in levels]
    lost = {"over_50", "under_50"}
    if any(values is not None and set(values) <= lost for values in found):
        return (True,)
    if any(values is None or lost & set(values) for values in found):
        return (True, False) if any(values is not None for values in found) else None
    return (False,)


@fact("escc")
def escc(reader: Reader) -> Values:
    """Grades the worst level can have."""
    levels = reader.levels()
    if not levels:
        reader.note_missing("escc")
        return None
    sets = [_grades(reader.level_value(item, "escc")) for item in levels]
    worst = worst_escc(sets)
    return None if worst is None else tuple(grade.value for grade in worst)


@fact("escc_estimated")
def escc_estimated(reader: Reader) -> Values:
    """Whether the grade of any level is an estimate on CT, without MR."""
    levels = reader.levels()
    if not levels:
        return None
    found = [reader.level_value(item, "escc_from_ct") for item in levels]
    if any(found):
        return (True,)
    return None if None in found else (False,)


@fact("n_class")
def n_class(reader: Reader) -> Values:
    grades = reader.fact("escc")
    return None if grades is None else n_classes([Escc(str(grade)) for grade in grades])


@fact("sins")
def sins_values(reader: Reader) -> Values:
    """Every total the patient's SINS can have: the maximum over lesions, a stated total in place of a computed one."""
    levels = reader.levels()
    score = sins_of(reader)
    if levels and any(item.sins_total is not None for item in levels):
        spans = [span for item in levels if (span := _stated_or_computed(reader, item)) is not None]
        return tuple(range(max(low for low, _ in spans), max(high for _, high in spans) + 1))
    if score is None or score.range is None:
        return None
    return tuple(range(score.range[0], score.range[1] + 1))


def _stated_or_computed(reader: Reader, item: LevelInputs) -> tuple[int, int] | None:
    """The span of one lesion's total; None where the score does not apply to the level."""
    if item.sins_total is not None:
        return item.sins_total, item.sins_total
    return patient_sins(lesion_inputs(reader, (item,))).lesions[0].range


@fact("m_class")
def m_class(reader: Reader) -> Values:
    """NOMS mechanical class: 0-6 stable, 13-18 unstable, between them both branches."""
    if reader.get("gross_instability") is True:
        return ("unstable",)
    values = reader.fact("sins")
    if values is None:
        return None
    branches = {"stable": {"stable"}, "indeterminate": {"stable", "unstable"}, "unstable": {"unstable"}}
    found: set[str] = set()
    for band in score_table("sins").bands:
        if any(isinstance(value, int) and band.low <= value <= band.high for value in values):
            found |= branches[band.name]
    return tuple(sorted(found))


@fact("sins_score")
def sins_score(reader: Reader) -> Values:
    """The patient's SINS, with options suggested from measurements where none was entered."""
    levels = reader.levels()
    if not levels:
        for name in ("sins_bone", "sins_alignment", "sins_collapse", "sins_posterolateral"):
            reader.note_missing(name)
        return None
    return (patient_sins(lesion_inputs(reader, levels)).patient,)


@fact("lesion_options")
def lesion_options(reader: Reader) -> Values:
    """SINS inputs of every vertebra, suggestions included."""
    levels = reader.levels()
    return None if not levels else lesion_inputs(reader, levels)


def sins_of(reader: Reader) -> Score | None:
    """The fact `sins_score` as a score."""
    found = reader.one("sins_score")
    return found if isinstance(found, Score) else None


def lesion_inputs(reader: Reader, levels: tuple[LevelInputs, ...]) -> tuple[LesionInputs, ...]:
    """SINS inputs per vertebra."""
    return tuple(
        LesionInputs(
            level=item.level,
            pain=reader.level_value(item, "pain") if item.pain is not None else reader.get("pain"),
            bone=reader.level_value(item, "bone"),
            alignment=_alignment(reader, item),
            collapse=_option(_collapse(reader, item), reader, "sins_collapse"),
            posterolateral=_posterolateral(reader, item),
        )
        for item in levels
    )


def _grades(values: tuple[str, ...] | None) -> tuple[Escc, ...] | None:
    return None if values is None else tuple(sorted((Escc(value) for value in values), key=lambda grade: grade.order))


def _any_level(reader: Reader, name: str, limit: float, *, strict: bool) -> Values:
    levels = reader.levels()
    if not levels:
        return None
    values = [reader.level_value(item, name) for item in levels]
    if any(value is not None and (value > limit or (value == limit and not strict)) for value in values):
        return (True,)
    return None if None in values else (False,)


def _collapse(reader: Reader, item: LevelInputs) -> tuple[str, ...] | None:
    if item.collapse is not None:
        entered = reader.level_value(item, "collapse")
        return tuple(str(value) for value in entered.values) if isinstance(entered, OneOf) else (str(entered),)
    reader.reads.add("sins_collapse")
    found = suggested_collapse(height_loss_percent=item.height_loss_percent, body_fraction=item.body_fraction)
    if item.height_loss_percent is None:
        reader.missing.add("sins_collapse")
    return None if found is None else tuple(str(value) for value in found.values)


def _option(values: tuple[str, ...] | None, reader: Reader, name: str) -> object | None:
    if values is None:
        reader.note_missing(name)
        return None
    return OneOf(values)


def _alignment(reader: Reader, item: LevelInputs) -> object | None:
    if item.alignment is not None or item.translation_mm is None:
        entered: object | None = reader.level_value(item, "alignment")
        return entered
    reader.reads.add("sins_alignment")
    found = suggested_alignment(level=item.level, translation_mm=item.translation_mm)
    if found is None or len(found.values) > 1:
        reader.missing.add("sins_alignment")
    return found


def _posterolateral(reader: Reader, item: LevelInputs) -> object | None:
    if item.posterolateral is not None:
        entered: object | None = reader.level_value(item, "posterolateral")
        return entered
    reader.reads.add("sins_posterolateral")
    found = suggested_posterolateral(
        left_fraction=_worst(item.pedicle_left_fraction, item.facet_left_fraction),
        right_fraction=_worst(item.pedicle_right_fraction, item.facet_right_fraction),
    )
    if found is None:
        reader.missing.add("sins_posterolateral")
    return found


def _worst(*fractions: float | None) -> float | None:
    known = [fraction for fraction in fractions if fraction is not None]
    return max(known) if known else None
