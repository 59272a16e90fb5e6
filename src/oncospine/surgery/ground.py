"""One patient prepared for operations: what every operation on the same scan needs and none changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oncospine.anatomy import Spine
from oncospine.base import Level, Side
from oncospine.geometry import Mask, sampled_at
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.surgery.bone_field import SOLID
from oncospine.surgery.decompression import CanalSpace, canal_space
from oncospine.surgery.reach import Sac, sac_of
from oncospine.surgery.screw import PlannedScrew
from oncospine.surgery.screw_planning import plan_screws
from oncospine.surgery.screw_site import ScrewSite, screw_sites
from oncospine.surgery.sizes import ScrewCatalogue, default_catalogue
from oncospine.surgery.trajectory_search import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The patient before any operation: spine, findings, tumour on the spine's grid, canal, sac.

    Screws are planned once and kept (`screw`), because no step of an operation changes the bone they are planned in.
    """

    spine: Spine
    findings: Findings | None
    scan: Scan | None
    tumour: Mask
    canal: CanalSpace
    sac: Sac
    catalogue: ScrewCatalogue
    trajectory: Trajectory
    _screws: dict[tuple[Level, Side], PlannedScrew] = field(default_factory=dict)
    _sites: dict[tuple[Level, Side], ScrewSite] = field(default_factory=dict)
    done: dict[object, Any] = field(default_factory=dict, init=False)
    """What was worked out for a stage after the stages before it, by the steps taken (`outcome_of` in `evaluate`)."""

    def screws(self, places: Iterable[tuple[Level, Side]]) -> tuple[PlannedScrew, ...]:
        """The program's screw or refusal for each place."""
        wanted = tuple(places)
        new = tuple(dict.fromkeys(place for place in wanted if place not in self._screws))
        if new:
            tumour = self.tumour if self.tumour.array.any() else None
            sites = screw_sites(
                self.spine,
                new,
                tumour=tumour,
                scan=self.scan,
                catalogue=self.catalogue,
                trajectory=self.trajectory,
            )
            self._sites.update(sites)
            self._screws.update(zip(new, plan_screws(self.spine, new, sites=sites), strict=True))
        return tuple(self._screws[place] for place in wanted)

    def site(self, level: Level, side: Side) -> ScrewSite | None:
        """The pedicle a screw was planned in; None where there is none in view."""
        self.screws([(level, side)])
        return self._sites.get((level, side))

    def nothing(self) -> Mask:
        """A mask without a voxel, on the spine's grid."""
        return Mask(np.zeros(self.spine.grid.shape, np.bool_), self.spine.grid.affine)


def prepared(
    spine: Spine,
    findings: Findings | None,
    scan: Scan | None = None,
    *,
    catalogue: ScrewCatalogue | None = None,
    trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD,
) -> Ground:
    """`Ground` of one patient; `findings` None means without a tumour."""
    tumour = _tumour_on_grid(spine, findings)
    return Ground(
        spine=spine,
        findings=findings,
        scan=scan,
        tumour=tumour,
        canal=canal_space(spine, tumour=tumour),
        sac=sac_of(spine, tumour),
        catalogue=catalogue or default_catalogue(),
        trajectory=trajectory,
    )


def _tumour_on_grid(spine: Spine, findings: Findings | None) -> Mask:
    """The tumour on the spine's grid; an empty mask where there is none."""
    if findings is None:
        return Mask(np.zeros(spine.grid.shape, np.bool_), spine.grid.affine)
    if findings.tumour.grid.is_same_as(spine.grid):
        return findings.tumour
    voxels = np.stack(np.meshgrid(*(np.arange(n) for n in spine.grid.shape), indexing="ij"), axis=-1)
    array = sampled_at(findings.tumour, spine.grid.to_world(voxels), order=0) > SOLID
    return Mask(array, spine.grid.affine)
