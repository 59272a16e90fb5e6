"""Third-party parsers may raise anything on hostile bytes, with the patient's name in the text: here it ends."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from oncospine.base import InputError, OncospineError


@contextmanager
def translating(what: str, *, remedy: str = "export or copy it again") -> Iterator[None]:
    """Turn any failure inside into an `InputError` about `what`, without the text of the original.

    The type of the original error is kept as a hint; its message is not, because it can quote tags. Warnings and log
    messages of the parser are dropped for the same reason.
    """
    try:
        with warnings.catch_warnings(), _mute(logging.getLogger("pydicom")), _mute(logging.getLogger("highdicom")):
            warnings.simplefilter("ignore")
            yield
    except OncospineError:
        raise
    except Exception as error:  # noqa: BLE001 - hostile bytes can raise anything inside a parser
        raise InputError(f"{what}: damaged or not valid ({type(error).__name__}); {remedy}") from None


@contextmanager
def _mute(logger: logging.Logger) -> Iterator[None]:
    """Let no record of the logger through; inside another such block the outer one stays in charge."""
    if _nothing in logger.filters:
        yield
        return
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    """A filter that lets no record through."""
    return False
