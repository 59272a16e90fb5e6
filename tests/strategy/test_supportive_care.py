from oncospine.base import Level
from oncospine.strategy import LevelInputs, PatientInputs, Standing, assess


def standing(inputs):
    return next(option.standing for option in assess(inputs).options if option.id == "supportive_care")


def test_supportive_care_is_not_supported_by_a_score_that_cannot_be_computed():
    inputs = PatientInputs(
        levels=(LevelInputs(level=Level.T3, body_fraction=0.7, escc=("2",)),),
        histology="lms",
        tumour_role="metastasis",
        myelopathy=True,
    )
    assert standing(inputs) is Standing.OPEN
