"""Parts of a real lumbar vertebra against the subregions of another segmentation program."""

import nibabel as nib
import numpy as np
import pytest
from anatomy_samples import DATA, dice, on_spine_grid

from oncospine.anatomy import Part, Subpart, spine_from_labels, subparts_of
from oncospine.base import Level
from oncospine.geometry import Volume, resampled_to
from oncospine.imaging import read_labels

pytestmark = pytest.mark.shared_data

SUBREGION = {  # conventions.md section 2.4
    "spinous": 42,
    "transverse left": 43,
    "transverse right": 44,
    "superior articular left": 45,
    "superior articular right": 46,
    "inferior articular left": 47,
    "inferior articular right": 48,
}


@pytest.fixture(scope="module")
def sample():
    """The spine of L2-L4 and the subregion labels of L3 on its grid."""
    folder = DATA / "tptbox_samples"
    if not folder.exists():
        pytest.skip(f"shared data absent: {folder.name}")
    found = spine_from_labels(
        [read_labels(folder / "sub-ct_seg-vert_label-22_msk.nii.gz", convention="verse")], modality="CT"
    )
    image = nib.load(folder / "sub-ct_seg-subreg_label-22_msk.nii.gz")
    regions = on_spine_grid(Volume(np.asarray(image.dataobj).astype(np.uint8), image.affine), found)
    return found, np.where(found.level_codes == Level.L3.code, regions, 0)


def of_l3(found, part):
    return (found.level_codes == Level.L3.code) & (found.part_codes == part.code)


def test_the_body_overlaps(sample):
    found, regions = sample
    assert dice(of_l3(found, Part.BODY), np.isin(regions, [49, 50])) >= 0.95


@pytest.mark.parametrize("name", ["spinous", "transverse left", "transverse right"])
def test_the_processes_overlap(sample, name):
    found, regions = sample
    assert dice(of_l3(found, Part(name)), regions == SUBREGION[name]) >= 0.75


@pytest.mark.parametrize("name", [name for name in SUBREGION if "articular" in name])
def test_the_articular_processes_overlap(sample, name):
    """Read on the vertebra's own grid at the voxels of the scan."""
    found, regions = sample
    pieces = subparts_of(found.vertebrae[Level.L3])
    own = Volume((pieces.array == Subpart(name).code).astype(np.uint8), pieces.affine)
    ours = resampled_to(own, found.grid) > 0.5
    assert dice(ours, regions == SUBREGION[name]) >= 0.7


def test_pedicles_and_laminae_are_the_arch_between_body_and_processes(sample):
    """No program labels pedicles alone: with the laminae they make up most of the arch (label 41)."""
    found, regions = sample
    ours = [Part.PEDICLE_LEFT, Part.PEDICLE_RIGHT, Part.LAMINA_LEFT, Part.LAMINA_RIGHT]
    arch = np.isin(found.part_codes, [part.code for part in ours]) & (found.level_codes == Level.L3.code)
    assert dice(arch, regions == 41) >= 0.6


def test_the_middle_vertebra_is_whole_and_its_neighbours_are_cut(sample):
    found, _ = sample
    assert found.vertebrae[Level.L3].completeness.is_complete
    assert "cranial" in found.vertebrae[Level.L2].completeness.body_cut
    assert "caudal" in found.vertebrae[Level.L4].completeness.body_cut
