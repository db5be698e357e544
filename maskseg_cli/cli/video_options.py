"""The options of `maskseg video` that say which frames are read and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import click

from maskseg_cli.cli.options import gather
from maskseg_cli.cli.parameters import FrameRate, Seconds
from maskseg_cli.errors import UsageError


@dataclass(frozen=True)
class ReadingOptions:
    """Which frames are taken, and which of them the network looks at.

    Attributes:
        start, end: seconds, or None for the video's own.
        max_frames: at most so many frames are written.
        every: the network looks at every n-th frame.
        drop: the frames in between are left out, instead of keeping the last result.
        batch: frames that the network takes at once.

    Raises:
        UsageError: the end does not come after the start, or nothing lies in between that could be dropped.
    """

    start: float | None = None
    end: float | None = None
    max_frames: int | None = None
    every: int = 1
    drop: bool = False
    batch: int = 1

    def __post_init__(self) -> None:
        if self.drop and self.every == 1:
            raise UsageError("--drop leaves out the frames between those of --every N, which is not given.")
        if self.end is not None and self.end <= (self.start or 0):
            raise UsageError(f"--end {self.end:g} does not come after --start {self.start or 0:g}.")

    @property
    def kept_every(self) -> int:
        """One of so many frames of the source is kept."""
        return self.every if self.drop else 1


#: Hands the command `reading: ReadingOptions`.
reading_options = gather(
    "reading",
    ReadingOptions,
    [
        click.option("--start", "reading_start", type=Seconds(), help="Begin here: 90.5, 1:30 or 1:02:03."),
        click.option("--end", "reading_end", type=Seconds(), help="End here."),
        click.option(
            "--max-frames",
            "reading_max_frames",
            type=click.IntRange(min=1),
            metavar="N",
            help="Write at most so many frames.",
        ),
        click.option(
            "--every",
            "reading_every",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="Look at every N-th frame only; those in between keep its result. About N times faster.",
        ),
        click.option("--drop", "reading_drop", is_flag=True, help="With --every: leave the frames in between out."),
        click.option(
            "--batch",
            "reading_batch",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="Frames that the network takes at once.",
        ),
    ],
)


@dataclass(frozen=True)
class WritingOptions:
    """How the video is written; None: the usual for its format."""

    format: str | None = None
    codec: str | None = None
    crf: int | None = None
    fps: Fraction | None = None
    fourcc: str | None = None
    audio: bool = True


#: Hands the command `writing: WritingOptions`.
writing_options = gather(
    "writing",
    WritingOptions,
    [
        click.option(
            "--format",
            "writing_format",
            type=click.Choice(["mp4", "mov", "mkv", "avi", "webm", "gif", "png", "jpg"]),
            help="Format of the results; png and jpg are folders of single frames. Otherwise the source's own.",
        ),
        click.option(
            "--codec",
            "writing_codec",
            metavar="NAME",
            help="Another codec: h264, h265, vp9, av1, mpeg4, mjpeg or ffv1.",
        ),
        click.option(
            "--crf",
            "writing_crf",
            type=click.IntRange(0, 63),
            metavar="N",
            help="Quality: lower is better and larger. 0 to 51 for H.264, 0 to 63 for VP9, 1 to 31 for MPEG-4.",
        ),
        click.option(
            "--fps",
            "writing_fps",
            type=FrameRate(),
            help="Constant frame rate of the result: frames are repeated or left out, the length stays.",
        ),
        click.option("--fourcc", "writing_fourcc", metavar="TAG", help="Four letters that name the codec: XVID, mp4v."),
        click.option("--audio/--no-audio", "writing_audio", default=True, help="Keep the sound."),
    ],
)
