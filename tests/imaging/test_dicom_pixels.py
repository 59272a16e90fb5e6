"""Values of DICOM pixels: transfer syntaxes, rescale, padding, bits; multi-frame images."""

import io

import numpy as np
import pytest
from dicom_checks import refused, same_patient
from imaging_samples import ct_series, dicom_folder, enhanced, intensities
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from oncospine.imaging import read_scan


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_uncompressed_syntaxes(tmp_path, syntax):
    slices = ct_series()
    for number, data in enumerate(slices):
        data.file_meta.TransferSyntaxUID = syntax
        big = syntax == ExplicitVRBigEndian
        if big:
            data.PixelData = np.frombuffer(data.PixelData, "<i2").astype(">i2").tobytes()
            data["PixelData"].VR = "OW"
        stream = io.BytesIO()
        data.save_as(
            stream, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=not big, enforce_file_format=True
        )
        (tmp_path / f"{number}.dcm").write_bytes(stream.getvalue())
    same_patient(read_scan(tmp_path))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_syntaxes_compressed_by_pydicom(tmp_path, syntax):
    slices = ct_series()
    for data in slices:
        data.compress(syntax, generate_instance_uid=False)
    same_patient(read_scan(dicom_folder(tmp_path / "d", slices)))


@pytest.mark.parametrize(
    ("compressor", "syntax"),
    [("JPEG2000", "1.2.840.10008.1.2.4.90"), ("JPEG", "1.2.840.10008.1.2.4.70")],
)
def test_syntaxes_compressed_by_gdcm(tmp_path, compressor, syntax):
    """Pixels compressed by another program, put back into the sample slices."""
    import SimpleITK as sitk  # noqa: N813
    from pydicom import dcmread

    slices = ct_series()
    for data in slices:
        stored = np.frombuffer(data.PixelData, "<i2").reshape(data.Rows, data.Columns)
        writer = sitk.ImageFileWriter()
        writer.UseCompressionOn()
        writer.SetCompressor(compressor)
        writer.SetFileName(str(tmp_path / "one.dcm"))
        writer.Execute(sitk.GetImageFromArray(stored[None].copy()))
        packed = dcmread(tmp_path / "one.dcm")
        assert packed.file_meta.TransferSyntaxUID == syntax
        data.file_meta.TransferSyntaxUID = syntax
        data.PixelData = packed.PixelData
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
    (tmp_path / "one.dcm").unlink()
    same_patient(read_scan(dicom_folder(tmp_path / "d", slices)))


def test_lossy_compression_is_noted(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(LossyImageCompression="01")))
    assert any("compressed with loss" in note for note in scan.notes)


def test_every_slice_has_its_own_rescale(tmp_path):
    slices = ct_series()
    for k, data in enumerate(slices):
        stored = np.frombuffer(data.PixelData, "<i2") - 1024
        data.RescaleSlope, data.RescaleIntercept = 0.5, k
        data.PixelData = ((stored - k) * 2).astype(np.int16).tobytes()
    same_patient(read_scan(dicom_folder(tmp_path / "d", slices)))


def test_padding_of_the_other_sign_is_found_and_set_to_air(tmp_path):
    """GE stores -2000 as padding of signed pixels and 63536 in the header (as in LIDC-IDRI)."""
    slices = ct_series(PixelPaddingValue=63536)
    for data in slices:
        data["PixelPaddingValue"].VR = "US"
        pixels = np.frombuffer(data.PixelData, "<i2").copy()
        pixels[:5] = -2000
        data.PixelData = pixels.tobytes()
    scan = read_scan(dicom_folder(tmp_path / "d", slices))
    assert (scan.volume.array[:5, 0, :] == -1024).all()
    np.testing.assert_array_equal(scan.volume.array[:, 1:], intensities()[:, 1:])
    assert any("40 voxels" in note and "padding" in note for note in scan.notes)


def test_bits_that_do_not_belong_to_the_pixel_are_ignored(tmp_path):
    slices = ct_series(BitsStored=12, HighBit=11, PixelRepresentation=0)
    for data in slices:
        pixels = np.frombuffer(data.PixelData, "<u2").copy()
        pixels[::3] |= 0xF000
        data.PixelData = pixels.tobytes()
    same_patient(read_scan(dicom_folder(tmp_path / "d", slices)))


def test_signed_twelve_bit_pixels_keep_their_sign(tmp_path):
    slices = ct_series(BitsStored=12, HighBit=11, RescaleIntercept=0)
    for data in slices:
        pixels = (np.frombuffer(data.PixelData, "<i2") - 1024).astype(np.int16)
        data.PixelData = (pixels.astype(np.uint16) & 0x0FFF).tobytes()
    same_patient(read_scan(dicom_folder(tmp_path / "d", slices)))


def test_a_ct_without_rescale_says_that_it_may_not_be_hounsfield(tmp_path):
    slices = ct_series(RescaleSlope=None, RescaleIntercept=None)
    scan = read_scan(dicom_folder(tmp_path / "d", slices))
    assert any("may not be Hounsfield" in note for note in scan.notes)


def test_truncated_pixels(tmp_path):
    slices = ct_series()
    slices[2].PixelData = slices[2].PixelData[:-50]
    refused(r"DICOM file number \d+: truncated", dicom_folder(tmp_path / "d", slices))


@pytest.mark.parametrize("kind", ["CT", "MR"])
def test_enhanced_multi_frame_is_the_same_volume(tmp_path, kind):
    data = enhanced(intensities(), frame_order=[3, 1, 7, 0, 2, 6, 5, 4], kind=kind)
    scan = read_scan(dicom_folder(tmp_path / "d", [data]))
    same_patient(scan)
    assert scan.modality == kind
    assert scan.slice_thickness_mm == 2.5
