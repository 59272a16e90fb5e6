"""Bringing a scan and its masks into a case: de-identified files in studies/<id>/ and an entry in case.yaml."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from oncospine.base import InputError, Progress, silent
from oncospine.case import MaskContent, MaskFile, Modality, Phase, Study, add_study, read_case
from oncospine.imaging import ImportedStudy, MaskSource, import_study, used_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskToImport:
    """A mask file (or folder of one file per structure), its label convention and what it shows."""

    path: Path
    convention: str
    what: MaskContent


def import_into_case(
    source: Path,
    folder: Path,
    *,
    study_id: str,
    day: date | None = None,
    key_file: Path | None = None,
    modality: Modality | None = None,
    phase: Phase = Phase.UNKNOWN,
    masks: Sequence[MaskToImport] = (),
    series: str | None = None,
    progress: Progress = silent,
) -> Study:
    """Import one study. `day` is entered by the user, or follows from a key file: the day of the source, shifted.

    With one key all studies of a patient are shifted alike, so intervals between them stay. Either the files, the entry
    and a key that was made for them are there afterwards, or none of them.
    """
    if (day is None) == (key_file is None):
        raise InputError("say when the scan was made: --date, or --key to take the day from the source, shifted")
    case = read_case(folder)
    if any(known.id == study_id for known in case.studies):
        raise InputError(f"the case has a study '{study_id}' already; choose another --study id")
    dest = Path(folder) / "studies" / study_id
    with nullcontext() if key_file is None else used_key(key_file) as key:
        imported = import_study(
            source,
            dest,
            modality=None if modality is None else modality.value,
            series=series,
            masks=[MaskSource(path=mask.path, convention=mask.convention, name=str(mask.what)) for mask in masks],
            key=key,
            progress=progress,
        )
        try:
            study = _entry(imported, study_id=study_id, day=day or _shifted(imported), modality=modality, phase=phase)
            add_study(folder, study)
        except BaseException:
            shutil.rmtree(dest, ignore_errors=True)
            raise
    return study


def _shifted(imported: ImportedStudy) -> date:
    if imported.day is None:
        raise InputError("the source has no date (or is not DICOM): enter it with --date")
    return date.fromisoformat(imported.day)


def _entry(imported: ImportedStudy, *, study_id: str, day: date, modality: Modality | None, phase: Phase) -> Study:
    if modality is None:
        try:
            modality = Modality(imported.modality)
        except ValueError:
            raise InputError(f"the file does not say what it is ({imported.modality}); name --modality") from None
    place = f"studies/{study_id}"
    return Study(
        id=study_id,
        date=day,
        modality=modality,
        scan=f"{place}/{imported.scan}",
        phase=phase,
        masks=tuple(
            MaskFile(path=f"{place}/{mask.file}", convention=mask.convention, what=_content(mask.file))
            for mask in imported.masks
        ),
    )


def _content(file: str) -> MaskContent:
    """What an imported mask shows: the stem of its file says what it was imported as.

    A tumour found among named segments has a file of its own, `<stem>_tumour`.
    """
    stem = file.split(".", 1)[0]
    return MaskContent.TUMOUR if stem.endswith("_tumour") else MaskContent(stem)
