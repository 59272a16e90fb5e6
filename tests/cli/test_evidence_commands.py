"""A review from the first command to the page beside a patient, on a question that is not the worked example."""

import csv
import json
import re
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from oncospine.base import InputError
from oncospine.cli.app import app
from oncospine.cli.evidence_commands import evidence
from oncospine.evidence import Review, review_status, sample_estimate

RIS = "TY  - JOUR\nTI  - Leiomyosarcoma of the spine\nAU  - Doe, J\nPY  - 2013\nDO  - 10.1000/x1\nER  - \n"

RECORDS = {
    "Sacral chordoma after en bloc resection": True,
    "Proton therapy of chordoma of the sacrum": True,
    "Chordoma of the lumbar spine: a case report": True,
    "Cervical chordoma resected in one piece": True,
    "Low back pain in nurses": False,
    "Sacral insufficiency fractures": False,
    "Hip replacement in the elderly": False,
    "Brachyury expression in cells": False,
}


def run(*words, keys=None):
    return CliRunner().invoke(app, [str(word) for word in words], input=keys, catch_exceptions=False)


def told(*words, keys=None):
    result = run(*words, keys=keys)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def chordoma(tmp_path):
    """A review on chordoma with eight records, two of them a second time in another export."""
    lines = [
        f"TY  - JOUR\nTI  - {title}\nAU  - Author{i}, A\nPY  - {2000 + i}\nVL  - {i}\nDO  - 10.1/{i}\nER  - \n"
        for i, title in enumerate(RECORDS)
    ]
    (tmp_path / "a.ris").write_text("\n".join(lines))
    (tmp_path / "b.ris").write_text("\n".join(lines[:2]).replace("Sacral", "SACRAL"))
    review = tmp_path / "review"
    reasons = ["--exclude", "wrong_site", "--exclude", "no_patients"]
    about = ["--title", "Chordoma", "--question", "chordoma of the spine or sacrum", "--histology", "chordoma=chordoma"]
    told("evidence", "new", review, *about, "--include", "human", *reasons)
    told("evidence", "import", review, tmp_path / "a.ris", tmp_path / "b.ris")
    told("evidence", "dedupe", review)
    return review


def title_on_screen(output):
    return re.findall(r"─\n(.+)\n", output)


def screen_all(review, reviewer, wanted=RECORDS, stage="screening"):
    """Read everything as a person would: look at the title on screen, press a key, come back for the next."""
    titles = {title.lower(): relevant for title, relevant in wanted.items()}
    words = ["evidence", "screen", review, "--reviewer", reviewer, "--stage", stage]
    while shown := title_on_screen(told(*words, keys="")):
        told(*words, keys="i\nq\n" if titles[shown[0].lower()] else "1\nq\n")


def test_a_review_is_started_filled_and_freed_of_duplicates(tmp_path):
    (tmp_path / "a.ris").write_text(RIS)
    (tmp_path / "b.ris").write_text(RIS.replace("Doe, J", "Doe, Jane"))
    review = tmp_path / "review"
    assert run("evidence", "new", review, "--title", "t", "--question", "q").exit_code == 0
    output = told("evidence", "import", review, tmp_path / "a.ris", tmp_path / "b.ris")
    assert "a.ris: 1 records" in output
    assert "1 publications, 1 duplicates" in told("evidence", "dedupe", review)


def test_every_command_has_help_that_says_what_it_does():
    for command in evidence.registered_commands:
        name = command.name or command.callback.__name__
        output = told("evidence", name, "--help")
        assert command.callback.__doc__.split(".")[0].split(":")[0][:30] in " ".join(output.split())


