"""Cumulative incidence, Gray's test, the two regressions: formulas, invariances, simulation."""

import numpy as np
import pytest

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics import (
    cause_specific_cox,
    cox,
    cumulative_incidence,
    fine_gray,
    gray_test,
    kaplan_meier,
    log_rank,
)


def _ties(seed, n=120):
    rng = np.random.default_rng(seed)
    return np.ceil(rng.exponential(6, n)), rng.choice([0, 1, 2], n, p=[0.3, 0.3, 0.4]), rng.integers(0, 2, n)


def test_incidence_by_hand():
    curve = cumulative_incidence([1, 2, 3, 4], [1, 2, 1, 0])
    assert curve.at(1).value == pytest.approx(1 / 4)
    assert curve.at(3).value == pytest.approx(1 / 4 + 1 / 2 * 1 / 2)
    assert (curve.n_events, curve.n_competing) == (2, 1)


@pytest.mark.parametrize("seed", range(3))
def test_incidences_and_survival_share_out_one(seed):
    times, states, _ = _ties(seed)
    survival = kaplan_meier(times, states > 0)
    for time in (2, 5, 9):
        total = sum(cumulative_incidence(times, states, event=event).at(time).value for event in (1, 2))
        assert total + survival.at(time).value == pytest.approx(1)


def test_order_of_patients_does_not_matter_although_there_are_ties():
    times, states, _ = _ties(4)
    order = np.random.default_rng(1).permutation(times.size)
    one, two = cumulative_incidence(times, states), cumulative_incidence(times[order], states[order])
    assert one.incidence == pytest.approx(two.incidence, abs=1e-14)
    assert one.std_error == pytest.approx(two.std_error, abs=1e-14)


def test_censoring_the_deaths_overstates_recurrence():
    times, states, _ = _ties(5)
    naive = 1 - kaplan_meier(times, states == 1).at(8).value
    assert naive > cumulative_incidence(times, states).at(8).value + 0.02


def test_without_competing_events_all_is_as_in_ordinary_survival():
    times, states, group = _ties(6)
    states = (states == 1).astype(int)
    curve, survival = cumulative_incidence(times, states), kaplan_meier(times, states)
    assert curve.at(6).value == pytest.approx(1 - survival.at(6).value)
    assert curve.at(6).std_error == pytest.approx(survival.at(6).std_error, rel=1e-6)
    assert gray_test(times, states, group).chisq == pytest.approx(log_rank(times, states, group).chisq, rel=0.02)
    assert fine_gray(times, states, group).coefficients == pytest.approx(
        cox(times, states, group).coefficients, abs=1e-9
    )


def test_gray_is_unchanged_by_names_and_order_of_groups():
    times, states, group = _ties(7)
    first = gray_test(times, states, group)
    assert gray_test(times, states, 1 - group).chisq == pytest.approx(first.chisq, rel=1e-10)
    three = np.where(group == 1, "b", np.where(np.arange(group.size) % 2, "a", "c"))
    assert gray_test(times, states, three).degrees == 2


def test_gray_keeps_its_level_where_groups_do_not_differ():
    chisq = [gray_test(*_ties(seed, n=80)).chisq for seed in range(300)]
    assert np.mean(np.array(chisq) > 3.841) == pytest.approx(0.05, abs=0.03)


def test_the_two_regressions_answer_two_questions():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, 3000)
    first, second = rng.exponential(10, 3000), rng.exponential(10 / np.exp(1.2 * x))
    times, states = np.minimum(first, second), np.where(first < second, 1, 2)
    assert cause_specific_cox(times, states, x).coefficients[0] == pytest.approx(0, abs=0.15)
    assert fine_gray(times, states, x).coefficients[0] < -0.4


def test_bad_states_are_named():
    with pytest.raises(InputError, match=r"states\[0\] is -1"):
        cumulative_incidence([1, 2], [-1, 1])
    with pytest.raises(InputError, match="0 is censored"):
        cumulative_incidence([1, 2], [0, 1], event=0)
    with pytest.raises(MeasurementError, match="no patient had event 3"):
        gray_test([1, 2], [0, 1], ["a", "b"], event=3)
