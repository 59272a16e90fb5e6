"""From measurements to SINS options: suggestions that keep both answers where the measurement is near a boundary."""

from __future__ import annotations

from oncospine.base import InputError, Level
from oncospine.scores.score import OneOf
from oncospine.scores.sins import sins_rules


def suggested_collapse(
    *, height_loss_percent: float | None = None, body_fraction: float | None = None, error_points: float | None = None
) -> OneOf | None:
    """Collapse option(s) from loss of body height and the fraction of the body involved; None where neither is known.

    A loss counts from 10 %; exactly 50 % takes the 2-point option. Within the measurement error of no loss, or of one
    half, both options are returned. Body involvement is compared strictly with one half.
    """
    if height_loss_percent is None and body_fraction is None:
        return None
    _check("body_fraction", body_fraction, 0, 1)
    _check("height_loss_percent", height_loss_percent, -100, 100)
    if height_loss_percent is None:
        return OneOf(("over_50", "under_50", *_without_collapse(body_fraction)))
    counts_from = float(sins_rules()["collapse_counts_from_percent"]["value"])
    half = float(sins_rules()["collapse_boundary_percent"]["value"])
    error = float(sins_rules()["collapse_error_points"]["value"]) if error_points is None else error_points
    found: list[str] = []
    if height_loss_percent > half or abs(height_loss_percent - half) < error:
        found.append("over_50")
    if counts_from <= height_loss_percent <= half or _near_either(height_loss_percent, error, half):
        found.append("under_50")
    if height_loss_percent < counts_from or abs(height_loss_percent) < error:
        found.extend(_without_collapse(body_fraction))
    return OneOf(tuple(found))


def suggested_posterolateral(
    *,
    left_fraction: float | None,
    right_fraction: float | None,
    left_volume_ml: float | None = None,
    right_volume_ml: float | None = None,
) -> OneOf | None:
    """Posterolateral option(s) from the worst fraction of pedicle, facet or costovertebral joint on each side.

    Lamina, spinous and transverse process alone do not count and must not be passed in. A side is involved from
    10 % of the element or 0.1 mL; from 5 % it stays doubtful and both answers are kept.
    """
    left = _side(left_fraction, left_volume_ml, "left")
    right = _side(right_fraction, right_volume_ml, "right")
    if left == right == (False, True) and left_fraction is None and right_fraction is None:
        return None
    words = {0: "none", 1: "unilateral", 2: "bilateral"}
    counts = sorted({int(one) + int(two) for one in left for two in right})
    return OneOf(tuple(words[count] for count in counts))


def suggested_alignment(
    *, level: Level, translation_mm: float | None = None, new_deformity: bool | None = None
) -> OneOf | None:
    """Alignment option(s) from the posterior wall offset and a statement that a deformity is new.

    Without an earlier image or a statement a deformity stays unknown: old scoliosis must not score. Supine CT hides
    deformity. An offset over the limit by less than the error of the measurement leaves both answers.
    """
    limits = sins_rules()["translation_mm"]
    region = level.region.value
    row = limits.get(region)
    rest = {True: ("deformity",), False: ("normal",), None: ("deformity", "normal")}[new_deformity]
    if translation_mm is None or row is None:
        return None if new_deformity is None else OneOf(("subluxation", *rest))
    excess = abs(translation_mm) - float(row["value"])
    if excess > float(limits["error"]["value"]):
        return OneOf(("subluxation",))
    return OneOf(rest if excess <= 0 else ("subluxation", *rest))


def suggested_bone(*, below_fraction: float, above_fraction: float, cut: float) -> OneOf:
    """Bone option from the fractions of lesion voxels below and above the patient's own normal trabecular HU.

    No published HU rule belongs to SINS: `cut` is the caller's stated choice and the answer is a suggestion only.
    """
    for name, value in (("below_fraction", below_fraction), ("above_fraction", above_fraction), ("cut", cut)):
        _check(name, value, 0, 1)
    lytic, blastic = below_fraction >= cut, above_fraction >= cut
    if lytic and blastic:
        return OneOf(("mixed",))
    if not lytic and not blastic:
        return OneOf(("lytic", "mixed", "blastic"))
    return OneOf(("lytic",) if lytic else ("blastic",))


def _near_either(loss: float, error: float, half: float) -> bool:
    return abs(loss) < error or abs(loss - half) < error


def _without_collapse(body_fraction: float | None) -> tuple[str, ...]:
    boundary = float(sins_rules()["body_boundary_fraction"]["value"])
    if body_fraction is None:
        return ("body_over_50", "none")
    return ("body_over_50",) if body_fraction > boundary else ("none",)


def _side(fraction: float | None, volume_ml: float | None, side: str) -> tuple[bool, ...]:
    _check(f"{side}_fraction", fraction, 0, 1)
    if fraction is None and volume_ml is None:
        return (False, True)
    rules = sins_rules()
    by_volume = volume_ml is not None and volume_ml >= float(rules["element_volume_ml"]["value"])
    if by_volume or (fraction is not None and fraction >= float(rules["element_fraction"]["value"])):
        return (True,)
    if fraction is not None and fraction >= float(rules["element_doubt_fraction"]["value"]):
        return (False, True)
    return (False,)


def _check(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(f"{name}: {value} is outside {low:g} to {high:g}")
