"""Reads an animated WebP as a video; FFmpeg cannot."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.pixels import on_white
from maskseg_cli.video.lazy_frames import LazyFrame
from maskseg_cli.video.pixel_conversion import TRANSPARENT
from maskseg_cli.video.truncation import is_truncated
from maskseg_cli.video.video_info import VideoInfo

#: Milliseconds up to which a frame's duration counts as not given, and the duration that browsers then take.
_TOO_SHORT, _USUAL = 10, 100

#: Flags of a file: it is animated, it has transparency. Flags of a frame.
_ANIMATED, _ALPHA = 0x02, 0x10
_DISPOSE, _NO_BLENDING = 0x01, 0x02


@dataclass(frozen=True)
class _Piece:
    """One frame in the file: a picture that is laid on the canvas at (x, y), `milliseconds` long."""

    start: int
    length: int
    x: int
    y: int
    width: int
    height: int
    milliseconds: int
    flags: int


class AnimatedWebp:
    """The frames of an animated WebP, as `LazyFrameSource`; transparent parts are laid on white.

    Args:
        path: a file for which `is_animated_webp` is true.

    Raises:
        MasksegError: it cannot be read, or has no frame.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.skipped = 0
        self.notes: list[str] = []
        self.broken = f"{path} is cut off: its end is missing." if is_truncated(path) else None
        self.end: Fraction | None = None
        try:
            self._width, self._height, self._pieces = _read_pieces(path)
        except OSError as error:
            raise MasksegError(f"{path} cannot be read: {error.strerror or error}.") from error
        if not self._pieces:
            raise MasksegError(f"{path} holds no picture.")
        seconds = Fraction(sum(piece.milliseconds for piece in self._pieces), 1000)
        frames = len(self._pieces)
        self.info = VideoInfo(path, self._width, self._height, frames / seconds, frames, float(seconds))

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        """Yields all frames, whatever `start` is: each is laid on those before it."""
        self.skipped = 0
        canvas = np.zeros((self._height, self._width, 4), np.uint8)
        time = Fraction(0)
        with open(self._path, "rb") as file:
            for number, piece in enumerate(self._pieces):
                file.seek(piece.start)
                image = _decoded(file.read(piece.length), piece)
                duration = Fraction(piece.milliseconds, 1000)
                place = canvas[piece.y : piece.y + piece.height, piece.x : piece.x + piece.width]
                if image is None:
                    self.skipped += 1  # the one before is shown longer
                else:
                    _lay(image[: place.shape[0], : place.shape[1]], place, blend=not piece.flags & _NO_BLENDING)
                    if canvas[:, :, 3].min() < 255 and TRANSPARENT not in self.notes:
                        self.notes.append(TRANSPARENT)
                    yield LazyFrame(time, duration, number, partial(on_white, canvas.copy()))
                if piece.flags & _DISPOSE:
                    place[:] = 0
                time += duration
        self.end = time

    def close(self) -> None:
        """Does nothing: no file stays open."""


def is_animated_webp(path: str) -> bool:
    """Whether a path is an animated WebP file; False for everything else, and for what cannot be read."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            start = file.read(21)
    except OSError:
        return False
    return len(start) == 21 and (start[:4], start[8:16]) == (b"RIFF", b"WEBPVP8X") and bool(start[20] & _ANIMATED)


def _read_pieces(path: str) -> tuple[int, int, list[_Piece]]:
    """Width, height and the frames (WebP Container Specification, "Animation")."""
    pieces: list[_Piece] = []
    with open(path, "rb") as file:
        head = file.read(30)
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        at, end = 12, Path(path).stat().st_size
        while at + 8 <= end:
            file.seek(at)
            kind, length = struct.unpack("<4sI", file.read(8))
            if kind == b"ANMF" and length >= 16 and at + 8 + length <= end:
                frame = file.read(16)
                x, y, wide, high, lasts = (int.from_bytes(frame[k : k + 3], "little") for k in range(0, 15, 3))
                lasts = lasts if lasts > _TOO_SHORT else _USUAL
                pieces.append(_Piece(at + 24, length - 16, 2 * x, 2 * y, 1 + wide, 1 + high, lasts, frame[15]))
            at += 8 + length + length % 2
    return width, height, pieces


def _decoded(data: bytes, piece: _Piece) -> np.ndarray | None:
    """The picture of a frame, uint8 (height, width, 4) BGRA; None if it is damaged."""
    if data[:4] == b"ALPH":  # a file with transparency has one more header
        size = struct.pack("<I", piece.width - 1)[:3] + struct.pack("<I", piece.height - 1)[:3]
        data = b"VP8X" + struct.pack("<IBxxx", 10, _ALPHA) + size + data
    whole = b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data
    try:
        image = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if image is None or image.shape[:2] != (piece.height, piece.width):
        return None
    return np.asarray(image if image.shape[2] == 4 else cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), np.uint8)


def _lay(image: np.ndarray, place: np.ndarray, blend: bool) -> None:
    """Lays a picture on a part of the canvas, both uint8 BGRA; without `blend` it replaces it."""
    if not blend or image[:, :, 3].min() == 255:
        place[:] = image
        return
    above = image[:, :, 3:].astype(np.float32) / 255
    below = place[:, :, 3:].astype(np.float32) / 255 * (1 - above)
    alpha = above + below
    colours = (image[:, :, :3] * above + place[:, :, :3] * below) / np.maximum(alpha, 1e-6)
    place[:] = np.rint(np.concatenate([colours, alpha * 255], axis=2)).astype(np.uint8)
