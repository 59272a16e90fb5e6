"""De-identification by a list of what may stay: UIDs replaced consistently, dates shifted, all the rest dropped."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from oncospine.base import InputError, Progress, read_yaml, silent, to_json, write_atomically
from oncospine.imaging.dicom_series import chosen_series
from oncospine.imaging.foreign_errors import translating

KEY_BYTES = 32
"""Length of the secret from which UIDs and the shift of dates follow."""

MAX_SHIFT_DAYS = 3650
"""Dates go back by 1 to this many days; the same number for every date of one patient."""

_CODE_WORD = re.compile(r"[A-Z0-9 _]{0,16}")
_NUMBERS = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FD", "FL", "UV", "SV", "US or SS"})
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_SEQUENCE_DEPTH = 4
_EMPTY = ("PatientBirthDate", "PatientSex", "StudyTime", "ReferringPhysicianName", "AccessionNumber", "StudyID")
"""Attributes that have to be there (type 2) and are left empty."""


def new_key() -> bytes:
    """A fresh secret. Who keeps it can import later studies of the patient with the same UIDs and shift."""
    return secrets.token_bytes(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Replacements that follow from a secret key; without the key they lead back to nothing."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < KEY_BYTES:
            raise InputError(f"the de-identification key needs {KEY_BYTES} bytes; make one with new_key()")

    def uid(self, original: str) -> str:
        """A valid UID (2.25 and 128 bits); equal for equal originals, so references stay intact."""
        return f"2.25.{int.from_bytes(self._digest('uid', original)[:16], 'big')}"

    def shift_days(self, patient: str) -> int:
        """How far the dates of this patient go back; intervals between them stay."""
        return -(int.from_bytes(self._digest("days", patient)[:8], "big") % MAX_SHIFT_DAYS + 1)

    def day(self, original: str, *, patient: str) -> date | None:
        """The shifted day of a DICOM date, or None where it is no date."""
        if not re.fullmatch(r"[0-9]{8}", original):
            return None
        try:
            real = date(int(original[:4]), int(original[4:6]), int(original[6:]))
            return real + timedelta(days=self.shift_days(patient))
        except (ValueError, OverflowError):
            return None

    def _digest(self, what: str, text: str) -> bytes:
        return hmac.new(self.key, f"{what}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def deidentified_series(
    paths: Path | Sequence[Path], *, pseudonym: str, key: bytes, series: str | None = None, progress: Progress = silent
) -> Iterator[bytes]:
    """The files of one series, de-identified, in order of number; pixels untouched (burned-in text stays: see notes).

    `pseudonym` becomes name and number of the patient. The same `key` gives the same UIDs and the same shift of dates.
    """
    from pydicom import dcmread

    if not _PSEUDONYM.fullmatch(pseudonym):
        raise InputError("a pseudonym has 1 to 32 letters, digits, hyphens or underscores")
    pseudonyms = Pseudonyms(key)
    planes, _ = chosen_series(paths, series=series, progress=progress)
    files = sorted({plane.file for plane in planes}, key=lambda file: file.number)
    for done, file in enumerate(files):
        progress("de-identifying", done / len(files))
        content = file.read()
        with translating(file.described):
            stream = io.BytesIO()
            deidentified(dcmread(io.BytesIO(content)), pseudonym=pseudonym, pseudonyms=pseudonyms).save_as(
                stream, enforce_file_format=True
            )
        yield stream.getvalue()


def write_deidentified(
    paths: Path | Sequence[Path],
    dest: Path,
    *,
    pseudonym: str,
    key: bytes,
    series: str | None = None,
    progress: Progress = silent,
) -> int:
    """Write `deidentified_series` into the new folder `dest`, whole or not at all; returns the number of files."""
    if dest.exists():
        raise InputError(f"{dest} exists already; give a new folder")
    dest.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".deidentify-", dir=dest.parent))
    try:
        count = 0
        for content in deidentified_series(paths, pseudonym=pseudonym, key=key, series=series, progress=progress):
            count += 1
            write_atomically(work / f"{count:05d}.dcm", content)
        work.chmod(0o755)
        work.rename(dest)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return count


def write_mapping(
    paths: Path | Sequence[Path], file: Path, *, pseudonym: str, key: bytes, series: str | None = None
) -> None:
    """Write who stands behind a pseudonym, only where the user asks: number, UIDs and shift, for the owner's eyes.

    Keep the file apart from the case: with it the de-identification can be undone.
    """
    from pydicom import dcmread

    pseudonyms = Pseudonyms(key)
    planes, _ = chosen_series(paths, series=series, progress=silent)
    uids: dict[str, str] = {}
    patient = ""
    for source in sorted({plane.file for plane in planes}, key=lambda item: item.number):
        with source.opened() as stream:
            header = dcmread(stream, stop_before_pixels=True)
            patient = str(header.get("PatientID", ""))
            for keyword, action in _rules().items():
                if action == "uid" and keyword in header:
                    uids[str(header[keyword].value)] = pseudonyms.uid(str(header[keyword].value))
    table = {
        "pseudonym": pseudonym,
        "patient": patient,
        "shift_days": pseudonyms.shift_days(patient),
        "uids": dict(sorted(uids.items())),
    }
    if file.exists():
        raise InputError(f"{file.name}: exists already; a mapping is never overwritten")
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(to_json(table))


def deidentified(data: Any, *, pseudonym: str, pseudonyms: Pseudonyms) -> Any:
    """A new data set with the allowed attributes of `data` only, and a statement of what was done."""
    from pydicom.dataset import Dataset, FileMetaDataset

    patient = str(data.get("PatientID", ""))
    clean = _allowed(data, pseudonyms, patient=patient, depth=0)
    clean.PatientName = clean.PatientID = pseudonym
    for keyword in (
        "PatientBirthDate",
        "PatientSex",
        "StudyTime",
        "ReferringPhysicianName",
        "AccessionNumber",
        "StudyID",
    ):
        setattr(clean, keyword, "")
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = "attributes by allow-list; UIDs by keyed hash; dates shifted"
    clean.LongitudinalTemporalInformationModified = "MODIFIED"
    done = []
    for value, meaning in (
        ("113100", "Basic Application Confidentiality Profile"),
        ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ):
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
        done.append(code)
    clean.DeidentificationMethodCodeSequence = done
    if "PixelData" in data:
        clean["PixelData"] = data["PixelData"]
    clean.file_meta = FileMetaDataset()
    clean.file_meta.TransferSyntaxUID = data.file_meta.TransferSyntaxUID
    clean.file_meta.MediaStorageSOPClassUID = clean.SOPClassUID
    clean.file_meta.MediaStorageSOPInstanceUID = clean.SOPInstanceUID
    return clean


def _allowed(data: Any, pseudonyms: Pseudonyms, *, patient: str, depth: int) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    rules = _rules()
    clean = Dataset()
    for element in data:
        action = rules.get(element.keyword)
        if action is None or element.tag.is_private:
            continue
        if action == "uid":
            setattr(clean, element.keyword, pseudonyms.uid(str(element.value)))
        elif action == "date":
            day = pseudonyms.day(str(element.value), patient=patient)
            setattr(clean, element.keyword, day.strftime("%Y%m%d") if day else "")
        elif action == "sequence":
            if element.VR == "SQ" and depth < _SEQUENCE_DEPTH:
                items = [_allowed(item, pseudonyms, patient=patient, depth=depth + 1) for item in element.value]
                setattr(clean, element.keyword, Items(items))
        elif _is_harmless(element):
            clean[element.tag] = element
    return clean


def _is_harmless(element: Any) -> bool:
    """True for numbers, for code words, and for the class of the object."""
    if element.VR in _NUMBERS:
        return True
    words = element.value if element.VM > 1 else [element.value]
    if element.VR == "CS":
        return all(_CODE_WORD.fullmatch(str(word or "")) for word in words)
    if element.keyword == "StackID":
        return bool(re.fullmatch(r"\d{0,8}", str(element.value)))
    return element.keyword == "SOPClassUID" and bool(re.fullmatch(r"[0-9.]{1,64}", str(element.value)))


@cache
def _rules() -> dict[str, str]:
    table = read_yaml("oncospine.imaging", "data", "dicom_kept.yaml")
    return {keyword: action for action, keywords in table.items() for keyword in keywords}
