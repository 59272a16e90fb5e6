import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import How, Level, Quantity, citation, content_hash, to_json, to_plain, write_atomically
from oncospine.base.citations import citations
from oncospine.base.errors import InputError


@dataclass(frozen=True)
class Thing:
    level: Level
    values: np.ndarray
    parts: dict


def test_results_become_plain_data():
    thing = Thing(Level.T3, np.array([1.0, math.nan, -0.0]), {Level.T4: {2, 1}, "q": How.MEASURED})
    assert to_plain(thing) == {"level": "T3", "values": [1.0, None, 0.0], "parts": {"T4": [1, 2], "q": "measured"}}


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_float_becomes_valid_json(value):
    assert json.loads(to_json({"x": value}))["x"] is None or math.isfinite(value)


def test_a_negative_zero_is_a_zero():
    assert to_json(-0.0) == "0.0\n"


def test_a_quantity_keeps_its_reason():
    plain = to_plain(Quantity(value=None, unit="mm2", how=How.MEASURED, reason="cut"))
    assert plain["value"] is None
    assert plain["reason"] == "cut"


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_atomically(path, "old")

    def broken(handle):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_the_hash_of_a_folder_depends_on_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = content_hash(tmp_path / "a")
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    second = content_hash(tmp_path / "a")
    (tmp_path / "a" / "y").write_text("2")
    assert len({first, second, content_hash(tmp_path / "a")}) == 3
    assert content_hash(tmp_path / "a" / "y") == (
        "sha256:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"
    )


def test_every_citation_has_text_and_verification():
    assert len(citations()) > 5
    assert all(entry.text and entry.id for entry in citations().values())


def test_an_unknown_citation_is_an_error():
    with pytest.raises(InputError, match="nobody1999"):
        citation("nobody1999")
