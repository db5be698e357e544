"""Reads numbered pictures as a video: `frames/%05d.png`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from maskseg_cli.media.fitting import fit
from maskseg_cli.media.images import read_image
from maskseg_cli.video.lazy_frames import LazyFrame
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.video_sources import numbered_pictures

#: Frames per second of numbered pictures, which do not say it themselves.
PICTURE_RATE = Fraction(25)


class PictureSequence:
    """The pictures of a printf pattern, in the order of their numbers, as `LazyFrameSource`.

    Gaps in the numbers are ignored. Pictures of another size than the first are fitted into its
    size, with black bars where their shape is another.

    Args:
        pattern: such as `frames/%05d.png`.
        rate: frames per second.

    Raises:
        MasksegError: there is none, or the first cannot be read.
    """

    def __init__(self, pattern: str, rate: Fraction = PICTURE_RATE) -> None:
        self._paths = numbered_pictures(pattern)
        self._rate = rate
        height, width = read_image(self._paths[0]).shape[:2]
        count = len(self._paths)
        self.info = VideoInfo(pattern, width, height, rate, count, float(count / rate))
        self.skipped = 0
        self.broken: str | None = None
        self.notes: list[str] = []
        self.end: Fraction | None = None

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        for number in range(max(0, int(start * self._rate)), len(self._paths)):
            yield LazyFrame(number / self._rate, 1 / self._rate, number, partial(self._read, self._paths[number]))

    def _read(self, path: Path) -> np.ndarray:
        image, size = read_image(path), (self.info.width, self.info.height)
        if image.shape[1::-1] != size and not self.notes:
            self.notes.append(f"pictures of another size are fitted into {size[0]} x {size[1]}")
        return fit(image, *size)

    def close(self) -> None:
        """Does nothing: no file stays open."""
