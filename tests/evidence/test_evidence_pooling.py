"""Pooling, proportions, rates, mixed models, rebuilt curves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics import (
    between_variance_interval,
    binomial_normal,
    double_arcsine_effects,
    egger_test,
    from_double_arcsine,
    from_root_rate,
    kaplan_meier,
    leave_one_out,
    log_rate_effects,
    logit_effects,
    poisson_normal,
    pool,
    proportion,
    rebuilt_patients,
    root_rate_effects,
    two_by_two,
)
from oncospine.evidence.statistics.heterogeneity import between_variance

METHODS = ["common", "DL", "REML", "ML", "PM", "HE", "SJ"]


@pytest.mark.parametrize("method", METHODS)
def test_equal_variances_make_the_pooled_effect_the_mean(method):
    y = np.array([0.1, 0.5, 0.9, 1.7])
    pooled = pool(y, np.full(4, 0.2), method=method, test="normal")
    assert pooled.estimate == pytest.approx(y.mean())
    assert pooled.weights == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("method", ["DL", "REML", "PM", "HE"])
def test_equal_variances_give_the_textbook_between_variance(method):
    y = np.array([0.1, 0.5, 0.9, 1.7])
    assert between_variance(y, np.full(4, 0.1), method) == pytest.approx(np.var(y, ddof=1) - 0.1)


def test_hartung_knapp_narrower_than_normal_is_floored():
    y, v = [0.50, 0.51, 0.52, 0.49], [0.04, 0.05, 0.03, 0.06]
    raw, floored = pool(y, v, test="hartung-knapp"), pool(y, v, test="hartung-knapp-floored")
    assert raw.std_error < pool(y, v, test="normal").std_error == pytest.approx(floored.std_error)
    spread = pool([0, 1, 2, 3], v, test="hartung-knapp")
    assert spread.std_error == pool([0, 1, 2, 3], v).std_error


def test_two_studies_are_shown_not_pooled():
    with pytest.raises(MeasurementError, match="2 studies are too few"):
        pool([1, 2], [0.1, 0.1])
    assert pool([1, 2], [0.1, 0.1], method="common", test="normal").estimate == pytest.approx(1.5)


def test_leaving_out_is_pooling_the_rest():
    y, v = np.array([0.2, 0.9, 1.1, 3.0]), np.array([0.1, 0.2, 0.1, 0.3])
    assert leave_one_out(y, v)[3].estimate == pytest.approx(pool(y[:3], v[:3]).estimate)


def test_prediction_is_wider_than_the_mean_and_named_by_kind():
    pooled = pool([0, 1, 2, 3], [0.1] * 4, test="normal")
    student, normal = pooled.prediction("t(k-2)"), pooled.prediction("normal")
    assert student[0] < normal[0] < pooled.low


def test_the_interval_of_tau2_covers_the_estimate_and_may_start_at_zero():
    low, high = between_variance_interval([0.1, 0.2, 0.15, 0.3], [0.1] * 4)
    assert low == 0 < high


def test_egger_needs_ten_studies_and_sees_a_slope():
    with pytest.raises(MeasurementError, match="9 studies"):
        egger_test([0.1] * 9, [0.1] * 9)
    v = np.linspace(0.01, 1, 12)
    assert egger_test(2 * np.sqrt(v), v).slope == pytest.approx(2)


@given(n=st.integers(1, 400), share=st.floats(0, 1))
def test_double_arcsine_comes_back(n, share):
    x = round(share * n)
    y, _ = double_arcsine_effects([x], [n])
    assert from_double_arcsine(float(y[0]), n) == pytest.approx(x / n, abs=1e-9)


@given(x=st.integers(0, 400), t=st.floats(0.5, 1000))
def test_root_rate_comes_back(x, t):
    y, _ = root_rate_effects([x], [t])
    assert from_root_rate(float(y[0]), t) == pytest.approx(x / t, abs=1e-9, rel=1e-9)


def test_only_empty_or_full_studies_are_corrected():
    y, v = logit_effects([0, 3, 5], [5, 6, 5])
    assert y[1] == 0
    assert v[1] == pytest.approx(2 / 3)
    assert y[0] == pytest.approx(math.log(0.5 / 5.5)) == pytest.approx(-y[2])
    assert log_rate_effects([0, 4], [2, 8])[0] == pytest.approx([math.log(0.25), math.log(0.5)])


def test_mixed_models_without_heterogeneity_are_the_crude_proportion_and_rate():
    model = binomial_normal([10, 20, 30], [100, 200, 300])
    assert 1 / (1 + math.exp(-model.estimate)) == pytest.approx(0.1, abs=1e-5)
    assert model.tau2 == pytest.approx(0, abs=1e-4)
    assert model.std_error == pytest.approx(1 / math.sqrt(600 * 0.1 * 0.9), rel=1e-2)
    rate = poisson_normal([5, 10, 15], [50, 100, 150])
    assert math.exp(rate.estimate) == pytest.approx(0.1, rel=1e-4)


def test_mixed_model_recovers_simulated_spread():
    rng = np.random.default_rng(0)
    eta = rng.normal(-1, 0.7, 120)
    n = rng.integers(20, 200, 120)
    model = binomial_normal(rng.binomial(n, 1 / (1 + np.exp(-eta))), n)
    assert model.estimate == pytest.approx(-1, abs=0.2)
    assert model.tau2 == pytest.approx(0.49, abs=0.2)
    rates = poisson_normal(rng.poisson(n * np.exp(eta)), n)
    assert rates.estimate == pytest.approx(-1, abs=0.2)


def test_a_table_with_an_empty_cell_says_it_was_corrected():
    effect = two_by_two(0, 8, 3, 9)
    assert effect.corrected
    assert effect.log_odds_ratio == pytest.approx(math.log(0.5 * 6.5 / (8.5 * 3.5)))
    assert effect.risk_difference == pytest.approx(-1 / 3)
    assert not two_by_two(1, 8, 3, 9).corrected


@pytest.mark.parametrize(
    ("events", "totals", "message"),
    [([9], [8], "9 events of 8"), ([1.5], [8], r"1\.5 events"), ([-1], [8], "-1 events"), ([0], [0], "0 events of 0")],
)
def test_impossible_counts_are_named(events, totals, message):
    with pytest.raises(InputError, match=message):
        logit_effects(events, totals)
    if events[0] == int(events[0]):
        with pytest.raises(InputError, match="events"):
            proportion(int(events[0]), totals[0])


def _printed(times, events, ticks):
    curve = kaplan_meier(times, events)
    t = np.repeat(curve.times, 2)
    s = np.concatenate([[1.0], np.repeat(curve.survival, 2)[:-1]])
    return t, s, ticks, curve.n_at_risk(ticks)


@pytest.mark.parametrize("with_total", [True, False])
def test_a_curve_clicked_without_noise_gives_its_patients_back(with_total):
    rng = np.random.default_rng(5)
    times, events = np.round(rng.exponential(20, 90), 1) + 0.1, rng.random(90) < 0.65
    clicks, survival, ticks, risk = _printed(times, events, np.arange(0, times.max(), 10))
    rebuilt = rebuilt_patients(
        clicks, survival, risk_times=ticks, at_risk=risk, total_events=int(events.sum()) if with_total else None
    )
    assert rebuilt.times.size == 90
    assert rebuilt.events.sum() == pytest.approx(events.sum(), abs=2)
    assert rebuilt.largest_difference < 0.01
    assert rebuilt.origin == "reconstructed"
    assert any("no total of events" in note for note in rebuilt.notes) is not with_total


def test_clicks_before_time_zero_and_rises_are_cleaned_and_noted():
    clicks, survival = [-2, 1, 2, 3, 4], [1.0, 1.0, 0.75, 0.76, 0.5]
    rebuilt = rebuilt_patients(clicks, survival, risk_times=[0, 3], at_risk=[4, 3], total_events=2)
    assert "1 clicks at negative times were dropped" in rebuilt.notes
    assert any("rose at 1 clicks" in note for note in rebuilt.notes)
    assert rebuilt.events.sum() == 2
    assert (rebuilt.times >= 0).all()


@pytest.mark.parametrize(
    ("survival", "risk", "message"),
    [([100, 60], [9, 5], "not percent"), ([1, 0.5], [5, 9], "numbers must not"), ([1, math.nan], [9, 5], "finite")],
)
def test_impossible_curves_are_named(survival, risk, message):
    with pytest.raises(InputError, match=message):
        rebuilt_patients([0, 1], survival, risk_times=[0, 1], at_risk=risk)
