"""The lesion section of the mirrored patient is the mirrored section: words, columns, sectors, rows."""

import re

import numpy as np
import pytest
from report_samples import SPEC

from oncospine.phantom import make_phantom, mirrored
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_lesion import lesion_view
from shared_samples import ct_findings, ct_spine

pytestmark = pytest.mark.slow


def other(text: str) -> str:
    """The words of the other side; sectors become 13 - s, runs and lists in their order."""
    text = re.sub(r"left|right", lambda found: "right" if found[0] == "left" else "left", text)

    def sectors(found: re.Match[str]) -> str:
        parts = reversed(re.split(r"(, | or )", found[2]))
        return f"{found[1]} " + "".join(
            part if part in {", ", " or "} else "-".join(str(13 - int(k)) for k in reversed(part.split("-")))
            for part in parts
        )

    return re.sub(r"\b(sectors?|neighbours) (\d+(?:-\d+)?(?:(?:, | or )\d+(?:-\d+)?)*)", sectors, text)


def listed(text: str) -> list[str]:
    """Parts of a cell whose order has no meaning."""
    return sorted(text.split("; "))


@pytest.fixture(scope="module")
def views():
    """The section of the patient and that of the mirrored one."""
    found = []
    for source in (make_phantom(SPEC), mirrored(make_phantom(SPEC))):
        spine = ct_spine(source)
        found.append(lesion_view(spine, ct_findings(source, spine), Bibliography())[0])
    return found


def test_the_stages_are_mirrored(views):
    own, mirror = ([(line.name, line.value, line.text) for line in view.stages] for view in views)
    assert [tuple(map(other, line)) for line in own] == mirror
    assert own != mirror


def test_the_impression_is_mirrored_to_the_letter(views):
    assert other(views[0].impression) == views[1].impression


BOTH = "ml (right / left)"


def cells(view, change):
    """Table, row, column -> cell, through `change`; pairs of sides turned round where it changes words."""
    found = {}
    for table in view.tables:
        for row in table.rows:
            for heading, text in zip(table.headings, row, strict=True):
                turned = heading.endswith(BOTH) and change is other
                value = " / ".join(reversed(text.split(" / "))) if turned else change(text)
                name = heading if heading.endswith(BOTH) else change(heading)
                found[table.title, change(row[0]), name] = listed(value)
    return found


def test_every_cell_of_every_table_is_mirrored(views):
    own, mirror = cells(views[0], other), cells(views[1], str)
    assert set(own) == set(mirror)
    for key, value in own.items():
        assert mirror[key] == value, key
    assert own != cells(views[0], str)


def test_the_words_of_the_mirror_are_turned_as_by_hand():
    assert other("left lamina; tumour in sectors 3, 4-6, outside") == "right lamina; tumour in sectors 7-9, 10, outside"
    assert other("outside sectors 3-5 or 8-10") == "outside sectors 3-5 or 8-10"
    assert np.array_equal(listed("b; a"), ["a", "b"])
