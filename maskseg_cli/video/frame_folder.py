"""A folder of numbered pictures as the output of a video."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import register_cleanup, unregister_cleanup, write_atomic
from maskseg_cli.media.disk_errors import is_disk_full
from maskseg_cli.media.images import encode_image, read_image
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.video.video_sources import numbered, unfinished_mark


class FrameFolder:
    """Writes each frame as a picture of its own, numbered from 0, called `000000.partial.png` until all are there.

    So the frames of an earlier run stay as they are until `finish`. If the program ends while the frames are renamed,
    the folder is recognised as incomplete, because the first one gets its name last. Until `finish` or `discard`,
    `remove_unfinished` removes what was written.

    Args:
        pattern: the files' names, `frames/%06d.png`; the extension decides the format. The folder is made.
        quality: of JPEG, 1..100.

    Attributes:
        notes: sentences about what differs from what was given.
        full: the disk was full.
        partial: whether the frames have kept their partial names.

    Raises:
        MasksegError: the folder cannot be made.
    """

    def __init__(self, pattern: Path, quality: int = 95) -> None:
        self.notes: list[str] = []
        self.partial = False
        self._full = False
        self._pattern, self._quality, self._mark = pattern, quality, unfinished_mark(pattern)
        self._count, self._end, self._shape = 0, Fraction(0), (0, 0)
        self._started = 0  # frames whose file may exist already
        self._discarded = False
        try:
            pattern.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MasksegError(f"The folder {pattern.parent} cannot be made: {error.strerror or error}.") from error
        register_cleanup(self.discard)

    @property
    def full(self) -> bool:
        """The disk was full."""
        return self._full

    def write(self, image: NDArray[np.uint8], time: Fraction, duration: Fraction) -> None:
        """Writes a picture, uint8 (H, W, 3) BGR; the times, in seconds, are used for the total duration only."""
        path = self._partial(self._count)
        data = encode_image(image, path.suffix, self._quality)
        if self._discarded:
            raise MasksegError(f"{self._pattern} was not written.")
        self._started = self._count + 1
        try:
            write_atomic(path, data)
        except OSError as error:
            self._started = self._count
            self._full = is_disk_full(error)
            raise
        self._count += 1
        self._end, self._shape = time + duration, image.shape[:2]

    def finish(self, partial: bool | None = False) -> tuple[int, Fraction, bool]:
        """Reads the first and the last picture back, and renames all, unless they are `partial`.

        Those that an earlier, longer run left behind are removed.

        Args:
            partial: see `VideoWriter.finish`.

        Returns:
            frames, duration in seconds, False for no sound.

        Raises:
            MasksegError: no frame was written, or what was written cannot be read back.
        """
        unregister_cleanup(self.discard)
        if not self._count:
            raise MasksegError(f"{self._pattern} was not written: there was no frame.")
        for number in {0, self._count - 1}:
            if read_image(self._partial(number)).shape[:2] != self._shape:
                raise MasksegError(f"{self._partial(number)} was written, but is not what was written.")
        self.partial = self._full if partial is None else partial
        _remove_from(self._partial, self._count)
        if not self.partial:
            self._rename()
        if self._full:
            self.notes.append("the disk was full, so the frames end early")
        return self._count, self._end, False

    def discard(self) -> None:
        """Removes the pictures that were written; another thread may be in `write`, which then fails."""
        self._discarded = True
        for path in map(self._partial, range(self._started)):
            with contextlib.suppress(OSError):
                path.unlink()
        unregister_cleanup(self.discard)

    def _rename(self) -> None:
        """Gives all frames their final names, the first one last."""
        os.replace(self._partial(0), self._mark)
        for number in range(1, self._count):
            os.replace(self._partial(number), self._path(number))
        removed = _remove_from(self._path, self._count)
        if removed:
            self.notes.append(f"{removed} frames of an earlier run were removed")
        os.replace(self._mark, self._path(0))

    def _path(self, number: int) -> Path:
        return numbered(self._pattern, number)

    def _partial(self, number: int) -> Path:
        return numbered(partial_path(self._pattern), number)


def _remove_from(name: Callable[[int], Path], first: int) -> int:
    """Removes files numbered from `first` on, until there is none of a number; returns how many."""
    number = first
    with contextlib.suppress(OSError):
        while True:
            name(number).unlink()
            number += 1
    return number - first
