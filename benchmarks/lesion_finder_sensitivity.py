"""Sensitivity and false proposals of the lesion finder on phantoms, by kind and size of the lesion.

python benchmarks/lesion_finder_sensitivity.py [phantoms, 60 by default]
"""

from __future__ import annotations

import sys
from collections import defaultdict

import numpy as np

from oncospine.anatomy import spine_from_labels
from oncospine.base import Level, parse_levels
from oncospine.lesion import proposed_lesions
from oncospine.phantom import BonePiece, LesionKind, Phantom, PhantomSpec, TumourSpec, make_phantom

VOXELS_MM = ((0.8, 0.8, 1.0), (0.9, 0.9, 1.5), (0.8, 0.8, 2.5))
FRACTIONS = (0.002, 0.006, 0.02, 0.06, 0.2, 0.6)
SIZES_MM = (0.0, 5.0, 8.0, 12.0, 20.0, 40.0)
HIT_SHARE = 0.3
"""A proposal of which this share is tumour has found it."""


def subject(seed: int) -> Phantom:
    rng = np.random.default_rng([seed, 909])
    centre = tuple(rng.uniform(-0.45, 0.45, 3).tolist())
    piece = BonePiece(level=Level.T6, fraction=FRACTIONS[seed % len(FRACTIONS)], centre=centre)
    kind = tuple(LesionKind)[seed // len(FRACTIONS) % 3]
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("T4-T8"),
            voxel_mm=VOXELS_MM[int(rng.integers(len(VOXELS_MM)))],
            seed=seed,
            thorax=False,
            half_width_mm=42.0,
            noise=float(rng.uniform(8, 30)),
            tumour=TumourSpec(bone=(piece,), kind=kind),
        )
    )


ARCH = ("pedicle left", "lamina right", "articular left", "spinous", "pedicle right", "transverse left")
ARCH_FRACTIONS = (1.0, 0.7, 0.4)


def arch_subject(seed: int) -> Phantom:
    """A lytic lesion of one part of the arch."""
    rng = np.random.default_rng([seed, 910])
    fraction = ARCH_FRACTIONS[seed // len(ARCH) % len(ARCH_FRACTIONS)]
    piece = BonePiece(level=Level.T6, part=ARCH[seed % len(ARCH)], fraction=fraction)
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("T4-T8"),
            voxel_mm=VOXELS_MM[int(rng.integers(len(VOXELS_MM)))],
            seed=5000 + seed,
            thorax=False,
            half_width_mm=42.0,
            noise=float(rng.uniform(8, 30)),
            tumour=TumourSpec(bone=(piece,), kind=LesionKind.LYTIC),
        )
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    bodies(count)
    arch(count // 3)


def arch(count: int) -> None:
    """Found, and false proposals, by how much of the part is lytic."""
    hits: dict[tuple[float, str], list[bool]] = defaultdict(list)
    false = 0
    for seed in range(count):
        phantom = arch_subject(seed)
        tumour = phantom.tumour
        shares = []
        for item in proposed_lesions(spine_from_labels([phantom.labels], modality="CT"), phantom.scan).proposals:
            voxels = np.rint(tumour.grid.to_voxel(item.mask.points_mm())).astype(int)
            shares.append((tumour.array[tuple(voxels.T)] > 0).mean())
        false += sum(share < HIT_SHARE for share in shares)
        assert phantom.spec.tumour is not None
        piece = phantom.spec.tumour.bone[0]
        hits[piece.fraction, piece.part.split()[0]].append(any(share >= HIT_SHARE for share in shares))
    for (fraction, part), results in sorted(hits.items()):
        print(f"{part:10s} {100 * fraction:3.0f} % lytic   found {sum(results)} of {len(results)}")
    print(f"false proposals: {false} in {count} phantoms with a lesion of the arch")


def bodies(count: int) -> None:
    """Found by kind and diameter, and false proposals."""
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    false_ml: list[float] = []
    for seed in range(count):
        phantom = subject(seed)
        tumour = phantom.tumour
        true_mm3 = float((tumour.array > 0).sum()) * tumour.grid.voxel_volume_mm3
        diameter = 2 * (3 * true_mm3 / (4 * np.pi)) ** (1 / 3)
        row = int(np.searchsorted(SIZES_MM, diameter, side="right")) - 1
        found = False
        for item in proposed_lesions(spine_from_labels([phantom.labels], modality="CT"), phantom.scan).proposals:
            voxels = np.rint(tumour.grid.to_voxel(item.mask.points_mm())).astype(int)
            if (tumour.array[tuple(voxels.T)] > 0).mean() >= HIT_SHARE:
                found = True
            else:
                false_ml.append(item.volume_ml)
        assert phantom.spec.tumour is not None
        hits[phantom.spec.tumour.kind.value, f"{SIZES_MM[row]:g} mm and more"].append(found)
    for (kind, size), results in sorted(hits.items()):
        print(f"{kind:8s} {size:18s} found {sum(results)} of {len(results)}")
    print(f"false proposals: {len(false_ml)} in {count} phantoms, largest {max(false_ml, default=0):.2f} ml")


if __name__ == "__main__":
    main()
