"""Puts metadata into encoded JPEG and PNG pictures; the coded pixels stay as they are."""

from __future__ import annotations

import struct
import zlib

from maskseg_cli.media.exif import build_exif
from maskseg_cli.media.header import picture_format
from maskseg_cli.media.metadata import Metadata

#: Bytes of a JPEG segment, at most, without marker and length.
_MAX_SEGMENT = 65533

_INCHES_PER_METRE = 1 / 0.0254


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """An encoded picture with metadata in it; a picture of another format than JPEG and PNG is returned as it is.

    Args:
        data: as `images.encode_image` makes it.
    """
    if not metadata:
        return data
    kind = picture_format(data[:32])
    if kind == "JPEG":
        return _jpeg(data, metadata)
    return _png(data, metadata) if kind == "PNG" else data


def _jpeg(data: bytes, metadata: Metadata) -> bytes:
    end = 2
    if data[2:4] == b"\xff\xe0" and data[6:11] == b"JFIF\0":
        end = 4 + struct.unpack_from(">H", data, 4)[0]
    start = bytearray(data[:end])
    if metadata.resolution is not None and end > 18:
        x, y = (min(65535, max(1, round(value))) for value in metadata.resolution)
        struct.pack_into(">BHH", start, 13, 1, x, y)
    segments = b""
    if metadata.main or metadata.details:
        segments += _segment(0xE1, b"Exif\0\0" + build_exif(metadata.main, metadata.details))
    if metadata.profile is not None:
        size = _MAX_SEGMENT - 14
        parts = [metadata.profile[at : at + size] for at in range(0, len(metadata.profile), size)]
        for number, part in enumerate(parts, 1):
            segments += _segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
    return bytes(start) + segments + data[end:]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _png(data: bytes, metadata: Metadata) -> bytes:
    end = 8 + 12 + 13  # signature and header chunk
    chunks = b""
    if metadata.profile is not None:
        chunks += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(metadata.profile))
    if metadata.resolution is not None:
        x, y = (min(2**31 - 1, max(1, round(value * _INCHES_PER_METRE))) for value in metadata.resolution)
        chunks += _chunk(b"pHYs", struct.pack(">IIB", x, y, 1))
    if metadata.main or metadata.details:
        chunks += _chunk(b"eXIf", build_exif(metadata.main, metadata.details))
    return data[:end] + chunks + data[end:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
