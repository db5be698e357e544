"""Converts BGR pictures to YCbCr for encoders, with the matrix that the file will name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.media.pixels import on_white

#: FFmpeg's numbers, which are those of ITU-T H.273.
BT709, BT601, LIMITED, FULL = 1, 6, 1, 2


class PictureConverter:
    """Turns BGR pictures into frames of one size and pixel format.

    HD (720 lines or more) gets the matrix of BT.709 and smaller video that of BT.601: what players assume that
    ignore the file's own statement. Chroma is the mean of 2 x 2 pixels, so thin coloured outlines keep their colour.
    It takes half the time of FFmpeg's own scaler, and rounds where that truncates.

    Args:
        width, height: of the frames; even for the "420" formats.
        pix_fmt: "yuv420p", "yuva420p" (with alpha), "yuvj420p" (full range) or "bgr0".
    """

    def __init__(self, width: int, height: int, pix_fmt: str) -> None:
        self.width, self.height, self.pix_fmt = width, height, pix_fmt
        self.full_range = pix_fmt not in ("yuv420p", "yuva420p")
        # JPEG uses BT.601 only.
        self.matrix = BT709 if height >= 720 and not self.full_range else BT601
        self._weights = bgr_to_yuv(self.matrix, self.full_range)
        self._whole = np.empty((height, width, 3), np.uint8)
        self._half = np.empty((height // 2, width // 2, 3), np.uint8)

    def __call__(self, image: NDArray[np.uint8] | av.VideoFrame, tick: int) -> Iterator[Any]:
        """Converts one picture.

        Args:
            image: uint8 (height, width, 3), BGR, or (height, width, 4), BGRA, perhaps a row or column smaller; or what
                `ahead` made of it.
            tick: its timestamp in ticks of the encoder.
        """
        frame = image if isinstance(image, av.VideoFrame) else self._frame(image, self._whole, self._half)
        frame.pts = tick
        yield frame

    def ahead(self, image: NDArray[np.uint8]) -> av.VideoFrame:
        """Converts a picture whose timestamp is not known yet; any thread may call it."""
        return self._frame(image, np.empty_like(self._whole), np.empty_like(self._half))

    def _frame(self, image: NDArray[np.uint8], whole: NDArray[np.uint8], half: NDArray[np.uint8]) -> av.VideoFrame:
        """A new frame; `whole` and `half` are for what lies between, as large as it and half as large."""
        frame = av.VideoFrame(self.width, self.height, self.pix_fmt)
        if image.shape[:2] != (self.height, self.width):
            image = pad_to_even(image)
        self._fill(frame, image, whole, half)
        return frame

    def _fill(
        self, frame: av.VideoFrame, image: NDArray[np.uint8], whole: NDArray[np.uint8], half: NDArray[np.uint8]
    ) -> None:
        planes = [_view(plane) for plane in frame.planes]
        if image.shape[2] == 4 and self.pix_fmt != "yuva420p":
            image = on_white(image)
        if self.pix_fmt == "yuva420p":
            alpha = image[:, :, 3] if image.shape[2] == 4 else np.uint8(255)
            planes[3][:, : self.width] = alpha
            image = np.ascontiguousarray(image[:, :, :3])
        if self.pix_fmt == "bgr0":
            cv2.cvtColor(image, cv2.COLOR_BGR2BGRA, dst=planes[0].reshape(self.height, -1, 4)[:, : self.width])
            return
        cv2.transform(image, self._weights, dst=whole)
        cv2.extractChannel(whole, 0, dst=planes[0][:, : self.width])
        cv2.resize(whole, (self.width // 2, self.height // 2), dst=half, interpolation=cv2.INTER_AREA)
        for channel in (1, 2):
            cv2.extractChannel(half, channel, dst=planes[channel][:, : self.width // 2])

    def label(self, context: Any) -> None:
        """Sets the matrix, range and transfer function of the pictures in a codec context."""
        if self.pix_fmt == "bgr0":
            return
        context.colorspace = self.matrix
        context.color_range = FULL if self.full_range else LIMITED
        # sRGB and BT.709 have the same primaries, and every player shows BT.709's curve unchanged.
        context.color_primaries = context.color_trc = BT709


def bgr_to_yuv(matrix: int, full_range: bool) -> NDArray[np.float32]:
    """The (3, 4) matrix from (B, G, R, 1) in 0..255 to 8-bit Y, Cb, Cr.

    Args:
        matrix: `BT709` or `BT601`.
        full_range: 0..255 instead of 16..235 and 16..240.

    Source: ITU-R BT.709-6 and BT.601-7, item "quantization".
    """
    red, blue = (0.2126, 0.0722) if matrix == BT709 else (0.299, 0.114)
    luma = np.array([blue, 1 - red - blue, red])
    rows = np.stack([luma, (np.array([1, 0, 0]) - luma) / (2 - 2 * blue), (np.array([0, 0, 1]) - luma) / (2 - 2 * red)])
    scale = np.array([1, 1, 1]) if full_range else np.array([219, 224, 224]) / 255
    offset = np.array([0 if full_range else 16, 128, 128])
    return np.column_stack([rows * scale[:, None], offset]).astype(np.float32)


def pad_to_even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeats the last row and column where height and width are odd."""
    height, width = image.shape[:2]
    if height % 2 == width % 2 == 0:
        return image
    return np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)


def _view(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
