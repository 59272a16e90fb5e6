"""How long the anatomy takes, and how much memory, beside reading and labelling the same voxels with SciPy.

    python benchmarks/anatomy_speed.py [LABELS.nii.gz CONVENTION]

Without a file a phantom C6-T8 is measured. The peer (per-label centroids, volumes and boxes by `scipy.ndimage`) does a
small part of the work; it is there as a yardstick that runs on the same machine in the same run.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from oncospine.anatomy import spine_from_labels, spine_summary
from oncospine.base import parse_levels
from oncospine.imaging import LabelMap, read_labels
from oncospine.phantom import PhantomSpec, make_phantom

REPEATS = 3


def labels_to_measure() -> LabelMap:
    if len(sys.argv) == 3:
        return read_labels(Path(sys.argv[1]), convention=sys.argv[2])
    return make_phantom(PhantomSpec(levels=parse_levels("C6-T8"), thorax=False)).labels


def best_of(work) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def label_shapes(array: np.ndarray) -> None:
    numbers = np.unique(array)[1:]
    ndimage.center_of_mass(array > 0, array, numbers)
    ndimage.find_objects(array)


def main() -> None:
    labels = labels_to_measure()
    found = spine_from_labels([labels], modality="CT")
    ours = best_of(lambda: spine_from_labels([labels], modality="CT"))
    summary = best_of(lambda: spine_summary(found))
    peer = best_of(lambda: label_shapes(labels.volume.array))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{labels.volume.array.shape}, {len(found.levels)} vertebrae, best of {REPEATS}")
    print(f"spine_from_labels {ours:6.2f} s   ({ours / len(found.levels):.3f} s per vertebra)")
    print(f"spine_summary     {summary:6.2f} s")
    print(f"scipy shapes      {peer:6.2f} s   ratio {ours / peer:.1f}")
    print(f"peak memory       {peak:6.2f} GB")


if __name__ == "__main__":
    main()
