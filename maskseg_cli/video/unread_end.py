"""Says what is in a file behind the last packet that was read: `unread_note`."""

from __future__ import annotations

import os
from typing import BinaryIO

from maskseg_cli.messages import counted
from maskseg_cli.video.transport_packets import holds_packets, packet_length
from maskseg_cli.video.truncation import appended_film, parts_end

#: Share of a file behind the last packet from which something is missing: more than an index.
_MUCH = 0.1

#: Bytes by which the place is wrong in an MPEG program stream, where FFmpeg does not tell that of each packet.
_VAGUE = 2**18

#: Formats that end with the last packet, or with an index of it.
_PACKED = {"mpegts", "mpeg", "avi", "flv", "mxf"}

#: Bytes that are searched for the packets of a broadcast, or for the header of another film.
_SAMPLE, _NEAR = 2**16, 64

_STOPPED = "the file ends in the middle of a packet, as where a recording was stopped or a download broken off"

_FLV = b"FLV\x01"


def unread_note(path: str, kind: str, place: int, damage_is_known: bool) -> str | None:
    """A sentence for users about the end of a file that was not read; None if nothing is missing.

    Args:
        path: the file.
        kind: its format, by FFmpeg's name.
        place: the byte behind the last packet that was read.
        damage_is_known: what damage at the end hides is told elsewhere.
    """
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            appended = _appended(file, path, kind, place)
            if appended is not None:
                length = counted(size - appended, "byte")
                return f"another film is appended at byte {appended}, which is not read ({length}): cut the file there"
            if kind.startswith("mov"):
                place = max(place, parts_end(file))
            elif kind not in _PACKED:
                return None
            if damage_is_known or size - place <= max(_MUCH * size, _VAGUE if kind == "mpeg" else 0):
                return _STOPPED if kind == "mpegts" and _ends_in_packet(file, size) else None
            if kind in ("mpegts", "mpeg") and _holds_packets(file, kind, (place + size) // 2):
                return "behind the last picture the file goes on with other tracks, which are not read"
            return f"the last {100 * (size - place) / size:.0f} % of the file hold nothing that can be read: damage?"
    except OSError:
        return None


def _appended(file: BinaryIO, path: str, kind: str, place: int) -> int | None:
    """The first byte from `place` on at which another film begins that FFmpeg does not read."""
    if kind == "flv":
        file.seek(place)
        at = file.read(_NEAR).find(_FLV)
        return None if at < 0 else place + at
    return appended_film(path, place) if kind.startswith(("mov", "matroska")) else None


def _holds_packets(file: BinaryIO, kind: str, place: int) -> bool:
    """Whether there are packets of a broadcast behind a byte of a file."""
    file.seek(place)
    sample = file.read(_SAMPLE)
    if kind == "mpeg":
        return b"\x00\x00\x01\xba" in sample
    return holds_packets(sample)


def _ends_in_packet(file: BinaryIO, size: int) -> bool:
    """Whether a transport stream that begins with a packet ends in the middle of one."""
    file.seek(0)
    length = packet_length(file.read(_SAMPLE))
    return length is not None and size % length != 0
