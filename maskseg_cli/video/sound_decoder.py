"""Decodes a sound track to samples of one rate, mono or stereo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.video.sound import SoundReader
from maskseg_cli.video.sound_channels import (
    channels_in_words,
    is_usual,
    keep_layout,
    positions_of,
    stereo_weights,
)

#: FFmpeg's name of a sample format, less the "p" of the planar ones -> its numbers.
_KINDS = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


@dataclass(frozen=True, eq=False)
class Samples:
    """Decoded sound.

    Attributes:
        values: float32 (channels, N), -1 to 1.
        time: seconds in the output at which the first is heard; None: directly after the previous ones.
    """

    values: NDArray[np.float32]
    time: Fraction | None


class DecodedSound(Protocol):
    """A sound track as samples, in order; iterated once."""

    @property
    def broken(self) -> str | None:
        """Why it ended before the end of the track, one sentence; else None."""

    def __iter__(self) -> Iterator[Samples]:
        """Yields the samples."""

    def close(self) -> None:
        """Closes the source."""


class SoundDecoder:
    """Decodes the track of a reader in this process; packets that cannot be decoded are left out.

    Args:
        reader: the source's track.
        rate: samples per second of the result.
        channels: 1 or 2, of the result.
        any_order: mix channels in any order. It may end the process (see `keep_layout`), so it is for a process that
            does nothing else; otherwise the sound ends where such channels begin.
    """

    def __init__(self, reader: SoundReader, rate: int, channels: int, any_order: bool = False) -> None:
        self._reader, self._any_order = reader, any_order
        self._rate, self._channels, self._layout = rate, channels, "mono" if channels == 1 else "stereo"
        self._kind: tuple[str, str, int] | None = None  # of the frames that go into the resampler
        self._resampler = av.AudioResampler("fltp", self._layout, rate)
        self._broken: str | None = None

    @property
    def broken(self) -> str | None:
        """See `DecodedSound`."""
        return self._broken or self._reader.broken

    def __iter__(self) -> Iterator[Samples]:
        """Yields the samples, once."""
        for one in chain(self._reader, [None]):
            try:
                frames = self._reader.stream.codec_context.decode(one.packet if one else None)
            except av.FFmpegError:
                continue  # a damaged packet: by the time of the next one it is a gap, and so silence
            unusual = [frame.layout for frame in frames if not is_usual(frame.layout)]
            for layout in unusual:
                keep_layout(layout)
            if unusual and not self._any_order:
                self._broken = f"the sound breaks off where it changes to {channels_in_words(unusual[0])}"
                return
            for frame in frames:
                time = None
                if frame.pts is not None and one is not None:
                    # The decoder may hold packets back, so the frame's own timestamp is used.
                    time = one.time + (frame.pts * frame.time_base - one.packet.pts * one.packet.time_base)
                frame.pts = None
                for values in self._resampled(frame if is_usual(frame.layout) else _mixed(frame)):
                    yield Samples(values, time)
                    time = None
        for values in self._arrays(None):
            yield Samples(values, None)

    def close(self) -> None:
        """Closes the source."""
        self._reader.close()

    def _arrays(self, frame: Any) -> Iterator[NDArray[np.float32]]:
        for converted in self._resampler.resample(frame):
            yield _values(converted, self._channels)

    def _resampled(self, frame: Any) -> Iterator[NDArray[np.float32]]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind not in (None, kind):  # broadcasts change from stereo to surround and back
            yield from self._arrays(None)
            self._resampler = av.AudioResampler("fltp", self._layout, self._rate)
        self._kind = kind
        yield from self._arrays(frame)


def _mixed(frame: Any) -> Any:
    """A frame with any channels as one in stereo."""
    channels = frame.layout.nb_channels
    values = _values(frame, channels)
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    stereo = stereo_weights(positions_of(frame.layout)) @ values
    mixed = av.AudioFrame.from_ndarray(np.ascontiguousarray(stereo, np.float32), "fltp", "stereo")
    mixed.sample_rate = frame.sample_rate
    return mixed


def _values(frame: Any, channels: int = 2) -> NDArray[np.float32]:
    """The samples of a frame, float32: (channels, N) if it is planar, else (1, N * channels)."""
    kind = np.dtype(_KINDS[frame.format.name.rstrip("p")])
    count = frame.samples * (1 if frame.format.is_planar else channels)
    # PyAV's own method may read planes that do not exist, where there are many channels.
    planes = frame.planes[: channels if frame.format.is_planar else 1]
    values = np.stack([np.frombuffer(plane, kind, count) for plane in planes])
    if kind.kind == "f":
        return values.astype(np.float32, copy=False)
    one = np.float32(2 ** (8 * kind.itemsize - 1))
    return values.astype(np.float32) / one - np.float32(kind.kind == "u")
