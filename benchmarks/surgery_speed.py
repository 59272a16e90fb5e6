"""Time of one screw, one edit, one reach, one operation and the whole comparison on a phantom T1-T6. Run it alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from oncospine.anatomy import spine_from_labels
from oncospine.base import Side, parse_levels
from oncospine.imaging import LabelMap, Structure, StructureKind
from oncospine.lesion import measured_findings
from oncospine.phantom import make_phantom, reference_spec
from oncospine.surgery import (
    compared_on,
    evaluated_on,
    graded_screw,
    plan_screw,
    plan_screws,
    prepared,
    proposed_on,
    published_operation,
    screw_sites,
)

KINDS = (StructureKind.TUMOUR_BONE, StructureKind.TUMOUR_EPIDURAL, StructureKind.TUMOUR_PARAVERTEBRAL)


def main() -> None:
    phantom = make_phantom(reference_spec())
    spine = spine_from_labels([phantom.labels], modality="CT")
    structures = {index + 1: Structure(kind=kind) for index, kind in enumerate(KINDS)}
    labels = LabelMap(volume=phantom.tumour, structures=structures, convention="tumour_compartments")
    findings = measured_findings(spine, labels, phantom.scan)
    complete = [level for level in spine.levels if spine.vertebrae[level].completeness.is_complete]
    places = [(level, side) for level in complete for side in Side]
    print(f"grid {spine.grid.shape}, {len(places)} pedicles of {complete[0]}-{complete[-1]}")
    each = [seconds(lambda place=place: plan_screws(spine, [place])) for place in places]  # type: ignore[misc]
    print(f"one screw alone     median {statistics.median(each) * 1e3:6.0f} ms   worst {max(each) * 1e3:6.0f} ms")
    print(f"all screws          per screw {seconds(lambda: plan_screws(spine, places)) / len(places) * 1e3:6.0f} ms")
    sites = screw_sites(spine, places)
    place = next(place for place in places if place in sites and plan_screw(sites[place]).is_planned)
    screw = plan_screw(sites[place]).screw()
    edits = [seconds(lambda: graded_screw(sites[place], screw)) for _ in range(20)]
    print(f"an edit graded      median {statistics.median(edits) * 1e3:6.1f} ms")
    ground = prepared(spine, findings, phantom.scan)
    print(f"the proposal        {seconds(lambda: proposed_on(ground)):6.2f} s")
    own = published_operation()
    fits = all(level in spine.vertebrae for level in own.levels)
    if fits:
        print(f"the published one   {seconds(lambda: evaluated_on(ground, own)):6.2f} s")
    print(f"all alternatives    {seconds(lambda: compared_on(ground, own=[own] if fits else [])):6.2f} s")
    print(f"levels {parse_levels('C7-T5')[0]}-T5 in view: {'yes' if fits else 'no'}")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
