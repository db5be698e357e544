"""Moves the index of an MP4 or MOV file to its front, so that browsers play it while it is still loading."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_BLOCK = 2**20

#: Boxes that contain, from the index down, the tables of offsets in the file (ISO/IEC 14496-12, 8.1 to 8.7).
_BRANCHES = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def move_index_first(source: Path, target: Path) -> bool:
    """Copies a file with its index (the `moov` box) directly after its first box.

    All offsets in the index grow by its own size; nothing else changes.

    Returns:
        False where there is nothing to do, or it cannot be done (the offsets would not fit into 32 bits);
        no target exists then.

    Raises:
        OSError: the target cannot be written; it does not exist then.
    """
    with source.open("rb") as file:
        boxes = list(_boxes(file))
        kinds = [kind for kind, _, _ in boxes]
        if kinds.count(b"moov") != 1 or b"mdat" not in kinds or kinds[0] != b"ftyp":
            return False
        _, start, size = boxes[kinds.index(b"moov")]
        if kinds.index(b"moov") < kinds.index(b"mdat"):
            return False
        file.seek(start)
        index = bytearray(file.read(size))
        first_end = boxes[0][2]
        if not _shift(index, 0, len(index), first_end, start, size):
            return False
        try:
            with target.open("wb") as out:
                _copy(file, out, 0, first_end)
                out.write(index)
                _copy(file, out, first_end, start)
                file.seek(start + size)
                shutil.copyfileobj(file, out, _BLOCK)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return True


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and size of the outermost boxes."""
    end = file.seek(0, 2)
    at = 0
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        size, kind = struct.unpack(">I4s", header[:8])
        if size == 1:
            size = struct.unpack(">Q", header[8:16])[0]
        elif size == 0:
            size = end - at
        if size < 8:
            return
        yield kind, at, size
        at += size


def _shift(index: bytearray, begin: int, end: int, after: int, before: int, by: int) -> bool:
    """Adds `by` to the offsets from `after` to `before` in the tables of a part of the index; False: impossible."""
    at = begin
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", index, at)
        if size < 8 or at + size > end:
            return False
        if kind in _BRANCHES:
            if not _shift(index, at + 8, at + size, after, before, by):
                return False
        elif kind in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", index, at + 12)
            layout = f">{count}{'I' if kind == b'stco' else 'Q'}"
            offsets = struct.unpack_from(layout, index, at + 16)
            moved = [offset + by if after <= offset < before else offset for offset in offsets]
            if kind == b"stco" and max(moved, default=0) >= 2**32:
                return False
            struct.pack_into(layout, index, at + 16, *moved)
        at += size
    return True


def _copy(file: BinaryIO, out: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    left = end - start
    while left:
        block = file.read(min(left, _BLOCK))
        if not block:
            raise OSError("the file ended while it was copied")
        out.write(block)
        left -= len(block)
