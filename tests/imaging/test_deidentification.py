import io
from datetime import date

import numpy as np
import pytest
from imaging_samples import IDENTIFIERS, ct_series, dicom_folder, dicom_zip, enhanced, shared
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from oncospine.base import InputError
from oncospine.imaging import Pseudonyms, deidentified_series, new_key, read_scan, write_mapping

KEY = bytes(range(32))
HIDDEN = ("SPINE", "script", "ACME", "20130517", "1.2.3.4", "1.2.3.9", "101112", "052Y")
"""More of the sample headers that must not survive: free text, dates, times, UIDs, age."""


def clean(tmp_path, slices, **options):
    folder = dicom_folder(tmp_path / "in", slices)
    return list(deidentified_series(folder, **({"pseudonym": "P-001", "key": KEY} | options)))


def test_not_a_byte_of_what_identifies_the_patient_survives(tmp_path):
    nested = Dataset()
    nested.PatientName, nested.ReferencedSOPInstanceUID = "Zzyzx^Philippa", "1.2.3.4.5.6"
    slices = ct_series(
        ReferencedImageSequence=Sequence([nested]),
        PatientComments="Philippa Zzyzx, 4711",
        OtherPatientNames="Quux",
        ImageComments="Zzyzx",
        ProtocolName="for Dr^Quux",
        ScanOptions="ZZYZX PHILIPPA",
    )
    files = clean(tmp_path, slices)
    assert len(files) == 8
    for content in files:
        for word in (*IDENTIFIERS, *HIDDEN, "PHILIPPA"):
            assert word.encode() not in content


def test_a_code_string_that_holds_text_is_dropped(tmp_path):
    data = dcmread(io.BytesIO(clean(tmp_path, ct_series(ImageType=["ORIGINAL", "Philippa^Zzyzx"]))[0]))
    assert "ImageType" not in data


def test_parsers_do_not_log_what_they_read(tmp_path, caplog, capfd):
    folder = dicom_folder(tmp_path / "d", ct_series(ImageType=["ORIGINAL", "Philippa^Zzyzx"]))
    caplog.clear()
    capfd.readouterr()
    read_scan(folder)
    list(deidentified_series(folder, pseudonym="P1", key=KEY))
    printed = capfd.readouterr()
    assert "Zzyzx" not in caplog.text + printed.out + printed.err


def test_private_attributes_are_dropped(tmp_path):
    assert not [item for item in dcmread(io.BytesIO(clean(tmp_path, ct_series())[0])) if item.tag.is_private]


def test_voxels_and_geometry_are_the_same(tmp_path):
    before = read_scan(dicom_folder(tmp_path / "a", ct_series(PixelPaddingValue=-2000)))
    (tmp_path / "out").mkdir()
    for number, content in enumerate(clean(tmp_path, ct_series(PixelPaddingValue=-2000))):
        (tmp_path / "out" / f"{number}.dcm").write_bytes(content)
    after = read_scan(tmp_path / "out")
    np.testing.assert_array_equal(before.volume.array, after.volume.array)
    np.testing.assert_array_equal(before.volume.affine, after.volume.affine)
    assert before.slice_thickness_mm == after.slice_thickness_mm


def test_enhanced_images_keep_their_frames_and_nothing_else(tmp_path):
    from imaging_samples import intensities

    data = enhanced(intensities(), frame_order=range(8))
    for item in data.PerFrameFunctionalGroupsSequence:
        secret, group = Dataset(), Dataset()
        secret.PatientName = "Zzyzx^Philippa"
        group.FrameComments = "Zzyzx"
        item.DerivationImageSequence, item.FrameContentSequence = Sequence([secret]), Sequence([group])
    (content,) = clean(tmp_path, [data])
    assert not [word for word in IDENTIFIERS if word.encode() in content]
    (tmp_path / "x.dcm").write_bytes(content)
    np.testing.assert_array_equal(read_scan([tmp_path / "x.dcm"]).volume.array, intensities())


def test_uids_are_replaced_consistently_and_differ_between_objects(tmp_path):
    data = [dcmread(io.BytesIO(content)) for content in clean(tmp_path, ct_series())]
    assert len({item.SOPInstanceUID for item in data}) == 8
    assert len({item.SeriesInstanceUID for item in data}) == 1
    assert data[0].StudyInstanceUID == Pseudonyms(KEY).uid("1.2.3.4")
    assert data[0].SeriesInstanceUID == Pseudonyms(KEY).uid("1.2.3.4.5")
    assert data[0].file_meta.MediaStorageSOPInstanceUID == data[0].SOPInstanceUID
    for item in data:
        assert item.SOPInstanceUID.is_valid
        assert item.SOPInstanceUID.startswith("2.25.")
        assert len(item.SOPInstanceUID) <= 64


