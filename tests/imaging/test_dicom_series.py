import io
import zipfile

import numpy as np
import pytest
from imaging_samples import IDENTIFIERS, as_bytes, ct_series, ct_slice, dicom_folder, dicom_zip, intensities, shared
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from oncospine.base import InputError
from oncospine.imaging import list_series, read_scan


def same_patient(scan, array=None):
    """The sample series as read: axes L, P, S with the values of `intensities`."""
    np.testing.assert_array_equal(scan.volume.array, intensities() if array is None else array)
    expected = np.array([[-0.8, 0, 0, 30], [0, -0.7, 0, 40], [0, 0, 2.5, 0], [0, 0, 0, 1]])
    np.testing.assert_allclose(scan.volume.affine, expected, atol=1e-9)


def test_slices_are_sorted_by_place_not_by_number(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series()))
    same_patient(scan)
    assert scan.modality == "CT"
    assert scan.slice_thickness_mm == 2.5
    assert scan.source == "DICOM series, 8 slices"
    assert scan.volume.array.dtype == np.int16


def test_folder_zip_several_zips_and_single_files_are_one_scan(tmp_path):
    slices = ct_series()
    folder = dicom_folder(tmp_path / "d", slices)
    scans = [
        read_scan(folder),
        read_scan(dicom_zip(tmp_path / "a.zip", slices)),
        read_scan([dicom_zip(tmp_path / "b.zip", slices[5:]), dicom_zip(tmp_path / "c.zip", slices[:5])]),
        read_scan(sorted(folder.iterdir())),
    ]
    for scan in scans:
        same_patient(scan)
        assert scan.content_hash == scans[0].content_hash


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


@pytest.mark.parametrize(
    ("orientation", "axes"),
    [
        ((1, 0, 0, 0, 1, 0), "LPS"),
        ((-1, 0, 0, 0, -1, 0), "RAS"),
        ((0, 1, 0, 0, 0, -1), "PIR"),
        ((1, 0, 0, 0, 0, -1), "LIP"),
    ],
)
def test_prone_sagittal_and_coronal_series_keep_their_axes(tmp_path, orientation, axes):
    import nibabel as nib

    array = intensities()
    normal = np.cross(orientation[:3], orientation[3:])
    slices = [
        ct_slice(
            array[:, :, k].T, position=tuple(normal * k * 2.5), number=k, orientation=orientation, RescaleIntercept=0
        )
        for k in range(8)
    ]
    scan = read_scan(dicom_folder(tmp_path / "d", slices))
    np.testing.assert_array_equal(scan.volume.array, array)
    assert "".join(nib.aff2axcodes(scan.volume.affine)) == axes


def test_feet_first_changes_nothing_because_positions_are_those_of_the_patient(tmp_path):
    same_patient(read_scan(dicom_folder(tmp_path / "d", ct_series(PatientPosition="FFS"))))


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


def test_copies_are_read_once(tmp_path):
    slices = ct_series()
    scan = read_scan([dicom_folder(tmp_path / "d", slices), dicom_folder(tmp_path / "e", slices[:3])])
    same_patient(scan)
    assert any("3 files are there twice" in note for note in scan.notes)


def tilted(shape=(24, 30, 9), degrees=18.5, step=3.0):
    """Slices of a tilted gantry: the plane leans, the table moves along the patient; values linear in place."""
    angle = np.radians(degrees)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(angle), -np.sin(angle)])
    slices = []
    for k in range(shape[2]):
        origin = np.array([-10.0, -12.0, k * step])
        i, j = np.meshgrid(np.arange(shape[0]) * 0.8, np.arange(shape[1]) * 0.7, indexing="xy")
        place = origin + i[..., None] * row + j[..., None] * column
        values = np.rint(5 * (place @ [3.0, 5.0, 7.0])).astype(np.int16)
        slices.append(
            ct_slice(values, position=tuple(origin), number=k, orientation=(*row, *column), RescaleIntercept=0)
        )
    return slices


