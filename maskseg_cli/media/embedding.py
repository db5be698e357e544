"""Puts metadata into encoded pictures; the coded pixels stay as they are."""

from __future__ import annotations

import struct
import zlib

from maskseg_cli.media.exif import build_exif, extend_tiff, main_entries
from maskseg_cli.media.header import picture_format, read_header, riff_chunks
from maskseg_cli.media.metadata import Metadata

#: Bytes of a JPEG segment, at most, without marker and length.
_MAX_SEGMENT = 65533

_INCHES_PER_METRE = 1 / 0.0254


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """An encoded picture with metadata in it; a BMP gets the resolution alone, for which it has a place.

    Args:
        data: as `images.encode_image` makes it.
    """
    writers = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp, "TIFF": _tiff, "BMP": _bmp}
    kind = picture_format(data[:32])
    return writers[kind](data, metadata) if metadata and kind is not None else data


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
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *_dots_per_metre(metadata.resolution), 1))
    if metadata.main or metadata.details:
        chunks += _chunk(b"eXIf", build_exif(metadata.main, metadata.details))
    return data[:end] + chunks + data[end:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _dots_per_metre(resolution: tuple[float, float]) -> list[int]:
    return [min(2**31 - 1, max(1, round(value * _INCHES_PER_METRE))) for value in resolution]


def _webp(data: bytes, metadata: Metadata) -> bytes:
    header = read_header(data)
    assert header is not None
    chunks = {kind: data[at : at + length] for kind, at, length in riff_chunks(data)}
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (header.width, header.height))
    flags = chunks.pop(b"VP8X", bytes(1))[0]
    before: dict[bytes, bytes] = {}
    if metadata.profile is not None:
        before[b"ICCP"] = metadata.profile
        flags |= 0x20
    if metadata.main or metadata.details or metadata.resolution is not None:
        chunks[b"EXIF"] = build_exif(metadata.main, metadata.details, metadata.resolution)
        flags |= 0x08
    body = b"WEBP"
    for kind, value in {b"VP8X": bytes((flags, 0, 0, 0)) + sides, **before, **chunks}.items():
        body += kind + struct.pack("<I", len(value)) + value + bytes(len(value) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _tiff(data: bytes, metadata: Metadata) -> bytes:
    main = main_entries(metadata.main, metadata.resolution)
    try:
        return extend_tiff(data, main, metadata.details, metadata.profile)
    except ValueError:  # what OpenCV writes on a big-endian machine
        return data


def _bmp(data: bytes, metadata: Metadata) -> bytes:
    if metadata.resolution is None or struct.unpack_from("<I", data, 14)[0] < 40:
        return data
    return data[:38] + struct.pack("<2i", *_dots_per_metre(metadata.resolution)) + data[46:]
