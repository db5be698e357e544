"""Detects truncated video files, as an interrupted download or recording leaves them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

#: Boxes at the top level of an MP4 or MOV; anything else there is garbage after the end.
_BOXES = frozenset(b"ftyp styp moov mdat moof mfra sidx free skip wide uuid meta udta pnot".split())

#: Elements at the top level of a Matroska file: header and segment.
_ELEMENTS = (0x1A45DFA3, 0x18538067)


def is_truncated(path: str | Path) -> bool:
    """Whether the end of a file is missing, by the size in bytes that its container states.

    MP4 and MOV (boxes), Matroska and WebM (segment), AVI (RIFF chunks) and GIF (trailer); False for all others,
    which do not state it.
    """
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            start = file.read(12)
            file.seek(0)
            if start[4:8] in _BOXES:
                return _boxes_end(file) > size
            if start[:4] == b"RIFF":
                return _chunks_end(file) > size
            if start[:4] == b"\x1a\x45\xdf\xa3":
                return _elements_end(file) > size
            if start[:4] == b"GIF8":
                file.seek(-min(size, 64), os.SEEK_END)
                return b";" not in file.read()  # the trailer; some writers pad after it
    except OSError:
        pass
    return False


def _boxes_end(file: BinaryIO) -> int:
    """Offset of the end of the last box of an MP4 (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while True:
        file.seek(at)
        header = file.read(16)
        if header[4:8] not in _BOXES:
            return at
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:  # 0: up to the end of the file
            return at
        at += length


def _chunks_end(file: BinaryIO) -> int:
    """Offset of the end of the last RIFF chunk of an AVI; large files have several (OpenDML)."""
    at = 0
    while True:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or header[:4] != b"RIFF":
            return at
        length = int.from_bytes(header[4:], "little")
        if length in (0, 0xFFFFFFFF):  # never filled in
            return at
        at += 8 + length + length % 2


def _elements_end(file: BinaryIO) -> int:
    """Offset of the end of the last element of a Matroska file (RFC 8794)."""
    at = 0
    while True:
        file.seek(at)
        identifier = _number(file, keep_marker=True)
        length = _number(file)
        if identifier not in _ELEMENTS or length is None:  # the end, or an unknown length, as live recordings have
            return at
        at = file.tell() + length


def _number(file: BinaryIO, keep_marker: bool = False) -> int | None:
    """Reads a variable-length integer of EBML; None for the reserved value "unknown" and at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    rest = file.read(extra)
    if len(rest) < extra:
        return None
    value = int.from_bytes(first + rest, "big")
    if keep_marker:
        return value
    value -= 1 << 7 * (extra + 1)
    return None if value == (1 << 7 * (extra + 1)) - 1 else value
