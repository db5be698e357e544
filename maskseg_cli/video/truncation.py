"""Detects truncated video files, as an interrupted download or recording leaves them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Boxes at the top level of an MP4 or MOV; anything else there is garbage after the end.
_BOXES = frozenset(b"ftyp styp moov mdat moof mfra sidx free skip wide uuid meta udta pnot".split())

#: Elements at the top level of a Matroska file: header and segment.
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"

#: Name of the size in the first tag of an FLV, with its length before it and the type of the value behind it.
_FLV_SIZE = b"\x00\x08filesize\x00"

#: How an MXF begins, with the last fields of its label left out; an ASF; and the part of its header with its size.
_MXF_PARTITION = bytes.fromhex("060e2b34020501010d0102")
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


#: Bytes of an FLV that hold its header and its first tag, and of an MXF or ASF that hold its header.
_HEAD = 2**16


def is_truncated(path: str | Path) -> bool:
    """Whether the end of a file is missing, by the size in bytes that its container states.

    MP4 and MOV (boxes), Matroska and WebM (segment), AVI (RIFF chunks), FLV (size in its first tag), MXF (place of its
    last part), ASF and WMV (size in the header) and GIF (trailer); False for all others, which do not state it.
    """
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            start = file.read(_HEAD)
            file.seek(0)
            if start[4:8] in _BOXES or start[:4] == _EBML:
                return parts_end(file) > size
            if start[:4] == b"RIFF":
                return _chunks_end(file) > size
            if start[:4] == b"GIF8":
                file.seek(-min(size, 64), os.SEEK_END)
                return b";" not in file.read()  # the trailer; some writers pad after it
            return _stated_size(start) > size
    except OSError:
        pass
    return False


def top_level_parts(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The boxes of an MP4 or MOV, or the elements of a Matroska file, each as its offset and its name."""
    file.seek(0)
    parts = _elements if file.read(4) == _EBML else _boxes
    return ((begin, name) for begin, name, _ in parts(file))


def appended_film(path: str | Path, place: int = 0) -> int | None:
    """The first byte from `place` on at which another MP4, MOV or Matroska file is appended; None if there is none."""
    try:
        with open(path, "rb") as file:
            begins = [begin for begin, name in top_level_parts(file) if name in (b"ftyp", _EBML)]
    except OSError:
        return None
    return next((begin for begin in begins[1:] if begin >= place), None)


def parts_end(file: BinaryIO) -> int:
    """Offset of the end of the last box of an MP4 or MOV, or of the last element of a Matroska file."""
    file.seek(0)
    parts = _elements if file.read(4) == _EBML else _boxes
    return max((end for _, _, end in parts(file)), default=0)


def _stated_size(start: bytes) -> int:
    """The least size of an FLV, MXF or ASF, by its header; 0 if it states none."""
    if start[:4] == b"FLV\x01":
        at = start.find(_FLV_SIZE)
        value = start[at + len(_FLV_SIZE) : at + len(_FLV_SIZE) + 8]
        if at < 0 or len(value) < 8:
            return 0
        size = struct.unpack(">d", value)[0]
        return int(size) if 0 < size < 2**53 else 0
    if start[:11] == _MXF_PARTITION and len(start) > 48:
        fields = 17 + (start[16] & 0x7F if start[16] & 0x80 else 0)  # behind a length of 1 to 9 bytes
        last = int.from_bytes(start[fields + 24 : fields + 32], "big")
        return last + 1 if last else 0
    if start[:16] == _ASF_HEADER:
        at = start.find(_ASF_FILE)
        live = start[at + 88] & 1 if 0 <= at < len(start) - 88 else 1
        return 0 if live else int.from_bytes(start[at + 40 : at + 48], "little")
    return 0


def _boxes(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """The top level of an MP4 (ISO/IEC 14496-12, 4.2): offset, name and end of each box."""
    at = 0
    while True:
        file.seek(at)
        header = file.read(16)
        if header[4:8] not in _BOXES:
            return
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:  # 0: up to the end of the file
            yield at, header[4:8], at
            return
        yield at, header[4:8], at + length
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


def _elements(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """The top level of a Matroska file (RFC 8794): offset, name and end of each element."""
    at = 0
    while True:
        file.seek(at)
        name = file.read(4)
        length = _number(file)
        if name not in (_EBML, _SEGMENT):
            return
        if length is None:  # the end, or an unknown length, as live recordings have
            yield at, name, at
            return
        end = file.tell() + length
        yield at, name, end
        at = end


def _number(file: BinaryIO) -> int | None:
    """Reads a variable-length integer of EBML; None for the reserved value "unknown" and at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    rest = file.read(extra)
    if len(rest) < extra:
        return None
    value = int.from_bytes(first + rest, "big")
    value -= 1 << 7 * (extra + 1)
    return None if value == (1 << 7 * (extra + 1)) - 1 else value
