"""Converts a decoded frame of any pixel format to an upright BGR picture with square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from maskseg_cli.media.fitting import fit
from maskseg_cli.media.pixels import on_white
from maskseg_cli.video.orientation import Orientation

#: Number of a colour matrix (ITU-T H.273) -> number that FFmpeg's scaler uses for it.
_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_BT709, _BT601 = 1, 5

_LIMITED, _FULL = 1, 2

#: Transfer functions of high dynamic range: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67).
_HDR = {16, 18}

#: Whether this PyAV can map high dynamic range to standard range.
MAPS_HDR = int(av.__version__.split(".")[0]) >= 18

#: A pixel aspect ratio above this, or below its inverse, is taken for a damaged header.
_WIDEST = 4


#: The note about transparent parts.
TRANSPARENT = "transparent parts were laid on white"


class Converter:
    """Converts the frames of one video to BGR.

    Colours: the frame's own matrix and range; if it has none, BT.709 from 720 rows (or 1280 columns) on
    and BT.601 below, as players assume, limited range for YCbCr. High dynamic range is mapped to standard
    range. Alpha is blended with white. Frames of another size or turned otherwise than the first are fitted into its
    size, with black bars where their shape is another.

    Args:
        first: the first decoded frame.
        aspect: width / height of its pixels; None if unknown.
        decoder: of the frames; it knows the shape of the pixels of frames that have another size.

    Attributes:
        width, height: of the pictures, upright, with square pixels.
        notes: sentences for `VideoInfo.notes`.
        later_notes: what became of frames that are not as the first is, one sentence each.
    """

    def __init__(
        self, first: av.VideoFrame, aspect: Fraction | None = None, decoder: av.VideoCodecContext | None = None
    ) -> None:
        self._orientation = _orientation(first) or Orientation()
        self._decoder = decoder
        self._first = (first.width, first.height)
        self._coded = _squared(first, aspect)
        self.width, self.height = self._orientation.size(*self._coded)
        self.later_notes: list[str] = []
        self.notes = tuple(self._notes(first))
        self._reformatter = VideoReformatter()

    def _notes(self, first: av.VideoFrame) -> list[str]:
        notes = []
        if self._orientation.description:
            notes.append(self._orientation.description)
        if self._coded[0] != first.width:
            notes.append(f"pixels made square: {first.width} columns become {self._coded[0]}")
        bits = max((component.bits for component in first.format.components), default=8)
        if first.color_trc in _HDR and MAPS_HDR:
            notes.append(f"high dynamic range ({bits} bits a colour) mapped to the standard range (8 bits)")
        elif first.color_trc in _HDR:
            notes.append(f"high dynamic range ({bits} bits a colour) not mapped (PyAV 18 is needed): colours look dull")
        elif bits > 8:
            notes.append(f"{bits} bits a colour become 8")
        return notes

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """Converts a frame to uint8 (height, width, 3), BGR, upright.

        Raises:
            av.FFmpegError: a pixel format that cannot be converted.
        """
        same = (frame.width, frame.height) == self._first
        aspect = self._decoder.sample_aspect_ratio if self._decoder is not None and not same else None
        width, height = self._coded if same else _squared(frame, aspect)
        scaled = (frame.width, frame.height) != (width, height)
        orientation = _orientation(frame) or self._orientation
        has_alpha = _has_alpha(frame)
        image = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="bgra" if has_alpha else "bgr24",
            # Without scaling, FFmpeg has a fast path for the common formats (0.3 ms instead of 1.3 for 720p).
            interpolation=Interpolation.BICUBIC if scaled else Interpolation.BILINEAR,
            threads=1,
            **_colours(frame),
        ).to_ndarray()
        if has_alpha and image[:, :, 3].min() < 255 and TRANSPARENT not in self.later_notes:
            self.later_notes.append(TRANSPARENT)
        upright = orientation.apply(on_white(np.asarray(image, np.uint8)) if has_alpha else image)
        return np.ascontiguousarray(self._fitted(upright))

    def _fitted(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        if (width, height) == (self.width, self.height):
            return image
        if abs(width * self.height - height * self.width) > max(width, height, self.width, self.height):
            note = f"the picture changes to {width} x {height}: fitted into {self.width} x {self.height} with bars"
            if note not in self.later_notes:
                self.later_notes.append(note)
        return fit(image, self.width, self.height)


def _squared(frame: av.VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height with square pixels, before the frame is turned upright."""
    if aspect is None or not Fraction(1, _WIDEST) <= aspect <= _WIDEST:
        aspect = Fraction(1)
    return max(1, round(frame.width * aspect)), frame.height


def _orientation(frame: av.VideoFrame) -> Orientation | None:
    try:
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV does not know a kind of data that the frame has, such as the EXIF part of a JPEG
        return Orientation.from_rotation(frame.rotation) if frame.rotation else None
    if matrix is None:
        return None
    return Orientation.from_matrix(np.frombuffer(bytes(matrix), np.int32))


def _colours(frame: av.VideoFrame) -> dict[str, Any]:
    """The source's matrix and range as arguments of the scaler; none for RGB."""
    if frame.format.is_rgb or frame.format.has_palette:
        return {}
    matrix = _MATRIX.get(frame.colorspace)
    if matrix is None:
        matrix = _BT709 if frame.height >= 720 or frame.width >= 1280 else _BT601
    colours: dict[str, Any] = {"src_colorspace": matrix}
    name = frame.format.name
    if frame.color_range in (_LIMITED, _FULL):
        colours["src_color_range"] = frame.color_range
    elif not name.startswith(("gray", "ya", "mono")):  # gray without a range is full range, as in PNG
        colours["src_color_range"] = _FULL if name.startswith("yuvj") else _LIMITED
    if frame.color_trc in _HDR and MAPS_HDR:
        colours |= {"dst_color_trc": 1, "dst_color_primaries": 1}
    return colours


def _has_alpha(frame: av.VideoFrame) -> bool:
    # `pal8`, as in some AVI and PNG files, may have transparent colours too.
    return frame.format.has_palette or any(component.is_alpha for component in frame.format.components)
