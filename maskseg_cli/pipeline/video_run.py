"""One video from its source to its result: the pipeline with its progress bar, its window and its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.cli.progress import progress_bar
from maskseg_cli.cli.stop_signals import StopSignals
from maskseg_cli.cli.video_options import ReadingOptions
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.export.messages import counted
from maskseg_cli.video.frame_limit import ShownFrames, constant_output_rate, until_filled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskseg_cli.detections import Detections
    from maskseg_cli.drawing.drawing_options import DrawingOptions
    from maskseg_cli.export.json_lines import JsonLines
    from maskseg_cli.frame import Frame
    from maskseg_cli.inference.model_options import Segmenter
    from maskseg_cli.media.live_window import LiveWindow
    from maskseg_cli.pipeline.frame_pipeline import Pipeline, SegmentedFrame
    from maskseg_cli.video.reader import VideoReader
    from maskseg_cli.video.video_formats import EncodeOptions
    from maskseg_cli.video.video_info import VideoInfo
    from maskseg_cli.video.writer import VideoWriter, Written

    #: Number and time of a frame, what is in it, and the number of the frame in which it was found.
    _Line = tuple[int, Fraction, Detections, int]

#: Seconds between two looks at the progress; a window needs them more often.
_TICK, _WINDOW_TICK = 0.1, 0.02

#: Seconds that the threads get to end: the decoder may wait for a server, the network may be slow.
_PATIENCE = 5.0


@dataclass
class Outcome:
    """How the run of one video ended.

    Attributes:
        written: what stands on the disk, or None if no frame was written.
        seconds: how long the run took.
        pipeline_seconds: the part of it in which frames were read, looked at and written.
        taken: frames of the source that went through; a constant rate repeats some and leaves others out.
        notes: sentences about what was done to the frames.
        skipped: frames that could not be decoded.
        most: class -> the most objects of it in one frame.
        closed: the user closed the window.
    """

    written: Written | None = None
    seconds: float = 0.0
    pipeline_seconds: float = 0.0
    taken: int = 0
    notes: tuple[str, ...] = ()
    skipped: int = 0
    most: Counter[str] = field(default_factory=Counter)
    closed: bool = False


@dataclass
class VideoRun:
    """Reads one video, finds its objects, draws them and writes the result.

    Args:
        source: the video, as `open_video` takes it.
        target: the file, or pattern of frames, to write.
        reading: which frames.
        encoding: how they are written.
        segmenter: the network with the user's wishes.
        drawing: what is drawn.
        lines: takes what was found in each frame that the result shows, or None.
        label: what the video is called in `lines`.
        show_progress: whether there is a progress bar.
        window: shows frames as they are done, or None.
        enough: so many frames of the source at most, whatever `reading` says, or None.
    """

    source: str
    target: Path
    reading: ReadingOptions
    encoding: EncodeOptions
    segmenter: Segmenter
    drawing: DrawingOptions
    lines: JsonLines | None = None
    label: str = ""
    show_progress: bool = False
    window: LiveWindow | None = None
    enough: int | None = None

    def __post_init__(self) -> None:
        self.outcome = Outcome()
        self._writer: VideoWriter | None = None
        self._newest: NDArray[np.uint8] | None = None
        self._stopped_early = False
        self._shown: ShownFrames[_Line] | None = None

    def run(self) -> Outcome:
        """Does the video. A stop signal or an error ends it early; what was made so far is finished all the same.

        Raises:
            MasksegError: nothing was written, or what was written is not all; the message says what there is.
            KeyboardInterrupt, Terminated: the user's stop, after the result was finished.
        """
        from maskseg_cli.pipeline.frame_pipeline import Pipeline
        from maskseg_cli.video.reader import open_video

        reading = self.reading
        rate = picture_rate(self.source, self.encoding)
        began = time.monotonic()
        with (
            StopSignals(at_once=self._discard) as stop,
            open_video(self.source, reading.start, reading.end, self.enough, rate) as video,
        ):
            info = replace(video.info, frame_rate=video.info.frame_rate / reading.kept_every)
            steady = constant_output_rate(self.target, self.encoding, info)
            if self.lines is not None:
                self._shown = ShownFrames(steady, lambda line: self._add_line(*line))
            pipeline = Pipeline(
                self._chosen(video, steady),
                self.segmenter,
                lambda one: self._write(one, info),
                1 if reading.drop else reading.every,
                reading.batch,
                self.segmenter.workers,
            )
            self.outcome.notes = video.info.notes
            started = time.monotonic()
            try:
                self._watch(pipeline, stop, expected_frames(video.info, reading, steady))
                self.outcome.pipeline_seconds = time.monotonic() - started
                self.outcome.taken = pipeline.written
                self._finish(pipeline, video)
            except BaseException:
                self._discard()
                raise
            finally:
                pipeline.stop()
                pipeline.join(_PATIENCE)
                self.outcome.seconds = time.monotonic() - began
                self.outcome.skipped = video.skipped
        stop.raise_if_requested()
        return self.outcome

    def _chosen(self, video: Iterable[Frame], steady: Fraction | None) -> Iterable[Frame]:
        """The frames that --drop and --max-frames leave."""
        from maskseg_cli.video.stride import every_nth

        reading = self.reading
        frames = every_nth(video, reading.every) if reading.drop else video
        if reading.max_frames is None:
            return frames
        if steady is None:
            return islice(frames, reading.max_frames)
        return until_filled(frames, reading.max_frames, steady, from_first=bool(reading.start))

    def _watch(self, pipeline: Pipeline, stop: StopSignals, total: int | None) -> None:
        """Waits for the end, with the bar and the window moving."""
        pipeline.start()
        with progress_bar(total, self.show_progress, self.label) as moved:
            while not pipeline.wait(_TICK if self.window is None else _WINDOW_TICK):
                moved(pipeline.written)
                if self.window is not None:
                    picture, self._newest = self._newest, None
                    self.outcome.closed |= not self.window.update(picture)
                if stop.requested or self.outcome.closed:
                    self._stopped_early = True
                    pipeline.stop()
            moved(pipeline.written)

    def _write(self, one: SegmentedFrame, info: VideoInfo) -> None:
        """Draws and encodes one frame, in the writing thread."""
        from maskseg_cli.drawing import draw

        frame = one.frame
        picture = draw(frame.image, one.found, self.drawing)
        writer = self._writer or self._open_writer(info, frame.time)
        writer.write(picture, frame.time - self._origin, frame.duration)
        if self._shown is not None:
            line = frame.index, frame.time, one.found, one.source_index
            self._shown.add(line, frame.time - self._origin, frame.duration)
        if self.window is not None:
            self._newest = picture
        self.outcome.most |= Counter(one.found.names)

    def _add_line(self, index: int, time: Fraction, found: Detections, source_index: int) -> None:
        assert self.lines is not None
        self.lines.add(self.label, index, time, found, source_index)

    def _open_writer(self, info: VideoInfo, first: Fraction) -> VideoWriter:
        from maskseg_cli.video.sound import Sound
        from maskseg_cli.video.writer import VideoWriter

        # From a start in the middle, time and sound count from the first frame there is.
        self._origin = first if self.reading.start else Fraction(0)
        sound = None
        if info.has_sound and self.encoding.sound:
            end = None if self.reading.end is None else Fraction(self.reading.end)
            sound = Sound(self.source, self._origin, end)
        self._writer = VideoWriter(self.target, info, self.encoding, sound)
        return self._writer

    def _finish(self, pipeline: Pipeline, video: VideoReader) -> None:
        """Closes the result, whatever ended the run.

        Raises:
            MasksegError: it is not all that was asked for; the message says why, and what there is.
        """
        from maskseg_cli.video.writer import DiskFull

        if self._writer is not None:
            self.outcome.written = self._writer.finish()
            if self._shown is not None:
                self._shown.finish()
        written = self.outcome.written
        error = pipeline.error
        problem = explain(error) if error is not None else video.broken
        if (
            problem is None
            and self._writer is not None
            and written is not None
            and self._writer.full
            and written.frames < pipeline.written
        ):
            problem = f"The disk of {self.target} is full: the video ends early."
            error = DiskFull(problem)
        if problem is None and written is None and not self._stopped_early:
            problem = f"{video.info.name}: there is no frame in the part that was asked for."
        if problem is not None and written is not None:
            problem = f"{problem} {self.target} holds the {counted(written.frames, 'frame')} before that."
        if problem is not None:
            raise MasksegError(problem) from error

    def _discard(self) -> None:
        if self._writer is not None and self.outcome.written is None:
            self._writer.discard()


def picture_rate(source: str, encoding: EncodeOptions) -> Fraction | None:
    """The rate at which numbered pictures are read, which have none of their own: the result's."""
    from maskseg_cli.video.video_sources import is_sequence

    return encoding.fps if is_sequence(source) else None


def expected_frames(info: VideoInfo, reading: ReadingOptions, steady: Fraction | None = None) -> int | None:
    """How many frames will be drawn, or None where the source does not say how long it is.

    Args:
        steady: the constant rate of the result, which repeats some of them or leaves some out.
    """
    total: float | None = info.frames
    if total is None and info.duration is not None:
        total = info.duration * float(info.frame_rate)
    if total is not None and (reading.start or reading.end is not None):
        rate = float(info.frame_rate)
        last = total / rate if reading.end is None else min(reading.end, total / rate)
        total = max(0.0, last - (reading.start or 0)) * rate
    elif total is None and reading.end is not None:
        total = (reading.end - (reading.start or 0)) * float(info.frame_rate)
    if total is not None and reading.drop:
        total = -(-total // reading.every)
    if reading.max_frames is not None:
        most = reading.max_frames
        if steady is not None:
            most = ceil(most * info.frame_rate / reading.kept_every / steady)
        total = most if total is None else min(total, most)
    return None if total is None else round(total)