def test_a_tilted_gantry_is_straightened_and_every_value_stays_where_it_was(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", tilted()))
    assert scan.grid.is_orthogonal
    assert any("gantry tilt of 18.5 degrees" in note for note in scan.notes)
    array = scan.volume.array
    voxels = np.argwhere(array != -1024)
    world_lps = scan.grid.to_world(voxels) * (-1, -1, 1)
    expected = 5 * (world_lps @ [3.0, 5.0, 7.0])
    assert len(voxels) > 24 * 28 * 9
    assert np.abs(array[tuple(voxels.T)] - expected).max() <= 1.01
    spacing = scan.grid.spacing_mm
    assert spacing[2] == pytest.approx(3.0 * np.cos(np.radians(18.5)), abs=1e-6)


def test_slices_that_lean_more_than_any_gantry_are_refused(tmp_path):
    refused("lean by 50.0 degrees", dicom_folder(tmp_path / "d", tilted(degrees=50)))


# Refusals


def refused(match, path, **options):
    with pytest.raises(InputError, match=match) as caught:
        read_scan(path, **options)
    message = str(caught.value)
    assert not [word for word in IDENTIFIERS if word in message]
    return message


def test_a_missing_slice(tmp_path):
    slices = ct_series()
    del slices[3]
    refused(
        r"slices are missing: between slice 3 and 4 \(of 7\) there are 5.00 mm", dicom_folder(tmp_path / "d", slices)
    )


def test_two_different_images_at_one_place(tmp_path):
    slices = ct_series()
    other = ct_slice(np.zeros((10, 12), np.int16), position=(-30, -40, 5.0), number=99)
    refused("two different images lie at one place", dicom_folder(tmp_path / "d", [*slices, other]))


def test_uneven_spacing(tmp_path):
    slices = ct_series()
    slices[4].ImagePositionPatient = [-30, -40, 10.6]
    refused("not evenly spaced: 1.90 to 3.10", dicom_folder(tmp_path / "d", slices))


def test_slices_shifted_unevenly(tmp_path):
    slices = ct_series()
    slices[4].ImagePositionPatient = [-27, -40, 10]
    refused("shifted against each other", dicom_folder(tmp_path / "d", slices))


def test_spacing_wider_than_the_slices_is_noted(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(SliceThickness=1.0)))
    assert any("slices of 1 mm stand 2.5 mm apart" in note for note in scan.notes)


def test_a_single_slice(tmp_path):
    refused("one slice", dicom_folder(tmp_path / "d", ct_series()[:1]))


def test_a_mixed_study_is_listed_and_chosen_by_key(tmp_path):
    other = ct_series(intensities() + 5, series="9.8.7")
    folder = dicom_folder(tmp_path / "a", ct_series()).parent
    dicom_folder(tmp_path / "b", other[:6])
    message = refused("several series could be meant", folder)
    listed = list_series(folder)
    assert [item.images for item in listed] == [8, 6]
    assert all(item.described() in message for item in listed)
    same_patient(read_scan(folder, series=listed[0].key))
    assert read_scan(folder, series=listed[1].key).volume.array.shape == (12, 10, 6)
    refused("no series with that key", folder, series="nonsense")


def test_a_localizer_beside_the_series_is_left_out_and_noted(tmp_path):
    localizer = ct_slice(
        np.zeros((10, 12), np.int16), position=(0, 0, 0), number=1, series="7.7",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )  # fmt: skip
    scan = read_scan(dicom_folder(tmp_path / "d", [*ct_series(), localizer]))
    same_patient(scan)
    assert any("1 other image series" in note for note in scan.notes)


def test_echoes_in_one_series_are_offered_apart(tmp_path):
    one, two = ct_series(EchoNumbers=1), ct_series(intensities() + 9, EchoNumbers=2)
    folder = dicom_folder(tmp_path / "d", [*one, *two])
    refused("several series could be meant", folder)
    keys = [item.key for item in list_series(folder)]
    arrays = [read_scan(folder, series=key).volume.array for key in keys]
    assert {int((array - intensities()).max()) for array in arrays} == {0, 9}


