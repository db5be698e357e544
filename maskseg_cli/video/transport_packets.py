"""Finds the packets of an MPEG transport stream in bytes of a file, by the mark with which each begins."""

from __future__ import annotations

#: Bytes of a packet, and where in it its mark is: as broadcast, in M2TS with a time in front, with error correction.
_KINDS = ((188, 0), (192, 4), (204, 0))

_MARK = b"\x47"

#: Marks in a row that make packets of bytes.
_ROW = 5


def packet_length(start: bytes) -> int | None:
    """Bytes of a packet of the file that begins so; None if it does not begin with packets."""
    for length, mark in _KINDS:
        if start[mark : length * _ROW : length] == _MARK * _ROW:
            return length
    return None


def holds_packets(data: bytes) -> bool:
    """Whether there are some packets in a row anywhere."""
    row = _MARK * _ROW
    return any(data[at : at + length * _ROW : length] == row for length, _ in _KINDS for at in range(length))


def is_whole(data: bytes) -> bool:
    """Whether bytes from any place of a file are packets all along, so that nothing among them is damaged."""
    return any(set(data[at::length]) == set(_MARK) for length, _ in _KINDS for at in range(min(length, len(data))))