def test_another_key_gives_other_uids():
    assert Pseudonyms(KEY).uid("1.2") != Pseudonyms(new_key()).uid("1.2")


def test_intervals_between_dates_stay_and_no_date_stays():
    names = Pseudonyms(KEY)
    first, second = (names.day(text, patient="x") for text in ("20130208", "20130517"))
    assert second - first == date(2013, 5, 17) - date(2013, 2, 8)
    assert first != date(2013, 2, 8)
    assert -3650 <= names.shift_days("x") <= -1


def test_every_patient_has_an_own_shift():
    shifts = {Pseudonyms(KEY).shift_days(f"patient {n}") for n in range(50)}
    assert len(shifts) > 45
    assert all(-3650 <= shift <= -1 for shift in shifts)


@pytest.mark.parametrize("text", ["", "2013", "20130230", "abcdefgh", "00010101", "２０１３０５１７"])
def test_what_is_no_date_is_none(text):
    assert Pseudonyms(KEY).day(text, patient="x") is None


def test_what_was_done_is_stated(tmp_path):
    data = dcmread(io.BytesIO(clean(tmp_path, ct_series())[0]))
    assert data.PatientName == data.PatientID == "P-001"
    assert data.PatientIdentityRemoved == "YES"
    assert [code.CodeValue for code in data.DeidentificationMethodCodeSequence] == ["113100", "113107"]
    assert data.PatientBirthDate == data.PatientSex == data.AccessionNumber == ""


def test_the_codes_are_those_of_dicom():
    from pydicom.sr.codedict import codes

    assert codes.DCM.BasicApplicationConfidentialityProfile.value == "113100"
    assert codes.DCM.RetainLongitudinalTemporalInformationModifiedDatesOption.value == "113107"


@pytest.mark.parametrize("pseudonym", ["", "Zzyzx Philippa", "../x", "a" * 33, "<b>"])
def test_a_pseudonym_is_a_plain_word(tmp_path, pseudonym):
    with pytest.raises(InputError, match="pseudonym"):
        clean(tmp_path, ct_series(), pseudonym=pseudonym)


def test_a_short_key_is_refused(tmp_path):
    with pytest.raises(InputError, match="32 bytes"):
        clean(tmp_path, ct_series(), key=b"short")


def test_the_key_is_not_shown():
    assert str(KEY) not in repr(Pseudonyms(KEY))
    assert "key" not in repr(Pseudonyms(KEY))


def test_zips_work_too(tmp_path):
    files = list(deidentified_series(dicom_zip(tmp_path / "x.zip", ct_series()), pseudonym="P1", key=KEY))
    assert len(files) == 8


def test_the_mapping_is_written_only_on_request_and_for_its_owner(tmp_path):
    import json
    import stat

    folder = dicom_folder(tmp_path / "in", ct_series())
    file = tmp_path / "safe" / "mapping.json"
    write_mapping(folder, file, pseudonym="P1", key=KEY)
    table = json.loads(file.read_text())
    assert table["patient"] == "HOSP-4711-SECRET"
    assert table["uids"]["1.2.3.4"] == Pseudonyms(KEY).uid("1.2.3.4")
    assert len(table["uids"]) == 8 + 3
    assert table["shift_days"] == Pseudonyms(KEY).shift_days("HOSP-4711-SECRET")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="never overwritten"):
        write_mapping(folder, file, pseudonym="P1", key=KEY)


@pytest.mark.shared_data
def test_a_real_series_loses_its_numbers_and_keeps_its_voxels(tmp_path):
    path = shared("lidc0001_thoracic/dicom_C6-T5_part4.zip")
    for number, content in enumerate(deidentified_series(path, pseudonym="P1", key=KEY)):
        for word in (b"LIDC", b"1.3.6.1.4.1.14519", b"20000101", b"CTP", b"POSDA", b"LightSpeed"):
            assert word not in content
        (tmp_path / f"{number}.dcm").write_bytes(content)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, read_scan(path).volume.array)
