import os
import re
from pathlib import Path

import pytest
from imaging_samples import shared

PAGE = Path(__file__).parents[2] / "docs" / "imaging.md"


@pytest.mark.shared_data
def test_the_snippets_of_the_page_run(monkeypatch, capsys):
    shared("lidc0001_thoracic")
    monkeypatch.chdir(PAGE.parents[1])
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(snippets) == 3
    exec("\n".join(snippets), {})
    printed = capsys.readouterr().out
    assert "20.68" in printed
    assert "totalsegmentator_total" in printed
    assert os.sep not in printed.splitlines()[-1]
