"""Reading large, possibly compressed files block by block: hashed on the way, bounded in memory, never trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from isal import isal_zlib

from oncospine.base import InputError, Progress, silent

MAX_VOXELS = 1 << 30
"""A volume with more voxels (1024 x 1024 x 1024) is not a clinical scan; it is refused before memory is taken."""

MAX_DEFLATE_RATIO = 1032
"""Deflate cannot shrink data further than this; a header that asks for more does not belong to its file."""

_READ = 1 << 20
_BLOCK = 1 << 22
_MAX_TRAILING = 1 << 20
"""Bytes after the voxels that are tolerated (padding of some writers)."""


class ByteStream:
    """The content of one file, decompressed where it is gzip, with the SHA-256 of the file as stored."""

    def __init__(self, path: Path, *, name: str, progress: Progress = silent) -> None:
        self.name = name
        self._path = path
        self._progress = progress
        self._digest = hashlib.sha256()
        self._buffer = b""
        try:
            self.file_size = path.stat().st_size
            with path.open("rb") as stream:
                self.is_compressed = stream.read(2) == b"\x1f\x8b"
        except FileNotFoundError:
            raise InputError(f"{name}: no such file; check the path") from None
        except OSError as error:
            raise InputError(f"{name}: cannot be read ({error.strerror or 'operating system error'})") from None
        self._blocks = self._inflated(self._stored()) if self.is_compressed else self._stored()

    @property
    def content_hash(self) -> str:
        """Hash of the whole file; only valid after `finish`."""
        return f"sha256:{self._digest.hexdigest()}"

    def take(self, count: int) -> bytes:
        """Exactly the next `count` bytes; for headers, not for voxels."""
        while len(self._buffer) < count:
            block = next(self._blocks, None)
            if block is None:
                raise InputError(f"{self.name}: truncated: the file ends within its header. Copy it again.")
            self._buffer += block
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def take_line(self, *, longest: int) -> bytes:
        """The next line without its end; `InputError` where it is longer than `longest`."""
        while (end := self._buffer.find(b"\n")) < 0:
            block = next(self._blocks, None)
            if block is None or len(self._buffer) > longest:
                raise InputError(f"{self.name}: the header has no end; the file is damaged or of another format")
            self._buffer += block
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.rstrip(b"\r")

    def inflate_rest(self) -> None:
        """From here on the bytes are gzip (NRRD compresses only its data)."""
        self._blocks = self._inflated(self._blocks, head=self._buffer)
        self._buffer = b""
        self.is_compressed = True

    def require_plausible(self, count: int) -> None:
        """Refuse a payload that this file cannot hold, before any memory is taken for it."""
        possible = self.file_size * (MAX_DEFLATE_RATIO if self.is_compressed else 1)
        if count > possible:
            what = "cannot be compressed that far" if self.is_compressed else "is shorter than that: truncated"
            raise InputError(
                f"{self.name}: the header announces {count} bytes of voxels, but a file of {self.file_size} bytes "
                f"{what}"
            )

    def payload(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes in blocks; `InputError` where the file ends before."""
        left = count
        while left > 0:
            block = self._buffer or next(self._blocks, None)
            self._buffer = b""
            if block is None:
                raise InputError(
                    f"{self.name}: truncated: {count - left} of {count} bytes of voxels are there. Copy the file again."
                )
            if len(block) > left:
                block, self._buffer = block[:left], block[left:]
            left -= len(block)
            yield block

    def finish(self) -> None:
        """Read to the end (checks the checksum of gzip, completes the hash); little may follow the voxels."""
        trailing = len(self._buffer)
        for block in self._blocks:
            trailing += len(block)
            if trailing > _MAX_TRAILING:
                raise InputError(
                    f"{self.name}: more than {_MAX_TRAILING} bytes follow the voxels that the header announces"
                )

    def _stored(self) -> Iterator[bytes]:
        done = 0
        with self._path.open("rb") as stream:
            while block := stream.read(_READ):
                self._digest.update(block)
                done += len(block)
                self._progress("reading", done / max(self.file_size, 1))
                yield block

    def _inflated(self, source: Iterator[bytes], *, head: bytes = b"") -> Iterator[bytes]:
        """Blocks of at most `_BLOCK` inflated bytes; several gzip members in a row are one content."""
        inflater = isal_zlib.decompressobj(wbits=31)
        pending = head
        started = False
        while True:
            if not pending:
                pending = next(source, b"")
                if not pending:
                    break
            if inflater.eof:
                pending = pending.lstrip(b"\0")
                if not pending:
                    continue
                if not pending.startswith(b"\x1f"):
                    raise InputError(f"{self.name}: what follows the gzip data is not gzip; the file is damaged")
                inflater = isal_zlib.decompressobj(wbits=31)
            started = True
            try:
                block = inflater.decompress(pending, _BLOCK)
            except isal_zlib.error:  # type: ignore[misc]  # its stub has an instance, not the class
                raise InputError(f"{self.name}: the gzip data are damaged; copy the file again") from None
            pending = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if block:
                yield block
        if started and not inflater.eof:
            raise InputError(f"{self.name}: truncated: the gzip data end before their end mark. Copy the file again.")
