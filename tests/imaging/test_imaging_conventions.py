"""The tables against the printed rows of conventions.md section 2 (read from the programs themselves)."""

import csv

import pytest
from imaging_samples import shared

from oncospine.base import InputError, Verification
from oncospine.imaging import Structure, convention, conventions, explaining, recognise_convention
from oncospine.imaging.conventions import chosen_convention

LEVELS = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
DISCS = dict(zip(LEVELS, [*LEVELS[1:], "S1"], strict=True))

VERTEBRAE = {
    "totalsegmentator_total": range(50, 26, -1),
    "totalsegmentator_total_diffdrr": range(50, 26, -1),
    "totalsegmentator_total_v3": range(50, 26, -1),
    "totalsegmentator_total_v1": range(41, 17, -1),
    "totalsegmentator_vertebrae_mr": range(25, 1, -1),
    "totalspineseg_step2": [*range(11, 18), *range(21, 33), *range(41, 46)],
    "verse": range(1, 25),
    "spineps_vert": range(1, 25),
    "tptbox_vert": range(1, 25),
}
"""Numbers of C1..L5."""


@pytest.mark.parametrize("name", VERTEBRAE)
def test_vertebrae_have_the_numbers_of_the_program(name):
    found = {item.name: label for label, item in convention(name).structures.items()}
    assert [found[f"vertebra {level}"] for level in LEVELS] == list(VERTEBRAE[name])


def test_bodies_of_vertebrae_pp_are_numbered_from_the_top():
    table = convention("totalsegmentator_vertebrae_pp").structures
    assert [table[n].name for n in range(1, 25)] == [f"vertebral_body {level}" for level in LEVELS]


@pytest.mark.parametrize(
    ("name", "numbers", "kind"),
    [
        ("totalspineseg_step1", [*range(63, 68), *range(71, 83), *range(91, 96), 100], "disc"),
        ("totalspineseg_step2", [*range(63, 68), *range(71, 83), *range(91, 96), 100], "disc"),
        ("spineps_vert", range(102, 125), "disc"),
        ("tptbox_vert", range(102, 125), "disc"),
        ("sct_discs", range(3, 26), "disc_point"),
        ("totalspineseg_levels", range(3, 26), "disc_point"),
    ],
)
def test_discs_from_c2_c3_to_l5_s1(name, numbers, kind):
    table = convention(name).structures
    expected = [f"{kind} {level}-{DISCS[level]}" for level in LEVELS[1:]]
    assert [table[number].name for number in numbers] == expected


def test_endplates_are_200_and_the_vertebra():
    table = convention("tptbox_vert").structures
    assert [table[n].name for n in range(202, 225)] == [f"endplate {level}" for level in LEVELS[1:]]


def test_cord_levels_of_the_toolbox():
    table = convention("sct_levels").structures
    assert [table[n].name for n in range(1, 25)] == [f"spinal_cord {level}" for level in LEVELS]
    assert table[28].name == "spinal_cord S4"


