"""The report says which operation is drawn, why, and that another option ranks first where one does."""

from dataclasses import replace

import pytest
from report_samples import changed, operation, results
from test_report_page import Page

from oncospine.report import render_report, report_view
from oncospine.report.drawn_operation import drawn_operation
from oncospine.strategy import faults
from oncospine.surgery import ORIGIN, CageStep

WHY = "after the posterior stage tumour in front takes up to 29% of the canal"
OTHER = "Another option ranks first"


def proposal(*, stages: int = 1, cage: bool = False, reasons: tuple[str, ...] = ("at least 2 anchors", WHY)):
    done = operation()
    stage = replace(done.operation.stages[0], cage=CageStep() if cage else None)
    own = replace(done.operation, title="Staged 360", origin=ORIGIN, stages=(stage,) * stages, reasons=reasons)
    return replace(done, operation=own)


def led_by(option: str | None):
    return replace(results().strategy, leading_option=option)


@pytest.mark.parametrize(
    ("shape", "leading", "is_other"),
    [
        ({"stages": 2}, "staged_360", False),
        ({"stages": 2, "cage": True}, "posterior_circumferential_cage", True),
        ({"cage": True}, "posterior_circumferential_cage", False),
        ({"cage": True}, "staged_360", True),
        ({}, "separation_sbrt", False),
        ({}, "cebrt_alone", True),
        ({"stages": 2}, None, False),
    ],
)
def test_another_option_that_ranks_first_is_told(shape, leading, is_other):
    told = drawn_operation(led_by(leading), [proposal(**shape)])
    assert told.startswith(f"Drawn below: Staged 360, proposed from these images ({WHY}).")
    assert (OTHER in told) == is_other
    assert faults(told) == ()


def test_only_the_programs_own_operation_is_told_of():
    assert drawn_operation(led_by("staged_360"), []) == ""
    assert drawn_operation(led_by("staged_360"), [operation()]) == "", "this one is the surgeon's"
    assert drawn_operation(None, [operation(), proposal(reasons=())]).endswith("proposed from these images.")


def test_it_stands_on_the_first_screen_under_the_options():
    view = report_view(changed(strategy=led_by("cebrt_alone"), operations=(proposal(stages=2),), scan=None))
    text = Page(render_report(view)).text
    assert text.index("Options to discuss") < text.index("Drawn below: Staged 360") < text.index("Not chosen:")
