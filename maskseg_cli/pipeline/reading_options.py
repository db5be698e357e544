"""`ReadingOptions`: which frames of a video are read, and on which of them the network is run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING

from maskseg_cli.config.value_types import check_count, conform
from maskseg_cli.errors import UsageError
from maskseg_cli.option import option
from maskseg_cli.times import seconds_of

if TYPE_CHECKING:
    from maskseg_cli.frame import Frame
    from maskseg_cli.video.video_info import VideoInfo


@dataclass(frozen=True)
class ReadingOptions:
    """Which frames are read, and on which of them the network is run.

    Attributes:
        start, end: seconds or a text such as "1:30", or None for the beginning and the end of the video.
        max_frames: at most so many frames are written.
        every: the network is run on every n-th frame.
        drop: the frames in between are left out, instead of keeping the last result, which tracks move.
        batch: frames that the network takes at once.
        stream: number of the stream with the pictures, where a file has several; None chooses the film.

    Raises:
        UsageError: a value of another kind or out of its range; the end does not come after the start, or no frames lie
            in between that could be dropped.
    """

    start: float | None = option(None, "Begin here: 90.5, 1:30 or 1:02:03.", kind="seconds")
    end: float | None = option(None, "End here.", kind="seconds")
    max_frames: int | None = option(None, "Write at most so many frames.", kind="whole", least=1, metavar="N")
    every: int = option(
        1,
        "Run the network on every N-th frame only; in those between, objects move with their tracks. Up to N times "
        "faster.",
        kind="whole",
        least=1,
        metavar="N",
    )
    drop: bool = option(False, "With --every: leave the frames in between out.")
    batch: int = option(1, "Frames that the network takes at once.", kind="whole", least=1, metavar="N")
    stream: int | None = option(
        None,
        "Number of the stream with the pictures, where a file has several. Otherwise the film is chosen.",
        kind="whole",
        least=0,
        metavar="N",
    )

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, seconds_of(getattr(self, name)))
        for name in ("max_frames", "every", "batch"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, check_count(name, getattr(self, name)))
        if (conform("stream", self.stream, int | None) or 0) < 0:
            raise UsageError(f"stream is at least 0, not {self.stream}.")
        if self.drop and self.every == 1:
            raise UsageError("--drop leaves out the frames between those of --every N, which is not given.")
        if self.end is not None and self.end <= (self.start or 0):
            raise UsageError(f"--end {self.end:g} does not come after --start {self.start or 0:g}.")

    @property
    def kept_every(self) -> int:
        """Every so many frames of the source one is kept."""
        return self.every if self.drop else 1

    @property
    def network_every(self) -> int:
        """The network is run on every so many of the frames that are kept."""
        return 1 if self.drop else self.every

    def select(self, video: Iterable[Frame], rate: Fraction | None = None) -> Iterable[Frame]:
        """The frames that `drop` and `max_frames` leave.

        Args:
            rate: the constant rate of the result, at which `max_frames` counts; None if each frame keeps its time.
        """
        # NumPy is loaded with frames only, so that --help, which shows these options, need not wait for it.
        from maskseg_cli.video.frame_limit import until_filled
        from maskseg_cli.video.stride import every_nth

        frames = every_nth(video, self.every) if self.drop else video
        if self.max_frames is None:
            return frames
        if rate is None:
            return islice(frames, self.max_frames)
        return until_filled(frames, self.max_frames, rate, from_first=bool(self.start))

    def expected_frames(self, info: VideoInfo, rate: Fraction | None = None) -> int | None:
        """How many frames will be selected, or None where the source does not say how long it is.

        Args:
            rate: as in `select`.
        """
        total: float | None = info.frames
        if total is None and info.duration is not None:
            total = info.duration * float(info.frame_rate)
        if total is not None and (self.start or self.end is not None):
            source_rate = float(info.frame_rate)
            last = total / source_rate if self.end is None else min(self.end, total / source_rate)
            total = max(0.0, last - (self.start or 0)) * source_rate
        elif total is None and self.end is not None:
            total = (self.end - (self.start or 0)) * float(info.frame_rate)
        if total is not None and self.drop:
            total = -(-total // self.every)
        if self.max_frames is not None:
            most = self.max_frames
            if rate is not None:
                most = ceil(most * info.frame_rate / self.kept_every / rate)
            total = most if total is None else min(total, most)
        return None if total is None else round(total)
