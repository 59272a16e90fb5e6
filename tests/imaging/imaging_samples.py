"""Small asymmetric images made with a formula, and files of them in every format the room reads."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SHARED = Path(__file__).parents[3] / "shared" / "data"

NAME = "Zzyzx^Philippa"
PATIENT_ID = "HOSP-4711-SECRET"
BIRTH = "19610203"
IDENTIFIERS = (NAME, "Zzyzx", "Philippa", PATIENT_ID, "SECRET", BIRTH, "Dr^Quux", "Quux", "ACC-998877", "St. Elsewhere")
"""Everything in the sample headers that must never come out again."""

RAS = np.array([[0.8, 0, 0, -20.0], [0, 0.7, 0, 11.0], [0, 0, 2.5, -300.0], [0, 0, 0, 1]])


def shared(relative: str) -> Path:
    """A file of the shared data, or a skip that names it."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared data absent: {relative}")
    return path


def intensities(shape: tuple[int, int, int] = (12, 10, 8), dtype: Any = np.int16) -> np.ndarray:
    """Values that differ along every axis and are symmetric about none."""
    i, j, k = np.indices(shape)
    return (i * 37 + j * 11 - k * 53 + (i > 7) * (j < 3) * 400 - 300).astype(dtype)


def labels(shape: tuple[int, int, int] = (12, 10, 8)) -> np.ndarray:
    """T3 (41) above T4 (40) of TotalSegmentator `total`, with the sac (79) behind."""
    array = np.zeros(shape, np.uint8)
    array[3:9, 5:9, 5:8] = 41
    array[3:9, 5:9, 1:4] = 40
    array[5:7, 2:4, :] = 79
    return array


def nifti(path: Path, array: np.ndarray, affine: np.ndarray = RAS, **header: Any) -> Path:
    """Write a NIfTI file; `header` fields are set as given."""
    image = nib.Nifti1Image(array, affine)
    for name, value in header.items():
        image.header[name] = value
    nib.save(image, path)
    return path


def raw_nifti(path: Path, array: np.ndarray, **fields: Any) -> Path:
    """Write a NIfTI file whose header may be as wrong as wanted."""
    header = nib.Nifti1Image(np.zeros((2, 2, 2), array.dtype), RAS).header.copy()
    header["dim"][:] = 1
    header["dim"][0] = array.ndim
    header["dim"][1 : array.ndim + 1] = array.shape
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    header["scl_slope"], header["scl_inter"] = 1, 0
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(header.binaryblock + b"\0" * 4 + array.tobytes(order="F"))
    return path


def ct_slice(
    pixels: np.ndarray,
    *,
    position: tuple[float, float, float],
    number: int,
    orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
    series: str = "1.2.3.4.5",
    spacing: tuple[float, float] = (0.7, 0.8),
    **tags: Any,
) -> Dataset:
    """A classic CT slice with a full set of identifying tags. `pixels` are (rows, columns) stored values."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data.SOPInstanceUID = generate_uid(entropy_srcs=[series, str(number), str(tags.get("EchoNumbers"))])
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.PatientName, data.PatientID, data.PatientBirthDate = NAME, PATIENT_ID, BIRTH
    data.PatientSex, data.PatientAge = "F", "052Y"
    data.ReferringPhysicianName, data.AccessionNumber = "Dr^Quux", "ACC-998877"
    data.InstitutionName = "St. Elsewhere"
    data.SeriesDescription = f"SPINE {NAME} <script>alert(1)</script>"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20130517"
    data.StudyTime = data.AcquisitionTime = "101112"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.4", series
    data.FrameOfReferenceUID, data.StudyID = "1.2.3.9", "ACC-998877"
    data.SeriesNumber, data.Manufacturer = 3, "ACME"
    data.Modality, data.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.InstanceNumber = number
    data.PatientPosition = "HFS"
    data.ImagePositionPatient, data.ImageOrientationPatient = list(position), list(orientation)
    data.PixelSpacing, data.SliceThickness = list(spacing), 2.5
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
    data.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.add_new(0x00091001, "LO", NAME)
    data.add_new(0x00090010, "LO", "ACME 1.0")
    for name, value in tags.items():
        if value is None:
            del data[name]
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                setattr(data, name, value)
    data.PixelData = pixels.tobytes()
    return data


def ct_series(volume: np.ndarray | None = None, *, step: float = 2.5, **tags: Any) -> list[Dataset]:
    """Slices of `volume` (i to the left, j to the back, k up: DICOM's LPS), as HU; InstanceNumber runs downwards."""
    array = intensities() if volume is None else volume
    count = array.shape[2]
    return [
        ct_slice(
            (array[:, :, k].T + 1024).astype(np.int16), position=(-30.0, -40.0, k * step), number=count - k, **tags
        )
        for k in range(count)
    ]


def as_bytes(data: Dataset) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def dicom_folder(folder: Path, slices: list[Dataset]) -> Path:
    """The slices as files, in a shuffled order of names."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(slices):
        (folder / f"{(index * 7) % 101:03d}_{index}.dcm").write_bytes(as_bytes(data))
    return folder


def dicom_zip(path: Path, slices: list[Dataset]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, data in enumerate(slices):
            archive.writestr(f"{NAME}/{index}.dcm", as_bytes(data))
    return path


def enhanced(array, *, frame_order, kind="CT"):
    """One enhanced object with the planes of `array` in the given order of frames."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = {"CT": "1.2.840.10008.5.1.4.1.1.2.1", "MR": "1.2.840.10008.5.1.4.1.1.4.1"}[kind]
    data.SOPInstanceUID = generate_uid()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.PatientName, data.PatientID = "Zzyzx^Philippa", "HOSP-4711-SECRET"
    data.SeriesInstanceUID, data.StudyInstanceUID, data.Modality = "1.2.77", "1.2.7", kind
    data.Rows, data.Columns, data.NumberOfFrames = array.shape[1], array.shape[0], array.shape[2]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    shared_item, orientation, measures, rescale = Dataset(), Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.8], 2.5
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = 1, -1024, "HU"
    shared_item.PlaneOrientationSequence = Sequence([orientation])
    shared_item.PixelMeasuresSequence = Sequence([measures])
    shared_item.PixelValueTransformationSequence = Sequence([rescale])
    data.SharedFunctionalGroupsSequence = Sequence([shared_item])
    frames = []
    for k in frame_order:
        item, position = Dataset(), Dataset()
        position.ImagePositionPatient = [-30.0, -40.0, k * 2.5]
        item.PlanePositionSequence = Sequence([position])
        frames.append(item)
    data.PerFrameFunctionalGroupsSequence = Sequence(frames)
    data.PixelData = b"".join((array[:, :, k].T + 1024).astype(np.int16).tobytes() for k in frame_order)
    return data
