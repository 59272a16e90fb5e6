"""Pooled patients and proportions, what may not be pooled, PRISMA sums, similar patients, options."""

from dataclasses import replace
from pathlib import Path

import pytest

from oncospine.base import InputError
from oncospine.evidence.extraction.patients import read_cases
from oncospine.evidence.extraction.series import SeriesResult, read_series
from oncospine.evidence.group_comparison import compared_groups, pooled_strata
from oncospine.evidence.patient import levels_in
from oncospine.evidence.pooled_proportions import compared_arms, pooled_proportion, printed_survival
from oncospine.evidence.prisma import PrismaFlow
from oncospine.evidence.similar import Query, patients_like
from oncospine.evidence.statistics import NOT_REACHED, CoxFit, FirthFit, egger_test, firth_cox, log_rank, logit_effects
from oncospine.evidence.survival import (
    recurrence_incidence,
    survival_sample,
    survival_synthesis,
)

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"


@pytest.fixture(scope="module")
def patients():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    return read_cases(LITERATURE / "lms_spine_cases.csv").patients


@pytest.fixture(scope="module")
def series():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    return read_series(LITERATURE / "lms_spine_series.csv").results


@pytest.mark.shared_data
def test_one_event_is_called_not_interpretable_and_gets_no_regression(patients):
    malignant = [patient for patient in patients if patient.group == "malignant"]
    sample = survival_sample(malignant)
    found = survival_synthesis("malignant", sample)
    assert (found.curve.n, found.curve.n_events, found.interpretable) == (8, 1, False)
    assert found.median.value is NOT_REACHED
    assert any(text.startswith("One event; not interpretable") for text in found.sentences)
    assert sample.left_out == {"vital status not reported": 13, "known from a title only": 1}
    found = compared_groups(patients)
    assert (found.overall, found.within, found.fit, found.means) == (None, None, None, None)
    assert found.sentences == ("Groups are not compared: 1 event, and at least 5 are needed.",)


@pytest.mark.shared_data
def test_clock_immortal_time_selection_and_implied_status_are_said(patients):
    text = " ".join(survival_synthesis("all", survival_sample(patients)).sentences)
    assert "Clock start: not recorded 12" in text
    assert "Immortal time: 11 of 12" in text
    assert "case reports favour survivors" in text
    assert "Vital status of 6 is implied" in text


@pytest.mark.shared_data
def test_mixed_clock_starts_are_warned_of_and_one_start_is_not(patients):
    chosen = [patient for patient in patients if patient.followup_months and patient.dead is not None]
    same = [replace(patient, time_zero="spinal_operation") for patient in chosen]
    assert not any("Clock start" in text for text in survival_sample(same).warnings)
    mixed = [replace(same[0], time_zero="diagnosis"), *same[1:]]
    assert any("spinal operation 11, diagnosis 1" in text for text in survival_sample(mixed).warnings)


@pytest.mark.shared_data
def test_reconstructed_patients_are_counted_apart(patients):
    chosen = [patient for patient in patients if patient.followup_months and patient.dead is not None]
    sample = survival_sample([replace(chosen[0], origin="reconstructed"), *chosen[1:]])
    assert "1 patient is rebuilt" in " ".join(survival_synthesis("x", sample).sentences)


def two_groups(patients, *, years):
    """The patients with a time, each `years` times, in two groups; every second one dies."""
    chosen = [patient for patient in patients if patient.followup_months and patient.dead is not None]
    return [
        replace(
            patient, id=f"{patient.id}-{year}", group="ab"[index % 3 == 0], dead=index % 2 == 0,
            followup_months=patient.followup_months + year,
        )
        for year in range(years)
        for index, patient in enumerate(chosen)
    ]  # fmt: skip


@pytest.mark.shared_data
def test_groups_are_compared_by_every_route_and_few_events_use_firth(patients):
    dying = two_groups(patients, years=1)
    found, sample = compared_groups(dying), survival_sample(dying)
    labels = ["ab"[index % 3 == 0] for index in range(12)]
    assert found.groups == ("a", "b")
    assert found.overall.chisq == log_rank(sample.times, sample.events, labels).chisq
    strata = pooled_strata(sample.studies)
    assert found.within.chisq == log_rank(sample.times, sample.events, labels, strata=strata).chisq
    assert isinstance(found.fit, FirthFit)
    assert found.fit.n_events == 6
    ratio = firth_cox(sample.times, sample.events, [label == "b" for label in labels]).hazard_ratio[0]
    assert found.fit.hazard_ratio[0].value == pytest.approx(ratio.value)
    text = " ".join(found.sentences)
    assert f"Hazard of b against a: {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})" in text
    assert "Mean survival within 12 months, b less a:" in text
    assert "compares reports, and no treatments" in text


