"""`LazyFrame` and the interface of its sources, which `VideoReader` reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from maskseg_cli.video.video_info import VideoInfo


@dataclass(frozen=True)
class LazyFrame:
    """A frame whose picture is converted on demand, so that skipped frames cost little.

    Attributes:
        time: seconds since the start of the source.
        duration: seconds that the source shows it; 0 if unknown.
        number: of the frame in the source, 0 first.
        picture: returns the uint8 (H, W, 3) BGR picture; raises `MasksegError` if that is impossible.
    """

    time: Fraction
    duration: Fraction
    number: int
    picture: Callable[[], np.ndarray]


class LazyFrameSource(Protocol):
    """A source of lazy frames: a container, or numbered pictures.

    Attributes:
        info: its properties.
        skipped: frames so far that could not be decoded.
        broken: why reading ended too early, one sentence; else None.
        notes: what became of frames so far that are not as the first is, one sentence each.
        end: after the last frame: seconds at which the pictures and the sound of the source end, also those that cannot
            be decoded; None if unknown.
    """

    info: VideoInfo
    skipped: int

    @property
    def broken(self) -> str | None:
        """See above."""

    @property
    def notes(self) -> list[str]:
        """See above."""

    @property
    def end(self) -> Fraction | None:
        """See above."""

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        """Yields the frames in order of time, from `start` seconds or shortly before."""

    def close(self) -> None:
        """Releases the files."""


def no_frame_message(broken: str | None) -> str | None:
    """The error message for a source that ended before its first picture; None if `broken` is None."""
    return f"{broken.rstrip('.')}, and no whole picture is left." if broken else None
