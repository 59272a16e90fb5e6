"""Time and memory of the spine of a whole-spine scan, 512 x 512 x 600, beside peers that do part of the same work.

    python benchmarks/anatomy_whole_spine.py

The labels are those of a phantom C3-L5 (0.8 x 0.8 x 1 mm), set into 512 x 512 x 600 voxels; they are made once and kept
in the folder of temporary files. A peer that is not installed is named and left out:

- SimpleITK label shape statistics (volume, centroid, oriented box of each vertebra);
- TPTBox centroids (`pip install TPTBox`);
- Spinal Cord Toolbox is no package of PyPI and PyRadiomics has no wheel for this Python: neither is run.

CPU time is user and system time of this process and its threads, so that a busy machine does not count.
"""

import pickle
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from oncospine.anatomy import spine_from_labels
from oncospine.base import parse_levels
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind
from oncospine.phantom import PhantomSpec, make_phantom

SHAPE = (512, 512, 600)
CACHE = Path(tempfile.gettempdir()) / "oncospine-whole-spine.pickle"


def whole_spine() -> LabelMap:
    """The phantom's labels in the middle of the large grid."""
    if not CACHE.exists():
        spec = PhantomSpec(levels=parse_levels("C3-L5"), voxel_mm=(0.8, 0.8, 1.0), seed=7, thorax=False)
        made = make_phantom(spec).labels
        rows = [(label, str(item.kind), item.level) for label, item in made.structures.items()]
        CACHE.write_bytes(pickle.dumps((made.volume.array, made.volume.affine, rows, made.convention)))
    array, affine, rows, convention = pickle.loads(CACHE.read_bytes())
    first = [(size - own) // 2 for size, own in zip(SHAPE, array.shape, strict=True)]
    large = np.zeros(SHAPE, np.uint8)
    large[tuple(slice(start, start + own) for start, own in zip(first, array.shape, strict=True))] = array
    affine = affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ first
    structures = {label: Structure(kind=StructureKind(kind), level=level) for label, kind, level in rows}
    return LabelMap(volume=Volume(large, affine), structures=structures, convention=convention)


def measured(work) -> tuple[float, float]:
    """Wall and CPU seconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def simpleitk_shapes(labels: LabelMap) -> None:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(labels.volume.array.T)
    image.SetSpacing(tuple(float(step) for step in labels.grid.spacing_mm))
    shapes = SimpleITK.LabelShapeStatisticsImageFilter()
    shapes.ComputeOrientedBoundingBoxOn()
    shapes.Execute(image)


def tptbox_centroids(labels: LabelMap) -> None:
    import nibabel
    from TPTBox import NII
    from TPTBox.core.poi import calc_centroids

    calc_centroids(NII(nibabel.Nifti1Image(labels.volume.array, labels.volume.affine), seg=True))


def main() -> None:
    labels = whole_spine()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    wall, cpu = measured(lambda: spine_from_labels([labels], modality="CT"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{labels.volume.array.shape}: spine_from_labels {wall:.1f} s ({cpu:.1f} s CPU), peak {peak:.2f} GB")
    print(f"  (labels alone {before:.2f} GB)")
    for name, work in (("SimpleITK label shapes", simpleitk_shapes), ("TPTBox centroids", tptbox_centroids)):
        try:
            wall, cpu = measured(lambda work=work: work(labels))
        except ImportError as missing:
            print(f"{name}: not run, {missing.name} is not installed")
            continue
        print(f"{name} {wall:.1f} s ({cpu:.1f} s CPU)")


if __name__ == "__main__":
    main()