def test_a_ct_without_rescale_says_that_it_may_not_be_hounsfield(tmp_path):
    slices = ct_series(RescaleSlope=None, RescaleIntercept=None)
    scan = read_scan(dicom_folder(tmp_path / "d", slices))
    assert any("may not be Hounsfield" in note for note in scan.notes)


def test_burned_in_text_is_warned_of(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(BurnedInAnnotation="YES")))
    assert any("burned into the pixels" in note for note in scan.notes)


def test_nothing_that_identifies_the_patient_gets_out(tmp_path):
    scan = read_scan(dicom_zip(tmp_path / "x.zip", ct_series()))
    text = f"{scan.source}{scan.notes}{scan.content_hash}{scan!r}{list_series(tmp_path)!r}"
    assert not [word for word in (*IDENTIFIERS, "script") if word in text]


def test_truncated_pixels(tmp_path):
    slices = ct_series()
    slices[2].PixelData = slices[2].PixelData[:-50]
    refused(r"DICOM file number \d+: truncated", dicom_folder(tmp_path / "d", slices))


@pytest.mark.parametrize(
    "tags",
    [
        {"PixelSpacing": [0, 0.8]},
        {"PixelSpacing": None},
        {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]},
        {"BitsStored": 99},
        {"Rows": 60000},
    ],
)
def test_damaged_geometry_is_refused(tmp_path, tags):
    refused("DICOM file number", dicom_folder(tmp_path / "d", ct_series(**tags)))


def test_what_is_there_instead_of_images_is_listed(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    data = ct_series()[0]
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.34"
    dicom_folder(tmp_path / "d", [data])
    refused("there is: 1 x Comprehensive 3D SR Storage, 1 x file that is not DICOM", tmp_path)


def test_a_deflated_file_is_refused_before_it_is_inflated(tmp_path):
    data = ct_series()[0]
    content = as_bytes(data).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"[:20])
    (tmp_path / "x.dcm").write_bytes(content[:128] + b"DICM" + b"1.2.840.10008.1.2.1.99" + content)
    refused("deflated", tmp_path)


@pytest.mark.parametrize("member", ["../../evil.dcm", "/etc/evil.dcm", "a/../../b.dcm", "..\\evil.dcm", "C:\\evil.dcm"])
def test_a_zip_that_leads_out_of_itself_is_refused(tmp_path, member):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, as_bytes(ct_series()[0]))
    refused("leads out of the archive", path)


