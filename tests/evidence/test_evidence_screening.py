"""Screening: measures by hand, order of reading, crash-safe decisions, agreement, stopping."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.records.record import Record
from oncospine.evidence.screening.agreement import agreement, settled
from oncospine.evidence.screening.journal import Choice, Journal, decided
from oncospine.evidence.screening.ranker import ScreeningText, TextRanker, ranked_unread, screening_text
from oncospine.evidence.screening.simulation import (
    random_priors,
    recall_curve,
    repeated_simulation,
    screening_metrics,
    simulated,
)
from oncospine.evidence.screening.stopping import consecutive_irrelevant, missed_estimate, sample_needed, share_read

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"


def test_measures_by_hand():
    found = screening_metrics([1, 0, 1, 1, 0, 0, 1, 0, 0, 0])
    assert (found.rank_at_target, found.last_relevant, found.average_rank) == (7, 7, 3.75)
    assert found.wss_classic == pytest.approx(0.25)
    assert found.wss_insights == pytest.approx(0.20)
    assert found.loss == pytest.approx(5 / 24)
    assert found.ndcg == pytest.approx(0.883824, abs=1e-6)
    assert found.recall_at[0.5] == pytest.approx(0.75)


@given(n=st.integers(2, 60), relevant=st.integers(1, 59))
def test_the_best_and_the_worst_order_bound_the_measures(n, relevant):
    relevant = min(relevant, n - 1)
    best = screening_metrics([1] * relevant + [0] * (n - relevant))
    worst = screening_metrics([0] * (n - relevant) + [1] * relevant)
    assert best.loss == pytest.approx(0, abs=1e-12)
    assert worst.loss == pytest.approx(1)
    assert best.ndcg == pytest.approx(1)
    assert best.wss_classic == pytest.approx(best.ceiling)
    assert worst.wss_classic <= best.wss_classic


def test_recall_curve_runs_from_nothing_to_everything():
    shares, recall = recall_curve([0, 1, 1, 0])
    assert list(shares) == [0, 0.25, 0.5, 0.75, 1]
    assert list(recall) == [0, 0, 0.5, 1, 1]
    with pytest.raises(MeasurementError):
        screening_metrics([1, 1])
    with pytest.raises(InputError):
        screening_metrics([0, 2])


def _corpus(n=60):
    rng = np.random.default_rng(0)
    spine, other = ["spine", "vertebral", "cord", "laminectomy"], ["uterus", "kidney", "skin", "bowel"]
    labels = [int(i % 4 == 0) for i in range(n)]
    texts = [
        ScreeningText(
            " ".join(rng.choice(spine if label else other, 3)) + f" sarcoma {i}",
            "" if i % 3 == 0 else "a report on " + " ".join(rng.choice(spine if label else other, 5)),
        )
        for i, label in enumerate(labels)
    ]
    return texts, labels


def test_relevant_records_come_first_also_those_without_an_abstract():
    texts, labels = _corpus()
    run = simulated(texts, labels, prior=(0, 1))
    assert run.metrics.last_relevant <= 18
    title_only = [place for place, i in enumerate(run.order) if labels[i] and not texts[i].abstract]
    assert len(title_only) == 4
    assert max(title_only) < 18
    assert sorted((*run.prior, *run.order)) == list(range(60))


def test_the_same_priors_give_the_same_order_and_batches_only_save_fits():
    texts, labels = _corpus()
    assert simulated(texts, labels, prior=(0, 1)).order == simulated(texts, labels, prior=(0, 1)).order
    assert random_priors(labels, runs=5, seed=3) == random_priors(labels, runs=5, seed=3)
    assert simulated(texts, labels, prior=(0, 1), batch=10).metrics.last_relevant <= 30


def test_a_replaced_model_is_used_and_named():
    class ByNumber:
        name = "by number"

        def prepare(self, texts):
            self.n = len(texts)

        def scores(self, labelled, labels):
            return np.arange(self.n, dtype=float)

        def likeness(self, query):
            return np.arange(self.n, dtype=float)

    texts, labels = _corpus(12)
    run = simulated(texts, labels, prior=(0, 1), ranker=ByNumber())
    assert run.order == tuple(range(11, 1, -1))
    assert run.model == "by number"


def test_the_model_does_not_depend_on_the_order_in_which_labels_came():
    texts, _ = _corpus(30)
    ranker = TextRanker()
    ranker.prepare(texts)
    assert ranker.scores([0, 1, 4, 5], [1, 0, 1, 0]) == pytest.approx(ranker.scores([5, 4, 1, 0], [0, 1, 0, 1]))
    with pytest.raises(MeasurementError, match="one relevant and one irrelevant"):
        ranker.scores([0, 4], [1, 1])


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_labelled_records_are_read_within_the_acceptance_limits():
    path = LITERATURE / "lms_spine_screening.csv"
    if not path.is_file():
        pytest.skip("shared data absent: lms_spine_screening.csv")
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    texts = [ScreeningText(row["title"], row["abstract"]) for row in rows]
    runs = repeated_simulation(texts, [int(row["included"]) for row in rows], runs=8)
    assert max(run.metrics.rank_at_target for run in runs) <= 115
    assert max(run.metrics.last_relevant for run in runs) <= 125
    assert np.mean([run.metrics.wss_classic for run in runs]) > 0.30


def _records(n=8):
    return [
        Record(id=f"r{i}", title=f"{'spine sarcoma' if i % 2 else 'kidney stone'} {i}", abstract="x" if i > 3 else "")
        for i in range(n)
    ]


def test_the_queue_starts_from_the_question_then_learns():
    records = _records()
    ranker = TextRanker()
    ranker.prepare([screening_text(record) for record in records])
    first = ranked_unread(records, {}, ranker, question="sarcoma of the spine")
    assert {int(name[1:]) % 2 for name in first.order[:4]} == {1}
    assert first.how == "most like the question"
    included = {first.order[0]: decided(first.order[0], "include", reviewer="A")}
    second = ranked_unread(records, included, ranker, question="sarcoma of the spine")
    assert int(second.order[0][1:]) % 2 == 0
    both = included | {second.order[0]: decided(second.order[0], "exclude", reviewer="A", reason="wrong_site")}
    third = ranked_unread(records, both, ranker, question="sarcoma of the spine")
    assert third.how == ranker.name
    assert {int(name[1:]) % 2 for name in third.order[:3]} == {1}
    assert len(third.order) == 6


def test_the_last_decision_counts_and_all_are_kept(tmp_path):
    journal = Journal(tmp_path / "a.jsonl")
    journal.append(decided("r1", "include", reviewer="A"))
    journal.append(decided("r1", Choice.EXCLUDE, reviewer="A", reason="wrong_site"))
    assert journal.decisions()["r1"].choice is Choice.EXCLUDE
    assert len(journal.entries()) == 2


def test_a_line_torn_by_a_crash_costs_nothing_that_was_confirmed(tmp_path):
    journal = Journal(tmp_path / "a.jsonl")
    journal.append(decided("r1", "include", reviewer="Å"))
    whole = journal.path.read_bytes()
    for cut in range(1, len(whole) - 1):
        journal.path.write_bytes(whole + whole[:cut])
        assert list(journal.decisions()) == ["r1"]
    journal.append(decided("r2", "exclude", reviewer="Å", reason="animal"))
    assert list(journal.decisions()) == ["r1", "r2"]


def test_a_journal_changed_by_hand_is_an_error_with_its_line(tmp_path):
    journal = Journal(tmp_path / "a.jsonl")
    journal.append(decided("r1", "include", reviewer="A"))
    with journal.path.open("a") as stream:
        stream.write('{"record": "r2", choice}\n')
    with pytest.raises(InputError, match=r"a\.jsonl, line 2"):
        journal.decisions()
    journal.path.write_text('{"record": "r2", "choice": "perhaps"}\n')
    with pytest.raises(InputError, match=r"line 1: 'perhaps' is not a valid Choice"):
        journal.decisions()


@pytest.mark.parametrize(("choice", "reviewer"), [("yes", "A"), ("include", " ")])
def test_decisions_need_a_known_choice_and_a_name(choice, reviewer):
    with pytest.raises(InputError):
        decided("r", choice, reviewer=reviewer)


def test_killing_the_program_in_the_middle_of_screening_loses_nothing(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom oncospine.evidence.screening.journal import Journal, decided\n"
        "journal = Journal(Path(sys.argv[1]))\ni = 0\n"
        "while True:\n"
        "    journal.append(decided(f'r{i}', 'exclude', reviewer='A', reason='x' * 200))\n"
        "    sys.stdout.write(f'r{i}\\n'); sys.stdout.flush(); i += 1\n"
    )
    path = tmp_path / "a.jsonl"
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as process:
            confirmed = [process.stdout.readline().strip()]
            time.sleep(0.15)
            process.send_signal(signal.SIGKILL)
            confirmed += process.stdout.read().split("\n")[:-1]
        kept = Journal(path).decisions()
        assert len(confirmed) > 5
        assert set(confirmed) <= set(kept)


def _by(reviewer, choices):
    return {f"r{i}": decided(f"r{i}", choice, reviewer=reviewer, reason="x") for i, choice in enumerate(choices)}


def test_kappa_by_hand():
    first = _by("A", ["include"] * 25 + ["exclude"] * 25)
    second = _by("B", ["include"] * 20 + ["exclude"] * 5 + ["include"] * 10 + ["exclude"] * 15)
    found = agreement(first, second)
    assert found.observed == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.pabak == pytest.approx(0.4)
    assert len(found.conflicts) == 15
    assert found.low < found.kappa < found.high


def test_kappa_of_readers_who_never_differ_has_no_interval():
    found = agreement(_by("A", ["include", "exclude"]), _by("B", ["include", "exclude"]))
    assert (found.kappa, found.low, found.high) == (1.0, None, None)


def test_kappa_is_not_given_where_everybody_always_says_the_same():
    found = agreement(_by("A", ["exclude"] * 4), _by("B", ["exclude"] * 4))
    assert (found.observed, found.kappa) == (1.0, None)
    with pytest.raises(MeasurementError):
        agreement(_by("A", ["exclude"]), {})


def test_conflicts_stay_open_until_settled_by_name():
    first, second = _by("A", ["include", "exclude", "maybe"]), _by("B", ["exclude", "exclude", "include"])
    counted, still_open = settled(first, second, {})
    assert still_open == ("r0",)
    assert counted["r2"].choice is Choice.MAYBE
    third = {"r0": decided("r0", "include", reviewer="C")}
    counted, still_open = settled(first, second, third)
    assert still_open == ()
    assert counted["r0"].reviewer == "C"


def test_stop_rules_state_their_risk_and_nothing_stops_by_itself():
    advice = consecutive_irrelevant([1, 0, 1, 0, 0, 0], threshold=3)
    assert (advice.reached, advice.value) == (True, 3)
    assert "no error rate" in advice.risk
    assert share_read(40, 100, threshold=0.5).reached is False
    assert consecutive_irrelevant([]).value == 0


def test_missed_records_are_bounded_exactly():
    from scipy.stats import hypergeom

    found = missed_estimate(n_found=40, n_unread=200, n_sampled=60, n_relevant_in_sample=0)
    assert hypergeom.cdf(0, 200, found.most, 60) > 0.05
    assert hypergeom.cdf(0, 200, found.most + 1, 60) <= 0.05
    assert found.least_recall == pytest.approx(40 / (40 + found.most))
    read_all = missed_estimate(n_found=40, n_unread=50, n_sampled=50, n_relevant_in_sample=3)
    assert (read_all.most, read_all.least_recall, read_all.unread) == (0, 1.0, 0)
    with pytest.raises(InputError, match="impossible"):
        missed_estimate(n_found=1, n_unread=5, n_sampled=6, n_relevant_in_sample=0)


def test_the_sample_that_is_needed_is_the_smallest_that_suffices():
    size = sample_needed(100, 300)
    assert missed_estimate(n_found=100, n_unread=300, n_sampled=size, n_relevant_in_sample=0).least_recall >= 0.95
    assert missed_estimate(n_found=100, n_unread=300, n_sampled=size - 1, n_relevant_in_sample=0).least_recall < 0.95


@pytest.mark.parametrize("most_relevant", [5, 20, 40])
def test_the_bound_on_missed_records_holds_in_95_of_100_samples(most_relevant):
    rng = np.random.default_rng(1)
    labels = np.arange(200) < most_relevant
    held = 0
    for _ in range(300):
        seen = int(rng.permutation(labels)[:60].sum())
        bound = missed_estimate(n_found=0, n_unread=200, n_sampled=60, n_relevant_in_sample=seen)
        held += bound.most >= most_relevant - seen
    assert held / 300 >= 0.93


def test_recall_curves_are_drawn_with_their_numbers(tmp_path):
    import csv

    from oncospine.evidence.figures.curves import draw_recall
    from oncospine.evidence.screening.simulation import Simulation

    orders = [(1, 0, 1, 0), (0, 1, 1, 0)]
    runs = [
        Simulation(prior=(0, 1), order=(2, 3, 4, 5), labels=labels, metrics=screening_metrics(labels), model="m")
        for labels in orders
    ]
    drawn = draw_recall(runs, tmp_path)
    rows = list(csv.reader(drawn.csv.read_text().splitlines()))
    assert [tuple(map(float, row)) for row in rows[1:]] == [
        (0.0, 0.0, 0.0, 0.0),
        (0.25, 0.25, 0.0, 0.5),
        (0.5, 0.5, 0.5, 0.5),
        (0.75, 1.0, 1.0, 1.0),
        (1.0, 1.0, 1.0, 1.0),
    ]
    assert "mean of 2 starts" in drawn.svg.read_text()
