"""De-duplication: labelled truth, traps that must stay apart, synthetic damage, undo."""

import csv
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from oncospine.base import InputError
from oncospine.evidence.duplicates.groups import deduplicated, merged_record
from oncospine.evidence.duplicates.judge import Verdict, judge
from oncospine.evidence.records.formats import imported_records
from oncospine.evidence.records.normal import normal
from oncospine.evidence.records.record import Record

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"

BASE = Record(
    id="a",
    title="Primary leiomyosarcoma of the thoracic spine: case report and review of the literature",
    authors=("Maimone, S", "Rossi, P"),
    year=2013,
    journal="Open Journal of Modern Neurosurgery",
    volume="3",
    issue="4",
    pages="98-103",
    doi="10.4236/ojmn.2013.34018",
)


def verdict(one, other):
    found = judge(normal(one), normal(other))
    assert judge(normal(other), normal(one)).verdict is found.verdict
    return found.verdict


@pytest.fixture(scope="module")
def labelled():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    records = imported_records(LITERATURE / "lms_spine_records.ris", name="A").records
    records += imported_records(LITERATURE / "lms_spine_records.nbib", name="B").records
    with (LITERATURE / "labels.csv").open(encoding="utf-8") as stream:
        group = {record.id: row["dup_group"] for record, row in zip(records, csv.DictReader(stream), strict=True)}
    truth = {tuple(sorted(pair)) for pair in combinations(group, 2) if group[pair[0]] == group[pair[1]]}
    return records, truth


@pytest.mark.shared_data
def test_all_labelled_pairs_are_found_and_no_other(labelled):
    records, truth = labelled
    found = deduplicated(records)
    assert len(truth) == 65
    assert set(found.same_pairs) == truth
    assert (len(found.groups), found.n_removed) == (148, 60)
    assert all(pair.reasons for pair in found.pairs)


@pytest.mark.shared_data
@pytest.mark.parametrize("field", ["doi", "authors", "pages", "journal", "volume", "year"])
def test_a_missing_column_changes_recall_but_never_makes_a_false_pair(labelled, field):
    records, truth = labelled
    empty = {"authors": (), "year": None}.get(field, "")
    found = set(deduplicated([replace(record, **{field: empty}) for record in records]).same_pairs)
    assert len(found & truth) >= 55
    allowed = 2 if field == "authors" else 0
    assert len(found - truth) <= allowed


@pytest.mark.shared_data
def test_order_of_records_does_not_matter(labelled):
    records, truth = labelled
    shuffled = list(records)
    random.Random(4).shuffle(shuffled)
    assert set(deduplicated(shuffled).same_pairs) == truth


@pytest.mark.parametrize(
    "change",
    [
        {"title": BASE.title.upper()},
        {"title": "Primary leiomyosarcoma of the thoracic spine", "doi": ""},
        {"title": BASE.title.replace("leiomyosarcoma", "leiomyosracoma"), "doi": ""},
        {"title": BASE.title.replace("and", "&amp;") + ".", "doi": ""},
        {"title": "<i>" + BASE.title + "</i>", "doi": "", "authors": ("Maimone Stefano",)},
        {"doi": "https://dx.doi.org/10.4236/OJMN.2013.34018", "title": "Primary leiomyosarcoma"},
        {"pages": "98-103", "year": 2014, "doi": "", "authors": ("Maimone S",)},
        {"authors": (), "doi": "", "journal": "Open J Mod Neurosurg", "pages": "", "volume": ""},
        {"authors": ("Maimone-Bianchi, S",), "doi": ""},
    ],
)
def test_what_indexers_do_to_a_record_is_seen_through(change):
    assert verdict(BASE, replace(BASE, **change)) is Verdict.SAME


@pytest.mark.parametrize(
    "change",
    [
        {"doi": "10.1000/other"},
        {"doi": "", "year": 2018, "authors": ("Other, A",), "volume": "9", "pages": "1-4"},
        {"doi": "", "authors": ("Other, A",), "volume": "", "pages": ""},
        {"doi": "", "title": BASE.title + " Part II", "authors": ("Maimone, S",), "pages": "104-110"},
        {"doi": "", "authors": (), "volume": "3", "pages": "210-214"},
    ],
)
def test_other_papers_with_the_same_words_are_never_merged(change):
    assert verdict(BASE, replace(BASE, **change)) is not Verdict.SAME


def test_parts_of_a_series_by_the_same_author_stay_apart():
    one = Record(id="1", title="Surgical strategy in spinal sarcoma: part I", authors=("Boriani, S",), year=2000)
    assert verdict(one, replace(one, title="Surgical strategy in spinal sarcoma: part II")) is not Verdict.SAME
    assert verdict(one, replace(one, title="Surgical strategy in spinal sarcoma: part I.")) is Verdict.SAME


def test_short_titles_that_are_alike_decide_nothing():
    one = Record(id="1", title="Primary leiomyosarcoma of bone")
    assert verdict(one, replace(one, title="Primary leiomyosarcoma of bone")) is Verdict.POSSIBLE
    assert verdict(one, replace(one, title="Primary leiomyosarcoma of the femur")) is Verdict.DIFFERENT


