"""A `Spine` as plain data: the anatomy part of findings.json."""

from __future__ import annotations

from typing import Any

import numpy as np

from oncospine.anatomy.spine import Spine
from oncospine.anatomy.subparts import subpart_volumes_ml
from oncospine.anatomy.table import level_rows
from oncospine.anatomy.vertebra import Endplate, Vertebra


def spine_summary(spine: Spine) -> dict[str, Any]:
    """Levels, naming, doubts, tubes and every vertebra's measures; no voxels."""
    return {
        "levels": spine.levels,
        "naming": spine.naming,
        "doubts": spine.doubts,
        "fragments": spine.fragments,
        "canal_contents": [
            {"kind": tube.kind, "labelled_as": tube.labelled_as, "reason": tube.reason} for tube in spine.tubes
        ],
        "alignment": spine.alignment,
        "table": level_rows(spine),
        "profiles": {"canal": spine.canal.profile, **{tube.kind: tube.profile for tube in spine.tubes}},
        "canal_length_mm": spine.canal.centreline.length_mm,
        "vertebrae": {level: _vertebra(vertebra, spine) for level, vertebra in spine.vertebrae.items()},
    }


def _vertebra(vertebra: Vertebra, spine: Spine) -> dict[str, Any]:
    here = np.array([level is vertebra.level for level in spine.canal.levels])
    areas = spine.canal.areas_mm2[here]
    return {
        "frame": vertebra.frame,
        "canal_centre_mm": vertebra.canal_mm,
        "volume_ml": vertebra.volume_ml,
        "part_volumes_ml": vertebra.volumes_ml,
        "completeness": {
            "is_complete": vertebra.completeness.is_complete,
            "cut": vertebra.completeness.cut,
            "body_cut": vertebra.completeness.body_cut,
            "reason": vertebra.completeness.reason,
        },
        "heights": vertebra.heights,
        "upper_endplate": _endplate(vertebra.upper_endplate),
        "lower_endplate": _endplate(vertebra.lower_endplate),
        "pedicles": vertebra.pedicles,
        "canal_area_mm2": {"smallest": areas.min(), "median": np.median(areas)} if areas.size else None,
        "wedge_deg": vertebra.wedge_deg,
        "subpart_volumes_ml": subpart_volumes_ml(vertebra),
        "notes": vertebra.notes,
    }


def _endplate(endplate: Endplate | None) -> dict[str, Any] | None:
    if endplate is None:
        return None
    return {
        "centre_mm": endplate.plane.point_mm,
        "normal": endplate.plane.normal,
        "width_mm": endplate.width_mm,
        "depth_mm": endplate.depth_mm,
        "residual_mm": endplate.residual_mm,
    }