def test_a_fresh_question_goes_from_records_to_the_patient(chordoma, tmp_path):
    assert "next: read 8 more (screening)" in told("evidence", "status", chordoma)
    screen_all(chordoma, "A")
    output = told("evidence", "simulate", chordoma, "--runs", "3")
    assert "8 records" not in output
    assert "6 records, 3 of them relevant" in output
    screen_all(chordoma, "A", stage="fulltext")
    counts = told("evidence", "flow", chordoma)
    for line in ("database results             10", "duplicates                   2", "new studies                  4"):
        assert line in counts
    assert "next: extract" in told("evidence", "status", chordoma)
    told("evidence", "extract", chordoma, "--template", tmp_path / "tables")
    with (tmp_path / "tables" / "studies.csv").open() as stream:
        studies = [row["study_key"] for row in csv.DictReader(stream)]
    assert len(studies) == 4
    cases = tmp_path / "tables" / "cases.csv"
    columns = cases.read_text().strip().split(",")
    with cases.open("w") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        common = {"histology_group": "chordoma", "surgery": "y", "resection_extent": "en_bloc", "confidence": "high"}
        times = (("L3", "12", "alive"), ("S2", "-4", "dead"), ("C4", "30", "dead"))
        for number, (levels, months, status) in enumerate(times):
            row = {"case_id": f"c{number}", "study_key": studies[number], "levels": levels, "age_years": 50 + number}
            writer.writerow(row | common | {"followup_months": months, "vital_status": status})
    output = told("evidence", "extract", chordoma, "--cases", cases)
    assert "cases.csv, line 3: followup_months is -4 months" in output
    output = told("evidence", "report", chordoma)
    page = (chordoma / "results" / "report.html").read_text()
    assert "3 patients (chordoma 3)" in page
    assert "nothing is open" in told("evidence", "status", chordoma)
    case = tmp_path / "case"
    told("new", case)
    text = "schema_version: 1\npseudonym: p\ndiagnosis: {histology_id: chordoma}\naffected_levels: S2\n"
    (case / "case.yaml").write_text(text)
    near = told("evidence", "like", case, "--evidence", chordoma)
    assert near.splitlines()[0].split()[1] == "c1:"
    with pytest.raises(InputError, match="not about histology 'chordoma'"):
        run("evidence", "like", case)
    told("plan", case, "--evidence", chordoma)
    report = (case / "results" / "report.html").read_text()
    assert "Evidence: Chordoma" in report
    assert "3 reported patients had an en bloc resection" in report


def test_keys_decide_undo_and_leave(chordoma):
    words = ("evidence", "screen", chordoma, "--reviewer", "A")
    output = told(*words, keys="?\nx\ni\n2\nu\n1\ns\nq\n")
    assert "'x' is no key here" in output
    assert "3 decided now, all on disk" in output
    entries = Review(chordoma).journal("screening", "A").entries()
    assert [(entry.choice, entry.reason) for entry in entries] == [
        ("include", ""),
        ("exclude", "no_patients"),
        ("exclude", "wrong_site"),
    ]
    assert entries[1].record == entries[2].record
    assert review_status(chordoma).stages[0].readers[0].read == 2
    assert "This rule carries no error rate" in output
    assert "2 of 8 read" in told(*words, keys="")


def test_excluding_without_a_reason_is_refused_and_the_record_stays(chordoma):
    output = told("evidence", "screen", chordoma, "--reviewer", "A", keys="e\n\nq\n")
    assert "needs a reason: wrong_site, no_patients" in output
    assert Review(chordoma).journal("screening", "A").entries() == ()


def test_two_readers_conflict_and_a_third_sees_both(chordoma):
    screen_all(chordoma, "A")
    screen_all(
        chordoma, "B", RECORDS | {"Low back pain in nurses": True, "Sacral chordoma after en bloc resection": False}
    )
    assert "2 conflict(s)" in told("evidence", "status", chordoma)
    output = told("evidence", "resolve", chordoma, "--reviewer", "C", keys="i\n2\n")
    assert "A: exclude (wrong_site)" in output
    assert "B: include" in output
    assert "nothing is left to read here; 2 decided now" in output
    status = review_status(chordoma)
    assert status.stages[0].conflicts == ()
    assert status.stages[0].agreement.kappa == pytest.approx(0.5)
    assert "kappa 0.50" in told("evidence", "status", chordoma)


def test_a_random_sample_is_finished_first_and_bounds_what_is_left(chordoma):
    words = ("evidence", "screen", chordoma, "--reviewer", "A")
    told(*words, keys="i\n1\nq\n")
    told(*words, "--sample", "4", keys="1\n1\nq\n")
    assert sample_estimate(Review(chordoma), "A") is None
    output = told(*words, keys="u\n1\n1\n1\nq\n")
    assert "random sample 3 of 4" in output
    found = sample_estimate(Review(chordoma), "A")
    assert (found.sampled, found.found_in_sample, found.unread) == (4, 0, 2)
    # hypergeometric: 6 unread, 4 sampled, none relevant; 2 relevant among 6 would give C(4,4)/C(6,4) = 1/15 >= 0.05
    assert found.most == 2
    assert found.least_recall == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="sample of 9 cannot be drawn from 2"):
        run(*words, "--sample", "9", keys="q\n")


