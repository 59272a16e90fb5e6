"""Values of the literature itself: patients, duplicates, flow and screening measures, computed again."""

from __future__ import annotations

import csv
from pathlib import Path

from oncospine.evidence.duplicates.groups import Deduplicated, deduplicated
from oncospine.evidence.extraction.patients import read_cases
from oncospine.evidence.patient import Patient
from oncospine.evidence.records.formats import imported_records
from oncospine.evidence.records.record import Record
from oncospine.evidence.screening.simulation import screening_metrics
from oncospine.evidence.statistics import restricted_mean, reverse_kaplan_meier
from oncospine.evidence.survival import survival_sample, survival_synthesis

Values = dict[str, object]

_SOURCES = (("A", "lms_spine_records.ris"), ("B", "lms_spine_records.nbib"))


def cases(folder: Path) -> dict[str, Values]:
    """Curves of the extracted patients."""
    patients = read_cases(folder / "lms_spine_cases.csv").readable
    malignant = [patient for patient in patients if patient.group == "malignant"]
    values = _curve(malignant, "malignant") | _curve(patients, "all")
    stated = survival_synthesis("stated", survival_sample(patients, stated_only=True))
    values |= {"n_status_stated_only": stated.curve.n, "S_6m_stated_only": stated.curve.at(6).value}
    sample = survival_sample(malignant)
    mean = restricted_mean(sample.times, sample.events, horizon=12.0)
    everyone = survival_sample(patients)
    followup = reverse_kaplan_meier(everyone.times, everyone.events)
    values |= {
        "rmst12_malignant": mean.value,
        "rmst12_malignant_se": mean.std_error,
        "reverse_km_followup_median_all_midpoint_rule": followup.median("midpoint").value,
        "reverse_km_followup_median_all_first_time_rule": followup.median("first_time").value,
    }
    free = survival_synthesis("free", survival_sample(patients, endpoint="local recurrence"))
    return {"km_loglog": values, "km_loglog_local_recurrence": {"S_12m": free.curve.at(12).value}}


def _curve(patients: list[Patient] | tuple[Patient, ...], name: str) -> Values:
    found = survival_synthesis(name, survival_sample(patients))
    six = found.curve.at(6)
    return {
        f"n_{name}_with_followup": found.curve.n,
        f"deaths_{name}": found.curve.n_events,
        f"S_6m_{name}": six.value,
        f"S_6m_{name}_lo": six.low,
        f"S_6m_{name}_hi": six.high,
        f"median_{name}": found.median.value,
    }


def _deduplicated(folder: Path) -> tuple[tuple[Record, ...], Deduplicated, dict[str, int]]:
    records: tuple[Record, ...] = ()
    counts = {}
    for name, file in _SOURCES:
        found = imported_records(folder / file, name=name).records
        counts[name] = len(found)
        records += found
    return records, deduplicated(records), counts


def _labels(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def records(folder: Path) -> dict[str, Values]:
    """De-duplication against the labels: pairs count only where the labels agree."""
    everything, found, counts = _deduplicated(folder)
    group = {record.id: row["dup_group"] for record, row in zip(everything, _labels(folder), strict=True)}
    right = sum(group[one] == group[other] for one, other in found.same_pairs)
    wrong = len(found.same_pairs) - right
    return {
        "deduplication": {
            "records_total": len(everything),
            "records_ris": counts["A"],
            "records_nbib": counts["B"],
            "unique": len(found.groups),
            "true_duplicate_pairs": right - wrong,
            "records_removed": found.n_removed,
        }
    }


def flow(folder: Path) -> dict[str, Values]:
    """The PRISMA counts from our own groups and the labelled decisions, with the sums checked."""
    from oncospine.evidence.prisma import PrismaFlow

    everything, found, counts = _deduplicated(folder)
    row_of = {record.id: row for record, row in zip(everything, _labels(folder), strict=True)}
    rows = [row_of[group.leader] for group in found.groups]
    sought = [row for row in rows if row["screen_label"] == "include"]
    lost = [row for row in sought if row["fulltext_label"] == "not_retrieved"]
    unfit = [row for row in sought if row["fulltext_label"] == "exclude"]
    kept = [row for row in sought if row["fulltext_label"] == "include"]
    drawn = PrismaFlow(
        database_specific_results=counts,
        duplicates=found.n_removed,
        records_screened=len(rows),
        records_excluded=len(rows) - len(sought),
        dbr_sought_reports=len(sought),
        dbr_notretrieved_reports=len(lost),
        dbr_assessed=len(sought) - len(lost),
        dbr_excluded={"excluded": len(unfit)},
        new_reports=len(kept),
        new_studies=len({row["study_key"] for row in kept}),
    )
    return {
        "prisma": {
            "identified": drawn.database_results,
            "duplicates_removed": drawn.duplicates,
            "screened": drawn.records_screened,
            "excluded_title_abstract": drawn.records_excluded,
            "sought": drawn.dbr_sought_reports,
            "not_retrieved": drawn.dbr_notretrieved_reports,
            "assessed": drawn.dbr_assessed,
            "excluded_full_text": sum(drawn.dbr_excluded.values()),
            "included_studies": drawn.new_studies,
        }
    }


def screening(labels: list[int]) -> dict[str, Values]:
    """Measures of a short order of reading."""
    found = screening_metrics(labels)
    return {
        "screening_metrics": {
            "wss95_classic": found.wss_classic,
            "rank_at_95_recall": found.rank_at_target,
            "loss": found.loss,
            "ndcg": found.ndcg,
            "wss95_asreview_insights": found.wss_insights,
            "average_rank_of_relevant": found.average_rank,
        }
    }
