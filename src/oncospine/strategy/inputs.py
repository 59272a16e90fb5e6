"""Everything the rules read, in one frozen record. Unknown is None; nothing here has a default value.

The record knows nothing of cases, images or files: whoever fills it says in `sources` where each value came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from oncospine.base import How, Level
from oncospine.strategy.fields import choice, flag, grades, integer, number, option, other

ESCC_GRADES = ("0", "1a", "1b", "1c", "2", "3")
"""Grades of epidural compression, mildest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value came from: how it was obtained, and a text such as "MR of 2013-02-01" or "examination"."""

    how: How
    text: str
    kind: str = "user"
    """imaging, exam or user."""


NOT_STATED = Source(how=How.ENTERED, text="source not stated")
"""Used where nobody said where a value came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInputs:
    """What is known of one involved vertebra. Fractions run 0..1 of the element's volume; sides are the patient's."""

    level: Level
    body_fraction: float | None = number("tumour in the vertebral body", 0, 1, unit="fraction")
    pedicle_left_fraction: float | None = number("tumour in the left pedicle", 0, 1, unit="fraction")
    pedicle_right_fraction: float | None = number("tumour in the right pedicle", 0, 1, unit="fraction")
    facet_left_fraction: float | None = number(
        "left articular processes and costovertebral joint", 0, 1, unit="fraction"
    )
    facet_right_fraction: float | None = number(
        "right articular processes and costovertebral joint", 0, 1, unit="fraction"
    )
    arch_fraction: float | None = number("lamina, spinous and transverse processes", 0, 1, unit="fraction")
    epidural: bool | None = flag("tumour in the canal at this level")
    paravertebral: bool | None = flag("tumour beside the vertebra at this level")
    height_loss_percent: float | None = number("loss of body height", -100, 100, unit="%")
    translation_mm: float | None = number("offset of the posterior wall to the neighbour", 0, 60, unit="mm")
    escc: tuple[str, ...] | None = grades("ESCC grades possible at this level, mildest first", *ESCC_GRADES)
    escc_from_ct: bool | None = flag("the ESCC set is an estimate on CT, without MR")
    sins_total: int | None = integer("SINS as a clinician states it; used in place of the sum of the items", 0, 18)
    pain: object | None = option(
        "SINS pain of this lesion; else that of the patient", "mechanical", "occasional", "none"
    )
    bone: object | None = option("SINS bone lesion", "lytic", "mixed", "blastic")
    alignment: object | None = option("SINS alignment", "subluxation", "deformity", "normal")
    collapse: object | None = option(
        "SINS collapse as entered; else suggested from height loss and body fraction",
        "over_50", "under_50", "body_over_50", "none",
    )  # fmt: skip
    posterolateral: object | None = option(
        "SINS posterolateral as entered; else suggested from pedicles and facets", "bilateral", "unilateral", "none"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientInputs:
    """One patient at one date, as the rules see it."""

    levels: tuple[LevelInputs, ...] | None = None
    """Every involved vertebra, any order; None where no image was read, an empty tuple where none is involved."""
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    """Where values came from, by field name ("kps") or level path ("levels.T3.body_fraction")."""

    # who
    age_years: float | None = number("age", 0, 120, unit="years", steps=(17, 18, 39, 40, 64, 65, 70, 71))
    sex: str | None = choice("sex", "female", "male")

    # tumour
    histology: str | None = other("histology", "id of the histology table; None without tissue diagnosis")
    tumour_role: str | None = choice(
        "what the spinal lesion is; read where the entity can be both", "metastasis", "primary"
    )
    known_cancer: bool | None = flag("a cancer is known, whether or not this lesion was biopsied")
    spinal_mass: bool | None = flag("imaging suggests a spinal mass; None: taken from `levels`")
    lymphoma_plausible: bool | None = flag("lymphoma is plausible")
    primary_suspected: bool | None = flag("imaging suggests a primary malignant bone tumour or chordoma")
    biopsy_discordant: bool | None = flag("CT-guided biopsy negative or discordant with imaging")
    spindle_cell: bool | None = flag("histology is a spindle-cell tumour")
    newly_diagnosed: bool | None = flag("the tumour was first diagnosed with this spinal lesion")
    enneking_stage: str | None = choice(
        "Enneking stage of a primary", "S1", "S2", "S3", "IA", "IB", "IIA", "IIB", "III", "IIIA", "IIIB"
    )
    wbb_en_bloc: str | None = choice("en bloc by WBB zones", "feasible", "with_violation", "not_feasible")
    tomita_type: int | None = integer("Tomita surgical type", 1, 7, steps=(1, 2, 5, 6, 7))
    visceral: str | None = choice("metastases in major organs", "none", "treatable", "untreatable", "disseminated")
    brain_metastases: bool | None = flag("cerebral metastases")
    organ_systems: int | None = integer("organ systems other than bone with metastases", 0, 15, steps=(0, 1))
    solitary_metastasis: bool | None = flag("the spinal metastasis is the only one in the body")
    extraspinal_bone_foci: int | None = integer("bone metastases outside the spine", 0, 500, steps=(0, 1, 3))
    vertebral_metastases: int | None = integer("vertebrae with metastasis", 0, 33, steps=(1, 2, 3))
    solitary_lesion: bool | None = flag("the spinal lesion (one contiguous mass) is the only bone metastasis")
    pathological_fracture: bool | None = flag("pathological fracture of an involved vertebra")
    extraspinal_controlled: bool | None = flag("disease outside the spine absent or controlled")
    disease_free_months: float | None = number("disease-free interval", 0, 900, unit="months", steps=(23, 24))
    months_to_compression: float | None = number(
        "from cancer diagnosis to cord compression", 0, 900, unit="months", steps=(15, 16)
    )
    leptomeningeal: bool | None = flag("leptomeningeal disease")
    active_infection: bool | None = flag("active infection")
    flow_voids: bool | None = flag("flow voids or avid enhancement on MRI")
    iodine_avid: bool | None = flag("iodine-avid thyroid cancer")

    # treatments so far and at hand
    previous_chemotherapy: bool | None = flag("chemotherapy before")
    systemic_option_unused: bool | None = flag("a targeted or immunotherapy option was not yet tried")
    prior_cebrt: bool | None = flag("conventional external beam radiotherapy at this level before")
    prior_sbrt: bool | None = flag("SBRT at this level before")
    prior_surgery: bool | None = flag("surgery at this level before, or an open biopsy")
    sbrt_available: bool | None = flag("SBRT can be had")
    dexamethasone_mg_day: float | None = number("dexamethasone as entered", 0, 500, unit="mg/day", steps=(0, 16, 17))
    steroid_contraindicated: bool | None = flag("a contraindication to steroid is recorded")

    # examination
    weakness: bool | None = flag("new or worsening limb weakness")
    gait_loss: bool | None = flag("gait loss")
    sensory_level: bool | None = flag("a sensory level was found")
    sphincter_change: bool | None = flag("new bladder or bowel trouble")
    saddle_numbness: bool | None = flag("saddle numbness")
    myelopathy: bool | None = flag("signs of myelopathy")
    progression: str | None = choice("course of the neurology over days", "stable", "slow", "fast")
    frankel: str | None = choice("Frankel grade as entered", "A", "B", "C", "D", "E")
    ais: str | None = choice("ASIA impairment scale as entered or graded", "A", "B", "C", "D", "E")
    ais_graded: tuple[str, ...] | None = grades(
        "AIS grades that the ISNCSCI tables of the examination leave", "A", "B", "C", "D", "E"
    )
    ambulatory: str | None = choice("walking", "independent", "with_aid", "not_walking")
    motor_deficit_days: float | None = number(
        "time over which the motor deficit developed", 0, 4000, unit="days", steps=(7, 8)
    )
    complete_hours: float | None = number("time since complete paraplegia", 0, 100000, unit="hours", steps=(48, 49))
    pain: str | None = choice("pain as SINS has it", "mechanical", "occasional", "none")
    severe_pain: bool | None = flag("severe pain")
    mri_reported: bool | None = flag("MRI of the whole spine was reported")
    mri_contraindicated: bool | None = flag("MRI is not possible")
    compression_ruled_out: bool | None = flag("cord compression was ruled out on MRI")
    gross_instability: bool | None = flag("gross instability, translation or kyphotic fracture")
    retropulsion: bool | None = flag("the deficit comes from retropelled bone or instability")
    circumferential: bool | None = flag("epidural tumour surrounds the sac")
    posterior_only_disease: bool | None = flag("purely posterior epidural disease, anterior column and facets intact")
    kyphosis: bool | None = flag("kyphosis at the lesion")
    failed_posterior: bool | None = flag("an earlier posterior-only construct failed")
    residual_anterior: bool | None = flag("a posterior reach would leave anterior compression")
    radiological_threat: bool | None = flag("radiological impending cord compression")

    # fitness and laboratory
    kps: int | None = integer("Karnofsky now", 0, 100, steps=(40, 50, 60, 70, 80, 90, 100))
    kps_before_deficit: int | None = integer("Karnofsky before the acute deficit", 0, 100, steps=(40, 50, 70, 80))
    ecog: int | None = integer("ECOG now", 0, 4, steps=(0, 1, 2, 3, 4))
    ecog_before_deficit: int | None = integer("ECOG before the acute deficit", 0, 4, steps=(0, 1, 2, 3, 4))
    can_tolerate_surgery: bool | None = flag("fit for surgery; confirmed by a person, never derived")
    declines_surgery: bool | None = flag("the patient declines an operation")
    declines_radiotherapy: bool | None = flag("the patient declines radiotherapy")
    uncorrected_coagulopathy: bool | None = flag("a clotting disorder that is not corrected")
    declines_transfusion: bool | None = flag("the patient declines transfusion")
    anticoagulant: bool | None = flag("an anticoagulant is taken")
    pregnant: bool | None = flag("pregnancy")
    frail: bool | None = flag("frail")
    asa: int | None = integer("ASA class", 1, 5, steps=(2, 3))
    obese: bool | None = flag("obesity")
    albumin_g_dl: float | None = number("albumin", 0.5, 7, unit="g/dL", steps=(3.4, 3.5, 3.6, 3.7))
    crp_mg_dl: float | None = number("C-reactive protein", 0, 80, unit="mg/dL", steps=(0.3, 0.4))
    ldh_iu_l: float | None = number("lactate dehydrogenase", 10, 50000, unit="IU/L", steps=(249, 250))
    platelets_per_ul: float | None = number("platelets", 1000, 3000000, unit="/uL", steps=(99000, 100000))
    calcium_mg_dl: float | None = number("calcium", 3, 25, unit="mg/dL", steps=(10.2, 10.3))
    bilirubin_mg_dl: float | None = number("total bilirubin", 0, 80, unit="mg/dL", steps=(1.3, 1.4))
    inr: float | None = number("INR", 0.5, 20, unit="ratio", steps=(1.4, 1.5))
    anaemia: bool | None = flag("anaemia")
    febrile_or_neutropenic: bool | None = flag("febrile or neutropenic")
    po2_mmhg: float | None = number("arterial oxygen pressure", 20, 200, unit="mmHg", steps=(59, 60))
    pco2_mmhg: float | None = number("arterial carbon dioxide pressure", 10, 150, unit="mmHg", steps=(45, 46))
    sao2_percent: float | None = number("arterial oxygen saturation", 40, 100, unit="%", steps=(89, 90))
    fvc_l: float | None = number("forced vital capacity", 0.2, 9, unit="L", steps=(1.4, 1.5))
    fev1_l: float | None = number("forced expiratory volume in one second", 0.1, 8, unit="L", steps=(0.9, 1.0))
    fev1_fvc_percent: float | None = number("FEV1/FVC", 10, 100, unit="%", steps=(34, 35))

    # what is being planned, where a plan exists
    planned_open_surgery: bool | None = flag("an open operation is planned")
    planned_laminectomy: bool | None = flag("laminectomy is planned")
    planned_facet_removal: bool | None = flag("facets or pedicles are to be removed")
    planned_fixation: bool | None = flag("instrumentation is planned")
    planned_body_resection: bool | None = flag("corpectomy, spondylectomy or debulking of the body is planned")
    planned_left_anterior: bool | None = flag("a left-sided anterior approach is planned")
    planned_ligated_pairs: int | None = integer("adjacent segmental pairs to be ligated", 0, 20, steps=(1, 2))
    planned_both_columns: bool | None = flag("both columns are to be resected")
    planned_thoracotomy: bool | None = flag("a thoracotomy is planned")
    planned_sbrt: bool | None = flag("SBRT or protons after surgery, or MRI surveillance, is planned")
    construct: tuple[Level, ...] | None = other("levels", "levels with anchors of the planned construct")
    laminectomy_levels: tuple[Level, ...] | None = other("levels", "levels of the planned laminectomy")
    carbon_fibre: bool | None = flag("carbon-fibre implants are planned")
    osteoporosis: bool | None = flag("osteoporosis")
    bone_density_hu: float | None = number("trabecular density", -200, 1000, unit="HU", steps=(109, 110))
    subtotal_resection: bool | None = flag("removal was sub-total or contaminated")
    postoperative: bool | None = flag("the operation has been done")
    feeder_at_target: bool | None = flag("the anterior spinal artery feeder arises at a pedicle to be closed")
    prior_chest_surgery_or_rt: bool | None = flag("previous sternotomy, thoracotomy or mediastinal radiotherapy")
    laryngeal_palsy: bool | None = flag("recurrent laryngeal palsy")
    rt_within_21_days: bool | None = flag("radiotherapy within 21 days of surgery")
    chemo_within_3_weeks: bool | None = flag("chemotherapy within 3 weeks of surgery")
    sbrt_gy_per_fraction: float | None = number("SBRT dose per fraction as given", 0, 30, unit="Gy", steps=(19, 20))
    baseline_fracture: bool | None = flag("vertebral fracture before SBRT")
    anatomy_crosses_arch: bool | None = flag(
        "aortic arch or brachiocephalic vessels lie in the anterior corridor on CT"
    )
