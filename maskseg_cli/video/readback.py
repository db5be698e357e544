"""Reads a written video back to check that it is complete."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av

from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class Contents:
    """What a video file contains, counted and decoded.

    Attributes:
        frames: pictures, counted.
        duration: seconds from the start of the file to the end of its last picture.
        width, height: of the first picture, decoded.
        has_sound: whether it has sound, not only an empty track.
    """

    frames: int
    duration: Fraction
    width: int
    height: int
    has_sound: bool


def read_contents(path: Path, name: str | None = None, cut_off: bool = False) -> Contents:
    """Opens a video that was just written, decodes its first and last picture and counts all.

    Args:
        path: the file, also under a temporary name.
        name: its name in messages.
        cut_off: the file is known to end early: last pictures that cannot be decoded are no error and do not count.

    Raises:
        MasksegError: it cannot be opened, has no picture, or its first or last picture cannot be decoded.
    """
    name = name or str(path)
    try:
        # Without the prefix a folder's name with a colon would be read as an address.
        with av.open(f"file:{path}") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"  # the last key frame may be ten seconds before the end
            first = next(container.decode(stream), None)
            if first is None:
                raise MasksegError(f"{name} was written, but holds no picture.")
            container.seek(0)
            frames, end, sounds = 0, Fraction(0), 0
            last: list[av.Packet] = []
            for packet in container.demux():
                if packet.stream.type == "audio":
                    sounds += bool(packet.size)
                if packet.stream is not stream or not packet.size or packet.pts is None:
                    continue
                frames += 1
                end = max(end, (packet.pts + (packet.duration or 0)) * stream.time_base)
                last = [packet] if packet.is_keyframe else [*last, packet]
            decoder = stream.codec_context
            decoder.flush_buffers()
            lost = _lost(decoder, last)
            # FFmpeg takes each picture that is coded on its own for a key frame, but those behind it may need earlier
            # ones. The index of the file knows better; from its beginning all can be decoded.
            for start in (last[0].pts, 0) if last else ():
                if lost:
                    container.seek(start, stream=stream)
                    decoder.flush_buffers()
                    lost = _lost(decoder, container.demux(stream))
    except (av.FFmpegError, OSError, IndexError) as error:
        raise MasksegError(f"{name} was written, but cannot be read back: {error}.") from error
    if lost and not cut_off:
        raise MasksegError(f"{name} was written, but its last frames cannot be decoded.")
    return Contents(frames - lost, end, first.width, first.height, sounds > 0)


def _lost(decoder: Any, packets: Iterable[Any]) -> int:
    """How many of these packets, which begin with a key frame, give no picture."""
    lost = 0
    for packet in chain((packet for packet in packets if packet.size), [None]):
        lost += packet is not None
        with contextlib.suppress(av.FFmpegError):
            lost -= len(decoder.decode(packet))
    return max(0, lost)
