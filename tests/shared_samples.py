"""What the tests of several rooms measure: label maps of phantoms, and the real CT with a simulated tumour of T3-T4."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oncospine.anatomy import Spine, spine_from_labels
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Scan, convention, read_labels, read_scan
from oncospine.lesion import Findings, measured_findings
from oncospine.phantom import Phantom

SHARED = Path(__file__).parents[2] / "shared" / "data"


def labelled(volume: Volume, name: str = "tumour_compartments") -> LabelMap:
    """A volume as a label map of a known convention."""
    named = convention(name)
    return LabelMap(volume=volume, structures=named.structures, convention=named.name)


def ct_spine(source: Phantom) -> Spine:
    """The spine of a phantom as CT sees it: bones and the sac."""
    return spine_from_labels([source.labels], modality="CT")


def ct_findings(source: Phantom, spine: Spine) -> Findings:
    """The findings of a phantom with its own tumour, as labelled."""
    return measured_findings(spine, labelled(source.tumour), source.scan)


def shared(relative: str) -> Path:
    """A file of the shared data, or a skip that names it."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared data absent: {relative}")
    return path


@cache
def real_labels() -> LabelMap:
    path = shared("lidc0001_thoracic/upperthoracic_wide_totalseg.nii.gz")
    return read_labels(path, convention="totalsegmentator_total_diffdrr")


@cache
def real_spine() -> Spine:
    return spine_from_labels([real_labels()], modality="CT")


@cache
def real_tumour(name: str = "tumour_compartments") -> LabelMap:
    return read_labels(shared("lidc0001_sim_tumour_T3T4/tumour_truth.nii.gz"), convention=name)


@cache
def real_scan() -> Scan:
    return read_scan(shared("lidc0001_sim_tumour_T3T4/ct_simulated.nii.gz"), modality="CT")


@cache
def real_findings() -> Findings:
    return measured_findings(real_spine(), real_tumour(), real_scan())


def real_truth() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(shared("lidc0001_sim_tumour_T3T4/truth.json").read_text("utf-8"))
    return found
