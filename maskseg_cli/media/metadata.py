"""`Metadata`: what is known about a photo beside its pixels, read from the files of all formats."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from maskseg_cli.media.exif import Entry, read_exif
from maskseg_cli.media.header import picture_format, riff_chunks

#: Bytes of a colour profile, at most: usual ones have up to 600,000.
_MAX_PROFILE = 4_000_000

_METRES_PER_INCH = 0.0254


@dataclass(frozen=True)
class Metadata:
    """What is kept of a photo in its result.

    Attributes:
        main, details: entries of EXIF's two directories, by tag: camera, date, exposure, lens, copyright.
        profile: ICC colour profile for RGB, or None.
        resolution: (x, y) in dots per inch of the upright picture, or None.
    """

    main: Mapping[int, Entry] = field(default_factory=dict)
    details: Mapping[int, Entry] = field(default_factory=dict)
    profile: bytes | None = None
    resolution: tuple[float, float] | None = None

    def __bool__(self) -> bool:
        return bool(self.main or self.details or self.profile or self.resolution)


def read_metadata(data: bytes, orientation: int = 1) -> Metadata:
    """Reads the metadata of an encoded JPEG, PNG, WebP, BMP or TIFF picture; damaged parts count as absent.

    Args:
        orientation: by which the picture is turned upright: 5 to 8 swap the two resolutions.
    """
    readers = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp, "BMP": _bmp, "TIFF": _tiff}
    kind = picture_format(data[:32])
    try:
        found = readers[kind](data) if kind is not None else Metadata()
    except (struct.error, IndexError, ValueError, zlib.error):
        return Metadata()
    if found.resolution is not None and orientation >= 5:
        found = replace(found, resolution=found.resolution[::-1])
    return found


def from_blocks(exif: bytes, profile: bytes, resolution: tuple[float, float] | None = None) -> Metadata:
    """The metadata of an EXIF block and a colour profile; either may be empty.

    Args:
        resolution: of the format's own; None: that in the EXIF block.
    """
    main, details, from_exif = read_exif(exif.removeprefix(b"Exif\0\0"))
    return Metadata(main, details, _rgb_profile(profile), resolution or from_exif)


def _rgb_profile(profile: bytes) -> bytes | None:
    """A profile, unless it is for other channels than those of the picture that is written, or damaged."""
    usable = 128 < len(profile) <= _MAX_PROFILE and profile[16:20] == b"RGB " and profile[36:40] == b"acsp"
    return profile if usable else None


def _jpeg(data: bytes) -> Metadata:
    exif, parts = b"", {}
    resolution = None
    for marker, at, length in _jpeg_segments(data):
        body = data[at : at + length]
        if marker == 0xE0 and body.startswith(b"JFIF\0"):
            unit, x, y = struct.unpack_from(">BHH", body, 7)
            if unit in (1, 2) and x and y:
                factor = 2.54 if unit == 2 else 1.0
                resolution = x * factor, y * factor
        elif marker == 0xE1 and body.startswith(b"Exif\0\0") and not exif:
            exif = body
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
            parts[body[12]] = body[14:]
    return from_blocks(exif, b"".join(parts[number] for number in sorted(parts)), resolution)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and length of each segment before the coded data."""
    at = 2
    while data[at] == 0xFF:
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker in (0xD9, 0xDA):
            return
        (length,) = struct.unpack_from(">H", data, at)
        yield marker, at + 2, length - 2
        at += length


def _png(data: bytes) -> Metadata:
    exif = profile = b""
    resolution = None
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if kind == b"eXIf":
            exif = body
        elif kind == b"iCCP":
            profile = zlib.decompressobj().decompress(body[body.index(b"\0") + 2 :], _MAX_PROFILE + 1)
        elif kind == b"pHYs":
            x, y, unit = struct.unpack_from(">IIB", body)
            if unit == 1 and x and y:
                resolution = x * _METRES_PER_INCH, y * _METRES_PER_INCH
        at += 12 + length
    return from_blocks(exif, profile, resolution)


def _webp(data: bytes) -> Metadata:
    chunks = {kind: data[at : at + length] for kind, at, length in riff_chunks(data) if kind in (b"EXIF", b"ICCP")}
    return from_blocks(chunks.get(b"EXIF", b""), chunks.get(b"ICCP", b""))


def _bmp(data: bytes) -> Metadata:
    if struct.unpack_from("<I", data, 14)[0] < 40:
        return Metadata()
    x, y = struct.unpack_from("<ii", data, 38)
    return Metadata(resolution=(x * _METRES_PER_INCH, y * _METRES_PER_INCH) if x > 0 and y > 0 else None)


def _tiff(data: bytes) -> Metadata:
    return from_blocks(data, _tiff_profile(data))


def _tiff_profile(data: bytes) -> bytes:
    """The bytes of the tag 34675 of a TIFF's first directory."""
    order = "<" if data[:2] == b"II" else ">"
    if struct.unpack_from(f"{order}H", data, 2)[0] != 42:
        return b""
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, _, length, start = struct.unpack_from(f"{order}HHII", data, place)
        if tag == 34675:
            return data[start : start + length]
    return b""