def test_a_title_decides_only_when_long_the_same_and_unopposed():
    one = replace(BASE, doi="", authors=(), volume="", pages="", journal="")
    assert verdict(one, replace(one, id="b")) is Verdict.SAME
    assert verdict(one, replace(one, title=one.title.replace("thoracic", "cervical"))) is not Verdict.SAME
    assert verdict(one, replace(one, year=2012)) is not Verdict.SAME


def test_the_same_doi_on_two_unlike_titles_is_for_a_person():
    assert verdict(BASE, replace(BASE, title="Something entirely else about glioma")) is Verdict.POSSIBLE


def test_a_chain_does_not_join_two_different_dois():
    bare = replace(BASE, id="b", doi="")
    other = replace(BASE, id="c", doi="10.1000/other")
    found = deduplicated([BASE, bare, other])
    assert sorted(len(group.members) for group in found.groups) == [1, 2]
    assert any("different identifiers" in " ".join(pair.reasons) for pair in found.possible)


def test_a_person_overrules_and_undoes():
    copy, unlike = replace(BASE, id="b"), Record(id="c", title="Another title")
    assert deduplicated([BASE, copy], separated=[("a", "b")]).n_removed == 0
    joined = deduplicated([BASE, copy, unlike], joined=[("c", "a")])
    assert joined.n_removed == 2
    assert any(pair.reasons == ("joined by a person",) for pair in joined.pairs)
    with pytest.raises(InputError, match="unknown record zz"):
        deduplicated([BASE], joined=[("a", "zz")])
    with pytest.raises(InputError, match="stands twice"):
        deduplicated([BASE, BASE])


def test_merging_keeps_the_fullest_record_and_loses_no_identifier():
    poor = Record(id="p", title="x", pmid="99", abstract="An abstract", urls=("u",))
    merged = merged_record([poor, BASE])
    assert (merged.id, merged.doi, merged.pmid, merged.abstract, merged.urls) == (
        "a",
        BASE.doi,
        "99",
        "An abstract",
        ("u",),
    )


def _synthetic(seed, n):
    rng = random.Random(seed)

    def word(low, high):
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(low, high)))

    vocabulary, surnames = [word(4, 10) for _ in range(900)], [word(3, 9).title() for _ in range(300)]
    common = [
        "of",
        "the",
        "in",
        "and",
        "case",
        "report",
        "spine",
        "tumor",
        "sarcoma",
        "review",
        "literature",
        "primary",
    ]
    originals = []
    for i in range(n):
        title = " ".join(rng.choice(vocabulary if rng.random() < 0.5 else common) for _ in range(rng.randint(6, 14)))
        originals.append(
            Record(
                id=f"o{i}",
                title=title.capitalize(),
                authors=tuple(f"{rng.choice(surnames)}, A" for _ in range(rng.randint(1, 5))),
                year=rng.randint(1990, 2024),
                volume=str(rng.randint(1, 60)),
                pages=str(rng.randint(1, 2000)),
                doi=f"10.1000/{i}" if rng.random() < 0.6 else "",
            )
        )
    copies = []
    for i, record in enumerate(rng.sample(originals, n // 5)):
        title, cut = record.title, rng.randrange(5, len(record.title) - 2)
        damaged = rng.choice(
            [
                title.upper(),
                title[:cut] + title[cut + 1] + title[cut] + title[cut + 2 :],
                title.replace(" and ", " &amp; "),
            ]
        )
        year = record.year + rng.choice((0, 0, 1))
        copies.append(
            (record.id, replace(record, id=f"c{i}", title=damaged, doi="", year=year, authors=record.authors[:2]))
        )
    return originals, copies


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_synthetic_damage_is_recalled_without_a_false_pair(seed):
    originals, copies = _synthetic(seed, 500)
    found = set(deduplicated([*originals, *(copy for _, copy in copies)]).same_pairs)
    truth = {tuple(sorted((original, copy.id))) for original, copy in copies}
    assert len(found & truth) >= 0.97 * len(truth)
    assert found <= truth


def test_hundreds_of_copies_of_one_record_are_one_group():
    copies = [replace(BASE, id=f"x{i:03d}") for i in range(400)]
    assert len(deduplicated(copies).groups) == 1


def test_a_title_in_capitals_gives_way_to_one_that_is_not():
    shouted = Record(id="a", title="CHORDOMA OF THE SACRUM", authors=("A, B",), doi="10.1000/x", pmid="1", year=2001)
    plain = Record(id="b", title="Chordoma of the sacrum", doi="10.1000/x")
    found = deduplicated([shouted, plain]).groups[0]
    assert (found.leader, found.merged.title, found.merged.pmid) == ("a", "Chordoma of the sacrum", "1")
    alone = deduplicated([shouted, replace(shouted, id="c")]).groups[0]
    assert alone.merged.title == "CHORDOMA OF THE SACRUM"
