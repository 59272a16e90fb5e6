"""Pixels to PNG bytes: small, fast, and the same bytes for the same pixels."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

COMPRESSION = 6
"""zlib level: higher gains under 3 % on CT slices and costs several times as long."""

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""PNG colour type by number of channels: grey, RGB, RGBA."""

_UP = 2
"""Filter of every row: difference to the row above, which suits smooth images."""


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """PNG of pixels (h, w), (h, w, 3) or (h, w, 4), row 0 at the top."""
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3} or pixels.size == 0:
        raise ValueError(f"a PNG needs uint8 pixels (h, w[, 3|4]), got {pixels.dtype} of shape {pixels.shape}")
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = np.ascontiguousarray(pixels).reshape(height, width * channels)
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    body = zlib.compress(filtered.tobytes(), COMPRESSION)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_uri(pixels: NDArray[np.uint8]) -> str:
    """The same as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(pixels)).decode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
