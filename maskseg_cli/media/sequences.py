"""Notes about files that hold more than one picture, of which the first is read."""

from __future__ import annotations

import struct

#: TIFF tag of the kind of a page, and its bits for small previews and masks, which are no pages of their own.
_KIND, _NO_PAGE = 0x00FE, 1 | 4


def sequence_notes(data: bytes, kind: str) -> tuple[str, ...]:
    """A sentence if a file holds several pictures.

    Args:
        data: the whole file.
        kind: its format.
    """
    if kind == "TIFF":
        pages = count_pages(data)
        return (f"page 1 of {pages} is read.",) if pages > 1 else ()
    animated = (kind == "PNG" and b"acTL" in data[:4096]) or (
        kind == "WebP" and data[12:16] == b"VP8X" and data[20] & 2 != 0
    )
    return ("it is an animation, whose first picture is read.",) if animated else ()


def count_pages(data: bytes) -> int:
    """Pages of a TIFF, without previews and masks; at least 1."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "<")
    pages, seen = 0, set()
    try:
        big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
        word, number, entry, value = ("Q", "Q", 20, 12) if big else ("I", "H", 12, 8)
        (at,) = struct.unpack_from(order + word, data, 8 if big else 4)
        while at and at not in seen:
            seen.add(at)
            (count,) = struct.unpack_from(order + number, data, at)
            first = at + struct.calcsize(number)
            tags = (struct.unpack_from(f"{order}H", data, first + entry * i)[0] for i in range(count))
            place = next((first + entry * i for i, tag in enumerate(tags) if tag == _KIND), None)
            kind = 0 if place is None else struct.unpack_from(f"{order}I", data, place + value)[0]
            pages += not kind & _NO_PAGE
            (at,) = struct.unpack_from(order + word, data, first + entry * count)
    except struct.error:
        pass
    return max(1, pages)
