"""`VideoRun`: one video from its source to its sinks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.errors import MasksegError, UsageError, explain
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.export.shown_frames import ShownFramesOnly
from maskseg_cli.export.video_file import VideoFile
from maskseg_cli.frame import Frame
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.drawn_sinks import DrawnAhead, prepare_sinks
from maskseg_cli.pipeline.frame_pipeline import PATIENCE, FramePipeline
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.window_sinks import VideoWindow
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, TransformChain, reset_transforms
from maskseg_cli.video.frame_limit import constant_output_rate
from maskseg_cli.video.reader import VideoReader, open_video
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_sources import is_sequence
from maskseg_cli.video.writer import DiskFull, Written

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: Seconds between two updates of the progress; a window needs them more often.
_TICK, _WINDOW_TICK = 0.1, 0.02

#: A class seen in a smaller share of the frames than this is most often a mistake of the network.
_MOMENT = 0.02


@dataclass
class VideoSummary:
    """The result of a run over one video.

    Attributes:
        name: of the video, as in messages.
        written: what was written, read back from the disk; None if no frame was.
        seconds: how long the run took.
        pipeline_seconds: the part of it in which frames were read, went through the network and were written.
        frames: frames of the source that went through; a constant rate repeats some and leaves others out.
        notes: sentences about what was done to the frames.
        skipped: frames that could not be decoded.
        most: class name -> the most objects of it in one frame.
        seen: class name -> frames with an object of it.
        tracked: number of an object that was followed -> its class.
        closed: a sink was closed, such as the window.
    """

    name: str = ""
    written: Written | None = None
    seconds: float = 0.0
    pipeline_seconds: float = 0.0
    frames: int = 0
    notes: tuple[str, ...] = ()
    skipped: int = 0
    most: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    tracked: dict[int, str] = field(default_factory=dict)
    closed: bool = False

    def most_for_long(self) -> dict[str, int]:
        """`most` without the classes that were seen for moments only, unless there are no others."""
        least = _MOMENT * self.frames
        lasting = {name: number for name, number in self.most.items() if self.seen[name] >= least}
        return lasting or dict(self.most)

    def unique(self) -> Counter[str]:
        """Class name -> different objects over the whole video, each counted once; empty without tracks."""
        return Counter(self.tracked.values())


@dataclass
class VideoRun:
    """Reads one video, finds its objects, draws them and passes them to the sinks.

    Args:
        source: the video, as `open_video` takes it.
        target: the file, or pattern of numbered frames, to write.
        predictor: the network.
        reading: which frames.
        encoding: how they are written.
        drawing: what is drawn.
        transforms: in the order in which they are applied; reset at the start.
        lines: takes each frame that the result shows, or None.
        sinks: take each frame; they are not finished here, because they may serve several videos.
        label: name of the video in exported files.
        window: shows frames as they are done, or None.
        stop: a requested stop ends the run early; what was made so far is kept as NAME.partial.EXT.
        reporter: progress.
        limit: so many frames of the source at most, whatever `reading` says, or None.

    Attributes:
        summary: what was done, also after an error.
    """

    source: str
    target: Path
    predictor: Predictor
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    encoding: EncodeOptions = field(default_factory=EncodeOptions)
    rendering: Rendering = field(default_factory=Rendering)
    transforms: Sequence[Transform] = ()
    lines: JsonLines | None = None
    sinks: Sequence[Sink] = ()
    label: str = ""
    window: VideoWindow | None = None
    stop: StopToken = field(default_factory=StopToken)
    reporter: Reporter = field(default_factory=Reporter)
    limit: int | None = None
    summary: VideoSummary = field(default_factory=VideoSummary, init=False)

    def run(self) -> VideoSummary:
        """Does the video. After a stop or an error what was made so far is kept as NAME.partial.EXT, and plays.

        Raises:
            MasksegError: nothing was written, or not all of the video; the message says what there is.
            KeyboardInterrupt: the user's stop, after what was made so far was kept.
        """
        reading = self.reading
        began = time.monotonic()
        with (
            self.stop,
            open_video(
                self.source,
                reading.start,
                reading.end,
                self.limit,
                picture_rate(self.source, self.encoding),
                reading.stream,
            ) as video,
        ):
            info = replace(video.info, frame_rate=video.info.frame_rate / reading.kept_every)
            rate = constant_output_rate(self.target, self.encoding, info)
            sound = self.source if info.has_sound and self.encoding.sound else None
            file = VideoFile(self.target, info, self.encoding, sound, reading.end, from_first=bool(reading.start))
            shown = [] if self.lines is None else [ShownFramesOnly(self.lines, rate, file.time_in_result)]
            self._all_sinks: list[Sink] = [file, *shown, *self.sinks, *([] if self.window is None else [self.window])]
            reset_transforms(self.transforms)
            self._chain = TransformChain(self.transforms)
            self._drawn = DrawnAhead(self._prepare, self._count)
            frames = (replace(frame, source=self.label) for frame in reading.select(video, rate))
            pipeline = FramePipeline(frames, self.predictor, self._write, reading.network_every, reading.batch)
            self.summary.name = video.info.name
            started = time.monotonic()
            try:
                interrupt = self._wait(pipeline, reading.expected_frames(video.info, rate))
                problem = self._write_rest(pipeline)
                self.summary.pipeline_seconds = time.monotonic() - started
                self.summary.frames = pipeline.written
                file.cut = not pipeline.complete or problem is not None
                file.finish()
                self.summary.written = file.written
                if file.written is not None:
                    for sink in shown:
                        sink.finish()
                self._check(pipeline, video, file, pipeline.error or problem, stopped=interrupt is not None)
                if interrupt is not None:
                    raise interrupt
            except BaseException:
                file.discard()
                raise
            finally:
                pipeline.stop()
                pipeline.join(PATIENCE)
                self._drawn.close()
                self.summary.seconds = time.monotonic() - began
                self.summary.skipped = video.skipped
                self.summary.notes = (*video.info.notes, *video.notes)
        self.stop.raise_if_requested()
        return self.summary

    def _wait(self, pipeline: FramePipeline, total: int | None) -> KeyboardInterrupt | None:
        """Waits for the end of the pipeline; returns a Ctrl-C that no signal handler took."""
        interrupt: KeyboardInterrupt | None = None
        pipeline.start()
        with self.reporter.progress(total, "frame", self.label) as show_done:
            while True:
                try:
                    if pipeline.wait(_TICK if self.window is None else _WINDOW_TICK):
                        break
                    show_done(pipeline.written)
                    if self.window is not None:
                        self.window.update()
                    self.summary.closed = any(sink.closed for sink in self._all_sinks)
                    if self.stop.requested or self.summary.closed:
                        pipeline.stop()
                except KeyboardInterrupt as error:
                    if interrupt is not None:
                        raise
                    interrupt = error
                    pipeline.stop()
            show_done(pipeline.written)
        return interrupt

    def _write(self, frame: Frame, detections: Detections) -> None:
        """Takes one frame in the writing thread, and passes on those that the transforms have decided about."""
        for one in self._chain.push(frame, detections):
            self._drawn.put(*one)

    def _write_rest(self, pipeline: FramePipeline) -> Exception | None:
        """Writes the frames that are held back or being drawn; returns an error.

        Where a transform or an output has failed, only those that were passed on before. Nothing writes any more when
        it returns, so that the outputs can be finished.
        """
        try:
            for one in () if pipeline.write_failed else self._chain.flush():
                self._drawn.put(*one)
            self._drawn.wait()
        except Exception as error:
            return error
        return None

    def _prepare(self, frame: Frame, detections: Detections) -> list[Callable[[], None]]:
        return prepare_sinks(self._all_sinks, frame, detections, self.rendering)

    def _count(self, frame: Frame, detections: Detections) -> None:
        counts = Counter(detections.labels)
        self.summary.most |= counts
        self.summary.seen.update(counts.keys())
        if detections.tracker_id is not None:
            self.summary.tracked.update(zip(detections.tracker_id.tolist(), detections.labels, strict=True))

    def _check(
        self,
        pipeline: FramePipeline,
        video: VideoReader,
        file: VideoFile,
        error: BaseException | None,
        stopped: bool,
    ) -> None:
        """Checks that the result is complete.

        Raises:
            MasksegError: it is not; the message says why, and what there is. UsageError where what was asked for is
                not possible, such as a line outside the picture, so that there is nothing.
        """
        written = file.written
        problem = explain(error) if error is not None else video.broken
        if problem is None and written is not None and file.full and written.frames < pipeline.written:
            problem = f"The disk of {self.target} is full: the video ends early."
            error = DiskFull(problem)
        ended_early = stopped or self.stop.requested or self.summary.closed
        if problem is None and written is None and not ended_early:
            problem = f"{video.info.name}: there is no frame in the part that was asked for."
        if problem is not None and written is not None:
            problem = f"{problem} {written.path} holds the {counted(written.frames, 'frame')} before that."
        if problem is not None:
            wrong_use = isinstance(error, UsageError) and written is None
            raise (UsageError if wrong_use else MasksegError)(problem) from error


def picture_rate(source: str, encoding: EncodeOptions) -> Fraction | None:
    """The rate at which numbered pictures are read, which have none of their own: that of the result."""
    return encoding.fps if is_sequence(source) else None
