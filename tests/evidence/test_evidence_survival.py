"""Kaplan-Meier, log-rank, Cox, Firth, frailty, RMST: against lifelines, against formulas, against their own limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics import (
    NOT_REACHED,
    compared_restricted_means,
    cox,
    firth_cox,
    frailty_cox,
    kaplan_meier,
    log_rank,
    proportional_hazards_test,
    restricted_mean,
    reverse_kaplan_meier,
)


def _patients(seed, n=80):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    times = np.ceil(rng.exponential(np.exp(-0.7 * x[:, 0])) * 12)
    events = rng.random(n) < 0.7
    return times, events, x


def test_survival_by_hand():
    curve = kaplan_meier([1, 2, 2, 3, 4], [1, 1, 0, 0, 1])
    assert curve.at(1).value == pytest.approx(4 / 5)
    assert curve.at(2).value == pytest.approx(4 / 5 * 3 / 4)
    assert curve.at(3.5).value == pytest.approx(0.6)
    assert curve.at(2).std_error == pytest.approx(0.6 * math.sqrt(1 / (5 * 4) + 1 / (4 * 3)))
    assert list(curve.n_at_risk([0, 1, 2, 2.5, 4])) == [5, 5, 4, 2, 1]


def test_no_interval_where_none_exists():
    curve = kaplan_meier([1, 2, 3], [0, 1, 1])
    assert (curve.at(0.5).low, curve.at(0.5).high) == (None, None)
    assert curve.at(3).value == 0
    assert (curve.at(3).low, curve.at(3).high) == (None, None)


def test_a_median_that_is_not_reached_is_a_value_of_its_own():
    median = kaplan_meier([1, 5, 9, 10], [1, 0, 0, 0]).median()
    assert median.value is NOT_REACHED
    assert str(median.high) == "not reached"


def test_a_curve_flat_at_one_half_is_read_by_two_named_rules():
    curve = kaplan_meier([2, 4, 6, 8], [1, 1, 1, 1])
    assert curve.median("midpoint").value == 5
    assert curve.median("first_time").value == 4
    flat_to_the_end = kaplan_meier([2, 4, 6, 8], [1, 1, 0, 0])
    assert flat_to_the_end.median("midpoint").value == 4


def test_follow_up_is_read_from_the_reverse_curve():
    assert reverse_kaplan_meier([2, 4, 6, 8], [1, 0, 1, 0]).median().value == 8


@pytest.mark.parametrize("seed", range(4))
def test_cox_and_log_rank_agree_with_lifelines(seed):
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.statistics import logrank_test

    times, events, x = _patients(seed)
    frame = pd.DataFrame({"t": times, "e": events, "a": x[:, 0], "b": x[:, 1]})
    theirs = CoxPHFitter().fit(frame, "t", "e")
    ours = cox(times, events, x, names=("a", "b"))
    assert ours.coefficients == pytest.approx(theirs.params_.to_numpy(), abs=2e-4)
    assert ours.std_error == pytest.approx(theirs.standard_errors_.to_numpy(), abs=2e-4)
    group = x[:, 1] > 0
    test = logrank_test(times[group], times[~group], events[group], events[~group])
    assert log_rank(times, events, group).chisq == pytest.approx(test.test_statistic, rel=1e-9)


def test_the_score_test_of_cox_without_ties_is_the_log_rank_test():
    rng = np.random.default_rng(3)
    times, events, x = rng.permutation(40) + 1.0, rng.random(40) < 0.8, np.arange(40) % 2
    test = log_rank(times, events, x)
    fit = cox(times, events, x)
    assert 2 * (fit.loglik - fit.loglik_null) == pytest.approx(test.chisq, rel=0.15)
    for ties in ("breslow", "exact"):
        assert cox(times, events, x, ties=ties).coefficients == pytest.approx(fit.coefficients, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.1, 10))
def test_a_change_of_units_changes_nothing_but_the_unit(seed, factor):
    times, events, x = _patients(seed, n=40)
    events[:3] = True
    first, second = cox(times, events, x), cox(times * factor, events, x / factor)
    assert second.coefficients == pytest.approx(first.coefficients * factor, rel=1e-5, abs=1e-6)
    assert log_rank(times * factor, events, x[:, 0] > 0).chisq == pytest.approx(
        log_rank(times, events, x[:, 0] > 0).chisq, rel=1e-9
    )


def test_ties_are_named_and_ordered_breslow_efron_exact():
    times, events, x = [1, 1, 1, 2, 2, 3, 3, 4], [1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 0, 1, 0, 0, 1, 0]
    fits = [cox(times, events, x, ties=ties) for ties in ("breslow", "efron", "exact")]
    values = [abs(fit.coefficients[0]) for fit in fits]
    assert values == sorted(values)
    assert [fit.method for fit in fits] == ["Cox, breslow ties", "Cox, efron ties", "Cox, exact ties"]


def test_exact_ties_by_enumeration():
    from itertools import combinations

    x, beta = np.array([0.3, -1.0, 0.7, 0.1]), 0.8
    fit = cox([1, 1, 2, 2], [1, 1, 0, 0], x + 0.0, ties="exact", ridge=1.0)
    risk = np.exp(beta * x)
    total = sum(risk[list(pair)].prod() for pair in combinations(range(4), 2))
    from oncospine.evidence.statistics.partial_likelihood import cox_data, derivatives

    data = cox_data([1, 1, 2, 2], [1, 1, 0, 0], x)
    assert derivatives(data, np.array([beta]), ties="exact").loglik == pytest.approx(
        math.log(risk[0] * risk[1] / total)
    )
    assert fit.n_events == 2


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_score_and_information_are_the_derivatives_of_the_likelihood(ties):
    from oncospine.evidence.statistics.partial_likelihood import cox_data, derivatives

    times, events, x = _patients(5, n=25)
    data, beta, h = cox_data(np.ceil(times / 4), events, x), np.array([0.4, -0.2]), 1e-5
    at = derivatives(data, beta, ties=ties)
    for i in range(2):
        step = np.eye(2)[i] * h
        up, down = derivatives(data, beta + step, ties=ties), derivatives(data, beta - step, ties=ties)
        assert at.score[i] == pytest.approx((up.loglik - down.loglik) / (2 * h), abs=1e-5)
        assert at.information[i] == pytest.approx(-(up.score - down.score) / (2 * h), abs=1e-5)
    if ties == "breslow":
        third = derivatives(data, beta, ties=ties, third=True).third
        up, down = (derivatives(data, beta + sign * np.array([h, 0]), ties=ties) for sign in (1, -1))
        assert third[0] == pytest.approx(-(up.information - down.information) / -(2 * h), abs=1e-4)


def test_a_likelihood_without_maximum_is_refused_and_firth_answers():
    with pytest.raises(MeasurementError, match=r"no maximum in 'surgery' \(3 events\)"):
        cox([1, 2, 3], [1, 1, 1], [1, 1, 0], names=("surgery",))
    fit = firth_cox([1, 2, 3], [1, 1, 1], [1, 1, 0])
    assert fit.hazard_ratio[0].low < 1 < fit.hazard_ratio[0].high
    assert fit.events_per_parameter == 3


def test_firth_with_delayed_entry():
    start, stop = [1, 2, 5, 2, 1, 7, 3, 4, 8, 8], [2, 3, 6, 7, 8, 9, 9, 9, 14, 17]
    fit = firth_cox(stop, [1] * 7 + [0] * 3, [1, 0, 0, 1, 0, 1, 1, 1, 0, 0], start=start)
    assert fit.coefficients[0] == pytest.approx(-0.12131113, abs=1e-6)
    assert fit.std_error[0] == pytest.approx(0.79200555, abs=1e-6)


def test_firth_limits_are_where_the_profile_meets_the_quantile():
    times, events, x = _patients(11, n=30)
    fit = firth_cox(times, events, x[:, 0])
    wide = firth_cox(times, events, x[:, 0], confidence=1 - fit.p[0])
    nearest = min((wide.hazard_ratio[0].low, wide.hazard_ratio[0].high), key=lambda hr: abs(math.log(hr)))
    assert nearest == pytest.approx(1, abs=1e-6)


def test_ridge_shrinks_and_names_itself():
    times, events, x = _patients(2)
    plain, shrunk = cox(times, events, x), cox(times, events, x, ridge=50.0)
    assert np.abs(shrunk.coefficients).sum() < np.abs(plain.coefficients).sum()
    assert "ridge 50" in shrunk.method


def test_clusters_of_one_give_the_same_robust_error_as_rows_and_doubling_patients_does_not_halve_it():
    times, events, x = _patients(4, n=50)
    ids = np.arange(50)
    single = cox(times, events, x, clusters=ids, ties="breslow")
    double = cox(np.tile(times, 2), np.tile(events, 2), np.tile(x, (2, 1)), clusters=np.tile(ids, 2), ties="breslow")
    naive = cox(np.tile(times, 2), np.tile(events, 2), np.tile(x, (2, 1)), ties="breslow")
    assert double.std_error == pytest.approx(single.std_error, rel=1e-6)
    assert naive.std_error == pytest.approx(cox(times, events, x, ties="breslow").std_error / math.sqrt(2), rel=1e-6)


def test_a_single_patient_study_contributes_nothing_to_a_stratified_comparison():
    times, events, x = _patients(6, n=40)
    study = np.repeat(np.arange(4), 10)
    with_report = cox(
        np.append(times, 3.0), np.append(events, True), np.vstack([x, [9, 9]]), strata=np.append(study, 99)
    )
    assert with_report.coefficients == pytest.approx(cox(times, events, x, strata=study).coefficients, abs=1e-10)
    with pytest.raises(MeasurementError, match=r"cannot be told apart|cannot be compared"):
        cox(times, events, x, strata=np.arange(40))
    with pytest.raises(MeasurementError, match="cannot be compared"):
        log_rank(times, events, x[:, 0] > 0, strata=np.arange(40))


def test_frailty_recovers_a_known_variance_and_reports_zero_at_the_boundary():
    rng = np.random.default_rng(8)
    group = np.repeat(np.arange(40), 4)
    x = rng.integers(0, 2, 160)
    shared = rng.gamma(1 / 0.8, 0.8, 40)[group]
    times = rng.exponential(1 / (shared * np.exp(0.7 * x)))
    fit = frailty_cox(times, np.ones(160), x, group)
    assert fit.variance == pytest.approx(0.8, abs=0.4)
    assert fit.coefficients[0] == pytest.approx(0.7, abs=0.35)
    assert fit.p < 0.01
    none = frailty_cox(rng.exponential(1 / np.exp(0.7 * x)), np.ones(160), x, rng.permutation(group))
    assert none.variance < 0.1
    assert none.p > 0.05


def test_proportional_hazards_are_doubted_where_curves_cross():
    rng = np.random.default_rng(1)
    crossing = np.concatenate([rng.uniform(0, 1, 60), rng.uniform(9, 10, 60), rng.uniform(3, 6, 120)])
    arm = np.repeat([1, 0], 120)
    assert proportional_hazards_test(crossing, np.ones(240), arm)[0].p < 0.001
    same = rng.exponential(1 / np.exp(0.5 * arm))
    assert proportional_hazards_test(same, np.ones(240), arm)[0].p > 0.01


def test_restricted_mean_by_hand_and_its_error_is_not_the_spread_of_patients():
    mean = restricted_mean([1, 2, 3, 4], [1, 1, 1, 1], horizon=4.0)
    assert mean.value == pytest.approx(2.5)
    assert mean.std_error == pytest.approx(np.std([1, 2, 3, 4]) / 2)
    with pytest.raises(MeasurementError, match="outside the follow-up"):
        restricted_mean([1, 2], [1, 0], horizon=3.0)
    with pytest.raises(MeasurementError, match="last time of one arm"):
        compared_restricted_means([1, 2, 9], [1, 1, 1], [True, True, False], horizon=5.0)


@pytest.mark.parametrize(
    ("times", "events", "message"),
    [
        ([1, -2], [1, 1], r"times\[1\] is -2"),
        ([1, math.nan], [1, 1], r"times\[1\] is nan"),
        ([1, 2], [1, 3], r"events\[1\] is 3, expected 0 or 1"),
        ([1, 2], [1], "shape"),
        ([], [], "one follow-up time per patient"),
    ],
)
def test_impossible_follow_up_is_named(times, events, message):
    with pytest.raises(InputError, match=message):
        kaplan_meier(times, events)
