"""Re-encodes sound, cut to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.video.sound import SoundReader
from maskseg_cli.video.sound_channels import channels_in_words, is_usual, layout_of, may_change
from maskseg_cli.video.sound_decoder import DecodedSound, SoundDecoder
from maskseg_cli.video.sound_process import SoundProcess

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

    Attributes:
        note: what becomes of the channels, for the user; None if all stay.
    """

    def __init__(self, reader: SoundReader, container: Any, encoder: str, from_zero: bool = False) -> None:
        source = reader.described.codec_context
        rates = _RATES[encoder]
        self._rate = source.sample_rate if source.sample_rate in rates else rates[-1]
        layout = layout_of(source)
        self._channels = min(layout.nb_channels, 2)
        self.note = f"its {channels_in_words(layout)} become stereo" if layout.nb_channels > 2 else None
        self._decoded: DecodedSound
        if is_usual(layout) and not may_change(source):
            reader.stream.codec_context.layout = layout.name  # without a list of channels, if the file has them as one
            self._decoded = SoundDecoder(reader, self._rate, self._channels)
        else:
            self._channels = 2
            self._decoded = SoundProcess(reader.sound, self._rate)
            reader.close()
        self._samples = iter(self._decoded)
        self._layout = "mono" if self._channels == 1 else "stereo"
        self._stream = container.add_stream(
            encoder,
            self._rate,
            layout=self._layout,
            bit_rate=_BIT_RATE * self._channels,
            time_base=Fraction(1, self._rate),
        )
        self._stream.codec_context.open()
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
            one = next(self._samples, None)
            self._ended = one is None
            if one is not None:
                self._add(one.values, one.time)
        for frame in [*self._frames(limit), *([None] if last else [])]:
            for packet in self._stream.encode(frame):
                if self._earliest is None or packet.pts >= self._earliest:
                    yield packet

    @property
    def broken(self) -> str | None:
        """See `SoundTrack`."""
        return self._decoded.broken

    def close(self) -> None:
        """Closes the source."""
        self._decoded.close()

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
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._layout)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._written
            self._written += samples.shape[1]
            yield frame
