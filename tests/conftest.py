"""What tests of several rooms share: the folder of public data beside the repository, and a small phantom case."""

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("oncospine", deadline=None)  # how busy the machine is says nothing of the code
settings.load_profile("oncospine")

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public scans beside the repository; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("shared data absent: ../shared/data is not beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def phantom_case_once(tmp_path_factory) -> Path:
    """A case of a coarse phantom T1-T6 with a tumour of T3-T4; made once a session, not to be written to."""
    from oncospine.base import Level, Side, parse_levels
    from oncospine.phantom import BonePiece, EpiduralPiece, ParavertebralPiece, PhantomSpec, TumourSpec, make_phantom
    from oncospine.phantom.files import write_case

    tumour = TumourSpec(
        bone=(
            BonePiece(level=Level.T3, fraction=0.6),
            BonePiece(level=Level.T3, part="pedicle right", fraction=0.8),
            BonePiece(level=Level.T4, fraction=0.5),
        ),
        epidural=(EpiduralPiece(level=Level.T3, thickness_mm=6.0, length_mm=24.0, clock_deg=20.0),),
        paravertebral=(ParavertebralPiece(level=Level.T3, side=Side.RIGHT),),
    )
    spec = PhantomSpec(levels=parse_levels("T1-T6"), voxel_mm=(1.0, 1.0, 1.5), thorax=False, tumour=tumour)
    folder = tmp_path_factory.mktemp("phantom") / "case"
    record = {
        "schema_version": 1,
        "pseudonym": "phantom-T3T4",
        "birth_year": 1961,
        "sex": "female",
        "diagnosis": {"kind": "metastatic", "histology_id": "lms", "tissue_diagnosis": "yes"},
        "affected_levels": "T3-T4",
        "exams": [
            {"date": "2013-02-08", "sensory_level": "T5", "frankel": "D", "weakness": "yes", "myelopathy": "yes"}
        ],
    }
    write_case({"ct": make_phantom(spec)}, folder, record=record, dates={"ct": "2013-02-08"})
    return folder


@pytest.fixture
def phantom_case(phantom_case_once, tmp_path) -> Path:
    """A copy of the phantom case that a test may change."""
    return Path(shutil.copytree(phantom_case_once, tmp_path / "case"))
