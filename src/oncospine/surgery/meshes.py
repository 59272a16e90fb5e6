"""Surfaces of a plan: bone, tumour, screws, rods, cage; apart and together, in RAS+ mm, and the files say so."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Spine
from oncospine.base import write_atomically
from oncospine.geometry import Mask, bounding_box
from oncospine.surgery.evaluated import EvaluatedOperation
from oncospine.surgery.rods import Rod
from oncospine.surgery.screw import PlannedScrew
from oncospine.surgery.sizes import room_data

FRAME = "RAS+ mm"
"""What every file says about its coordinates."""

STL_HEADER = b"oncospine surface; SPACE=RAS; unit mm"
"""First bytes of a binary STL; `SPACE=RAS` is the form in which viewers that know patient space read it."""

SMOOTHING_VOXELS = 0.6
"""Blur (standard deviation, voxels) of a mask before its surface is taken: the same as for screws."""

FACETS = 24
"""Sides of a round rod or screw."""

COLOURS = {"bone": (227, 218, 201), "tumour": (176, 58, 46), "implant": (120, 140, 160)}
"""RGB of the parts."""


def surface_of(mask: Mask) -> Any:
    """Closed surface (trimesh) of a mask, sub-voxel, outwards, in world coordinates; None for an empty mask."""
    import trimesh
    from skimage import measure

    box = bounding_box(mask.array, margin=3)
    if box is None:
        return None
    block = mask.cropped_to(box)
    padded = np.pad(block.array.astype(np.float32), 2)
    soft = ndimage.gaussian_filter(padded, SMOOTHING_VOXELS, mode="constant")
    if soft.max() <= 0.5:
        return None
    marching_cubes: Any = measure.marching_cubes
    vertices, faces, _, _ = marching_cubes(soft, 0.5, gradient_direction="ascent")
    mesh = trimesh.Trimesh(vertices=block.grid.to_world(vertices - 2), faces=faces, process=False)
    if mesh.volume < 0:
        mesh.invert()
    return mesh


def rod_mesh(points_mm: NDArray[np.float64], diameter_mm: float) -> Any:
    """Round bars along a line of points, one per segment."""
    import trimesh

    pieces = [
        trimesh.creation.cylinder(radius=diameter_mm / 2, segment=[a, b], sections=FACETS)
        for a, b in pairwise(points_mm)
    ]
    return trimesh.util.concatenate(pieces)


def screw_mesh(screw: PlannedScrew) -> Any:
    """A screw as a round bar from entry to tip."""
    solid = screw.screw()
    return rod_mesh(np.array([solid.entry_mm, solid.tip_mm]), solid.diameter_mm)


def plan_meshes(done: EvaluatedOperation, spine: Spine, tumour: Mask | None = None) -> Mapping[str, Any]:
    """Named surfaces of the state after the last stage; `tumour` adds the tumour before the operation."""
    last = done.stages[-1]
    kept = (spine.level_codes > 0) & ~last.removed_bone.array
    found: dict[str, Any] = {"bone": surface_of(Mask(kept, spine.grid.affine))}
    found["bone_removed"] = surface_of(Mask(last.removed_bone.array & (spine.level_codes > 0), spine.grid.affine))
    found["tumour_left"] = surface_of(last.tumour_left)
    if tumour is not None:
        found["tumour_before"] = surface_of(tumour)
    for stage in done.stages:
        for screw in stage.screws:
            if screw.is_planned:
                found[f"screw_{screw.level}_{screw.side}"] = screw_mesh(screw)
        size = stage.stage.fixation.rod_diameter_mm if stage.stage.fixation is not None else None
        size = size or max(room_data("implants.yaml")["rod"]["diameters_mm"])
        for rod in stage.rods:
            found[f"rod_{rod.side}"] = _rod(rod, float(size))
        cage = stage.cage
        if cage is not None and cage.upper_mm is not None and cage.lower_mm is not None and cage.footprint_mm:
            found["cage"] = rod_mesh(np.array([cage.upper_mm, cage.lower_mm]), cage.footprint_mm)
    return {name: mesh for name, mesh in found.items() if mesh is not None}


def stl_bytes(mesh: Any) -> bytes:
    """A binary STL whose header names the frame."""
    data: bytes = mesh.export(file_type="stl")
    return STL_HEADER.ljust(80, b" ") + data[80:]


def glb_bytes(meshes: Mapping[str, Any]) -> bytes:
    """All surfaces in one GLB, named and coloured; the scene's extras name the frame (not the metres of glTF)."""
    import trimesh

    scene: Any = trimesh.Scene()
    scene.metadata["frame"] = FRAME
    for name, mesh in meshes.items():
        coloured = mesh.copy()
        coloured.visual = trimesh.visual.ColorVisuals(coloured, face_colors=[*_colour(name), 255])
        scene.add_geometry(coloured, node_name=name, geom_name=name)
    data: bytes = scene.export(file_type="glb")
    return data


def write_meshes(folder: Path, meshes: Mapping[str, Any]) -> tuple[Path, ...]:
    """Every surface as `<name>.stl` and all together as `plan.glb`; each file whole or not at all."""
    written = []
    for name, mesh in meshes.items():
        path = Path(folder) / f"{name}.stl"
        write_atomically(path, stl_bytes(mesh))
        written.append(path)
    path = Path(folder) / "plan.glb"
    write_atomically(path, glb_bytes(meshes))
    return (*written, path)


def _rod(rod: Rod, diameter_mm: float) -> Any:
    overhang = float(room_data("implants.yaml")["rod"]["overhang_mm"])
    heads = rod.heads_mm
    ends = [heads[0] - heads[1], heads[-1] - heads[-2]]
    first, last = (end / np.linalg.norm(end) * overhang for end in ends)
    return rod_mesh(np.vstack([heads[0] + first, heads, heads[-1] + last]), diameter_mm)


def _colour(name: str) -> tuple[int, int, int]:
    kind = name.split("_")[0]
    return COLOURS.get(kind, COLOURS["implant"])
