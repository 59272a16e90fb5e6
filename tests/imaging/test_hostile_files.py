"""Damaged and hostile files: an answer or an `OncospineError` that tells nothing of the patient, nothing else."""

import functools
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imaging_samples import IDENTIFIERS, as_bytes, ct_series, enhanced, intensities, labels, nifti
from test_dicom_segmentations import rectangle, rtstruct, two_vertebrae, write_seg
from test_nrrd_reading import SEGMENTS, layers, nrrd

from oncospine.base import OncospineError
from oncospine.geometry import Grid
from oncospine.imaging import deidentified_series, read_labels, read_mask, read_scan

FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LONG = settings(FUZZ, max_examples=600)
GRID = Grid((12, 10, 8), np.array([[-0.8, 0, 0, 30], [0, -0.7, 0, 40], [0, 0, 2.5, 0], [0, 0, 0, 1]]))


@functools.cache
def sample(kind):
    """A valid file of each kind, as name and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if kind == "nifti":
            return "x.nii", nifti(path / "x.nii", intensities()).read_bytes()
        if kind == "nifti labels":
            return "x.nii", nifti(path / "x.nii", labels()).read_bytes()
        if kind == "gzip":
            return "x.nii.gz", nifti(path / "x.nii.gz", intensities()).read_bytes()
        if kind == "nrrd":
            return "x.nrrd", nrrd(path / "x.nrrd", intensities()).read_bytes()
        if kind == "seg.nrrd":
            return "x.seg.nrrd", nrrd(path / "x.seg.nrrd", layers(), extra=SEGMENTS).read_bytes()
        if kind == "seg":
            return "x.dcm", write_seg(path / "x.dcm", ct_series(), two_vertebrae()).read_bytes()
        if kind == "rtstruct":
            return "x.dcm", rtstruct(path / "x.dcm", [rectangle((2, 6), (3, 7), k) for k in (2, 3)]).read_bytes()
        if kind == "enhanced":
            return "x.dcm", as_bytes(enhanced(intensities(), frame_order=range(8)))
        return "x.dcm", as_bytes(ct_series()[3])


@functools.cache
def whole_series():
    return tuple(as_bytes(data) for data in ct_series())


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.binary(min_size=1, max_size=4)),
        st.tuples(st.just("cut"), st.floats(0, 1), st.just(b"")),
        st.tuples(st.just("drop"), st.floats(0, 1), st.binary(min_size=1, max_size=9)),
        st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=9)),
    ),
    min_size=1,
    max_size=6,
)


def mutated(content, changes, *, head=1.0):
    """The bytes with the changes applied; `head` is the part of the file in which they fall (headers come first)."""
    data = bytearray(content)
    for what, where, value in changes:
        at = int(where * head * max(len(data) - 1, 0))
        if what == "set":
            data[at : at + len(value)] = value
        elif what == "cut":
            del data[max(at, 8) :]
        elif what == "drop":
            del data[at : at + len(value)]
        else:
            data[at:at] = value
    return bytes(data)


def answers(read):
    """Run the reader: an answer, or a deliberate error without a trace of the patient."""
    error: OncospineError | None = None
    try:
        read()
    except OncospineError as raised:
        error = raised
    if error is not None:
        assert not [word for word in IDENTIFIERS if word in str(error)]
        assert error.__cause__ is None
        assert len(str(error)) < 5000


def read_everything(kind, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / sample(kind)[0]
        path.write_bytes(content)
        if kind in {"nifti", "gzip", "nrrd", "enhanced", "slice"}:
            answers(lambda: read_scan(path))
        else:
            convention = "totalsegmentator_total" if kind == "nifti labels" else "segment_names"
            answers(lambda: read_labels(path, convention=convention, onto=GRID))
            answers(lambda: read_mask(path, convention=convention, onto=GRID))
        answers(lambda: read_labels(path, convention="recognise"))


KINDS = ["nifti", "nifti labels", "gzip", "nrrd", "seg.nrrd", "seg", "rtstruct", "enhanced", "slice"]


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind):
    @FUZZ
    @given(CHANGES, st.sampled_from([0.02, 0.2, 1.0]))
    def run(changes, head):
        read_everything(kind, mutated(sample(kind)[1], changes, head=head))

    run()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_files(kind):
    @LONG
    @given(CHANGES, st.sampled_from([0.02, 0.2, 1.0]))
    def run(changes, head):
        read_everything(kind, mutated(sample(kind)[1], changes, head=head))

    run()


@FUZZ
@given(st.integers(0, 7), CHANGES, st.sampled_from([0.5, 1.0]))
def test_one_damaged_slice_in_a_series(number, changes, head):
    with tempfile.TemporaryDirectory() as folder:
        for index, content in enumerate(whole_series()):
            data = mutated(content, changes, head=head) if index == number else content
            (Path(folder) / f"{index}.dcm").write_bytes(data)
        answers(lambda: read_scan(Path(folder)))
        answers(lambda: list(deidentified_series(Path(folder), pseudonym="P1", key=bytes(32))))


@FUZZ
@given(CHANGES)
def test_damaged_archives(changes):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, content in enumerate(whole_series()):
            archive.writestr(f"{index}.dcm", content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(mutated(stream.getvalue(), changes))
        answers(lambda: read_scan(path))


@FUZZ
@given(st.binary(max_size=4000), st.sampled_from(["x.nii", "x.nii.gz", "x.nrrd", "x.seg.nrrd", "x.dcm", "x.zip"]))
def test_noise_under_any_name(content, name):
    with tempfile.TemporaryDirectory() as folder:
        for data in (content, gzip.compress(content), b"\0" * 128 + b"DICM" + content, b"NRRD0004\n" + content):
            path = Path(folder) / name
            path.write_bytes(data)
            answers(lambda path=path: read_scan(path))
            answers(lambda path=path: read_labels(path, convention="recognise"))


HOSTILE = [
    "../../../etc/passwd",
    "<script>alert('x')</script>",
    "$(rm -rf ~); `id` | tee x",
    "\x1b[2Jred\x07",
    "A" * 60_000,
    "%s%n{0.__class__}",
    "名前\u202e\u0000",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_tags_goes_nowhere(tmp_path, text):
    slices = ct_series(
        SpecificCharacterSet="ISO_IR 192",
        SeriesDescription=text[:64],
        PatientName=text[:64],
        ProtocolName=text[:64],
        InstitutionName=text[:64],
        ImageComments=text,
        BodyPartExamined=text.encode("ascii", "replace").decode()[:16],
    )
    for index, data in enumerate(slices):
        (tmp_path / f"{index}.dcm").write_bytes(as_bytes(data))
    scan = read_scan(tmp_path)
    told = f"{scan.source} {scan.notes} {scan.content_hash}"
    assert text[:12] not in told
    assert sorted(item.name for item in tmp_path.iterdir()) == [f"{index}.dcm" for index in range(8)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_segment_names_are_made_harmless(tmp_path, text):
    line = SEGMENTS.replace("Segment_3", text.replace("\n", " ")).replace("39607008", "1")
    found = read_labels(nrrd(tmp_path / "x.seg.nrrd", layers(), extra=line), convention="segment_names")
    told = " ".join(found.notes)
    assert not set(told) & set("<>\x1b\x07\x00`$&\u202e")
    assert len(told) < 1000
