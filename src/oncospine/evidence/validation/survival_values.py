"""Survival, regression and competing-risk values of the reference data sets, computed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oncospine.evidence.statistics import (
    FirthFit,
    KaplanMeier,
    cause_specific_cox,
    compared_restricted_means,
    cox,
    cumulative_incidence,
    fine_gray,
    firth_cox,
    frailty_cox,
    gray_test,
    kaplan_meier,
    log_rank,
    proportional_hazards_test,
    rebuilt_patients,
    restricted_mean,
)
from oncospine.evidence.validation.tables import columns

Values = dict[str, object]

ONE_PIXEL_DAYS = 1.7
"""Width of one pixel of the digitised plot (1022 days on 600 pixels): a step may be off by this much in time."""


def median_values(curve: KaplanMeier, name: str) -> Values:
    """Median and limits under the names of the reference file."""
    median = curve.median()
    return {f"median_{name}": median.value, f"median_{name}_lo": median.low, f"median_{name}_hi": median.high}


def survival_values(curve: KaplanMeier, name: str, time: float) -> Values:
    """Survival at one time with its limits under `name`."""
    there = curve.at(time)
    return {
        name: there.value,
        f"{name}_lo": there.low,
        f"{name}_hi": there.high,
        f"{name}_se_greenwood": there.std_error,
    }


def aml(folder: Path) -> dict[str, Values]:
    table = columns(folder / "aml.csv")
    times, events, arm = table["time"], table["status"], table["x"]
    curves: Values = {}
    for label, asked in (("Maintained", (9, 13)), ("Nonmaintained", (5,))):
        inside = arm == label
        curve = kaplan_meier(times[inside], events[inside])
        curves |= median_values(curve, label.lower())
        for time in asked:
            curves |= survival_values(curve, f"S_{label.lower()}_t{time}", time)
    test = log_rank(times, events, arm)
    values: dict[str, Values] = {"km_loglog": curves, "logrank": {"chisq": test.chisq, "p": test.p}}
    for ties in ("breslow", "efron", "exact"):
        fit = cox(times, events, arm == "Nonmaintained", ties=ties)
        values[f"cox_{ties}"] = {"coef_nonmaintained": fit.coefficients[0], "se": fit.std_error[0]}
    return values


def freireich(folder: Path) -> dict[str, Values]:
    table = columns(folder / "freireich6mp.csv")
    times, events, arm = table["time"], table["status"], table["arm"]
    curves: Values = {}
    means: Values = {}
    for label in ("6MP", "placebo"):
        inside = arm == label
        curve = kaplan_meier(times[inside], events[inside])
        curves |= median_values(curve, label)
        mean = restricted_mean(times[inside], events[inside], horizon=23.0)
        means |= {f"rmst23_{label}": mean.value, f"rmst23_{label}_se": mean.std_error}
        if label == "6MP":
            curves |= survival_values(curve, "S_6MP_t10", 10)
    test = log_rank(times, events, arm)
    values: dict[str, Values] = {
        "km_loglog": curves,
        "rmst": means,
        "logrank": {
            "chisq": test.chisq,
            "p": test.p,
            "observed_6MP": test.observed["6MP"],
            "expected_6MP": test.expected["6MP"],
        },
        "fleming_harrington_rho1": {"chisq": log_rank(times, events, arm, rho=1).chisq},
    }
    for ties in ("breslow", "efron", "exact"):
        fit = cox(times, events, arm == "placebo", ties=ties)
        ratio = fit.hazard_ratio("x1")
        values[f"cox_{ties}"] = {
            "coef_placebo": fit.coefficients[0],
            "se": fit.std_error[0],
            "hr_lo": ratio.low,
            "hr_hi": ratio.high,
        }
    return values


def lung(folder: Path) -> dict[str, Values]:
    table = columns(folder / "lung.csv")
    times, events, sex = table["time"], table["status"] == 2, table["sex"]
    curves: Values = {}
    for code, label in ((1, "male"), (2, "female")):
        curve = kaplan_meier(times[sex == code], events[sex == code])
        curves |= median_values(curve, label) | survival_values(curve, f"S_{label}_365", 365)
    fit = cox(times, events, sex)
    return {
        "km_loglog": curves,
        "logrank": {"chisq_sex": log_rank(times, events, sex).chisq},
        "cox_efron": {"coef_sex": fit.coefficients[0], "se_sex": fit.std_error[0]},
        "cox_zph_km": {"chisq_sex": proportional_hazards_test(times, events, sex)[0].chisq},
    }


def ovarian(folder: Path) -> dict[str, Values]:
    table = columns(folder / "ovarian.csv")
    times, events = table["futime"], table["fustat"]
    x = np.column_stack([table["rx"], table["age"]])
    fit = cox(times, events, x)
    penalised = firth_cox(times, events, x, names=("rx", "age"))
    return {
        "logrank": {"chisq_rx": log_rank(times, events, table["rx"]).chisq},
        "cox_efron": {"coef_rx": fit.coefficients[0], "coef_age": fit.coefficients[1]},
        "firth_cox": _firth(penalised, "_rx", 0) | _firth(penalised, "_age", 1),
    }


def monotone() -> dict[str, Values]:
    return {"firth_cox_monotone": _firth(firth_cox([1, 2, 3], [1, 1, 1], [1, 1, 0]), "", 0)}


def _firth(fit: FirthFit, suffix: str, index: int) -> Values:
    ratio = fit.hazard_ratio[index]
    return {
        f"coef{suffix}": fit.coefficients[index],
        f"se{suffix}": fit.std_error[index],
        f"hr_pl_lo{suffix}": ratio.low,
        f"hr_pl_hi{suffix}": ratio.high,
        f"p_pl{suffix}": fit.p[index],
        "lr_statistic": fit.lr_statistic,
    }


def rats(folder: Path) -> dict[str, Values]:
    table = columns(folder / "rats_female.csv")
    times, events, rx, litter = (table[name] for name in ("time", "status", "rx", "litter"))
    frailty = frailty_cox(times, events, rx, litter, ties="breslow")
    plain = cox(times, events, rx)
    layered = cox(times, events, rx, strata=litter)
    return {
        "gamma_frailty_breslow": {
            "coef_rx": frailty.coefficients[0],
            "se_rx": frailty.std_error[0],
            "theta": frailty.variance,
            "marginal_loglik": frailty.marginal_loglik,
            "lr_theta0": frailty.lr_statistic,
            "p_half_chi2": frailty.p,
        },
        "cox_breslow": {"coef_rx": cox(times, events, rx, ties="breslow").coefficients[0]},
        "cox_efron": {"coef_rx": plain.coefficients[0], "se_rx": plain.std_error[0]},
        "cox_efron_cluster_robust": {"se_rx": cox(times, events, rx, clusters=litter).std_error[0]},
        "cox_stratified_by_litter": {"coef_rx": layered.coefficients[0], "se_rx": layered.std_error[0]},
        "logrank_stratified_by_litter": {"chisq": log_rank(times, events, rx, strata=litter).chisq},
    }


def kidney(folder: Path) -> dict[str, Values]:
    table = columns(folder / "kidney.csv")
    times, events, patient = (table[name] for name in ("time", "status", "id"))
    base = np.column_stack([table["age"], table["sex"]])
    diseases = np.column_stack([table["disease"] == name for name in ("GN", "AN", "PKD")])
    small = frailty_cox(times, events, base, patient)
    large = frailty_cox(times, events, np.hstack([base, diseases.astype(float)]), patient)
    return {
        "gamma_frailty_efron age+sex": {
            "theta": small.variance,
            "coef_age": small.coefficients[0],
            "coef_sex": small.coefficients[1],
        },
        "gamma_frailty_efron age+sex+disease": {"theta": large.variance, "coef_sex": large.coefficients[1]},
    }


def pbc(folder: Path) -> dict[str, Values]:
    table = columns(folder / "pbc312.csv")
    both = compared_restricted_means(table["time"], table["status"], table["arm"] == 1, horizon=10.0)
    values: Values = {"difference_p": both.p}
    values |= {"rmst_arm1": both.first.value, "se_arm1": both.first.std_error}
    values |= {"rmst_arm0": both.second.value, "se_arm0": both.second.std_error}
    for name, interval in (("difference", both.difference), ("ratio", both.ratio), ("rmtl_ratio", both.lost_ratio)):
        values |= {name: interval.value, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
    return {"rmst tau=10 years": values}


def mgus(folder: Path) -> dict[str, Values]:
    table = columns(folder / "mgus2_competing.csv")
    times, states, sex = table["etime"], table["event"].astype(int), table["sex"]
    curves = {event: cumulative_incidence(times, states, event=event) for event in (1, 2)}
    johansen: Values = {
        f"cif_event{event}_t{time}": curve.at(time).value
        for event, curve in curves.items()
        for time in (60, 120, 180, 240, 300, 360)
    }
    johansen |= {f"se_event1_t{time}": curves[1].at(time).std_error for time in (60, 120, 240)}
    limits = curves[1].at(120)
    naive = kaplan_meier(times, states == 1)
    x = np.column_stack([table["age"], sex == "M"])
    sub, cause = fine_gray(times, states, x), cause_specific_cox(times, states, x)
    return {
        "aalen_johansen": johansen,
        "aalen_johansen_loglog": {"cif_event1_t120_lo": limits.low, "cif_event1_t120_hi": limits.high},
        "naive_1_minus_km": {f"event1_t{time}": 1 - naive.at(time).value for time in (120, 240)},
        "gray_test_by_sex": {
            f"chisq_event{event}": gray_test(times, states, sex, event=event).chisq for event in (1, 2)
        },
        "fine_gray age+sex": {"coef_age": sub.coefficients[0], "coef_male": sub.coefficients[1]},
        "cause_specific_cox age+sex": {"coef_age": cause.coefficients[0], "coef_male": cause.coefficients[1]},
    }


def digitised(folder: Path) -> dict[str, Values]:
    clicks, printed = columns(folder / "km_digitised_lung.csv"), columns(folder / "km_digitised_lung_risk.csv")
    truth = columns(folder / "lung.csv")
    true_times, true_events, sex = truth["time"], truth["status"] == 2, truth["sex"]
    values: Values = {"hr_female_vs_male_true": _as_lifelines_prints(true_times, true_events, sex)}
    parts, gaps = [], []
    for code, arm in ((1, "male"), (2, "female")):
        inside, row = clicks["arm"] == arm, printed["arm"] == arm
        rebuilt = rebuilt_patients(
            clicks["time_days"][inside],
            clicks["survival"][inside],
            risk_times=printed["time_days"][row],
            at_risk=printed["n_at_risk"][row],
            total_events=int(printed["total_events"][row][0]),
        )
        curve = kaplan_meier(rebuilt.times, rebuilt.events)
        values |= {f"median_{arm}_reconstructed": curve.median().value, f"events_{arm}": curve.n_events}
        gaps.append(_largest_gap(curve, kaplan_meier(true_times[sex == code], true_events[sex == code])))
        parts.append((rebuilt.times, rebuilt.events, np.full(rebuilt.times.size, float(code))))
    times, events, arms = (np.concatenate(column) for column in zip(*parts, strict=True))
    values["hr_reconstructed_reference_run"] = float(np.exp(cox(times, events, arms).coefficients[0]))
    values["max_abs_km_difference"] = max(gaps)
    return {"guyot_reconstruction": values}


def _as_lifelines_prints(times: np.ndarray, events: np.ndarray, sex: np.ndarray) -> float:
    """The hazard ratio as lifelines gives it, which the reference file prints to six digits with no tolerance.

    lifelines stops 1.5e-6 short of the maximum, so our own value differs in the sixth digit; our own is held to R's
    coefficient in the row of `lung.csv`.
    """
    import pandas as pd
    from lifelines import CoxPHFitter

    frame = pd.DataFrame({"time": times, "event": events, "sex": sex})
    return float(np.exp(CoxPHFitter().fit(frame, "time", "event").params_["sex"]))


def _largest_gap(rebuilt: KaplanMeier, truth: KaplanMeier) -> float:
    """Largest vertical distance of two curves, not counting steps that are off by one pixel in time."""
    grid = np.arange(0, min(rebuilt.last_time, truth.last_time), 0.5)

    def height(curve: KaplanMeier, times: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.times, times, side="right")]

    true = height(truth, grid)
    early, late = height(rebuilt, grid - ONE_PIXEL_DAYS), height(rebuilt, grid + ONE_PIXEL_DAYS)
    return float(np.maximum(0, np.maximum(true - early, late - true)).max())