@pytest.mark.shared_data
def test_with_ten_events_a_group_needs_no_penalty(patients):
    assert isinstance(compared_groups(two_groups(patients, years=2)).fit, CoxFit)


@pytest.mark.shared_data
def test_one_group_is_not_compared_with_itself(patients):
    assert compared_groups([patient for patient in patients if patient.group == "malignant"]) is None


def test_single_patient_studies_form_one_stratum():
    assert pooled_strata(["a", "b", "a", "c"]) == ("a", "case reports", "a", "case reports")


@pytest.mark.shared_data
def test_recurrence_has_death_as_its_competing_event(patients):
    curve, ids = recurrence_incidence(patients)
    assert (curve.n, curve.n_events, len(ids)) == (6, 1, 6)
    assert curve.at(12).value == pytest.approx(1 / 3)


def crude(series, *names):
    return [
        r for r in series if r.metric == "local_recurrence_crude" and r.core and r.series in names and r.arm != "srs"
    ]


@pytest.mark.shared_data
def test_three_different_populations_are_pooled_with_a_warning(series):
    found = pooled_proportion("recurrence", crude(series, "ziewacz2012", "stanford2022", "zhangjh2022"))
    assert found.estimate.value == pytest.approx(0.381924, abs=2e-5)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((0.01706, 0.956521), abs=2e-5)
    assert len(found.heterogeneous) == 3
    assert "The populations differ" in " ".join(found.sentences)
    assert found.double_arcsine == pytest.approx(0.287342, abs=2e-5)


@pytest.mark.shared_data
def test_two_studies_are_shown_not_pooled(series):
    found = pooled_proportion("recurrence", crude(series, "ziewacz2012", "stanford2022"))
    assert found.pooled is None
    assert "not pooled" in found.sentences[-1]
    assert len(found.studies) == 2


@pytest.mark.shared_data
def test_two_arms_of_one_series_are_not_two_studies(series):
    both = [r for r in series if r.metric == "local_recurrence_crude" and r.series == "stanford2022"]
    with pytest.raises(InputError, match="stanford2022 would enter twice"):
        pooled_proportion("recurrence", both)
    assert compared_arms(*both).log_odds_ratio == pytest.approx(1.386294, abs=1e-6)
    with pytest.raises(InputError, match="has no count"):
        pooled_proportion("x", [replace(both[0], events=None)])


@pytest.mark.shared_data
def test_medians_are_listed_with_their_clock_and_never_averaged(series):
    rows, texts = printed_survival(series)
    assert [row.value for row in rows][:2] == [11.7, 13.0]
    assert rows[-1].value is None
    assert rows[-1].months == "not reached"
    assert "from 11.7 to 102 months" in texts[0]
    assert "listed, not averaged" in texts[0]
    assert all(row.clock for row in rows)


def flow(**changes):
    counts = {
        "database_specific_results": {"A": 150, "B": 58},
        "duplicates": 60,
        "records_screened": 148,
        "records_excluded": 92,
        "dbr_sought_reports": 56,
        "dbr_notretrieved_reports": 5,
        "dbr_assessed": 51,
        "dbr_excluded": {"review": 3},
        "new_studies": 48,
        "new_reports": 48,
    }
    return PrismaFlow(**(counts | changes))


def test_a_flow_that_adds_up_is_made_and_exchanged():
    rows = dict(flow().template_rows())
    assert rows["database_results"] == "208"
    assert rows["dbr_excluded"] == "review, 3"
    assert rows["total_studies"] == "48"
    other = flow(
        other_sought_reports=4, other_notretrieved_reports=1, other_assessed=3, other_excluded={"x": 1}, new_reports=50
    )
    assert other.total_reports == 50


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"records_screened": 149}, "records screened is 149, but identified minus removed is 148"),
        ({"records_excluded": 91}, "reports sought is 56, but screened minus excluded is 57"),
        ({"dbr_assessed": 50}, "reports assessed is 50"),
        ({"new_reports": 47}, "reports included is 47"),
        ({"new_studies": 49}, "49 studies from only 48 reports"),
        ({"total_studies_ma": 49}, "49 studies in the meta-analysis of only 48"),
        ({"screening_reasons": {"x": 3}}, "reasons for exclusion sum to 3"),
        ({"other_assessed": 1}, "other reports assessed is 1"),
        ({"duplicates": -1, "records_screened": 209, "records_excluded": 153}, "duplicates is negative"),
    ],
)
def test_a_flow_that_does_not_add_up_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        flow(**changes)