@pytest.mark.parametrize(
    ("name", "label", "structure"),
    [
        ("totalsegmentator_total", 26, "vertebra S1"),
        ("totalsegmentator_total_v3", 26, "vertebra L6"),
        ("verse", 26, "sacrum"),
        ("tptbox_vert", 26, "vertebra S1"),
        ("verse", 28, "vertebra T13"),
        ("verse", 25, "vertebra L6"),
        ("verse", 27, "coccyx"),
        ("totalspineseg_step2", 46, "vertebra L6"),
        ("totalspineseg_step2", 50, "sacrum"),
        ("totalspineseg_step1", 50, "vertebra"),
        ("totalspineseg_step2", 2, "spinal_canal"),
        ("totalspineseg_step2", 74, "disc T3-T4"),
        ("sct_discs", 11, "disc_point T3-T4"),
        ("tptbox_vert", 110, "disc T3-T4"),
        ("tptbox_vert", 40, "rib T1 1"),
        ("tptbox_vert", 51, "rib T12 12"),
        ("tptbox_vert", 52, "rib L1"),
        ("tptbox_vert", 53, "rib T13"),
        ("tptbox_vert", 38, "rib C6"),
        ("totalsegmentator_total_mr", 18, "sacrum"),
        ("totalsegmentator_total_mr", 19, "vertebra"),
        ("totalsegmentator_total_mr", 20, "disc"),
        ("totalsegmentator_total_mr", 21, "spinal_cord"),
        ("totalsegmentator_total_mr", 23, "aorta"),
        ("totalsegmentator_total_mr", 24, "inferior_vena_cava"),
        ("totalsegmentator_vertebrae_mr", 1, "sacrum"),
        ("totalsegmentator_total_v1", 7, "aorta"),
        ("totalsegmentator_total_v1", 32, "vertebra T3"),
        ("totalsegmentator_total_v1", 58, "rib left 1"),
        ("totalsegmentator_total_v1", 81, "rib right 12"),
        ("totalsegmentator_total", 117, "costal_cartilage"),
        ("totalsegmentator_total_diffdrr", 117, "carpal"),
        ("totalsegmentator_total_diffdrr", 118, "costal_cartilage"),
        ("tumour_compartments", 1, "tumour_bone"),
        ("tumour_compartments", 2, "tumour_epidural"),
        ("tumour_compartments", 3, "tumour_paravertebral"),
    ],
)
def test_the_traps(name, label, structure):
    assert convention(name).structures[label] == Structure.from_name(structure)


SIDES_IN_TOTAL = {
    "kidney": (2, 3), "adrenal_gland": (8, 9), "subclavian_artery": (55, 56), "common_carotid_artery": (57, 58),
    "brachiocephalic_vein": (60, 59), "iliac_artery": (66, 65), "iliac_vein": (68, 67), "humerus": (70, 69),
    "scapula": (72, 71), "clavicle": (74, 73), "femur": (76, 75), "hip": (78, 77), "deep_back_muscle": (87, 86),
    "iliopsoas": (89, 88),
}  # fmt: skip
"""Right and left, from conventions.md 2.2: right first for some, left first for the rest."""


@pytest.mark.parametrize("kind", SIDES_IN_TOTAL)
def test_sides_of_totalsegmentator(kind):
    table = convention("totalsegmentator_total").structures
    right, left = SIDES_IN_TOTAL[kind]
    assert (table[right].name, table[left].name) == (f"{kind} right", f"{kind} left")


def test_ribs_of_totalsegmentator():
    table = convention("totalsegmentator_total").structures
    assert [table[n].name for n in range(92, 104)] == [f"rib left {n}" for n in range(1, 13)]
    assert [table[n].name for n in range(104, 116)] == [f"rib right {n}" for n in range(1, 13)]


@pytest.mark.parametrize(
    ("label", "structure"),
    [
        (10, "lung left"), (11, "lung left"), (12, "lung right"), (13, "lung right"), (14, "lung right"),
        (15, "oesophagus"), (16, "trachea"), (51, "heart"), (52, "aorta"), (54, "brachiocephalic_trunk"),
        (62, "superior_vena_cava"), (63, "inferior_vena_cava"), (79, "spinal_cord"), (90, "brain"), (91, "skull"),
        (116, "sternum"),
    ],
)  # fmt: skip
def test_single_structures_of_totalsegmentator(label, structure):
    assert convention("totalsegmentator_total").structures[label].name == structure


SUBREGIONS = {
    41: "vertebral_arch", 42: "spinous_process", 43: "transverse_process left", 44: "transverse_process right",
    45: "superior_articular_process left", 46: "superior_articular_process right",
    47: "inferior_articular_process left", 48: "inferior_articular_process right", 49: "vertebral_body",
    60: "spinal_cord", 61: "spinal_canal", 62: "endplate", 100: "disc",
}  # fmt: skip


@pytest.mark.parametrize("name", ["spineps_subregion", "tptbox_subregion"])
@pytest.mark.parametrize("label", SUBREGIONS)
def test_subregions(name, label):
    assert convention(name).structures[label].name == SUBREGIONS[label]


