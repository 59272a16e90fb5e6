"""Segmentation engines that are installed beside oncospine: called, listened to, and their output checked."""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from oncospine.base import InputError, MissingExtraError, Progress, content_hash, read_yaml, silent
from oncospine.imaging.foreign_text import printable
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.reading import read_labels
from oncospine.imaging.same_grid import require_same_grid
from oncospine.imaging.scan import Scan
from oncospine.imaging.study_import import ImportedMask
from oncospine.imaging.writing import write_nifti

_LAST_LINES = 5
"""Lines of an engine's output that the message of a failure repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOutput:
    """A file the engine writes: where, under which convention, and what we call it."""

    pattern: str
    convention: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine and task. `arguments` may hold {scan}, {scan_folder}, {output}, {output_folder}."""

    name: str
    title: str
    modality: str
    program: str
    arguments: tuple[str, ...]
    input_name: str
    outputs: tuple[EngineOutput, ...]
    install: str
    source: str

    def found(self) -> str | None:
        """Path of the program: on the PATH, or beside the Python that runs us."""
        return shutil.which(self.program) or shutil.which(self.program, path=str(Path(sys.executable).parent))


def engines() -> Mapping[str, Engine]:
    """All engines we know how to call, installed or not."""
    return _all()


def engine(name: str) -> Engine:
    """The engine of that name; `InputError` with the nearest name otherwise."""
    found = _all().get(name)
    if found is None:
        near = difflib.get_close_matches(name, _all(), n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(f"unknown segmentation engine '{printable(name)}': {hint}Known: {', '.join(_all())}")
    return found


def segment(scan: Scan, dest: Path, *, engine_name: str, progress: Progress = silent) -> tuple[ImportedMask, ...]:
    """Run the engine on the scan and write its checked label maps into the folder `dest`.

    The engine sees voxels and geometry only. A mask that is not on the grid of the scan, has labels its convention
    does not know, or is empty is refused and nothing is written.
    """
    chosen = engine(engine_name)
    program = chosen.found()
    if program is None:
        raise MissingExtraError(f"{chosen.title} is not installed ({chosen.program} not found): {chosen.install}")
    if scan.modality not in {chosen.modality, "unknown"}:
        raise InputError(f"engine '{chosen.name}' is made for {chosen.modality}; this scan is {scan.modality}")
    with tempfile.TemporaryDirectory(prefix="oncospine-segment-") as folder:
        work = Path(folder)
        for part in ("input", "output"):
            (work / part).mkdir()
        progress("preparing the scan", None)
        write_nifti(scan.volume, work / "input" / chosen.input_name)
        _run(chosen, program, work, progress=progress)
        found = [(output, _checked(chosen, output, work, scan)) for output in chosen.outputs]
    return tuple(_kept(labels, dest / f"{chosen.name}_{output.name}.nii.gz") for output, labels in found)


def command(chosen: Engine, program: str, work: Path) -> list[str]:
    """The command as a list of words; it never passes through a shell."""
    places = {
        "scan": work / "input" / chosen.input_name,
        "scan_folder": work / "input",
        "output": work / "output" / "labels.nii.gz",
        "output_folder": work / "output",
    }
    return [program, *(word.format(**{name: str(path) for name, path in places.items()}) for word in chosen.arguments)]


def _run(chosen: Engine, program: str, work: Path, *, progress: Progress) -> None:
    """Run and pass the engine's own progress on; a failure repeats its last lines."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command(chosen, program, work),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        bufsize=1,
    ) as process:
        try:
            for line in process.stdout or ():
                text = printable(line.strip().split("\r")[-1])
                if text:
                    last.append(text)
                    progress(f"{chosen.program}: {text}", _fraction(text))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        said = " | ".join(last) or "nothing"
        raise InputError(f"{chosen.program} failed (exit code {process.returncode}); it said: {said}")


def _fraction(text: str) -> float | None:
    percent = re.search(r"\b(\d{1,3})%", text)
    return min(int(percent[1]) / 100, 1.0) if percent else None


def _checked(chosen: Engine, output: EngineOutput, work: Path, scan: Scan) -> LabelMap:
    files = sorted(work.glob(output.pattern))
    if len(files) != 1:
        raise InputError(
            f"{chosen.program} ended without error but wrote {len(files)} files where one was expected "
            f"({output.pattern}); its version may differ from the one this adapter was made for"
        )
    labels = read_labels(files[0], convention=output.convention)
    require_same_grid(scan, labels, ("the scan", f"the output of {chosen.program}"))
    return labels


def _kept(labels: LabelMap, file: Path) -> ImportedMask:
    write_nifti(labels.volume, file)
    return ImportedMask(file=file.name, convention=labels.convention, hash=content_hash(file), notes=labels.notes)


@cache
def _all() -> Mapping[str, Engine]:
    table = read_yaml("oncospine.imaging", "data", "engines.yaml")
    return MappingProxyType(
        {
            name: Engine(
                name=name,
                title=row["title"],
                modality=row["modality"],
                program=row["program"],
                arguments=tuple(row["arguments"]),
                input_name=row["input_name"],
                outputs=tuple(EngineOutput(**output) for output in row["outputs"]),
                install=row["install"],
                source=row["source"],
            )
            for name, row in table.items()
        }
    )