QUERY = Query(
    histology_group="malignant",
    disease_class="metastatic",
    levels=levels_in("T3-T4"),
    myelopathy=True,
    cord_compression=True,
    operated=True,
    approach="combined",
    age_years=52,
)


@pytest.mark.shared_data
def test_the_reference_patient_is_nearest_to_himself_and_can_be_left_out(patients):
    found = patients_like(QUERY, patients)
    assert found.nearest[0].patient.id == "maimone2013-1"
    assert found.nearest[0].distance == 0
    without = patients_like(QUERY, patients, without=frozenset({"maimone2013-1"}))
    assert without.nearest[0].patient.id == "nanassis1999-1"
    assert "selected by being published" in without.sentences[1]
    assert sum(count for _, count, _ in without.strategies) == len(without.nearest)


@pytest.mark.shared_data
def test_the_distance_is_the_sum_of_its_printed_parts(patients):
    weights = {
        "histology": 3,
        "disease_class": 2,
        "region": 2,
        "myelopathy": 2,
        "cord_compression": 1,
        "operation": 1,
        "age": 1,
    }
    for item in patients_like(QUERY, patients, most=43).nearest:
        total = sum(weights[name] * value for name, value in item.parts)
        total += sum(weights[name] * 0.5 for name in item.not_compared)
        assert item.distance == pytest.approx(total / 12)
        assert len(item.parts) + len(item.not_compared) == 7
        assert not item.patient.title_only


def result_of(row, series, arm, events, total):
    """One crude recurrence of one arm of one series."""
    return SeriesResult(
        row=row, series=series, doi="", year=None, core=True, population="p", arm=arm, n_patients=total,
        metric="local_recurrence_crude", time_months=None, events=events, denominator=total, value=None, value_text="",
        unit="", low=None, high=None, interval_type="", comparator="", p_text="", place="", notes="", line=2,
    )  # fmt: skip


def test_with_more_studies_leave_one_out_and_from_ten_on_small_studies_are_told():
    counts = [(3, 11), (6, 17), (10, 21), (1, 6), (4, 19), (2, 14), (7, 30), (5, 12), (3, 9), (8, 25)]
    rows = [result_of(str(i), f"s{i}", "surgery", x, n) for i, (x, n) in enumerate(counts)]
    four = pooled_proportion("Recurrence", rows[:4])
    assert len(four.without_each) == 4
    least = min(share for _, share in four.without_each)
    assert f"Leaving out one study at a time: {least:.0%}" in four.sentences[-1]
    assert not any("Egger" in text for text in pooled_proportion("Recurrence", rows[:9]).sentences)
    ten = pooled_proportion("Recurrence", rows)
    effects = logit_effects([x for x, _ in counts], [n for _, n in counts])
    assert ten.sentences[-1] == f"Small-study effects (Egger, 10 studies): z {egger_test(*effects).z:.2f}, p " + (
        f"{egger_test(*effects).p:.2f}."
    )


def test_of_several_arms_of_one_series_the_whole_enters_once():
    from oncospine.evidence.review_synthesis import NO_SERIES, _pooled_recurrence

    rows = (
        result_of("1", "a", "gross_total_resection", 1, 4),
        result_of("2", "a", "surgery", 3, 9),
        result_of("3", "b", "en_bloc", 0, 5),
        result_of("4", "a", "srs", 1, 6),
        result_of("5", "c", "observation", 1, 6),
    )
    found = _pooled_recurrence(replace(NO_SERIES, results=rows))
    assert [(arm.series, arm.arm, arm.events) for arm in found["surgery"].studies] == [
        ("a", "surgery", 3),
        ("b", "en_bloc", 0),
    ]
    assert [(arm.series, arm.events) for arm in found["radiosurgery"].studies] == [("a", 1)]
