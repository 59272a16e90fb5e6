"""The usual alternatives for one patient and the surgeon's own, each evaluated, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from oncospine.anatomy import Spine
from oncospine.base import InputError, Progress, described_levels, silent
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.surgery.approaches import approach
from oncospine.surgery.criteria import Comparison, comparison_of
from oncospine.surgery.evaluate import evaluated_on
from oncospine.surgery.ground import Ground, prepared
from oncospine.surgery.operation import CageStep, Operation, Resection, ResectionIntent, Stage
from oncospine.surgery.proposal import ORIGIN, best_anterior_stage, involved_in_view, posterior_stage


def compare(
    spine: Spine,
    findings: Findings,
    scan: Scan | None = None,
    *,
    own: Sequence[Operation] = (),
    progress: Progress = silent,
) -> Comparison:
    """Posterior, anterior, circumferential, staged 360, separation, and the given operations, each evaluated."""
    return compared_on(prepared(spine, findings, scan), own=own, progress=progress)


def compared_on(ground: Ground, *, own: Sequence[Operation] = (), progress: Progress = silent) -> Comparison:
    """`compare` on a patient prepared once for many operations."""
    left_out: dict[str, str] = {}
    wanted = _with_own(list(_usual(ground, left_out)), own)
    done = []
    for index, (name, operation) in enumerate(wanted):
        progress(f"evaluating {name}", index / len(wanted))
        done.append((name, evaluated_on(ground, operation)))
    return comparison_of(done, ground.findings, left_out=left_out)


def _usual(ground: Ground, left_out: dict[str, str]) -> Iterable[tuple[str, Operation]]:
    """The alternatives every patient gets, as far as the scan allows them."""
    if not involved_in_view(ground):
        raise InputError("no vertebra with tumour in its bone is in view: there is nothing to compare operations for")
    behind, _ = posterior_stage(ground, approach("A-LAM"))
    yield "posterior only", _operation("posterior only", behind)
    anterior = best_anterior_stage(ground, None)
    if anterior is None:
        left_out["anterior only"] = "no anterior approach leads to all involved levels with both ends in view"
        left_out["staged 360"] = left_out["anterior only"]
    else:
        yield "anterior only", _operation("anterior only", replace(anterior, cage=CageStep()))
    around = _around(ground, left_out)
    if around is not None:
        yield "circumferential posterior", around
    if anterior is not None:
        first = replace(behind, cage=None, corpectomy=None)
        second = best_anterior_stage(ground, evaluated_on(ground, _operation("first", first)).stages[-1])
        if second is not None:
            yield "staged 360", _operation("staged 360", first, replace(second, cage=CageStep()))
    if around is not None:
        wish = Resection(intent=ResectionIntent.SEPARATION, levels=involved_in_view(ground))
        apart = replace(around.stages[0], corpectomy=None, cage=None, resection=wish)
        yield "separation and radiosurgery", _operation("separation and radiosurgery", apart)


def _around(ground: Ground, left_out: dict[str, str]) -> Operation | None:
    """The circumferential route from behind; None, and why, where it is not offered."""
    row = approach("A-TPb")
    beyond = row.beyond(involved_in_view(ground))
    if beyond:
        why = f"{row.name} is not offered at {described_levels(beyond)}"
        left_out.update({"circumferential posterior": why, "separation and radiosurgery": why})
        return None
    stage, reasons = posterior_stage(ground, row)
    return _operation("circumferential posterior", stage, reasons=reasons)


def _with_own(usual: list[tuple[str, Operation]], own: Sequence[Operation]) -> list[tuple[str, Operation]]:
    """The usual alternatives and the given ones; one that is the same as a usual one takes its place by name."""
    rows = list(usual)
    for operation in own:
        same = [index for index, (_, other) in enumerate(rows) if other.described() == operation.described()]
        if same:
            name, other = rows[same[0]]
            rows[same[0]] = (f"{name} ({operation.origin})", replace(operation, title=other.title))
            continue
        taken = operation.title.lower() in {name.lower() for name, _ in rows}
        rows.append((f"{operation.title} ({operation.origin})" if taken else operation.title, operation))
    return rows


def _operation(title: str, *stages: Stage, reasons: tuple[str, ...] = ()) -> Operation:
    return Operation(title=title, stages=stages, origin=ORIGIN, reasons=reasons)
