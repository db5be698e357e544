"""Writes samples with a `VideoWriter` and reads the result back, for tests of all kinds of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter, Written
from tests.video.samples import number_of, picture


def constant_times(frames: int, rate: Fraction | int) -> list[Fraction]:
    """The times of a constant rate."""
    return [index / Fraction(rate) for index in range(frames)]


def write(
    path: Path,
    times: Sequence[Fraction],
    last: Fraction,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (64, 48),
    options: EncodeOptions | None = None,
    sound: Sound | None = None,
) -> Written:
    """Writes pictures that show their numbers, each until the next, the last one for `last` seconds."""
    ends = [*times[1:], times[-1] + last]
    with VideoWriter(path, VideoInfo("sample", *size, Fraction(rate)), options, sound) as writer:
        for index, (time, end) in enumerate(zip(times, ends, strict=True)):
            writer.write(picture(index, size), time, end - time)
        return writer.finish()


@dataclass
class VideoContents:
    """The contents of a file, as PyAV reads it: `numbers` and `times` of its pictures, and its streams."""

    numbers: list[int]
    times: list[Fraction]
    ends: list[Fraction]
    images: list[np.ndarray]
    video: Any
    sound: Any
    container: Any


def inspect_video(path: Path) -> VideoContents:
    """Decodes all of a video."""
    container = av.open(str(path))
    video = container.streams.video[0]
    frames = list(container.decode(video))
    times = [frame.pts * frame.time_base for frame in frames]
    ends = [time + frame.duration * frame.time_base for time, frame in zip(times, frames, strict=True)]
    images = [frame.to_ndarray(format="bgr24") for frame in frames]
    sound = container.streams.audio[0] if container.streams.audio else None
    return VideoContents([number_of(image) for image in images], times, ends, images, video, sound, container)


def clicks(path: Path) -> list[float]:
    """Seconds at which the clicks of `make_sound` are heard."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        loud = []
        for frame in container.decode(stream):
            start = float(frame.pts * frame.time_base)
            for part in resampler.resample(frame):
                loud += [start + place / stream.rate for place in np.flatnonzero(np.abs(part.to_ndarray()[0]) > 0.3)]
    return [time for time, before in zip(loud, [-1.0, *loud], strict=False) if time - before > 0.2]
