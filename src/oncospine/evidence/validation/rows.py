"""One row per expected value: its name, what was published, ours, the tolerance, and whether it holds."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.validation import literature_values, pooling_values, survival_values

Values = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """`published` and `ours` are text as printed; `ok` is None-free: a value that could not be computed is not ok."""

    id: str
    name: str
    published: str
    ours: str
    tolerance: float
    ok: bool
    source: str


def validate(literature: Path) -> tuple[ValidationRow, ...]:
    """Every expected value of `literature/reference/expected_values.csv` against ours.

    `literature` is the folder with the records, labels and cases; the data sets stand in its `reference/`.
    """
    path = literature / "reference" / "expected_values.csv"
    if not path.is_file():
        raise InputError(
            f"{path} is missing: give the folder of literature data that holds reference/expected_values.csv"
        )
    with path.open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream))
    computed: dict[str, dict[str, Values]] = {}
    rows = []
    for line in expected:
        dataset = line["dataset"]
        if dataset not in computed:
            computed[dataset] = _computed(dataset, literature)
        ours = computed[dataset].get(line["analysis"], {}).get(line["quantity"])
        rows.append(_row(line, ours))
    return tuple(rows)


def _row(line: dict[str, str], ours: object) -> ValidationRow:
    tolerance = float(line["abs_tolerance"] or 0)
    return ValidationRow(
        id=line["check_id"],
        name=f"{line['dataset']}: {line['analysis']}: {line['quantity']}",
        published=line["value"],
        ours="not computed" if ours is None else f"{ours:.10g}" if isinstance(ours, float | int) else str(ours),
        tolerance=tolerance,
        ok=_holds(line["value"], ours, tolerance),
        source=line["published_in"] or line["computed_with"],
    )


def _holds(published: str, ours: object, tolerance: float) -> bool:
    """Within the tolerance; where it is 0, equal to all printed digits."""
    try:
        target = float(published)
    except ValueError:
        return str(ours) == published.replace("_", " ")
    if ours is None or not isinstance(ours, float | int):
        return False
    if tolerance > 0:
        return abs(float(ours) - target) <= tolerance
    decimals = len(published.partition(".")[2])
    return abs(float(ours) - target) <= (0.5 * 10**-decimals if decimals else 1e-9)


_BY_DATASET: dict[str, Callable[[Path], dict[str, Values]]] = {
    "aml.csv": survival_values.aml,
    "freireich6mp.csv": survival_values.freireich,
    "lung.csv": survival_values.lung,
    "ovarian.csv": survival_values.ovarian,
    "rats_female.csv": survival_values.rats,
    "kidney.csv": survival_values.kidney,
    "pbc312.csv": survival_values.pbc,
    "mgus2_competing.csv": survival_values.mgus,
    "km_digitised_lung.csv": survival_values.digitised,
    "bcg.csv": pooling_values.bcg,
    "miller1978_proportions.csv": pooling_values.miller,
    "edge_proportions.csv": pooling_values.edge,
    "catheter_control_arm.csv": pooling_values.catheter,
    "pritz1997_proportions.csv": pooling_values.pritz,
    "lms_local_recurrence_arms.csv rows 1-3": pooling_values.recurrence_after_surgery,
    "lms_local_recurrence_arms.csv rows 2 and 4": pooling_values.surgery_against_radiosurgery,
    "inline time=1,2,3 event=1,1,1 x=1,1,0": lambda _: survival_values.monotone(),
}

_FROM_LITERATURE: dict[str, Callable[[Path], dict[str, Values]]] = {
    "lms_spine_cases.csv": literature_values.cases,
    "lms_spine_records": literature_values.records,
    "labels.csv": literature_values.flow,
}


def _computed(dataset: str, literature: Path) -> dict[str, Values]:
    if dataset in _FROM_LITERATURE:
        return _FROM_LITERATURE[dataset](literature)
    if dataset in _BY_DATASET:
        return _BY_DATASET[dataset](literature / "reference")
    if found := re.fullmatch(r"inline (\d+) of (\d+)", dataset):
        return pooling_values.single_proportion(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"inline labels ([01](?:,[01])*)", dataset):
        return literature_values.screening([int(label) for label in found[1].split(",")])
    return {}
