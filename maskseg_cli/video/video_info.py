"""`VideoInfo`: the properties of a video that are known before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from maskseg_cli.video.details import NO_DETAILS, Details


class SizeAndRate(Protocol):
    """The properties that `VideoWriter` needs of the frames that it will get; `VideoInfo` has them."""

    @property
    def width(self) -> int:
        """Of the pictures, in pixels."""

    @property
    def height(self) -> int:
        """Of the pictures, in pixels."""

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second, on average."""


@dataclass(frozen=True)
class VideoInfo:
    """The properties of a video that are known before its frames are read.

    Attributes:
        name: the path or address as the user wrote it.
        width: of the upright frames with square pixels, in pixels.
        height: likewise, in pixels.
        frame_rate: frames per second on average; 25 if unknown, never 0.
        frames: number of frames; None if unknown.
        duration: in seconds; None if unknown (live streams, some truncated files).
        has_sound: whether it has a sound track.
        sound_codec: FFmpeg's name of its codec, such as "aac".
        notes: what is done to the frames so that they are upright, 8-bit and so on, for users, such as
            "turned by 90 degrees, as the camera was held".
        details: title, date, chapters, and what else it has.
    """

    name: str
    width: int
    height: int
    frame_rate: Fraction
    frames: int | None = None
    duration: float | None = None
    has_sound: bool = False
    sound_codec: str | None = None
    notes: tuple[str, ...] = ()
    details: Details = NO_DETAILS
