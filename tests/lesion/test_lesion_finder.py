"""The lesion finder: proposals on phantoms of known tumour, none on healthy bone, nothing used silently."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from oncospine.anatomy import Part, spine_from_labels
from oncospine.base import InputError, Level, parse_levels
from oncospine.imaging import read_labels, read_scan
from oncospine.lesion import Findings, proposed_lesions
from oncospine.phantom import BonePiece, LesionKind, Phantom, PhantomSpec, TumourSpec, make_phantom, mirrored
from shared_samples import real_spine, shared


@cache
def subject(fraction: float, kind: LesionKind = LesionKind.LYTIC, seed: int = 1, levels: str = "T5-T7") -> Phantom:
    bone = (BonePiece(level=Level.T6, fraction=fraction, centre=(-0.2, 0.1, 0.1)),) if fraction else ()
    return make_phantom(
        PhantomSpec(
            levels=parse_levels(levels),
            voxel_mm=(0.9, 0.9, 1.25),
            seed=seed,
            thorax=False,
            half_width_mm=42.0,
            tumour=TumourSpec(bone=bone, kind=kind) if bone else None,
        )
    )


def searched(source: Phantom):
    return proposed_lesions(spine_from_labels([source.labels], modality="CT"), source.scan)


def shared_with(source: Phantom, proposal) -> float:
    """Share of the proposal that is tumour."""
    voxels = np.rint(source.tumour.grid.to_voxel(proposal.mask.points_mm())).astype(int)
    return float((source.tumour.array[tuple(voxels.T)] > 0).mean())


@pytest.mark.parametrize(
    ("fraction", "kind"),
    [(0.3, LesionKind.LYTIC), (0.03, LesionKind.LYTIC), (0.3, LesionKind.BLASTIC), (0.3, LesionKind.MIXED)],
)
def test_a_lesion_is_proposed_first_and_nothing_else_is(fraction, kind):
    source = subject(fraction, kind)
    found = searched(source).proposals
    assert found
    assert found[0].level is Level.T6
    assert shared_with(source, found[0]) > 0.5
    assert {item.level for item in found} == {Level.T6}
    if kind is not LesionKind.MIXED:
        assert found[0].kind == kind.value


def test_the_mirrored_patient_has_the_mirrored_proposals():
    own, other = searched(subject(0.3)).proposals, searched(mirrored(subject(0.3))).proposals
    assert [(item.level, item.kind) for item in own] == [(item.level, item.kind) for item in other]
    assert [item.volume_ml for item in own] == pytest.approx([item.volume_ml for item in other])
    assert [item.likelihood for item in own] == pytest.approx([item.likelihood for item in other])


@pytest.mark.parametrize("seed", [1, 5])
def test_healthy_bone_has_no_proposal(seed):
    found = searched(subject(0.0, seed=seed))
    assert found.proposals == ()
    assert "confirmed by a reader" in found.note


@pytest.mark.shared_data
def test_the_untouched_real_ct_has_no_proposal_over_one_ml():
    scan = read_scan(shared("lidc0001_thoracic/upperthoracic_wide_ct.nii.gz"), modality="CT")
    found = proposed_lesions(real_spine(), scan)
    assert max((item.volume_ml for item in found.proposals), default=0.0) < 1.0
    assert len(found.searched) >= 5


@pytest.mark.shared_data
def test_the_arch_of_the_untouched_real_ct_has_no_proposal():
    scan = read_scan(shared("lidc0001_thoracic/upperthoracic_wide_ct.nii.gz"), modality="CT")
    assert {item.part for item in proposed_lesions(real_spine(), scan).proposals} <= {Part.BODY}


@pytest.mark.shared_data
def test_the_simulated_tumour_on_the_real_ct_is_proposed_first():
    scan = read_scan(shared("lidc0001_sim_tumour_T3T4/ct_simulated.nii.gz"), modality="CT")
    found = proposed_lesions(real_spine(), scan).proposals
    large = [item for item in found if item.volume_ml > 0.5]
    assert {(item.level, item.kind) for item in large} == {(Level.T3, "lytic"), (Level.T4, "lytic")}
    assert {(item.level, item.kind) for item in found[:4]} == {(Level.T3, "lytic"), (Level.T4, "lytic")}
    labels = read_labels(shared("lidc0001_sim_tumour_T3T4/tumour_truth.nii.gz"), convention="tumour_compartments")
    truth = labels.canonical().volume
    for item in found[:4]:
        voxels = np.rint(truth.grid.to_voxel(item.mask.points_mm())).astype(int)
        assert (truth.array[tuple(voxels.T)] > 0).mean() > 0.5


@cache
def arch_subject(part: str, kind: LesionKind = LesionKind.LYTIC) -> Phantom:
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("T5-T7"),
            voxel_mm=(0.9, 0.9, 1.25),
            seed=1,
            thorax=False,
            half_width_mm=42.0,
            tumour=TumourSpec(bone=(BonePiece(level=Level.T6, part=part, fraction=0.9),), kind=kind),
        )
    )


@pytest.mark.parametrize("part", ["pedicle left", "pedicle right", "lamina left", "articular right", "spinous"])
def test_a_lytic_part_of_the_arch_is_proposed_where_it_is(part):
    found = searched(arch_subject(part)).proposals
    assert (found[0].level, found[0].kind) == (Level.T6, "lytic")
    assert shared_with(arch_subject(part), found[0]) > 0.5
    assert part in {item.part.value for item in found}


def test_a_lesion_of_both_pedicles_does_not_hide_itself():
    both = (BonePiece(level=Level.T6, part=f"pedicle {side}", fraction=0.9) for side in ("left", "right"))
    spec = replace(arch_subject("pedicle left").spec, tumour=TumourSpec(bone=tuple(both), kind=LesionKind.LYTIC))
    parts = {item.part.value for item in searched(make_phantom(spec)).proposals}
    assert {"pedicle left", "pedicle right"} <= parts


def test_proposals_in_several_parts_of_a_vertebra_support_each_other():
    bone = (
        BonePiece(level=Level.T6, fraction=0.2, centre=(0.3, 0.1, 0.1)),
        BonePiece(level=Level.T6, part="pedicle right", fraction=0.9),
    )
    spec = replace(arch_subject("pedicle left").spec, tumour=TumourSpec(bone=bone, kind=LesionKind.LYTIC))
    alone = searched(make_phantom(replace(spec, tumour=TumourSpec(bone=bone[1:], kind=LesionKind.LYTIC)))).proposals
    found = {item.part: item.likelihood for item in searched(make_phantom(spec)).proposals}
    single = next(item.likelihood for item in alone if item.part is Part.PEDICLE_RIGHT)
    assert found[Part.PEDICLE_RIGHT] > single
    assert found[Part.BODY] > single


def test_other_modalities_are_refused():
    source = subject(0.3)
    with pytest.raises(InputError, match=r"reads CT only.*outline the lesion"):
        proposed_lesions(spine_from_labels([source.labels], modality="CT"), replace(source.scan, modality="MR"))


def test_too_few_bodies_to_compare_are_refused():
    source = subject(0.3, levels="T6-T7")
    with pytest.raises(InputError, match=r"2 vertebral bodies can be compared, at least 3"):
        searched(source)


def test_findings_have_no_place_for_proposals():
    assert not any("propos" in item.name for item in fields(Findings))
