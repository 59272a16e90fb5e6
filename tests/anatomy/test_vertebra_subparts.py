"""Superior and inferior processes and costal regions on phantoms."""

import numpy as np
from anatomy_samples import spine, thoracic

from oncospine.anatomy import (
    SUBPARTS,
    Part,
    Subpart,
    spine_from_labels,
    subpart_volumes_ml,
    subparts_of,
)
from oncospine.base import Level, Side


def test_subparts_split_the_articular_parts_completely():
    for vertebra in spine("T2-T6").vertebrae.values():
        codes = subparts_of(vertebra).array
        for side, part in ((Side.LEFT, Part.ARTICULAR_LEFT), (Side.RIGHT, Part.ARTICULAR_RIGHT)):
            pieces = [Subpart(f"{which} articular {side}").code for which in ("superior", "inferior")]
            assert (np.isin(codes, pieces) == vertebra.part_mask(part)).all()


def test_superior_processes_lie_above_inferior_ones_and_sides_are_the_patients():
    for vertebra in spine("T2-T6").vertebrae.values():
        found = subparts_of(vertebra)
        middle = {}
        for piece in SUBPARTS:
            voxels = np.argwhere(found.array == piece.code)
            assert len(voxels) > 0
            middle[piece] = vertebra.frame.to_local(found.grid.to_world(voxels)).mean(axis=0)
            assert middle[piece][0] * piece.side.sign > 0
        for side in Side:
            above, below = (middle[Subpart(f"{which} articular {side}")] for which in ("superior", "inferior"))
            assert above[2] - below[2] > 8


def test_the_heads_of_the_ribs_lie_at_the_costal_regions():
    found = spine_from_labels([thoracic().labels], modality="CT")
    checked = 0
    for code, structure in found.other_structures.items():
        level = Level(f"T{structure.number}") if structure.number else None
        if structure.kind.value != "rib" or level not in found.vertebrae:
            continue
        vertebra = found.vertebrae[level]
        rib = found.grid.to_world(np.argwhere(found.other_codes == code))
        regions = subparts_of(vertebra)
        facet = regions.grid.to_world(np.argwhere(regions.array == Subpart(f"costal {structure.side}").code))
        nearest = rib[np.linalg.norm(rib - vertebra.frame.origin_mm, axis=1).argmin()]
        assert np.linalg.norm(facet - nearest, axis=1).min() < 8
        checked += 1
    assert checked >= 4


def test_lumbar_vertebrae_have_no_costal_region():
    volumes = subpart_volumes_ml(spine("T12-L2", seed=4).vertebrae[Level.L2])
    assert volumes[Subpart.COSTAL_LEFT] == volumes[Subpart.COSTAL_RIGHT] == 0
    assert volumes[Subpart.SUPERIOR_ARTICULAR_LEFT] > 0


def test_mirrored_subparts_swap_sides():
    assert Subpart.COSTAL_LEFT.mirrored is Subpart.COSTAL_RIGHT
    assert {piece.mirrored.mirrored for piece in SUBPARTS} == set(SUBPARTS)
