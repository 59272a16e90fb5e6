"""A review as a folder: import, duplicates, two reviewers, crash, extraction, figures, report, the worked example."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from oncospine.base import InputError
from oncospine.evidence import (
    Protocol,
    Review,
    ScreeningSession,
    build_leiomyosarcoma_review,
    dedupe,
    export_records,
    extract,
    import_records,
    new_review,
    pool,
    prisma_flow,
    record_decision,
    report,
    resolve,
    screen_next,
    simulate,
    stage_state,
)
from oncospine.evidence.figures.flow import draw_flow
from oncospine.evidence.records.formats import imported_records

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"

RIS = "".join(
    f"TY  - JOUR\nTI  - {title}\nAU  - Author{i}, A\nPY  - {2000 + i}\nVL  - {i}\nSP  - {10 * i}\nER  - \n\n"
    for i, title in enumerate(
        [
            "Leiomyosarcoma of the thoracic spine with myelopathy",
            "Renal stones in children",
            "Spinal leiomyoma in the lumbar canal",
            "Skin grafts after burns",
            "Metastatic leiomyosarcoma of the cervical spine",
            "Cataract surgery outcomes",
        ],
        start=1,
    )
)

PROTOCOL = Protocol(title="T", question="smooth muscle tumour of the spine", exclude_reasons=("wrong_site",))


@pytest.fixture
def review(tmp_path):
    source = tmp_path / "search one.ris"
    source.write_text(RIS)
    folder = tmp_path / "review"
    new_review(folder, PROTOCOL)
    import_records(folder, source)
    return folder


def test_an_import_keeps_the_source_the_hash_and_the_place(review, tmp_path):
    opened = Review(review)
    assert [record.id for record in opened.records][:2] == ["search_one-00001", "search_one-00002"]
    assert (review / "sources" / "search_one.ris").read_text() == RIS
    assert opened.records[1].provenance.line == 9
    assert opened.imports[0]["sha256"].startswith("sha256:")
    with pytest.raises(InputError, match=r"was imported before as search one\.ris"):
        import_records(review, tmp_path / "search one.ris")
    other = tmp_path / "other" / "search one.ris"
    other.parent.mkdir()
    other.write_text(RIS.replace("2001", "2002"))
    import_records(review, other)
    assert Review(review).records[-1].id == "search_one-2-00006"


def test_a_failed_import_changes_nothing(review, tmp_path):
    before = {path: path.read_bytes() for path in review.rglob("*") if path.is_file()}
    bad = tmp_path / "bad.ris"
    bad.write_text("nothing")
    with pytest.raises(InputError):
        import_records(review, bad)
    assert {path: path.read_bytes() for path in review.rglob("*") if path.is_file()} == before


def test_an_import_killed_before_its_last_line_can_be_repeated(review, tmp_path):
    (review / "imports.jsonl").unlink()
    assert Review(review).records == ()
    import_records(review, tmp_path / "search one.ris")
    assert len(Review(review).records) == 6


def test_a_person_joins_separates_and_undoes(review):
    opened = Review(review)
    opened.mark_pair("search_one-00001", "search_one-00003", "join", by="A", why="same patient, same paper")
    assert dedupe(review).n_removed == 1
    assert "joined by a person" in (review / "results" / "duplicates.csv").read_text()
    opened.mark_pair("search_one-00003", "search_one-00001", "undo", by="A", why="was wrong")
    assert Review(review).unique.n_removed == 0
    with pytest.raises(InputError, match="no record 'zz'"):
        opened.mark_pair("search_one-00001", "zz", "join", by="A", why="x")
    with pytest.raises(InputError, match="with who decides and why"):
        opened.mark_pair("search_one-00001", "search_one-00002", "join", by="", why="x")


def _read_all(review, reviewer, relevant):
    session = ScreeningSession(review, reviewer)
    seen = []
    while (found := session.next()) is not None:
        choice = "include" if relevant(found.record.title) else "exclude"
        session.decide(found.record.id, choice, reason="" if choice == "include" else "wrong_site")
        seen.append(found.record.title)
    return seen


def test_screening_shows_the_criteria_and_reads_the_relevant_first(review):
    first = screen_next(review, "A")
    assert (first.read, first.total, first.record.title_only) == (0, 6, True)
    assert first.protocol.exclude_reasons == ("wrong_site",)
    assert all(advice.risk for advice in first.advice)
    seen = _read_all(review, "A", lambda title: "spin" in title.lower())
    assert "spin" in seen[0].lower()
    assert screen_next(review, "A") is None
    assert len(Review(review).journal("screening", "A").entries()) == 6


def test_screening_goes_on_where_it_was_left(review):
    session = ScreeningSession(review, "A")
    first = session.next()
    session.decide(first.record.id, "include")
    del session
    again = screen_next(review, "A")
    assert again.read == 1
    assert again.record.id != first.record.id


def test_bad_decisions_are_refused(review):
    with pytest.raises(InputError, match="no record 'zz'"):
        record_decision(review, "zz", "include", reviewer="A")
    with pytest.raises(InputError, match="needs a reason: wrong_site"):
        record_decision(review, "search_one-00001", "exclude", reviewer="A")
    with pytest.raises(InputError, match="belongs to full texts"):
        record_decision(review, "search_one-00001", "not_retrieved", reviewer="A")


def test_two_reviewers_conflict_and_a_third_settles(review):
    _read_all(review, "A", lambda title: "spin" in title.lower())
    _read_all(review, "B", lambda title: "leiomyosarcoma" in title.lower())
    state = stage_state(Review(review), "screening")
    assert state.open_conflicts == ("search_one-00003",)
    assert state.agreement.kappa == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="1 conflict open"):
        prisma_flow(Review(review))
    with pytest.raises(InputError, match="is not in conflict"):
        resolve(review, "search_one-00001", "include", reviewer="C")
    resolve(review, "search_one-00003", "include", reviewer="C")
    assert stage_state(Review(review), "screening").open_conflicts == ()
    with pytest.raises(InputError, match="3 full texts undecided"):
        prisma_flow(Review(review))


def test_a_third_reader_is_told_how_conflicts_are_settled_and_blocks_nothing(review):
    for name in ("A", "B"):
        record_decision(review, "search_one-00001", "include", reviewer=name)
    for start in (
        lambda: record_decision(review, "search_one-00001", "include", reviewer="C"),
        lambda: ScreeningSession(review, "C"),
    ):
        with pytest.raises(InputError, match=r"read by a and b; a third reader .* resolve .* --reviewer C"):
            start()
    assert stage_state(Review(review), "screening").reviewers == ("a", "b")
    record_decision(review, "search_one-00001", "include", reviewer="C", stage="fulltext")


def test_nothing_to_write_is_told_and_no_file_is_made(review, tmp_path):
    with pytest.raises(InputError, match="no included record to write"):
        export_records(review, tmp_path / "out.ris", which="included")
    assert not (tmp_path / "out.ris").exists()


def test_the_flow_counts_what_was_decided(review):
    _read_all(review, "A", lambda title: "spin" in title.lower())
    record_decision(review, "search_one-00001", "include", reviewer="A", stage="fulltext")
    record_decision(review, "search_one-00003", "exclude", reviewer="A", reason="no patient", stage="fulltext")
    record_decision(review, "search_one-00005", "not_retrieved", reviewer="A", stage="fulltext")
    flow = prisma_flow(Review(review))
    assert (flow.records_screened, flow.records_excluded, flow.dbr_notretrieved_reports) == (6, 3, 1)
    assert (flow.dbr_assessed, flow.dbr_excluded, flow.new_studies) == (2, {"no patient": 1}, 1)
    assert export_records(review, review / "out.ris", which="included") == 1
    assert imported_records(review / "out.ris").records[0].title.startswith("Leiomyosarcoma of the thoracic")
    assert export_records(review, review / "all.csv", which="all") == 6
    drawn = draw_flow(flow, review / "results")
    text = "".join(ElementTree.fromstring(drawn.svg.read_bytes()).itertext())
    assert "Records screened (n = 6)" in text
    assert "no patient (n = 1)" in text


def test_duplicate_decisions_follow_the_publication(review):
    opened = Review(review)
    record_decision(review, "search_one-00003", "include", reviewer="A")
    opened.mark_pair("search_one-00001", "search_one-00003", "join", by="A", why="x")
    decisions = stage_state(Review(review), "screening").decisions
    assert set(decisions) == {Review(review).leader_of["search_one-00003"]}


def test_a_simulation_uses_the_decisions_of_the_review(review):
    _read_all(review, "A", lambda title: "spin" in title.lower())
    runs = simulate(review, runs=3)
    assert len(runs) == 3
    assert {run.metrics.n for run in runs} == {4}


def test_folders_that_are_no_review_are_named(tmp_path):
    with pytest.raises(InputError, match=r"it has no review\.yaml"):
        Review(tmp_path)
    new_review(tmp_path / "r", PROTOCOL)
    with pytest.raises(InputError, match="already holds a review"):
        new_review(tmp_path / "r", PROTOCOL)
    with pytest.raises(InputError, match="needs a question"):
        new_review(tmp_path / "q", Protocol(title="", question=" "))
    with pytest.raises(InputError, match="holds no records yet"):
        screen_next(tmp_path / "r", "A")
    with pytest.raises(InputError, match="no extraction tables yet"):
        extract(tmp_path / "r")
    (tmp_path / "r" / "records.jsonl").write_text('{"id": "a"}\n{broken\n')
    with pytest.raises(InputError, match=r"records\.jsonl, line 2: not JSON"):
        _ = Review(tmp_path / "r").records


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    return build_leiomyosarcoma_review(tmp_path_factory.mktemp("lms") / "review", literature=LITERATURE)


@pytest.mark.shared_data
def test_the_example_has_the_counts_of_the_literature(example):
    counts = example.synthesis.flow.counts()
    wanted = {
        "database_results": 208,
        "duplicates": 60,
        "records_screened": 148,
        "records_excluded": 92,
        "dbr_sought_reports": 56,
        "dbr_notretrieved_reports": 5,
        "dbr_assessed": 51,
        "new_studies": 48,
    }
    assert {name: counts[name] for name in wanted} == wanted
    assert example.synthesis.flow.screening_reasons["wrong_histology"] == 33
    assert example.synthesis.flow.dbr_excluded == {"review_no_new_patients": 3}
    svg = "".join(ElementTree.fromstring((example.review.folder / "results" / "prisma.svg").read_bytes()).itertext())
    for count in (208, 150, 58, 60, 148, 92, 56, 5, 51, 3, 48, 43):
        assert f"(n = {count})" in svg


@pytest.mark.shared_data
def test_every_pooled_number_leads_back_to_records(example):
    data = json.loads((example.review.folder / "results" / "evidence.json").read_text())
    ids = {record.id for record in example.review.records}
    of_study = {study["key"]: study for study in data["studies"]}
    assert len(of_study) == 48
    assert all(set(study["records"]) <= ids for study in of_study.values())
    patients = {patient.id: patient.study for patient in example.synthesis.cases.patients}
    for curve in data["curves"]:
        assert len(curve["patients"]) > 0
        assert all(patients[name] in of_study for name in curve["patients"])
    assert data["certainty"] == "very low"


@pytest.mark.shared_data
def test_figures_have_vector_raster_numbers_and_the_same_bytes_twice(example):
    folder = example.review.folder / "results"
    for name in ("prisma", "survival", "forest", "incidence", "swimmer"):
        assert (folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        ElementTree.fromstring((folder / f"{name}.svg").read_bytes())
        assert len((folder / f"{name}.csv").read_text().splitlines()) > 1
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    pool(example.review.folder)
    report(example.review.folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.shared_data
def test_the_survival_figure_says_what_may_not_be_read_from_it(example):
    svg = (example.review.folder / "results" / "survival.svg").read_text()
    for text in ("not interpretable", "median not reached (6 to not reached)", "At risk", "events 1"):
        assert text in svg


@pytest.mark.shared_data
def test_the_report_is_one_page_without_outside_parts_and_with_the_mandatory_words(example):
    text = example.report.read_text("utf-8")
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text
    for words in (
        "Decision support for a multidisciplinary",
        "not interpretable",
        "27 of 84",
        "listed, not averaged",
        "very low",
        "ochiai_c7-1",
    ):
        assert words in text
    for forbidden in (" must ", "should be done", "perform the"):
        assert forbidden not in text


@pytest.mark.shared_data
def test_a_report_without_decisions_says_why_there_is_no_flow(tmp_path, review):
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    extract(review, cases=LITERATURE / "lms_spine_cases.csv", series=LITERATURE / "lms_spine_series.csv")
    text = report(review).read_text("utf-8")
    assert "No flow diagram: screening is not finished: 6 records undecided" in text


def test_the_example_names_what_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"lacks lms_spine_records\.ris"):
        build_leiomyosarcoma_review(tmp_path / "r", literature=tmp_path)


def test_groups_of_any_review_have_a_colour_and_a_name(tmp_path):
    import csv

    from oncospine.evidence import read_cases
    from oncospine.evidence.extraction.typed_table import table_columns
    from oncospine.evidence.figures.swimmer import draw_swimmer

    columns = [column.name for column in table_columns("case")]
    with (tmp_path / "cases.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for number, group in enumerate(("chordoma", "giant_cell", "", "chordoma")):
            row = {"case_id": f"c{number}", "study_key": "s", "histology_group": group, "followup_months": 5 + number}
            writer.writerow(row | {"confidence": "high", "vital_status": "alive"})
    drawn = draw_swimmer(read_cases(tmp_path / "cases.csv").patients, tmp_path)
    root = ElementTree.fromstring(drawn.svg.read_bytes())
    text = "".join(root.itertext())
    assert "chordoma" in text
    assert "giant cell" in text
    fills = {style.get("style", "") for style in root.iter("{http://www.w3.org/2000/svg}path")}
    for colour in ("#1b4f72", "#1e8449", "#5d6d7e"):
        assert any(f"fill: {colour}" in style for style in fills)


def test_a_review_of_one_group_has_each_curve_once_and_no_empty_parts(review, tmp_path):
    import csv

    from oncospine.evidence.extraction.typed_table import table_columns

    columns = [column.name for column in table_columns("case")]
    with (tmp_path / "cases.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for number in range(3):
            row = {"case_id": f"c{number}", "study_key": "s", "histology_group": "chordoma", "confidence": "high"}
            row |= {"followup_months": 5 + number, "vital_status": "dead", "vital_status_basis": "stated"}
            writer.writerow(row)
    extract(review, cases=tmp_path / "cases.csv")
    page = report(review).read_text()
    result, _ = pool(review)
    assert [curve.name for curve in result.survival] == ["chordoma"]
    for heading in ("Printed survival", "Local recurrence in series", "do not add up", "two reports"):
        assert heading not in page
