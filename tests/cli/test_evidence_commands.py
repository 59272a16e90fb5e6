import pytest
from typer.testing import CliRunner

from oncospine.base import InputError
from oncospine.cli.app import app

RIS = "TY  - JOUR\nTI  - Leiomyosarcoma of the spine\nAU  - Doe, J\nPY  - 2013\nDO  - 10.1000/x1\nER  - \n"


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_a_review_is_started_filled_and_freed_of_duplicates(tmp_path):
    (tmp_path / "a.ris").write_text(RIS)
    (tmp_path / "b.ris").write_text(RIS.replace("Doe, J", "Doe, Jane"))
    review = tmp_path / "review"
    assert run("evidence", "new", review, "--title", "t", "--question", "q").exit_code == 0
    told = run("evidence", "import", review, tmp_path / "a.ris", tmp_path / "b.ris")
    assert "a.ris: 1 records" in told.output
    assert "1 publications, 1 duplicates" in run("evidence", "dedupe", review).output


def test_an_unknown_topic_is_refused(tmp_path):
    with pytest.raises(InputError, match="evidence"):
        run("validate", "weather", "--data", tmp_path)


@pytest.mark.shared_data
@pytest.mark.slow
def test_all_published_values_are_reproduced_at_the_command_line(shared_data):
    told = run("validate", "evidence", "--data", shared_data / "literature")
    assert told.exit_code == 0
    assert "333 of 333 within tolerance" in told.output
