"""Where DICOM files come from: folders, zip archives, lists of them. Nothing is ever unpacked onto the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from oncospine.base import InputError
from oncospine.imaging.byte_stream import MAX_DEFLATE_RATIO
from oncospine.imaging.foreign_errors import translating

MAX_FILES = 200_000
"""More files than any study has; a folder with more is the wrong folder."""

MAX_FILE_BYTES = 1 << 32
"""A larger single file is not an image of one patient."""

SMALL_MEMBER_BYTES = 1 << 26
"""Members up to this size may be as compressible as they like (empty slices are)."""

MAX_MEMBER_RATIO = 100
"""Larger members (multi-frame images) that shrink more than this hold nothing, or are meant to fill the memory."""

_PREAMBLE = 132
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_META_BYTES = 2048
"""The transfer syntax stands within the first two kilobytes."""


@dataclass(frozen=True, slots=True)
class DicomFile:
    """One stored file: a path, or a member of a zip archive. `number` is its ordinal; its name may hold a name."""

    number: int
    path: Path
    member: str | None = None

    @property
    def described(self) -> str:
        """How messages call it: by ordinal, because names of exported files often hold the patient's name."""
        return f"DICOM file number {self.number}"

    def read(self) -> bytes:
        """The whole content."""
        with translating(self.described):
            if self.member is None:
                return self.path.read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self.member)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The content as a stream; what goes wrong inside is an `InputError` about this file."""
        with translating(self.described), ExitStack() as stack:
            if self.member is None:
                yield stack.enter_context(self.path.open("rb"))
            else:
                archive = stack.enter_context(zipfile.ZipFile(self.path))
                yield stack.enter_context(archive.open(self.member))


def is_dicom(file: DicomFile, stream: IO[bytes]) -> bool:
    """True if the stream starts as DICOM; deflated files are refused here, before anything inflates them."""
    start = stream.read(_META_BYTES)
    stream.seek(0)
    if start[_PREAMBLE - 4 : _PREAMBLE] != b"DICM":
        return False
    if _DEFLATED in start:
        raise InputError(f"{file.described}: deflated transfer syntax; store it uncompressed and export again")
    return True


def dicom_files(paths: Path | Sequence[Path]) -> list[DicomFile]:
    """All files below the given folders, zips and files, in a fixed order; members of zips are checked first."""
    given = [paths] if isinstance(paths, Path) else list(paths)
    if not given:
        raise InputError("no DICOM folder, zip or file was given")
    found: list[DicomFile] = []
    for path in given:
        if not path.exists():
            raise InputError(f"{path.name}: no such file or folder; check the path")
        for file in _below(path):
            if zipfile.is_zipfile(file):
                found += [DicomFile(len(found) + n, file, member) for n, member in enumerate(_members(file), 1)]
            else:
                found.append(DicomFile(len(found) + 1, file))
            if len(found) > MAX_FILES:
                raise InputError(f"{path.name}: more than {MAX_FILES} files; give the folder of one study")
    return found


def _below(path: Path) -> Iterator[Path]:
    """Files of a folder and its subfolders; links are not followed, so the search cannot leave the folder."""
    if not path.is_dir():
        yield path
        return
    for item in sorted(path.rglob("*")):
        if item.is_file() and not item.is_symlink() and not item.name.startswith("."):
            yield item


def _members(path: Path) -> list[str]:
    """Members of a zip that could be DICOM; an archive that tries to trick its reader is refused as a whole."""
    with translating(f"{path.name}", remedy="zip the DICOM folder again"), zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_FILES:
            raise InputError(f"{path.name}: more than {MAX_FILES} files in the archive")
        archive_bytes = path.stat().st_size
        for info in infos:
            parts = PurePosixPath(info.filename.replace("\\", "/")).parts
            if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in info.filename[:2]:
                raise InputError(f"{path.name}: a member's path leads out of the archive; refused")
            if info.flag_bits & 1:
                raise InputError(f"{path.name}: the archive is encrypted; unpack it first")
            allowed = MAX_DEFLATE_RATIO if info.file_size <= SMALL_MEMBER_BYTES else MAX_MEMBER_RATIO
            too_far = info.file_size > max(info.compress_size, 1) * allowed
            if info.file_size > MAX_FILE_BYTES or too_far:
                raise InputError(f"{path.name}: a member claims {info.file_size} bytes; refused as an archive bomb")
        if sum(info.file_size for info in infos) > archive_bytes * MAX_DEFLATE_RATIO:
            raise InputError(f"{path.name}: the archive claims more data than it can hold; refused as an archive bomb")
        names = [info.filename for info in infos]
        return sorted(name for name in names if not PurePosixPath(name).name.startswith("."))
