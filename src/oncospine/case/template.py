"""A new case: a folder with a commented case.yaml that is valid from the start."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path

from oncospine.base import InputError, write_atomically
from oncospine.case.files import CASE_FILE, parse_case
from oncospine.case.kinds import Sex


def template_text(*, pseudonym: str, birth_year: int | None = None, sex: Sex = Sex.UNKNOWN) -> str:
    """The commented text of a new case.yaml."""
    text = (files("oncospine.case") / "data" / "template.yaml").read_text("utf-8")
    year = "# birth_year: 1961" if birth_year is None else f"birth_year: {birth_year}"
    known = "# sex: female                   # female, male" if sex is Sex.UNKNOWN else f"sex: {sex}"
    return text.format(pseudonym=pseudonym, birth_year=year, sex=known)


def new_case(
    folder: Path,
    *,
    pseudonym: str,
    birth_year: int | None = None,
    sex: Sex = Sex.UNKNOWN,
    today: date | None = None,
) -> Path:
    """Write a commented case.yaml in `folder` (made where missing) and return its path; never overwrites one."""
    path = Path(folder) / CASE_FILE
    if path.exists():
        raise InputError(f"{path} exists already and is not overwritten; choose another folder or edit that file")
    if Path(folder).exists() and not Path(folder).is_dir():
        raise InputError(f"{folder} is a file; give a folder for the case")
    text = template_text(pseudonym=pseudonym, birth_year=birth_year, sex=sex)
    parse_case(text, file=str(path), today=today)
    write_atomically(path, text)
    (Path(folder) / "studies").mkdir(exist_ok=True)
    return path
