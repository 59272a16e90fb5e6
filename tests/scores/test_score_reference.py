"""The tables of the scores against what was published, typed a second time; histologies against the reference."""

import re
from pathlib import Path

import pytest

from oncospine.base import InputError, read_yaml
from oncospine.scores import compute, histologies
from oncospine.scores.table import score_table

BANDS = {
    "sins": "0-6 stable, 7-12 indeterminate, 13-18 unstable",
    "revised_tokuhashi": "0-8 3-6, 9-11 6-12, 12-15 >12",
    "original_tokuhashi": "0-5, 6-8, 9-12",
    "tomita": "2-3 >12, 4-5 >12, 6-7 6-12, 8-10 3-6",
    "modified_bauer": "0-1 3-6, 2-2 >12, 3-4 >12",
    "original_bauer": "0-1, 2-3, 4-5",
    "van_der_linden": "0-3 A <3, 4-5 B 6-12, 6-6 C >12",
    "katagiri": "0-3 >12, 4-6 6-12, 7-10 <3",
    "nesms": "0-0 <3, 1-1 3-6, 2-2 6-12, 3-3 >12",
    "rades_bsc": "6-18, 19-25",
    "prism": "-17-0 group 4, 1-3 group 3, 4-7 group 2, 8-14 group 1",
    "mizumoto": "0-4 A >12, 5-9 B 3-6, 10-14 C <3",
}
"""Ends of every band, its name where it has one of its own, and the class of survival that oncospine maps it to."""


@pytest.mark.parametrize("name", BANDS)
def test_the_bands_are_the_published_ones(name: str) -> None:
    found = []
    for band in score_table(name).bands:
        span = f"{band.low}-{band.high}"
        own = "" if band.name in {span, str(band.low)} else band.name
        found.append(" ".join(part for part in (span, own, band.survival_class or "") if part))
    assert ", ".join(found) == BANDS[name]


PERCENT = {
    "katagiri": {"0-3": {12: 91, 24: 78}, "4-6": {12: 49}, "7-10": {6: 27, 12: 6}},
    "mizumoto": {"A": {6: 89, 12: 77, 24: 54}, "B": {6: 46, 12: 22, 24: 9}, "C": {6: 7, 12: 4, 24: 0}},
    "van_der_linden": {"A": {24: 4}, "B": {24: 22}, "C": {24: 37}},
    "revised_tokuhashi": {"0-8": {6: 15}},
}
COHORTS = {"katagiri": 808, "mizumoto": 544, "van_der_linden": 342, "revised_tokuhashi": 329}
FOUND = {
    ("katagiri", "0-3", 12): (91, 61.1, 616), ("katagiri", "4-6", 12): (49, 31.2, 616),
    ("katagiri", "7-10", 12): (6, 9.0, 616), ("katagiri", "7-10", 6): (27, 22.1, 616),
    ("revised_tokuhashi", "0-8", 6): (15, 38, 329),
}  # fmt: skip


def test_the_survival_of_bands_and_what_other_cohorts_found_are_the_published_figures() -> None:
    data = read_yaml("oncospine.scores", "data", "survival_bands.yaml")
    told: dict[str, dict[str, dict[int, int]]] = {}
    for row in data["bands"]:
        told.setdefault(row["score"], {}).setdefault(str(row["band"]), {})[row["months"]] = row["percent"]
        assert row["n"] == COHORTS[row["score"]]
    assert told == PERCENT
    again = {
        (row["score"], str(row["band"]), row["months"]): (row["published"], row["found"], row["n"])
        for row in data["recalibration"]
    }
    assert again == FOUND
    assert data["least_scores"] == 2


def test_the_medians_of_the_bollen_classes_are_the_published_ones() -> None:
    classes = read_yaml("oncospine.scores", "data", "bollen.yaml")["classes"]
    published = {"A": (31.2, 25.2, 37.3), "B": (15.4, 11.9, 18.2), "C": (4.8, 4.1, 5.4), "D": (1.6, 1.4, 1.9)}
    assert {name: (row["median_months"], row["low"], row["high"]) for name, row in classes.items()} == published
    assert {name: row["survival_class"] for name, row in classes.items()} == {
        "A": ">12", "B": ">12", "C": "3-6", "D": "<3",
    }  # fmt: skip


@pytest.mark.parametrize(("kps", "box"), [(10, "D"), (70, "D"), (80, "C"), (100, "C")])
def test_the_bollen_model_splits_karnofsky_between_70_and_80(kps: int, box: str) -> None:
    given = {"histology": "lung_nsclc", "kps": kps, "visceral": "none", "brain_metastases": False}
    assert compute("bollen", given | {"allow_unverified": True}).value == box
    with pytest.raises(InputError, match="75"):
        compute("bollen", given | {"kps": 75, "allow_unverified": True})


def reference_rows() -> dict[str, list[str]]:
    """The histology table of the reference page, cells as printed."""
    page = Path(__file__).parents[3] / "shared" / "reference" / "prognosis-and-strategy.md"
    if not page.is_file():
        pytest.skip("shared reference absent: ../shared/reference is not beside the repository")
    section = page.read_text("utf-8").split("## 3. Histology table")[1].split("### 3.1")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    return {row[0]: row[1:] for row in rows if len(row) == 12 and row[0] not in {"id", "---"}}


SENSITIVITY = {"S": "sensitive", "R": "resistant", "I": "intermediate"}
EMBOLISATION = {"yes": "discuss", "cond": "conditional", "no": "none"}
GROWTH = {"S": 0, "M": 2, "R": 3}


def number(cell: str) -> tuple[int | None, bool | None]:
    """Points, and whether the paper names them; brackets are placements of our own, n/a is no placement."""
    if cell == "n/a":
        return None, None
    return int(cell.strip("()")), not cell.startswith("(")


@pytest.mark.shared_data
def test_every_row_of_the_histology_table_is_that_of_the_reference() -> None:
    rows, table = reference_rows(), histologies()
    assert set(rows) == set(table)
    for name, (_, rs, vascular, tomita, tokuhashi, katagiri, bauer, *_rest) in rows.items():
        found = table[name]
        if rs[0] in SENSITIVITY and rs != "n/a":
            assert found.radiosensitivity == SENSITIVITY[rs[0]], name
            default = re.search(r"\(([SR])\)", rs)
            if default or rs[0] in "SR":
                assert found.noms_class == SENSITIVITY[default[1] if default else rs[0]], name
            assert found.noms_listed == ("*" in rs), name
        if match := re.match(r"(\d)(?:-(\d))? (yes|cond|no)", vascular):
            assert found.vascularity == (int(match[1]), int(match[2] or match[1])), name
            assert found.embolisation == EMBOLISATION[match[3]], name
        assert (found.tomita, found.tomita_named) == number(tomita), name
        assert (found.tokuhashi, found.tokuhashi_named) == number(tokuhashi), name
        growth = None if katagiri == "n/a" else GROWTH[katagiri.strip("()")]
        assert found.katagiri == growth, name
        assert (found.bauer_favourable or False) == (bauer == "+1"), name
        assert (found.bauer_lung or False) == (bauer == "L"), name
