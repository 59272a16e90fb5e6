"""Limits of plausible sizes at their edges, and trends along the spine."""

import pytest

from oncospine.anatomy import (
    Severity,
    limits_at,
    plausibility_limits,
)
from oncospine.anatomy.limits import trends
from oncospine.anatomy.plausibility import plausibility_doubts
from oncospine.base import Level

REFERENCE_LIMITS = """
endplate width|T1|19|34|15|40
endplate width|T5|20|38|16|44
endplate width|T12|24|50|20|56
endplate depth|T4|14|30|11|34
endplate depth|T8|18|36|14|40
endplate depth|T9|22|42|18|46
posterior body height|T6|12|22|9|26
posterior body height|T7|15|29|11|33
anterior over posterior height|T1|0.80|1.08|0.3|1.3
disc height|T10|1.5|7.5|0.5|11
disc height|L1|3|11|1|15
pedicle width|T3|2.5|9|1.5|12
pedicle width|T8|2.5|9|1.5|12
pedicle width|T2|3.5|13|2|16
pedicle width|T9|3.5|13|2|16
pedicle width|L5|5|22|3|27
pedicle height|T12|6|20|4|25
transverse pedicle angle|T1|15|45|5|55
transverse pedicle angle|T2|0|35|-10|45
transverse pedicle angle|T7|-15|20|-25|30
canal depth|T1|13|23|8|28
canal width|T12|14|26|10|32
dural sac area|T4|95|250|50|320
cord area|T2|24|55|10|90
cord depth|T9|4.3|8.0|2|10
segment kyphosis|T1|-3|12|-15|40
whole thoracic kyphosis|T1|20|65|0|110
"""


@pytest.mark.parametrize("row", [row for row in REFERENCE_LIMITS.splitlines() if row])
def test_every_limit_is_that_of_the_reference_and_holds_at_its_edges(row):
    quantity, level, *numbers = row.split("|")
    found = limits_at(quantity, Level(level))
    low, high, worst_low, worst_high = map(float, numbers)
    assert (found.warn_low, found.warn_high, found.reject_low, found.reject_high) == (low, high, worst_low, worst_high)
    name = f"{quantity} left" if quantity.startswith(("pedicle", "transverse")) else quantity
    step = 1e-6
    for value, severity in (
        (low, None),
        (high, None),
        (low - step, Severity.NOTE),
        (high + step, Severity.NOTE),
        (worst_low - step, Severity.WARNING),
        (worst_high + step, Severity.WARNING),
    ):
        doubts = plausibility_doubts({Level(level): {name: value}})
        assert [doubt.severity for doubt in doubts] == ([] if severity is None else [severity])


@pytest.mark.parametrize(("percent", "severity"), [(25, None), (26, Severity.NOTE), (41, Severity.WARNING)])
def test_pedicles_of_unlike_width_are_said(percent, severity):
    doubts = plausibility_doubts({Level.T5: {"pedicle width asymmetry": float(percent)}})
    assert [doubt.severity for doubt in doubts] == ([] if severity is None else [severity])


def test_outside_the_levels_of_a_row_there_is_no_limit():
    assert limits_at("cord area", Level.T1) is None
    assert limits_at("cord area", Level.T10) is None
    assert plausibility_doubts({Level.T10: {"cord area": 1.0}}) == []


@pytest.mark.parametrize(
    ("sizes", "ending"),
    [
        ({"dural sac area": 20.0}, "compressed, or check segmentation and level"),
        ({"dural sac area": 20.0, "canal width": 2.0}, "not plausible, check segmentation and level"),
        ({"dural sac area": 2000.0}, "not plausible, check segmentation and level"),
    ],
)
def test_a_sac_that_is_only_too_small_may_be_compressed(sizes, ending):
    (doubt,) = [found for found in plausibility_doubts({Level.T3: sizes}) if found.severity is Severity.WARNING]
    assert doubt.text.endswith(ending)


def test_rows_of_one_quantity_do_not_overlap_and_warn_lies_within_reject():
    for row in plausibility_limits():
        assert row.reject_low <= row.warn_low < row.warn_high <= row.reject_high
        for level in Level:
            holding = [r for r in plausibility_limits() if r.quantity == row.quantity and r.holds_at(level)]
            assert len(holding) <= 1


@pytest.mark.parametrize("trend", trends(), ids=lambda trend: trend.quantity)
def test_sizes_that_run_the_wrong_way_are_said(trend):
    levels = [level for level in Level if trend.first.order <= level.order <= trend.last.order][:5]
    name = f"{trend.quantity} left" if "pedicle" in trend.quantity else trend.quantity

    def doubts(direction):
        sizes = {level: {name: 25.0 + 0.2 * direction * index} for index, level in enumerate(levels)}
        return [doubt for doubt in plausibility_doubts(sizes) if "check the names" in doubt.text]

    assert doubts(trend.direction) == []
    assert len(doubts(-trend.direction)) == 1
