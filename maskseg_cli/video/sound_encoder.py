"""Re-encodes sound, cut to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.video.sound import SoundPacket, SoundReader

#: Bits a second for each channel: transparent for speech and good for music.
_BIT_RATE = 80_000

#: Sample rates of each encoder that are kept; sound with another rate is resampled to the last of them.
_RATES = {"aac": (22050, 32000, 44100, 48000), "libmp3lame": (22050, 32000, 44100, 48000), "libopus": (48000,)}

#: Seconds by which timestamps and number of samples may differ: jitter of the source's timestamps.
_JITTER = Fraction(1, 20)


class EncodedSound:
    """Encodes a source's sound, from the exact start to the exact end; gaps become silence.

    Args:
        reader: the source's track.
        container: PyAV's output, before its first packet.
        encoder: "aac", "libmp3lame" or "libopus".
        from_zero: silence fills the time before the sound begins; needed for a container that stores no times.
    """

    def __init__(self, reader: SoundReader, container: Any, encoder: str, from_zero: bool = False) -> None:
        self._reader, self._packets = reader, iter(reader)
        self._decoder = reader.stream.codec_context
        rates = _RATES[encoder]
        self._rate = self._decoder.sample_rate if self._decoder.sample_rate in rates else rates[-1]
        self._channels = min(self._decoder.channels, 2)
        layout = "mono" if self._channels == 1 else "stereo"
        self._stream = container.add_stream(
            encoder, self._rate, layout=layout, bit_rate=_BIT_RATE * self._channels, time_base=Fraction(1, self._rate)
        )
        self._stream.codec_context.open()
        self._layout = layout
        self._kind: tuple[str, str, int] | None = None  # of the frames that go into the resampler
        self._resampler = av.AudioResampler("fltp", layout, self._rate)
        # Decoded samples that are not encoded yet, and the number of the next: sample n is heard at n / rate.
        self._waiting: list[NDArray[np.float32]] = []
        self._position: int | None = 0 if from_zero else None
        # Without times, the encoder's delay before the sound (MP3: 25 ms) would be heard: its first packet is left out.
        self._earliest = 0 if from_zero else None
        self._written = 0
        self._ended = False

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """See `SoundTrack`."""
        limit = round(until * self._rate)
        while not self._ended and (self._position is None or self._position < limit):
            one = next(self._packets, None)
            self._ended = one is None
            self._decode(one)
        for frame in [*self._frames(limit), *([None] if last else [])]:
            for packet in self._stream.encode(frame):
                if self._earliest is None or packet.pts >= self._earliest:
                    yield packet

    @property
    def broken(self) -> str | None:
        """See `SoundTrack`."""
        return self._reader.broken

    def close(self) -> None:
        """Closes the source."""
        self._reader.close()

    def _decode(self, one: SoundPacket | None) -> None:
        try:
            frames = self._decoder.decode(one.packet if one else None)
        except av.FFmpegError:
            return  # a damaged packet: by the time of the next one it is a gap, and so silence
        for frame in frames:
            time = None
            if frame.pts is not None and one is not None:
                # The decoder may hold packets back, so the frame's own timestamp is used.
                time = one.time + (frame.pts * frame.time_base - one.packet.pts * one.packet.time_base)
            frame.pts = None
            for converted in self._resampled(frame):
                self._add(converted.to_ndarray().astype(np.float32, copy=False), time)
                time = None
        if one is None and self._position is not None:
            for converted in self._resampler.resample(None):
                self._add(converted.to_ndarray().astype(np.float32, copy=False), None)

    def _resampled(self, frame: Any) -> Iterator[Any]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind not in (None, kind):  # broadcasts change from stereo to surround and back
            yield from self._resampler.resample(None)
            self._resampler = av.AudioResampler("fltp", self._layout, self._rate)
        self._kind = kind
        yield from self._resampler.resample(frame)

    def _add(self, samples: NDArray[np.float32], time: Fraction | None) -> None:
        """Appends samples; `time` is theirs in seconds, or None directly after the previous ones."""
        place = round(time * self._rate) if time is not None else self._position or 0
        if self._position is None:
            self._position = self._written = max(0, place)
        gap = place - self._position
        if place < 0 or gap < -_JITTER * self._rate:
            samples = samples[:, -gap:]
        elif gap > _JITTER * self._rate:
            # A view of one zero: hours of silence take no memory.
            self._append(np.broadcast_to(np.float32(0), (self._channels, gap)))
        self._append(samples)

    def _append(self, samples: NDArray[np.float32]) -> None:
        if samples.shape[1]:
            assert self._position is not None
            self._waiting.append(samples)
            self._position += samples.shape[1]

    def _frames(self, limit: int) -> Iterator[Any]:
        while self._waiting and self._written < limit:
            samples = self._waiting.pop(0)
            room = limit - self._written
            if samples.shape[1] > room:
                self._waiting.insert(0, samples[:, room:])
                samples = samples[:, :room]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._stream.layout.name)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._written
            self._written += samples.shape[1]
            yield frame
