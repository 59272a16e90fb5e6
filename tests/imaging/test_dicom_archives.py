"""Archives and folders of DICOM that lead out of themselves, are damaged or swell."""

import zipfile

import pytest
from dicom_checks import refused
from imaging_samples import as_bytes, ct_series, dicom_folder, dicom_zip


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


def test_a_large_member_that_shrinks_to_nothing_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.dcm", "w") as member:
        for _ in range(70):
            member.write(b"\0" * (1 << 20))
    refused("refused as an archive bomb", path)
