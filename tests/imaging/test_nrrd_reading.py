import gzip

import numpy as np
import pytest
from imaging_samples import intensities, labels, nifti, shared

from oncospine.base import InputError
from oncospine.imaging import StructureKind, read_labels, read_mask, read_scan

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def nrrd(path, array, *, encoding="gzip", space="left-posterior-superior", extra="", **fields):
    """Write an NRRD file by hand; `fields` replace header lines (underscores are blanks), None drops one."""
    axes = ["none"] * (array.ndim - 3) + ["(0.8,0,0)", "(0,0.7,0)", "(0,0,2.5)"][: array.ndim]
    names = {"int16": "short", "uint8": "uchar", "float32": "float", "float64": "double", "int32": "int"}
    lines = {
        "type": names.get(array.dtype.name, "short"),
        "dimension": array.ndim,
        "space": space,
        "sizes": " ".join(map(str, array.shape)),
        "space directions": " ".join(axes),
        "kinds": " ".join(["list"] * (array.ndim - 3) + ["domain"] * 3),
        "endian": "little",
        "encoding": encoding,
        "space origin": "(-20,11,-300)",
    } | {key.replace("_", " "): value for key, value in fields.items()}
    text = "NRRD0004\n# a comment\n" + "".join(f"{k}: {v}\n" for k, v in lines.items() if v is not None) + extra + "\n"
    data = array.tobytes(order="F")
    path.write_bytes(text.encode() + (gzip.compress(data) if encoding == "gzip" else data))
    return path


SEGMENTS = """Segment0_Name:=vertebra T3
Segment0_LabelValue:=1
Segment0_Layer:=0
Segment1_Name:=GTV 1
Segment1_LabelValue:=1
Segment1_Layer:=1
Segment2_Name:=Segment_3
Segment2_LabelValue:=2
Segment2_Layer:=0
Segment2_Tags:=TerminologyEntry:x~SCT^123037004^Anatomical Structure~SCT^39607008^Lung~SCT^7771000^Left~x~^^~^^|
"""


def layers():
    array = np.zeros((2, 12, 10, 8), np.uint8)
    array[0, 3:9, 5:9, 5:8] = 1
    array[0, 0, 0, 0] = 2
    array[1, 5:12, 5:7, 5:7] = 1
    return array


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64, np.int32])
def test_nrrd_is_lps_on_disk_and_ras_here(tmp_path, encoding, dtype):
    scan = read_scan(nrrd(tmp_path / "ct.nrrd", intensities(dtype=dtype), encoding=encoding))
    np.testing.assert_array_equal(scan.volume.array, intensities())
    expected = [[-0.8, 0, 0, 20], [0, -0.7, 0, -11], [0, 0, 2.5, -300], [0, 0, 0, 1]]
    np.testing.assert_allclose(scan.volume.affine, expected)


@pytest.mark.parametrize(("space", "signs"), [("right-anterior-superior", (1, 1)), ("RAS", (1, 1)), ("LAS", (-1, 1))])
def test_other_frames(tmp_path, space, signs):
    affine = read_scan(nrrd(tmp_path / "ct.nrrd", intensities(), space=space)).volume.affine
    np.testing.assert_allclose(np.diag(affine), [0.8 * signs[0], 0.7 * signs[1], 2.5, 1])


def test_big_endian(tmp_path):
    path = nrrd(tmp_path / "x.nrrd", intensities().astype(">i2"), endian="big")
    np.testing.assert_array_equal(read_scan(path).volume.array, intensities())


def test_label_maps_in_nrrd(tmp_path):
    found = read_labels(nrrd(tmp_path / "m.nrrd", labels()), convention="totalsegmentator_total")
    np.testing.assert_array_equal(found.volume.array, labels())


def test_simpleitk_sees_the_same_patient(tmp_path):
    import SimpleITK as sitk  # noqa: N813

    image = sitk.GetImageFromArray(np.ascontiguousarray(intensities().T))
    image.SetSpacing((0.8, 0.7, 2.5))
    image.SetOrigin((5.0, -7.0, 11.0))
    angle = np.radians(20)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    image.SetDirection((1, 0, 0, 0, c, -s, 0, s, c))
    sitk.WriteImage(image, str(tmp_path / "x.nrrd"), useCompression=True)
    scan = read_scan(tmp_path / "x.nrrd")
    np.testing.assert_array_equal(scan.volume.array, intensities())
    for voxel in ((0, 0, 0), (11, 0, 7), (3, 9, 2)):
        lps = np.array(image.TransformIndexToPhysicalPoint(voxel))
        np.testing.assert_allclose(scan.grid.to_world(voxel), lps * (-1, -1, 1), atol=1e-6)


