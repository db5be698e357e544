"""Reads what is kept of an EXIF block, builds a block with it, and puts the same into a TIFF."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

#: Type and value of an entry; the value in little-endian order.
Entry = tuple[int, bytes]

#: Type of an entry -> letter of `struct`, and numbers in a value (a fraction has two).
_TYPES = {
    **{1: ("B", 1), 2: ("c", 1), 3: ("H", 1), 4: ("I", 1), 5: ("I", 2), 6: ("b", 1), 7: ("c", 1), 8: ("h", 1)},
    **{9: ("i", 1), 10: ("i", 2), 11: ("f", 1), 12: ("d", 1)},
}

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_PROFILE, _EXIF_DIRECTORY, _EXTRA_SAMPLES = 0x8773, 0x8769, 0x0152

#: Tags that are kept: camera, date, artist and copyright.
_MAIN = (0x010F, 0x0110, 0x0132, 0x013B, 0x8298)
#: Dates with their parts and time zones, exposure, aperture, sensitivity, focal length and lens. The place, serial
#: numbers, notes of the manufacturer and the small preview are left out.
_DETAILS = (
    0x829A, 0x829D, 0x8827, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x920A, 0x9290, 0x9291, 0x9292, 0xA405, 0xA433,
    0xA434,
)  # fmt: skip

#: Bytes of one value, at most: longer ones are no dates or names.
_MAX_VALUE = 1000


def read_exif(block: bytes) -> tuple[dict[int, Entry], dict[int, Entry], tuple[float, float] | None]:
    """Reads an EXIF block, which is a small TIFF; a damaged one gives nothing.

    Returns:
        the kept entries of the main and of the EXIF directory, by tag; and the resolution (x, y) in dots per inch.
    """
    try:
        order, at = _start(block)
        main = _directory(block, order, at)
        details: dict[int, Entry] = {}
        pointer = main.get(_EXIF_DIRECTORY)
        if pointer is not None and pointer[0] == 4:
            details = _directory(block, order, struct.unpack("<I", pointer[1][:4])[0])
    except (struct.error, ValueError):
        return {}, {}, None
    return _chosen(main, _MAIN), _chosen(details, _DETAILS), _resolution(main)


def build_exif(
    main: Mapping[int, Entry], details: Mapping[int, Entry], resolution: tuple[float, float] | None = None
) -> bytes:
    """An EXIF block with these entries and the orientation "upright"; little-endian.

    Args:
        resolution: (x, y) in dots per inch, for a picture format that has no place of its own for it.
    """
    first = main_entries(main, resolution)
    if details:
        first[_EXIF_DIRECTORY] = (4, bytes(4))
        # The size of a directory does not depend on the value of its pointer.
        end = 8 + len(_pack(first, 8))
        first[_EXIF_DIRECTORY] = (4, struct.pack("<I", end))
    head = struct.pack("<2sHI", b"II", 42, 8) + _pack(first, 8)
    return head + (_pack(details, len(head)) if details else b"")


def main_entries(main: Mapping[int, Entry], resolution: tuple[float, float] | None) -> dict[int, Entry]:
    """The entries of a main directory, with the orientation "upright" and the resolution in dots per inch."""
    entries = {**main, _ORIENTATION: (3, struct.pack("<H", 1))}
    if resolution is not None:
        for tag, value in zip((_X_RESOLUTION, _Y_RESOLUTION), resolution, strict=True):
            entries[tag] = (5, struct.pack("<2I", min(2**32 - 1, max(1, round(1000 * value))), 1000))
        entries[_UNIT] = (3, struct.pack("<H", 2))
    return entries


def extend_tiff(data: bytes, main: Mapping[int, Entry], details: Mapping[int, Entry], profile: bytes | None) -> bytes:
    """A TIFF whose first directory has further entries, and an EXIF directory; the old one stays behind unused.

    Args:
        data: little-endian, below 4 GB.
        main: entries that replace those of the same tag.
        profile: ICC colour profile.

    Raises:
        ValueError: it is of another kind, or too large.
    """
    order, at = _start(data)
    (count,) = struct.unpack_from("<H", data, at)
    old = {struct.unpack_from("<H", data, place)[0]: data[place : place + 12] for place in _places(at, count)}
    behind = data[at + 2 + 12 * count :][:4]
    data += bytes(len(data) % 2)
    entries = dict(main)
    if details:
        entries[_EXIF_DIRECTORY] = (4, struct.pack("<I", len(data)))
        data += _pack(details, len(data))
    if profile is not None:
        entries[_PROFILE] = (7, profile)
    records, values = _records(entries, len(data))
    data += values
    if order != "<" or len(data) > 2**32 - 2**16:
        raise ValueError("another kind of TIFF")
    table = {**old, **records}
    directory = struct.pack("<H", len(table)) + b"".join(table[tag] for tag in sorted(table)) + behind
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + directory


def with_alpha_tag(data: bytes) -> bytes:
    """A TIFF of four channels that says what the fourth one is: alpha, with which colours are not multiplied.

    Without it, which OpenCV leaves out, programs need not take that channel for transparency.
    """
    try:
        return extend_tiff(data, {_EXTRA_SAMPLES: (3, struct.pack("<H", 2))}, {}, None)
    except ValueError:  # what OpenCV writes on a big-endian machine
        return data


def _chosen(entries: Mapping[int, Entry], tags: Iterable[int]) -> dict[int, Entry]:
    return {tag: entries[tag] for tag in tags if tag in entries}


def _start(block: bytes) -> tuple[str, int]:
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or struct.unpack_from(f"{order}H", block, 2)[0] != 42:
        raise ValueError("no TIFF")
    return order, struct.unpack_from(f"{order}I", block, 4)[0]


def _directory(block: bytes, order: str, at: int) -> dict[int, Entry]:
    entries: dict[int, Entry] = {}
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for place in _places(at, count):
        tag, kind, number = struct.unpack_from(f"{order}HHI", block, place)
        if kind not in _TYPES:
            continue
        letter, parts = _TYPES[kind]
        form = f"{number * parts}{letter}"
        size = struct.calcsize(f"={form}") if number <= _MAX_VALUE else _MAX_VALUE + 1
        if not 0 < size <= _MAX_VALUE:
            continue
        start = place + 8
        if size > 4:
            (start,) = struct.unpack_from(f"{order}I", block, place + 8)
        if start + size <= len(block):
            entries[tag] = kind, struct.pack(f"<{form}", *struct.unpack_from(f"{order}{form}", block, start))
    return entries


def _places(at: int, count: int) -> range:
    """Where the entries of a directory at `at` begin."""
    return range(at + 2, at + 2 + 12 * count, 12)


def _resolution(main: Mapping[int, Entry]) -> tuple[float, float] | None:
    values = []
    for tag in (_X_RESOLUTION, _Y_RESOLUTION):
        kind, value = main.get(tag, (0, b""))
        if kind != 5 or len(value) < 8:
            return None
        above, below = struct.unpack_from("<2I", value)
        if not above or not below:
            return None
        values.append(above / below)
    kind, unit = main.get(_UNIT, (3, b"\2\0"))
    number = struct.unpack_from("<H", unit)[0] if kind == 3 else 2
    factor = {2: 1.0, 3: 2.54}.get(number)
    return None if factor is None else (values[0] * factor, values[1] * factor)


def _pack(entries: Mapping[int, Entry], at: int) -> bytes:
    """A directory that begins at `at`, with its values behind it."""
    records, values = _records(entries, at + 2 + 12 * len(entries) + 4)
    return struct.pack("<H", len(entries)) + b"".join(records.values()) + bytes(4) + values


def _records(entries: Mapping[int, Entry], at: int) -> tuple[dict[int, bytes], bytes]:
    """The twelve bytes of each entry in a directory, in order of the tags, and the values that begin at `at`."""
    records, values = {}, b""
    for tag, (kind, value) in sorted(entries.items()):
        letter, parts = _TYPES[kind]
        number = len(value) // (struct.calcsize(f"={letter}") * parts)
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack("<I", at + len(values))
            values += value + b"\0" * (len(value) % 2)
        records[tag] = struct.pack("<HHI", tag, kind, number) + place
    return records, values
