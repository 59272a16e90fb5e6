"""Grades of the screws planned on random intact phantoms: `python benchmarks/surgery_phantoms.py [how many]`."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

from oncospine.anatomy import spine_from_labels
from oncospine.base import Side
from oncospine.phantom import make_phantom, random_spec
from oncospine.surgery import plan_screws


def main(count: int) -> None:
    grades: Counter[str] = Counter()
    walls: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for number in range(count):
        phantom = make_phantom(replace(random_spec(number), tumour=None, noise=0.0))
        spine = spine_from_labels([phantom.labels], modality="CT")
        complete = [level for level in spine.levels if spine.vertebrae[level].completeness.is_complete]
        for screw in plan_screws(spine, [(level, side) for level in complete for side in Side]):
            if screw.grade is None:
                refusals[str(screw.refusal)] += 1
                continue
            grades[screw.grade.gertzbein.value] += 1
            if screw.grade.gertzbein != "A":
                walls[str(screw.grade.breach_wall)] += 1
                width = phantom.truth.vertebrae[screw.level].pedicles[screw.side].width_mm
                print(
                    f"phantom {number} {screw.name}: {screw.grade.gertzbein}, true width {width:.1f} mm, {screw.path}"
                )
    total = sum(grades.values()) + sum(refusals.values())
    print(f"{total} pedicles of {count} phantoms: {dict(grades)}, breached {dict(walls)}, refused {dict(refusals)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
