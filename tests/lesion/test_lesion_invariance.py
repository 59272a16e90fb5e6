"""Findings do not depend on how the scan is stored, nor on where the patient lies; a mirrored patient mirrors them."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from lesion_samples import coarse, findings_of, mr_findings_of, other_side, phantom, summary_json

from oncospine.anatomy import spine_from_labels
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Scan
from oncospine.lesion import impression, measured_findings
from oncospine.phantom import AXIS_CODES, reoriented
from shared_samples import labelled, real_findings, real_labels, real_tumour


def stored_as(source: LabelMap, axes: str) -> LabelMap:
    return replace(source, volume=reoriented(source.volume, axes))


def scanned_as(source: Scan, axes: str) -> Scan:
    return replace(source, volume=reoriented(source.volume, axes))


def measured_as(axes: str) -> str:
    source = coarse()
    spine = spine_from_labels([stored_as(source.labels, axes)], modality="CT")
    tumour = stored_as(labelled(source.tumour), axes)
    return summary_json(measured_findings(spine, tumour, scanned_as(source.scan, axes)))


@pytest.mark.parametrize("axes", ["LPS", "SAL", "IPR"])
def test_another_axis_order_gives_the_same_bytes(axes):
    assert measured_as(axes) == measured_as("RAS")


@pytest.mark.slow
def test_all_48_axis_orders_give_the_same_bytes():
    first = measured_as("RAS")
    assert [axes for axes in AXIS_CODES if measured_as(axes) != first] == []


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_real_case_gives_the_same_bytes_in_another_axis_order():
    expected = summary_json(measured_findings(spine_from_labels([real_labels()], modality="CT"), real_tumour()))
    for axes in ("LPS", "AIR"):
        spine = spine_from_labels([stored_as(real_labels(), axes)], modality="CT")
        assert summary_json(measured_findings(spine, stored_as(real_tumour(), axes))) == expected


def swapped_words(text: str) -> str:
    """Left for right and right for left, in every word."""
    return re.sub(r"left|right", lambda found: "right" if found[0] == "left" else "left", text)


def mirrored_sectors(text: str) -> str:
    """Sectors in the text of the mirrored patient: s becomes 13 - s; the first run of numbers becomes the last."""

    def other(found: re.Match[str]) -> str:
        runs = [[13 - int(number) for number in reversed(run.split("-"))] for run in reversed(found[1].split(", "))]
        return f"sectors {', '.join('-'.join(map(str, run)) for run in runs)}, layers"

    return re.sub(r"sectors ([-\d, ]+), layers", other, text)


def mirrored_plain(value, key=""):
    """Plain findings of the mirrored patient, out of those of the patient."""
    if isinstance(value, dict):
        if key in {"sector_layers", "bone_fraction"}:
            return {str(13 - int(name)): item for name, item in value.items()}
        return {swapped_words(name): mirrored_plain(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [mirrored_plain(item, key) for item in value]
        if key in {"sectors", "margin"} and all(isinstance(item, int) for item in value):
            return sorted(13 - item for item in value)
        return items
    if isinstance(value, str):
        text = swapped_words(value)
        return mirrored_sectors(text) if key == "impression" else text
    if key in {"direction_deg", "clock_deg"} and value is not None:
        return (360 - value) % 360
    return value


def ordered(value):
    """Plain data without the order of names and lists that sides decide, and without places in the scanner."""
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value) if name != "centre_mm"}
    if isinstance(value, list):
        items = [ordered(item) for item in value]
        if items and all(isinstance(item, str) for item in items):
            return sorted(items)
        if items and all(isinstance(item, dict) for item in items):
            return sorted(items, key=lambda item: [str(word) for word in item.values() if isinstance(word, str)])
        return items
    return value


def close(one, other, path="", tolerance=2e-6):
    """Where two plain values differ; numbers may differ in their last written digit."""
    if isinstance(one, dict) and isinstance(other, dict):
        if set(one) != set(other):
            return [f"{path}: {sorted(set(one) ^ set(other))}"]
        return [item for name in one for item in close(one[name], other[name], f"{path}/{name}", tolerance)]
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return [f"{path}: length {len(one)} against {len(other)}"]
        return [
            item
            for index, pair in enumerate(zip(one, other, strict=True))
            for item in close(*pair, f"{path}[{index}]", tolerance)
        ]
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return [] if abs(one - other) <= tolerance else [f"{path}: {one} against {other}"]
    return [] if one == other else [f"{path}: {one!r} against {other!r}"]


def mirror_differences(findings, mirror) -> list[str]:
    expected = mirrored_plain(json.loads(summary_json(findings)))
    return close(ordered(expected), ordered(json.loads(summary_json(mirror))))


def test_the_mirrored_patient_has_the_mirrored_findings_word_for_word():
    assert mirror_differences(findings_of(phantom()), findings_of(other_side())) == []


def test_the_mirrored_patient_has_the_mirrored_findings_on_mr():
    assert mirror_differences(mr_findings_of(phantom()), mr_findings_of(other_side())) == []


@pytest.mark.shared_data
def test_the_mirrored_real_patient_has_the_mirrored_findings():
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    names = real_labels().structures
    swapped = {
        label: item if item.side is None else replace(item, side=item.side.other) for label, item in names.items()
    }
    labels = replace(
        real_labels(),
        volume=Volume(real_labels().volume.array, flip @ real_labels().volume.affine),
        structures=swapped,
    )
    tumour = replace(real_tumour(), volume=Volume(real_tumour().volume.array, flip @ real_tumour().volume.affine))
    mirror = measured_findings(spine_from_labels([labels], modality="CT"), tumour)
    plain = replace(real_findings(), density=None)
    assert mirror_differences(plain, mirror) == []


@pytest.mark.parametrize("found", [findings_of, mr_findings_of])
def test_the_impression_of_the_mirrored_patient_is_the_mirrored_impression_to_the_letter(found):
    text, mirror = impression(found(phantom())), impression(found(other_side()))
    assert mirrored_sectors(swapped_words(text)) == mirror
    assert text != mirror
    assert mirrored_sectors(swapped_words(mirror)) == text


def test_sectors_are_mirrored_in_the_text_as_by_hand():
    assert mirrored_sectors("T3 sectors 3-8, 11, layers A") == "T3 sectors 2, 5-10, layers A"


def rigid(degrees: float, axis: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    moved = np.eye(4)
    moved[:3, :3] = Rotation.from_rotvec(np.radians(degrees) * np.array(axis) / np.linalg.norm(axis)).as_matrix()
    moved[:3, 3] = shift
    return moved


@pytest.mark.parametrize("degrees", [0.0, 17.0])
def test_moving_the_patient_keeps_volumes_exactly_and_fractions_within_interpolation(degrees):
    source = coarse()
    move = rigid(degrees, (0.3, -0.5, 0.8), (31.0, -250.0, 807.5))

    def moved(volume: Volume) -> Volume:
        return Volume(volume.array, move @ volume.affine)

    spine = spine_from_labels([replace(source.labels, volume=moved(source.labels.volume))], modality="CT")
    found = measured_findings(spine, labelled(moved(source.tumour)))
    first = findings_of(source)
    assert found.volume_ml.value == pytest.approx(first.volume_ml.value, rel=1e-9)
    assert found.involved_levels == first.involved_levels
    assert found.dominant_side is first.dominant_side
    for level, own in first.levels.items():
        assert found.levels[level].bone_ml == pytest.approx(own.bone_ml, rel=1e-9)
        assert found.levels[level].body_fraction == pytest.approx(own.body_fraction, abs=0.02)
    assert found.worst.canal_occupation.value == pytest.approx(first.worst.canal_occupation.value, abs=0.03)
    assert found.worst.direction == first.worst.direction
