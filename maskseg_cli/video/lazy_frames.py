"""What the reader takes its frames from, whatever kind of source it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from maskseg_cli.video.video_info import VideoInfo


@dataclass(frozen=True)
class LazyFrame:
    """A frame whose picture is not made yet, so that frames nobody wants cost little.

    Attributes:
        time: seconds since the start of the source.
        duration: seconds that the source shows it; 0 if it does not say.
        number: of the frame in the source, 0 first.
        picture: makes the uint8 (H, W, 3) BGR picture; `MasksegError` if that cannot be done.
    """

    time: Fraction
    duration: Fraction
    number: int
    picture: Callable[[], np.ndarray]


class LazyFrameSource(Protocol):
    """A source of shots: a container, or numbered pictures.

    Attributes:
        info: its facts.
        skipped: frames so far that could not be decoded.
        broken: why it ended before its end, if so.
    """

    info: VideoInfo
    skipped: int
    broken: str | None

    def shots(self, start: Fraction) -> Iterator[LazyFrame]:
        """Shots in order of time, beginning at `start` seconds or somewhat before."""

    def close(self) -> None:
        """Releases the files."""


def none_left(broken: str | None) -> str | None:
    """The sentence for a source that ended too early, before its first picture; None if it did not."""
    return f"{broken.rstrip('.')}, and no whole picture is left." if broken else None
