"""What is known about a video before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class VideoInfo:
    """What is known about a video before its frames are read.

    Attributes:
        name: the path or address as the user wrote it.
        width: of the upright frames with square pixels.
        height: likewise.
        frame_rate: frames per second on average; a sane guess where the source does not say, never 0.
        frames: how many there are, where the source tells; None otherwise.
        duration: in seconds, where the source tells; None otherwise (live streams, some cut-off files).
        has_sound: there is a sound track.
        sound_codec: FFmpeg's name of its codec, such as "aac".
        notes: sentences about what is done to the frames to make them so, such as
            "turned by 90 degrees, as the camera was held".
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