def test_spineps_writes_the_sacrum_with_the_subregions_and_tptbox_does_not():
    assert convention("spineps_subregion").structures[26].name == "sacrum"
    assert 26 not in convention("tptbox_subregion").structures


def test_rows_that_were_not_read_in_the_source_say_so():
    v3 = convention("totalsegmentator_total_v3")
    assert v3.verification is Verification.UNVERIFIED
    assert any("not verified" in note for note in v3.notes_on(frozenset({41})))
    assert not any("not verified" in note for note in v3.notes_on(frozenset({25, 26})))


@pytest.mark.parametrize("name", ["totalsegmentator_total", "totalsegmentator_total_diffdrr"])
def test_a_label_map_from_ct_warns_that_the_cord_is_the_sac(name):
    assert any("dural sac" in note for note in convention(name).notes)


def test_an_unknown_convention_offers_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'verse'.*Known: totalsegmentator_total"):
        convention("versee")


@pytest.mark.shared_data
def test_the_diffdrr_table_is_the_one_shipped_with_the_data():
    rows = csv.DictReader(shared("lidc0001_thoracic/structures.csv").read_text().splitlines())
    shipped = {int(row["id"]): row["structure"] for row in rows}
    assert dict(convention("totalsegmentator_total_diffdrr").source_names) == shipped


def test_conventions_that_explain_a_set_of_labels():
    assert explaining({118: 5}) == ("totalsegmentator_total_diffdrr", "spineps_vert", "tptbox_vert")
    assert explaining({26: 9, 46: 3, 117: 2}) == (
        "totalsegmentator_total",
        "totalsegmentator_total_diffdrr",
        "totalsegmentator_total_v3",
        "tptbox_vert",
    )


def heights(numbers, *, up):
    return {label: float(place if up else -place) * 20 for place, label in enumerate(sorted(numbers))}


def test_the_order_of_the_vertebrae_tells_totalsegmentator_from_verse():
    numbers = dict.fromkeys(range(2, 20), 1000)
    for up, right, wrong in (
        (True, "totalsegmentator_vertebrae_mr", "verse"),
        (False, "verse", "totalsegmentator_vertebrae_mr"),
    ):
        sure = {
            item.name: item.confidence for item in recognise_convention(numbers, heights_mm=heights(numbers, up=up))
        }
        assert sure[right] > 1000 * sure[wrong]


def test_label_26_alone_leaves_total_and_total_v3_ambiguous():
    counts = dict.fromkeys([25, 26, 27, 28, 79, 52, 92], 100)
    ranked = recognise_convention(counts)
    assert {"totalsegmentator_total", "totalsegmentator_total_v3"} <= {item.name for item in ranked}
    with pytest.raises(InputError, match=r"ambiguous.*Name the convention"):
        chosen_convention(ranked, name="mask.nii.gz", counts=counts)


def test_without_label_26_total_and_total_v3_mean_the_same_and_are_accepted():
    counts = dict.fromkeys([*range(36, 46), 52, 79, 92, 104], 100)
    assert chosen_convention(recognise_convention(counts), name="m", counts=counts).name == "totalsegmentator_total"


def test_a_file_name_can_decide():
    counts = dict.fromkeys([25, 26, 27, 28, 79, 52, 92], 100)
    assert recognise_convention(counts, filename="ct_total_v3.nii.gz")[0].name == "totalsegmentator_total_v3"


def test_version_1_is_never_guessed():
    counts = dict.fromkeys(range(1, 105), 100)
    assert "totalsegmentator_total_v1" not in {item.name for item in recognise_convention(counts)}


def test_confidences_are_probabilities_of_meanings():
    ranked = recognise_convention(dict.fromkeys([1, 2, 3], 10))
    assert all(0 < item.confidence <= 1 for item in ranked)
    assert list(ranked) == sorted(ranked, key=lambda item: -item.confidence)


def test_labels_no_convention_has_are_refused_with_the_labels():
    with pytest.raises(InputError, match=r"999"):
        chosen_convention(recognise_convention({999: 4}), name="m.nii", counts={999: 4})


def test_every_convention_says_where_it_was_read():
    assert all(convention(name).source and convention(name).title for name in conventions())
