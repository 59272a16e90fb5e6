"""The mask as separate pieces: whether it is one lesion or several."""

from __future__ import annotations

import numpy as np

from oncospine.anatomy import Spine
from oncospine.base import Level
from oncospine.lesion.compartments import PlacedTumour
from oncospine.lesion.extent_findings import Piece
from oncospine.lesion.surroundings import Surroundings, surroundings_rules


def tumour_pieces(placed: PlacedTumour, near: Surroundings, spine: Spine) -> tuple[Piece, ...]:
    """Connected pieces (26 neighbours) that are large enough to list, cranial to caudal."""
    import cc3d

    labels = cc3d.connected_components(near.tumour.view(np.uint8), connectivity=26)
    at = tuple((placed.voxels - [part.start for part in near.box]).T)
    owner = np.asarray(labels)[at]
    found = []
    for number in np.unique(owner):
        own = owner == number
        volume = float(np.count_nonzero(own)) * near.voxel_ml
        if volume < float(surroundings_rules()["smallest_piece_ml"]):
            continue
        levels = sorted({int(code) for code in np.unique(placed.level_codes[own]) if code})
        centre = spine.grid.to_world(placed.voxels[own].mean(axis=0))
        arc = float(np.median(spine.canal.arc_mm[placed.stations[own]]))
        found.append((arc, Piece(volume_ml=volume, levels=tuple(map(Level.from_code, levels)), centre_mm=centre)))
    return tuple(piece for _, piece in sorted(found, key=lambda item: (round(item[0], 3), -item[1].volume_ml)))
