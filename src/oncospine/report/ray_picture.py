"""3-D pictures by ray casting: parallel rays, translucent bone, opaque everything else. No graphics card needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Point
from oncospine.report.sections import ANTERIOR, RIGHT, SUPERIOR
from oncospine.report.surfaces import Surface

DEEPEST = 6
"""Surfaces that a ray may pass: enough to see through the near and the far arch."""

STEP_BEHIND_MM = 0.02
"""A ray starts again this far behind the surface it met, so that it does not meet it twice."""

FAR_MM = 1000.0
"""Rays start this far in front of the centre of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A standard view: its letter, where the eye looks, and what is to the viewer's right; head is up."""

    letter: str
    name: str
    looking: tuple[float, float, float]

    @property
    def across(self) -> Point:
        return np.cross(self.looking, SUPERIOR)


VIEWS = (
    View(letter="P", name="from behind", looking=tuple(ANTERIOR)),
    View(letter="A", name="from the front", looking=tuple(-ANTERIOR)),
    View(letter="L", name="from the patient's left", looking=tuple(RIGHT)),
    View(letter="R", name="from the patient's right", looking=tuple(-RIGHT)),
)
"""The standard views."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """A surface with its colour (0..1) and its opacity seen face on (1 is opaque)."""

    surface: Surface
    rgb: tuple[float, float, float]
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canvas:
    """Where the pixels lie: centre of the picture, its size in pixels and the size of a pixel."""

    centre_mm: Point
    width: int
    height: int
    step_mm: float


class Scene:
    """Solids made ready for rays; build it once, look at it from all sides."""

    def __init__(self, solids: Sequence[Solid]) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        offsets = np.cumsum([0, *[len(solid.surface.vertices_mm) for solid in solids]])
        vertices = np.concatenate([solid.surface.vertices_mm for solid in solids])
        self._faces = np.concatenate(
            [solid.surface.faces + offset for solid, offset in zip(solids, offsets[:-1], strict=True)]
        )
        counts = [len(solid.surface.faces) for solid in solids]
        self._rgb = np.repeat(np.array([solid.rgb for solid in solids]), counts, axis=0).astype(np.float32)
        self._opacity = np.repeat([solid.opacity for solid in solids], counts).astype(np.float32)
        self._centre = vertices.mean(axis=0)
        local = vertices - self._centre
        self._normals = _vertex_normals(local, self._faces)
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, local.astype(np.float32), self._faces.astype(np.int32))

    def seen_from(self, view: View, canvas: Canvas) -> NDArray[np.uint8]:
        """Pixels (h, w, 3), white where there is nothing."""
        looking = np.asarray(view.looking, dtype=np.float64)
        x = (np.arange(canvas.width) - (canvas.width - 1) / 2) * canvas.step_mm
        y = ((canvas.height - 1) / 2 - np.arange(canvas.height)) * canvas.step_mm
        eye = canvas.centre_mm - self._centre - FAR_MM * looking
        grid = eye + x[None, :, None] * view.across + y[:, None, None] * SUPERIOR
        colour = self._composited(grid.reshape(-1, 3).astype(np.float32), looking.astype(np.float32))
        return np.rint(colour * 255).astype(np.uint8).reshape(canvas.height, canvas.width, 3)

    def _composited(self, origins: NDArray[np.float32], looking: NDArray[np.float32]) -> NDArray[np.float32]:
        """Front to back: what each surface adds to a ray, until nothing more comes through."""
        colour = np.zeros((len(origins), 3), np.float32)
        through = np.ones(len(origins), np.float32)
        alive = np.arange(len(origins))
        for _ in range(DEEPEST):
            directions = np.broadcast_to(looking, origins.shape).copy()
            hit = self._scene.run(origins, directions, output=1)
            met = hit["primID"] >= 0
            alive, origins = alive[met], origins[met]
            if not alive.size:
                break
            faces = hit["primID"][met]
            shade, alpha = self._shaded(faces, hit["u"][met], hit["v"][met], looking)
            colour[alive] += (through[alive] * alpha)[:, None] * shade
            through[alive] *= 1 - alpha
            going = through[alive] > 0.02
            origins = (origins + (hit["tfar"][met] + STEP_BEHIND_MM)[:, None] * looking)[going]
            alive = alive[going]
        return np.asarray(np.clip(colour + through[:, None], 0, 1), np.float32)

    def _shaded(
        self,
        faces: NDArray[np.int32],
        u: NDArray[np.float32],
        v: NDArray[np.float32],
        looking: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colour and opacity where rays meet faces: light from the eye, translucent things denser at their rims."""
        corners = self._normals[self._faces[faces]]
        normal = corners[:, 0] * (1 - u - v)[:, None] + corners[:, 1] * u[:, None] + corners[:, 2] * v[:, None]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        facing = np.abs(normal @ looking)
        light = 0.35 + 0.65 * facing
        opacity = self._opacity[faces]
        rim = np.where(opacity < 1, (1 - opacity) * (1 - facing) ** 2, 0)
        return self._rgb[faces] * light[:, None], np.minimum(opacity + rim, 1)


def _vertex_normals(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit normals (n, 3) at the vertices, weighted by area."""
    triangles = vertices[faces]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    flat = faces.ravel()
    summed = [np.bincount(flat, np.repeat(normal[:, axis], 3), minlength=len(vertices)) for axis in range(3)]
    found = np.stack(summed, axis=1)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12), np.float32)
