"""Reads format, size and orientation of an encoded picture, and whether its end is missing, without decoding it.

OpenCV's decoders are not reliable here: which formats they turn upright and whether a truncated JPEG is returned
half gray depend on the version, and the size is known only after the memory has been allocated.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

#: EXIF tag of the orientation; TIFF tags of the size, and of the bits and number of a pixel's values.
EXIF_ORIENTATION, _WIDTH, _HEIGHT, _BITS, _SAMPLES = 0x0112, 0x0100, 0x0101, 0x0102, 0x0115

#: A marker inside JPEG's coded data: 0xFF, but neither stuffing (00), filling (FF) nor restart (D0..D7).
_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass(frozen=True)
class Header:
    """Properties of an encoded picture.

    Attributes:
        format: "JPEG", "PNG", "WebP", "BMP" or "TIFF".
        width, height: stored size in pixels, before the picture is turned upright; 0 if not found.
        orientation: EXIF's 1..8; 1 is upright, 6 needs a quarter turn clockwise.
        complete: False if the file certainly ends before the end of the picture.
        pixel_bytes: bytes that a decoder needs for a pixel.
        scans: times that the whole picture is decoded, each more exactly (progressive JPEG); else 1.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    complete: bool = True
    pixel_bytes: int = 3
    scans: int = 1


def picture_format(start: bytes) -> str | None:
    """The format of a file by its first bytes (32 are enough), or None."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    # Texts may begin with "BM" too: the size of the second header decides.
    if start[:2] == b"BM" and len(start) >= 18 and struct.unpack_from("<I", start, 14)[0] in _BMP_HEADERS:
        return "BMP"
    return None


_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


def read_header(data: bytes) -> Header | None:
    """Reads the header of a whole encoded picture; None if it is of no known format."""
    readers = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp, "BMP": _bmp, "TIFF": _tiff}
    kind = picture_format(data[:32])
    if kind is None:
        return None
    try:
        return readers[kind](data)
    except (struct.error, IndexError):  # the header itself is cut off
        return Header(kind, 0, 0, complete=False)


def _jpeg(data: bytes) -> Header:
    width = height = scans = 0
    orientation = 1
    at = 2
    while True:
        while data[at] != 0xFF:  # bytes between segments, which decoders skip
            at += 1
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == 0xD9:  # end of image
            return Header("JPEG", width, height, orientation, scans=scans)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without a segment
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of frame
            # A crafted file may have several; decoders differ in which one they take.
            sides = struct.unpack_from(">HH", data, at + 3)
            height, width = max(sides, (height, width), key=lambda pair: pair[0] * pair[1])
        elif marker == 0xE1 and data[at + 2 : at + 8] == b"Exif\0\0" and orientation == 1:
            orientation = exif_orientation(data[at + 8 : at + length])
        at += length
        if marker == 0xDA:  # start of scan: coded data up to the next marker
            scans += 1
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                return Header("JPEG", width, height, orientation, complete=False)
            at = found.start()


def _png(data: bytes) -> Header:
    width, height, depth = struct.unpack_from(">IIB", data, 16)
    orientation, complete, at = 1, False, 8
    while at + 12 <= len(data) and not complete:
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"eXIf":
            orientation = exif_orientation(data[at + 8 : at + 8 + length])
        complete = kind == b"IEND"
        at += 12 + length
    return Header("PNG", width, height, orientation, complete and at <= len(data), 8 if depth > 8 else 4)


def _webp(data: bytes) -> Header:
    width = height = 0
    orientation = 1
    complete = struct.unpack_from("<I", data, 4)[0] + 8 <= len(data)
    for kind, at, length in riff_chunks(data):
        if kind == b"VP8X":
            width, height = (1 + int.from_bytes(data[at + k : at + k + 3], "little") for k in (4, 7))
        elif kind == b"VP8 " and not width:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, at + 6))
        elif kind == b"VP8L" and not width:
            (bits,) = struct.unpack_from("<I", data, at + 1)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == b"EXIF":
            orientation = exif_orientation(data[at : at + length].removeprefix(b"Exif\0\0"))
    return Header("WebP", width, height, orientation, complete, 4)


def riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each chunk of a WebP file."""
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, at + 8, length
        at += 8 + length + length % 2


def _bmp(data: bytes) -> Header:
    short = struct.unpack_from("<I", data, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if short else "<ii", data, 18)
    return Header("BMP", abs(width), abs(height))


def _tiff(data: bytes) -> Header:
    tags = _first_directory(data)
    # A directory beyond the end of the file shows that a TIFF is truncated: it is mostly written last.
    width, height = tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)
    orientation = tags.get(EXIF_ORIENTATION, 1)
    pixel_bytes = max(1, tags.get(_SAMPLES, 1)) * -(-max(8, tags.get(_BITS, 1)) // 8)
    return Header("TIFF", width, height, orientation if 1 <= orientation <= 8 else 1, bool(tags), pixel_bytes)


def exif_orientation(exif: bytes) -> int:
    """The orientation 1..8 in an EXIF block (which is a small TIFF); 1 if it is absent or invalid."""
    try:
        value = _first_directory(exif).get(EXIF_ORIENTATION, 1)
    except (struct.error, IndexError):
        return 1
    return value if 1 <= value <= 8 else 1


def _first_directory(data: bytes) -> dict[int, int]:
    """Tag -> value of a TIFF's first directory, whole numbers only (TIFF 6.0, section 2; BigTIFF too)."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return {}
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    if at + 2 > len(data):
        return {}
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
    first, step, value_at = (at + 8, 20, 12) if big else (at + 2, 12, 8)
    kinds = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 16: "Q", 17: "q"}
    tags: dict[int, int] = {}
    for entry in range(first, min(first + step * count, len(data) - step + 1), step):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if kind in kinds:
            place = entry + value_at
            if tag == _BITS:  # one for each value of a pixel, which may not fit here
                (number,) = struct.unpack_from(order + ("Q" if big else "I"), data, entry + 4)
                if number * struct.calcsize(kinds[kind]) > (8 if big else 4):
                    (place,) = struct.unpack_from(order + ("Q" if big else "I"), data, place)
                    place = min(place, len(data) - 8)
            (value,) = struct.unpack_from(order + kinds[kind], data, place)
            tags[tag] = max(value, tags.get(tag, value))  # of a tag that is there twice decoders take either
    return tags
