"""A diagnosis in words and the entity of the histology table it names: exactly, or not at all."""

from __future__ import annotations

from oncospine.base import InputError
from oncospine.case import Diagnosis
from oncospine.scores import histology

SAID_APART = ("metastatic ", "primary ", "metastasis of ", "metastases of ")
"""Words before the name that the case says in a field of its own."""


def named_entity(diagnosis: Diagnosis) -> str | None:
    """Id of the entity whose name or id the words are, before the first comma; None where they are none's.

    Nothing is guessed: "sarcoma" or a misspelt name stays unknown, and `histology_doubt` says so.
    """
    if diagnosis.histology_id is not None or diagnosis.histology is None or diagnosis.tissue_diagnosis is False:
        return None
    for words in _readings(diagnosis.histology):
        try:
            found = histology(words).id
        except InputError:
            continue
        return None if found == "unknown" else found
    return None


def histology_doubt(diagnosis: Diagnosis) -> str | None:
    """What to tell where a diagnosis was written in words that the rules cannot read."""
    written = diagnosis.histology
    if diagnosis.histology_id is not None or written is None or named_entity(diagnosis) is not None:
        return None
    if diagnosis.tissue_diagnosis is False:
        return f"histology '{written}' is not used: tissue_diagnosis is no"
    try:
        histology(_readings(written)[-1])
    except InputError as error:
        return f"histology '{written}' is not read by the rules: {error}; write histology_id"
    return None


def _readings(written: str) -> tuple[str, ...]:
    whole = written.strip()
    first = whole.partition(",")[0].strip()
    bare = first
    for words in SAID_APART:
        if bare.lower().startswith(words):
            bare = bare[len(words) :]
    return tuple(dict.fromkeys((whole, first, bare)))
