"""Backdrops: what is shown in place of a background: a colour, a picture, the frames of a video, or a blur."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.effects.background_words import BLUR, TRANSPARENT, check_background
from maskseg_cli.drawing.effects.blur import defocus
from maskseg_cli.drawing.effects.color_names import color_of
from maskseg_cli.drawing.effects.mattes import Matte, Picture
from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame
from maskseg_cli.media.images import read_image
from maskseg_cli.printable import printable
from maskseg_cli.video.reader import VideoReader, open_video
from maskseg_cli.video.video_sources import VIDEOS


class Backdrop(Protocol):
    """Gives the background of a frame; several threads may call it at once."""

    def __call__(self, frame: Frame, picture: Picture, matte: Matte) -> Picture:
        """A new picture of the size of `picture`, which the caller may change; `matte` is 255 on what stays."""
        ...


class Plain:
    """One colour."""

    def __init__(self, color: Color) -> None:
        self.color = color
        self._last: Picture | None = None

    def __call__(self, frame: Frame, picture: Picture, matte: Matte) -> Picture:
        """See `Backdrop`."""
        last = self._last
        if last is None or last.shape != picture.shape:
            last = self._last = np.full_like(picture, self.color)
        return last.copy()


class Blurred:
    """The picture's own background, out of focus."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def __call__(self, frame: Frame, picture: Picture, matte: Matte) -> Picture:
        """See `Backdrop`."""
        return defocus(picture, matte, self.strength)


class Still:
    """A picture that fills the frame; what is too wide or too high is cut off on both sides."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image
        self._last: Picture | None = None

    def __call__(self, frame: Frame, picture: Picture, matte: Matte) -> Picture:
        """See `Backdrop`."""
        last = self._last
        if last is None or last.shape != picture.shape:
            last = self._last = covering(self._image, picture.shape[1], picture.shape[0])
        return last.copy()


class Film:
    """The frames of a video, from its beginning again after its end, at the speed of both videos.

    Photos, which have no time, all get its first frame.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._video: VideoReader | None = None
        self._frames: Iterator[Frame] = iter(())
        self._current: Frame | None = None
        self._began: Fraction | None = None  # time of the first frame that asked
        self._looped = Fraction(0)  # length of the rounds that are over
        self._open()

    def __call__(self, frame: Frame, picture: Picture, matte: Matte) -> Picture:
        """See `Backdrop`."""
        with self._lock:
            image = self._at(frame.time)
        covered = covering(image, picture.shape[1], picture.shape[0])
        return covered.copy() if covered is image else covered

    def _at(self, time: Fraction) -> NDArray[np.uint8]:
        if self._began is None or time < self._began:  # the first frame, or another video
            self._began, self._looped = time, Fraction(0)
            self._open()
        wanted = time - self._began
        assert self._current is not None
        while wanted >= self._looped + self._current.time - self._start + self._current.duration:
            following = next(self._frames, None)
            if following is None:
                self._looped += self._current.time - self._start + self._current.duration
                self._open()
            else:
                self._current = following
        return self._current.image

    def _open(self) -> None:
        if self._video is not None:
            self._video.close()
        self._video = open_video(self._path)
        self._frames = iter(self._video)
        self._current = next(self._frames, None)
        if self._current is None:
            raise MasksegError(f"{printable(self._path)} has no frame for the background.")
        self._start = self._current.time


def backdrop_of(text: str, strength: float = 1.0) -> Backdrop | None:
    """The backdrop that a user means: a colour, a file, or `blur`; None for `transparent`.

    Raises:
        UsageError: it is neither a colour nor a file.
        MasksegError: the file cannot be read.
    """
    if text == TRANSPARENT:
        return None
    if text == BLUR:
        return Blurred(strength)
    color = color_of(text)
    if color is not None:
        return Plain(color)
    check_background(text)
    return Film(text) if VIDEOS.split(Path(text).name)[1] else Still(read_image(text))


def covering(image: NDArray[np.uint8], width: int, height: int) -> Picture:
    """Scales a picture so that it covers width x height pixels, and cuts off what is beyond on both sides.

    Example:
        >>> covering(np.zeros((10, 40, 3), np.uint8), 20, 20).shape
        (20, 20, 3)
    """
    if image.shape[:2] == (height, width):
        return image
    scale = max(width / image.shape[1], height / image.shape[0])
    inner = (min(image.shape[1], round(width / scale) or 1), min(image.shape[0], round(height / scale) or 1))
    left, top = (image.shape[1] - inner[0]) // 2, (image.shape[0] - inner[1]) // 2
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    part = image[top : top + inner[1], left : left + inner[0]]
    return np.asarray(cv2.resize(part, (width, height), interpolation=method), np.uint8)