def test_layers_that_overlap_keep_the_tumour_whole_and_the_vertebra_without_a_hole(tmp_path):
    path = nrrd(tmp_path / "plan.seg.nrrd", layers(), extra=SEGMENTS)
    found = read_labels(path, convention="segment_names")
    assert {item.name for item in found.present().values()} == {"vertebra T3", "tumour", "lung left"}
    vertebra, tumour = layers()[0] == 1, layers()[1] == 1
    np.testing.assert_array_equal(found.mask(StructureKind.VERTEBRA).array, vertebra)
    np.testing.assert_array_equal(read_mask(path, convention="segment_names").array, tumour)
    shared_voxels = int((vertebra & tumour).sum())
    assert shared_voxels > 0
    assert any(f"{shared_voxels} voxels lie in two segments" in note for note in found.notes)


def test_segments_without_a_known_name_are_left_out_and_said(tmp_path):
    text = SEGMENTS.replace("vertebra T3", "my <b>thing</b>")
    found = read_labels(nrrd(tmp_path / "p.seg.nrrd", layers(), extra=text), convention="segment_names")
    note = next(note for note in found.notes if "no known name" in note)
    assert "<" not in note


def test_a_segment_whose_name_and_code_name_two_levels_is_refused(tmp_path):
    text = SEGMENTS + "Segment0_Tags:=TerminologyEntry:x~SCT^1^x~SCT^73071006^T4 vertebra~^^|\n"
    with pytest.raises(InputError, match="its name says vertebra T3 and its code says vertebra T4"):
        read_labels(nrrd(tmp_path / "p.seg.nrrd", layers(), extra=text), convention="segment_names")


# Bad input


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"space": None}, "left and right are unknown"),
        ({"space": "scanner-xyz"}, "left and right are unknown"),
        ({"encoding": "bzip2"}, "expected raw or gzip"),
        ({"sizes": "12 10"}, "2 sizes but 3"),
        ({"sizes": "12 ten 8"}, "'ten' is not a size"),
        ({"sizes": "12 10 900000000"}, "not a clinical|voxels"),
        ({"type": "block"}, "one number per voxel"),
        ({"endian": "middle"}, "expected little or big"),
        ({"space_directions": "(0,0,0) (0,1,0) (0,0,1)"}, "singular"),
        ({"space_directions": "(nan,0,0) (0,1,0) (0,0,1)"}, "not finite"),
        ({"space_directions": "(1,0) (0,1,0) (0,0,1)"}, "not a vector"),
        ({"space_origin": "(a,b,c)"}, "not a vector"),
        ({"data_file": "../../etc/passwd"}, "in another file"),
        ({"byte_skip": "-1"}, "byte skip"),
    ],
)
def test_bad_headers(tmp_path, fields, match):
    with pytest.raises(InputError, match=rf"x\.nrrd.*({match})"):
        read_scan(nrrd(tmp_path / "x.nrrd", intensities(), **fields))


def test_truncated_and_foreign_files(tmp_path):
    whole = nrrd(tmp_path / "a.nrrd", intensities()).read_bytes()
    for content, match in ((whole[:-20], "truncated"), (whole[:80], "no end"), (b"hello world\n", "not an NRRD")):
        (tmp_path / "x.nrrd").write_bytes(content)
        with pytest.raises(InputError, match=match):
            read_scan(tmp_path / "x.nrrd")


def test_layers_are_not_a_scan(tmp_path):
    with pytest.raises(InputError, match="4-D image"):
        read_scan(nrrd(tmp_path / "x.nrrd", layers()))


def test_a_numeric_convention_does_not_fit_named_segments(tmp_path):
    path = nrrd(tmp_path / "p.seg.nrrd", layers(), extra=SEGMENTS)
    with pytest.raises(InputError, match="its convention is 'segment_names', not 'verse'"):
        read_labels(path, convention="verse")


def test_named_segments_do_not_fit_a_file_of_numbers(tmp_path):
    with pytest.raises(InputError, match="numbers without names"):
        read_labels(nifti(tmp_path / "m.nii", labels()), convention="segment_names")


@pytest.mark.parametrize("change", [("Layer:=1", "Layer:=7"), ("LabelValue:=2", "LabelValue:=x")])
def test_a_damaged_segment_list(tmp_path, change):
    with pytest.raises(InputError, match=r"there are 2 layers|damaged"):
        read_labels(
            nrrd(tmp_path / "p.seg.nrrd", layers(), extra=SEGMENTS.replace(*change)), convention="segment_names"
        )


@pytest.mark.shared_data
def test_the_real_slicer_segmentations():
    flat = read_labels(shared("dicom_seg_sr/slicerio/Segmentation.seg.nrrd"), convention="segment_names")
    overlapping = read_labels(shared("dicom_seg_sr/slicerio/SegmentationOverlapping.seg.nrrd"), convention="recognise")
    for found in (flat, overlapping):
        names = {item.name for item in found.present().values()}
        assert names == {"rib", "lung left", "lung right"}
        left, right = (found.mask_of(name).centroid_mm() for name in ("lung left", "lung right"))
        assert left[0] < right[0]
        assert any("no known name" in note for note in found.notes)
    scan = read_scan(shared("dicom_seg_sr/slicerio/CTChest4.nrrd"))
    assert scan.grid.is_same_as(flat.grid)
