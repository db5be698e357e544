"""Decodes sound in a process of its own, which may crash without harm: `SoundProcess`, and that process's `main`."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.sound import Sound, SoundReader
from maskseg_cli.video.sound_decoder import Samples, SoundDecoder

#: Before each block of stereo samples: the fraction of its time (denominator 0: none), and the number of samples.
_HEADER = struct.Struct("<qqI")


class SoundProcess:
    """Decodes a track to stereo in a process of its own, as `DecodedSound`.

    It is for channels in an order with which PyAV may end the process. If that happens, the sound ends there.

    Args:
        sound: the source, which that process opens itself.
        rate: samples per second of the result.

    Raises:
        MasksegError: the process cannot be started, or nothing can be decoded.
    """

    def __init__(self, sound: Sound, rate: int) -> None:
        # The child must find the package where this process found it.
        start = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which completes what is there
            )
        except OSError as error:
            raise MasksegError(f"the process that decodes it cannot be started: {error.strerror or error}") from error
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as request:
            pickle.dump((sound, rate), request)  # not as an argument, which others see: an address may hold a password
        self.broken: str | None = None
        self._first = self._read()
        if self._first is None:
            self.close()
            raise MasksegError("its channels are in an order that cannot be decoded here")

    def __iter__(self) -> Iterator[Samples]:
        """Yields the samples, once."""
        samples = self._first
        while samples is not None:
            yield samples
            samples = self._read()
        if self._process.wait() != 0:
            self.broken = "the sound breaks off: the process that decoded it ended early"

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> Samples | None:
        assert self._process.stdout is not None
        header = self._process.stdout.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        numerator, denominator, count = _HEADER.unpack(header)
        data = self._process.stdout.read(count * 2 * 4)
        if len(data) < count * 2 * 4:
            return None
        values = np.frombuffer(data, np.float32).reshape(2, count)
        return Samples(values, Fraction(numerator, denominator) if denominator else None)


def main() -> None:
    """Reads a pickled `Sound` and rate from standard input, and writes the samples to standard output."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file behind
    sound, rate = pickle.load(sys.stdin.buffer)
    decoder = SoundDecoder(SoundReader(sound), rate, 2, any_order=True)
    out = sys.stdout.buffer
    for samples in decoder:
        time = samples.time
        # The sample at that time, exactly: fractions of a source may be too long for the header.
        place = (0, 0) if time is None else (round(time * rate), rate)
        out.write(_HEADER.pack(*place, samples.values.shape[1]) + samples.values.tobytes())
    out.flush()
    # What PyAV would free at the end may be freed already.
    os._exit(0 if decoder.broken is None else 1)