def test_stopping_sets_the_unread_aside_and_the_flow_counts_them_so(chordoma):
    words = ("evidence", "screen", chordoma, "--reviewer", "A")
    told(*words, keys="i\ni\n1\nq\n")
    assert "5 unread record(s) set aside" in told(
        "evidence", "stop", chordoma, "--reviewer", "A", "--why", "two hundred in a row"
    )
    told("evidence", "screen", chordoma, "--reviewer", "A", "--stage", "fulltext", keys="i\nn\n")
    status = told("evidence", "status", chordoma)
    assert "a: 3 read (2 included, 0 maybe, 1 excluded, 5 set aside unread)" in status
    assert "a: 2 read (1 included, 0 maybe, 0 excluded, 1 not retrieved)" in status
    counts = told("evidence", "flow", chordoma)
    assert "excluded automatic           5" in counts
    assert "records screened             3" in counts
    assert "dbr notretrieved reports     1" in counts


def test_a_pair_is_joined_by_hand_and_undone(chordoma):
    ids = [record.id for record in Review(chordoma).reports]
    by = ("--by", "A", "--why", "same patient")
    assert "now 7 publications" in told("evidence", "pair", chordoma, ids[0], ids[5], "join", *by)
    assert "now 8 publications" in told("evidence", "pair", chordoma, ids[0], ids[5], "undo", *by)


def test_double_entry_names_every_cell_that_differs(chordoma, tmp_path):
    told("evidence", "extract", chordoma, "--template", tmp_path)
    header = (tmp_path / "cases.csv").read_text()
    columns = header.strip().split(",")

    def table(name, **cells):
        row = dict.fromkeys(columns, "") | {"case_id": "c1", "study_key": "s"} | cells
        (tmp_path / name).write_text(header + ",".join(row[column] for column in columns) + "\n")
        return tmp_path / name

    one, other = table("one.csv", age_years="50", sex="F"), table("two.csv", age_years="50.0", sex="M")
    result = run("evidence", "compare", one, other)
    assert result.exit_code == 2
    assert "c1, sex: F | M" in result.output
    assert "1 cell(s) differ" in result.output
    assert run("evidence", "compare", one, one).exit_code == 0


def test_an_appraisal_is_read_and_stands_in_the_report_without_a_sum(chordoma, tmp_path):
    answers = "study_key,checklist,item,answer\ns1,jbi_case_report,1,yes\ns1,jbi_case_report,2,perhaps\n"
    (tmp_path / "appraisal.csv").write_text(answers)
    output = told("evidence", "extract", chordoma, "--appraisal", tmp_path / "appraisal.csv")
    assert "appraisal.csv, line 3" in output
    assert "1 studies, 7 open question(s)" in output


def test_a_wrong_table_is_refused_and_the_earlier_one_stays(chordoma, tmp_path):
    told("evidence", "extract", chordoma, "--template", tmp_path)
    told("evidence", "extract", chordoma, "--cases", tmp_path / "cases.csv")
    before = (chordoma / "extraction" / "cases.csv").read_bytes()
    with pytest.raises(InputError, match=r"studies\.csv, line 1: columns case_id, .* missing"):
        run("evidence", "extract", chordoma, "--cases", tmp_path / "studies.csv")
    assert (chordoma / "extraction" / "cases.csv").read_bytes() == before


def test_records_go_out_in_the_format_of_the_file(chordoma, tmp_path):
    for ending in ("ris", "nbib", "bib", "xml", "csv", "asreview"):
        told("evidence", "export", chordoma, tmp_path / f"out.{ending}")
        again = tmp_path / f"again-{ending}"
        told("evidence", "new", again, "--title", "t", "--question", "q")
        assert "8 records, 0 problem(s)" in told("evidence", "import", again, tmp_path / f"out.{ending}")


KILLED = """
import os, sys, time
from pathlib import Path
from oncospine.evidence import ScreeningSession
session = ScreeningSession(Path(sys.argv[1]), "A")
while (shown := session.next()) is not None:
    session.decide(shown.record.id, "exclude", reason="wrong_site")
    os.write(1, (shown.record.id + "\\n").encode())
    time.sleep(0.02)
"""