def test_an_archive_bomb_is_refused(tmp_path):
    """Members that share one piece of compressed data, so that the sum of what they claim is impossible."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dcm", b"\0" * 20_000_000)
    content = path.read_bytes()
    claimed = (20_000_000).to_bytes(4, "little")
    path.write_bytes(content.replace(claimed, (4_000_000_000).to_bytes(4, "little")))
    refused("bomb", path)


def test_a_damaged_zip(tmp_path):
    path = dicom_zip(tmp_path / "x.zip", ct_series())
    content = bytearray(path.read_bytes())
    content[200:400] = b"\xff" * 200
    path.write_bytes(content)
    refused("damaged|not valid", path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = dicom_folder(tmp_path / "outside", ct_series())
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "x.dcm").symlink_to(next(iter(sorted(outside.iterdir()))))
    refused("no file at all", inside)


# Enhanced multi-frame


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


@pytest.mark.parametrize("kind", ["CT", "MR"])
def test_enhanced_multi_frame_is_the_same_volume(tmp_path, kind):
    data = enhanced(intensities(), frame_order=[3, 1, 7, 0, 2, 6, 5, 4], kind=kind)
    scan = read_scan(dicom_folder(tmp_path / "d", [data]))
    same_patient(scan)
    assert scan.modality == kind
    assert scan.slice_thickness_mm == 2.5


# Real data


@pytest.fixture(scope="module")
def real_zips():
    return [shared(f"lidc0001_thoracic/dicom_C6-T5_part{n}.zip") for n in (3, 1, 4, 2)]


@pytest.mark.shared_data
def test_the_real_zips_hold_the_voxels_of_the_nifti_file(real_zips):
    scan = read_scan(real_zips)
    nifti = read_scan(shared("lidc0001_thoracic/upperthoracic_wide_ct.nii.gz"))
    upright = scan.volume.canonical()
    start = upright.grid.to_voxel(nifti.grid.to_world([0, 0, 0]))
    assert np.abs(start - np.rint(start)).max() < 1e-3
    i, j, k = np.rint(start).astype(int)
    ni, nj, nk = nifti.volume.array.shape
    part = upright.array[i : i + ni, j : j + nj, k : k + nk]
    np.testing.assert_array_equal(np.clip(part, -1024, 3071), nifti.volume.array)
    assert any("padding" in note for note in scan.notes)


@pytest.mark.shared_data
def test_a_single_real_zip_is_a_part_of_the_whole(real_zips):
    whole, part = read_scan(real_zips), read_scan(real_zips[0])
    height = round((part.volume.affine[2, 3] - whole.volume.affine[2, 3]) / 2.5)
    np.testing.assert_array_equal(part.volume.array, whole.volume.array[:, :, height : height + 12])


@pytest.mark.shared_data
def test_the_real_folder_with_the_zips_in_it_is_one_series(real_zips):
    assert [item.images for item in list_series(real_zips[0].parent)] == [47]


@pytest.mark.shared_data
def test_the_real_tilted_series_with_missing_slices_is_refused():
    refused("slices are missing", shared("dicom_gantry_tilt"))


@pytest.mark.shared_data
def test_the_real_tilted_pair_is_straightened():
    files = [shared(f"dicom_gantry_tilt/{n}.dcm") for n in (13, 14)]
    scan = read_scan(files)
    assert any("gantry tilt of 18.5 degrees" in note for note in scan.notes)
    assert scan.grid.is_orthogonal


@pytest.mark.shared_data
def test_the_slices_among_segmentations_and_reports_are_found():
    scan = read_scan(shared("dicom_seg_sr/dcmqi"))
    assert scan.volume.array.shape == (512, 512, 3)
    assert any("Segmentation Storage" in note for note in scan.notes)


# What the headers say about the values


@pytest.mark.parametrize(
    ("tags", "given"),
    [
        ({}, None),
        ({"ContrastBolusAgent": ""}, False),
        ({"ContrastBolusAgent": "NONE"}, False),
        ({"ContrastBolusAgent": "IV"}, True),
    ],
)
def test_contrast_agent_is_told_and_its_text_is_not(tmp_path, tags, given):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(**tags)))
    assert scan.contrast_given is given
    assert any("contrast agent was given" in note for note in scan.notes) is (given is True)


def test_tube_voltage_is_told(tmp_path):
    assert read_scan(dicom_folder(tmp_path / "d", ct_series(KVP=100))).tube_voltage_kv == 100
    assert read_scan(dicom_folder(tmp_path / "e", ct_series())).tube_voltage_kv is None


def test_derived_images_are_noted(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(ImageType=["DERIVED", "SECONDARY", "MPR"])))
    assert any("derived images" in note for note in scan.notes)


def test_a_mosaic_is_not_a_slice(tmp_path):
    refused("mosaic of slices", dicom_folder(tmp_path / "d", ct_series(ImageType=["ORIGINAL", "PRIMARY", "MOSAIC"])))


def test_a_large_member_that_shrinks_to_nothing_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.dcm", "w") as member:
        for _ in range(70):
            member.write(b"\0" * (1 << 20))
    refused("refused as an archive bomb", path)
