"""A phantom as a case folder: NIfTI files, case.yaml and truth.json."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from oncospine.base import InputError, to_json, to_plain, write_atomically
from oncospine.geometry import Volume
from oncospine.phantom.phantom import Phantom
from oncospine.phantom.spec import Modality

GZIP_LEVEL = 1
"""Fast compression: phantoms are made to be read once."""


def write_phantom(phantom: Phantom, folder: Path) -> dict[str, str]:
    """Write one study folder; file names by what they hold.

    scan.nii.gz, labels.nii.gz (the convention of `phantom.labels`), tumour.nii.gz (compartments; only where there is
    one), parts.nii.gz, canal.nii.gz (`Phantom.neural`) and truth.json.
    """
    folder = Path(folder)
    volumes = {"scan": phantom.scan.volume, "labels": phantom.labels.volume}
    if phantom.tumour.array.any():
        volumes["tumour"] = phantom.tumour
    volumes |= {"parts": phantom.parts, "canal": phantom.neural}
    names = {}
    for name, volume in volumes.items():
        names[name] = f"{name}.nii.gz"
        write_nifti(volume, folder / names[name])
    names["truth"] = "truth.json"
    write_atomically(folder / names["truth"], to_json({"spec": phantom.spec, "truth": phantom.truth}))
    return names


def write_case(
    phantoms: Mapping[str, Phantom], folder: Path, *, record: Mapping[str, Any], dates: Mapping[str, str]
) -> Path:
    """Write a case folder: `record` is the content of case.yaml without its studies; one study per phantom id."""
    folder = Path(folder)
    if "studies" in record:
        raise InputError("record: the studies are written from the phantoms; leave 'studies' out")
    studies = []
    for key, phantom in phantoms.items():
        names = write_phantom(phantom, folder / "studies" / key)
        studies.append(_study(phantom, key, date=dates[key], names=names))
    path = folder / "case.yaml"
    text = yaml.safe_dump({**to_plain(record), "studies": studies}, sort_keys=False, allow_unicode=True, width=100)
    write_atomically(path, text)
    return path


def _study(phantom: Phantom, key: str, *, date: str, names: Mapping[str, str]) -> dict[str, Any]:
    place = f"studies/{key}"
    masks = [
        {"path": f"{place}/{names['labels']}", "convention": phantom.labels.convention, "what": "anatomy"},
    ]
    if "tumour" in names:
        masks.append({"path": f"{place}/{names['tumour']}", "convention": "tumour_compartments", "what": "tumour"})
    for mask in masks:
        mask["made_by"] = "oncospine phantom"
    is_ct = phantom.spec.modality is Modality.CT
    study: dict[str, Any] = {
        "id": key,
        "date": date,
        "modality": "CT" if is_ct else "MR",
        "scan": f"{place}/{names['scan']}",
    }
    if not is_ct:
        study["sequence"] = "T2"
    return {
        **study,
        "masks": masks,
        "position": "standing" if phantom.spec.posture.standing else "supine",
        "contrast": "yes" if phantom.spec.contrast else "no",
        "phase": "preoperative",
        "notes": "Simulated images (phantom); not a patient's scan.",
    }


def write_nifti(volume: Volume, path: Path) -> None:
    """Write a volume as compressed NIfTI, whole or not at all; the same volume gives the same bytes."""
    import gzip

    import nibabel as nib

    image = nib.Nifti1Image(np.asarray(volume.array), volume.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(volume.affine, code=1)
    image.set_qform(volume.affine, code=1)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path.parent) as stream:
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=GZIP_LEVEL, mtime=0) as packed:
            image.to_stream(packed)
        stream.seek(0)
        write_atomically(path, stream.read())
