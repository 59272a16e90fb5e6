"""Pooled effects and proportions of the reference data sets, computed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oncospine.evidence.statistics import (
    Pooled,
    TauMethod,
    between_variance_interval,
    binomial_normal,
    double_arcsine_effects,
    egger_test,
    from_double_arcsine,
    from_logit,
    harmonic_mean,
    leave_one_out,
    logit_effects,
    pool,
    proportion,
    two_by_two,
)
from oncospine.evidence.validation.survival_values import Values
from oncospine.evidence.validation.tables import columns

_METHODS: dict[str, TauMethod] = {
    "ee": "common",
    "dl": "DL",
    "reml": "REML",
    "ml": "ML",
    "pm": "PM",
    "he": "HE",
    "sj": "SJ",
}


def bcg(folder: Path) -> dict[str, Values]:
    table = columns(folder / "bcg.csv")
    treated, untreated, control, free = (table[name].astype(int) for name in ("tpos", "tneg", "cpos", "cneg"))
    effects = [two_by_two(a, a + b, c, c + d) for a, b, c, d in zip(treated, untreated, control, free, strict=True)]
    y = np.array([effect.log_risk_ratio for effect in effects])
    v = np.array([effect.log_risk_ratio_variance for effect in effects])
    values = {f"log_rr_{name}": _on_scale(pool(y, v, method=m, test="normal")) for name, m in _METHODS.items()}
    for name in ("reml", "dl"):
        values[f"log_rr_{name}_hk"] = _on_scale(pool(y, v, method=_METHODS[name], test="hartung-knapp"))
    restricted = pool(y, v, test="normal")
    low, high = between_variance_interval(y, v)
    normal, student = restricted.prediction("normal"), restricted.prediction("t(k-2)")
    egger = egger_test(y, v)
    values["log_rr"] = {
        "Q": restricted.q,
        "I2_percent_dl": restricted.i2_q,
        "I2_percent_reml": restricted.i2_tau2,
        "tau2_profile_lo_reml": low,
        "tau2_profile_hi_reml": high,
        "pi_rr_lo_normal_reml": float(np.exp(normal[0])),
        "pi_rr_hi_normal_reml": float(np.exp(normal[1])),
        "pi_rr_lo_t11_reml": float(np.exp(student[0])),
        "pi_rr_hi_t11_reml": float(np.exp(student[1])),
        "egger_z_reml": egger.z,
        "egger_p": egger.p,
        "leave_out_study8_log_rr_dl": leave_one_out(y, v, method="DL", test="normal")[7].estimate,
    }
    return values


def _on_scale(pooled: Pooled) -> Values:
    return {
        "log_rr": pooled.estimate,
        "se": pooled.std_error,
        "lo": pooled.low,
        "hi": pooled.high,
        "tau2": pooled.tau2,
    }


def _back(pooled: Pooled, n: NDArray[np.float64] | None = None) -> Values:
    """A pooled proportion and its limits; `n` where it was pooled as double arcsine."""
    size = harmonic_mean(n) if n is not None else 0.0

    def back(value: float) -> float:
        return from_logit(value) if n is None else from_double_arcsine(value, size)

    low, high = back(pooled.low), back(pooled.high)
    return {"pooled": back(pooled.estimate), "lo": low, "hi": high, "tau2": pooled.tau2, "Q": pooled.q}


def miller(folder: Path) -> dict[str, Values]:
    table = columns(folder / "miller1978_proportions.csv")
    x, n = table["events"], table["n"]
    y, v = double_arcsine_effects(x, n)
    each: Values = {f"y_study{i + 1}": float(y[i]) for i in range(y.size)}
    each |= {f"v_study{i + 1}": float(v[i]) for i in range(v.size)}
    arcsine = _back(pool(y, v, method="common", test="normal"), n)
    effects = logit_effects(x, n)
    logit = _back(pool(*effects, method="common", test="normal"))
    return {
        "freeman_tukey": each,
        "freeman_tukey_ee_backtransform_harmonic_n": arcsine | {"pooled_ee": arcsine["pooled"]},
        "logit_ee": logit | {"pooled_ee": logit["pooled"]},
        "logit_hk": _back(pool(*effects, test="hartung-knapp")),
        "logit_hk_floor1": _back(pool(*effects, test="hartung-knapp-floored")),
    }


def edge(folder: Path) -> dict[str, Values]:
    table = columns(folder / "edge_proportions.csv")
    x, n = table["events"], table["n"]
    arcsine = double_arcsine_effects(x, n)
    return {
        "freeman_tukey_ee": _back(pool(*arcsine, method="common", test="normal"), n),
        "freeman_tukey_reml": _back(pool(*arcsine, test="normal"), n),
        "freeman_tukey_reml_hk": _back(pool(*arcsine, test="hartung-knapp"), n),
        "logit_reml_half_correction_zero_cells_only": _back(pool(*logit_effects(x, n), test="normal")),
    }


def catheter(folder: Path) -> dict[str, Values]:
    table = columns(folder / "catheter_control_arm.csv")
    x, n = table["events"], table["n"]
    effects = logit_effects(x, n)
    pooled = pool(*effects, test="normal")
    mixed = binomial_normal(x, n)
    return {
        "logit_reml": _back(pooled) | {"logit": pooled.estimate, "se": pooled.std_error},
        "logit_reml_hk": _back(pool(*effects, test="hartung-knapp")),
        "glmm_binomial_normal": {
            "logit": mixed.estimate,
            "se": mixed.std_error,
            "tau2": mixed.tau2,
            "pooled": from_logit(mixed.estimate),
        },
    }


def pritz(folder: Path) -> dict[str, Values]:
    table = columns(folder / "pritz1997_proportions.csv")
    x, n = table["events"], table["n"]
    return {
        "logit_reml": _back(pool(*logit_effects(x, n), test="normal")),
        "freeman_tukey_reml": _back(pool(*double_arcsine_effects(x, n), test="normal"), n),
    }


def recurrence_after_surgery(folder: Path) -> dict[str, Values]:
    table = columns(folder / "lms_local_recurrence_arms.csv")
    x, n = table["local_recurrences"][:3], table["n"][:3]
    effects = logit_effects(x, n)
    return {
        "logit_reml": _back(pool(*effects, test="normal")),
        "logit_reml_hk": _back(pool(*effects, test="hartung-knapp")),
        "logit_dl": _back(pool(*effects, method="DL", test="normal")),
        "freeman_tukey_reml": _back(pool(*double_arcsine_effects(x, n), test="normal"), n),
    }


def surgery_against_radiosurgery(folder: Path) -> dict[str, Values]:
    table = columns(folder / "lms_local_recurrence_arms.csv")
    x, n = table["local_recurrences"].astype(int), table["n"].astype(int)
    effect = two_by_two(int(x[1]), int(n[1]), int(x[3]), int(n[3]))
    return {
        "two_by_two surgery vs srs": {
            "log_or": effect.log_odds_ratio,
            "var_log_or": effect.log_odds_ratio_variance,
            "log_rr": effect.log_risk_ratio,
            "risk_difference": effect.risk_difference,
            "fisher_p": effect.fisher_p,
        }
    }


def single_proportion(events: int, total: int) -> dict[str, Values]:
    exact, wilson = proportion(events, total, method="clopper-pearson"), proportion(events, total)
    return {
        "single_proportion": {
            "clopper_pearson_lo": exact.low,
            "clopper_pearson_hi": exact.high,
            "wilson_lo": wilson.low,
            "wilson_hi": wilson.high,
        }
    }
