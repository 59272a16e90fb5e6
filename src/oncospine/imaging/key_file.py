"""The file with the secret of one patient's UIDs and dates."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oncospine.base import InputError
from oncospine.imaging.deidentify import new_key


@contextmanager
def used_key(file: Path) -> Iterator[bytes]:
    """The secret in `file`; where there is none a fresh one is made, and goes again if what it is used for fails."""
    made = not file.exists()
    secret = key_of_file(file)
    try:
        yield secret
    except BaseException:
        if made:
            file.unlink(missing_ok=True)
        raise


def key_of_file(file: Path) -> bytes:
    """The secret in `file` (hexadecimal); a fresh one is made where there is none, readable by its owner only."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(new_key().hex() + "\n")
    try:
        return bytes.fromhex(file.read_text("ascii").strip())
    except ValueError:
        raise InputError(f"{file}: this is no key file; name a file that does not exist to make a new key") from None