@pytest.mark.parametrize("confirmed", [1, 3, 6])
def test_a_kill_in_the_middle_of_screening_loses_nothing(chordoma, confirmed):
    """Decisions that were confirmed before SIGKILL are all there, once each; reading goes on with the next."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(chordoma)], stdout=subprocess.PIPE, text=True)
    seen = [process.stdout.readline().strip() for _ in range(confirmed)]
    process.send_signal(signal.SIGKILL)
    seen += process.stdout.read().split()
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    entries = Review(chordoma).journal("screening", "A").entries()
    assert [entry.record for entry in entries][: len(seen)] == seen
    assert len(entries) - len(seen) in (0, 1)
    left = 8 - len(entries)
    output = told("evidence", "screen", chordoma, "--reviewer", "A", keys="1\n" * left)
    assert f"{left} decided now" in output
    assert len(Review(chordoma).journal("screening", "A").decisions()) == 8


def test_a_torn_last_line_is_passed_over_and_the_next_decision_stands_on_its_own_line(chordoma):
    told("evidence", "screen", chordoma, "--reviewer", "A", keys="1\n1\nq\n")
    path = chordoma / "screening" / "a.jsonl"
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines()[1]) + 1):
        path.write_bytes(whole[:-1][: len(whole) - 1 - cut])
        assert len(Review(chordoma).journal("screening", "A").entries()) == 1
    told("evidence", "screen", chordoma, "--reviewer", "A", keys="1\nq\n")
    assert len(Review(chordoma).journal("screening", "A").entries()) == 2


def test_patients_are_rebuilt_from_a_printed_curve_and_say_so(tmp_path):
    # four patients: deaths at 1 and 4, censored at 2 and 5, so S is 3/4 after 1 and 3/4 * 1/2 after 4
    curve = "arm,time_months,survival\na,0,1\na,1,0.75\na,3,0.75\na,4,0.375\na,5,0.375\n"
    (tmp_path / "clicks.csv").write_text(curve)
    (tmp_path / "risk.csv").write_text("arm,time_months,n_at_risk,total_events\na,0,4,2\na,3,2,2\n")
    output = told("evidence", "rebuild", tmp_path / "clicks.csv", tmp_path / "risk.csv", tmp_path / "out")
    assert "a: 4 patients, 2 events, median 4" in output
    with (tmp_path / "out" / "rebuilt.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["time"], row["event"]) for row in rows if row["event"] == "1"] == [("1", "1"), ("4", "1")]
    assert {row["origin"] for row in rows} == {"reconstructed"}
    assert "printed (clicks)" in (tmp_path / "out" / "rebuilt_overlay.svg").read_text()
    (tmp_path / "bad.csv").write_text(curve.replace("0.375", "half", 1))
    with pytest.raises(InputError, match=r"bad\.csv, line 5"):
        run("evidence", "rebuild", tmp_path / "bad.csv", tmp_path / "risk.csv", tmp_path / "out")
    (tmp_path / "other.csv").write_text("arm,time,n_at_risk\nb,0,4\n")
    with pytest.raises(InputError, match="arm a stands in one of"):
        run("evidence", "rebuild", tmp_path / "clicks.csv", tmp_path / "other.csv", tmp_path / "out")


def test_the_example_is_made_by_one_command(tmp_path):
    told("evidence", "example", tmp_path / "lms")
    assert json.loads((tmp_path / "lms" / "results" / "evidence.json").read_text())["flow"]["total_studies"] == 48
    with pytest.raises(InputError, match="already holds a review"):
        run("evidence", "example", tmp_path / "lms")


def test_public_names_come_from_the_modules_that_the_type_checker_sees():
    import ast
    from importlib import import_module
    from pathlib import Path

    import oncospine.evidence as room

    tree = ast.parse(Path(room.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [(node.module, alias.name) for node in block.body for alias in node.names]
    assert sorted(name for _, name in imports) == sorted(room.__all__)
    for module, name in imports:
        assert getattr(room, name) is getattr(import_module(module), name)


def test_an_unknown_topic_is_refused(tmp_path):
    with pytest.raises(InputError, match="evidence"):
        run("validate", "weather", "--data", tmp_path)


@pytest.mark.shared_data
@pytest.mark.slow
def test_all_published_values_are_reproduced_at_the_command_line(shared_data):
    result = run("validate", "evidence", "--data", shared_data / "literature")
    assert result.exit_code == 0
    assert "333 of 333 within tolerance" in result.output
