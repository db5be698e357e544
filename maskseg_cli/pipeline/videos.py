"""`process_video`, `process_videos`: videos in, drawn videos out; `segment_video`: frame by frame, nothing written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.frame import Frame
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.job import Job
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.outputs import check_extra_output, refuse_existing
from maskseg_cli.messages import count_words, counted
from maskseg_cli.pipeline.frame_pipeline import FramePipeline
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.run_options import (
    Model,
    Sources,
    as_arguments,
    predictor_loader,
    split_options,
    take_options,
)
from maskseg_cli.pipeline.video_run import VideoRun, VideoSummary, picture_rate
from maskseg_cli.pipeline.window_sinks import VideoWindow
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, apply_transforms, reset_transforms
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.output_checks import check_output
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_outputs import means_folder, plan_videos
from maskseg_cli.video.video_sources import find_videos
from maskseg_cli.video.writer import DiskFull


@dataclass
class VideosSummary:
    """The result of a run over several videos.

    Attributes:
        done: what was done with each video, in order.
        kept: names of the videos whose result existed already.
        failures: name of each video that failed -> reason.
    """

    done: list[VideoSummary] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VideoPlan:
    """The checked options of a run over videos.

    Attributes:
        jobs: each video and its result; those marked `done` are left out.
        network: a loaded network, or its options.
        reading, encoding, drawing: as for `VideoRun`.
    """

    jobs: list[Job]
    network: ModelOptions | Predictor
    reading: ReadingOptions
    encoding: EncodeOptions
    drawing: DrawingOptions

    def load(self) -> Predictor:
        """The network."""
        return predictor_loader(self.network, self.reading.batch)()


def plan_run(
    sources: Sources,
    output: str | Path | None,
    model: Model,
    recursive: bool,
    overwrite: bool,
    skip_existing: bool,
    format: str | None,
    options: dict[str, Any],
) -> VideoPlan:
    """Finds the videos and checks all options, before any work; see `process_videos`."""
    options = dict(options)
    if "audio" in options:
        options["sound"] = options.pop("audio")
    reading = take_options(options, ReadingOptions)
    encoding = take_options(options, EncodeOptions)
    network, drawing = split_options(model, options, ReadingOptions, EncodeOptions)
    target = None if output is None else str(output)
    avoid = Path(target) if target is not None and means_folder(target) else None
    found = find_videos(as_arguments(sources), recursive, avoid)
    jobs = plan_videos(found, target, format, overwrite, skip_existing)
    names = [one.name for one in found]
    for job in jobs:
        assert job.target is not None
        check_output(job.target, encoding, names, overwrite=True)  # existing ones are settled
    return VideoPlan(jobs, network, reading, encoding, drawing)


def process_videos(
    sources: Sources,
    output: str | Path | None = None,
    *,
    recursive: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    json: str | Path | None = None,
    show: bool = False,
    model: Model = "lite",
    transforms: Sequence[Transform] = (),
    sinks: Sequence[Sink] = (),
    reporter: Reporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> VideosSummary:
    """Finds the objects in videos, draws them, and writes the videos; does what `maskseg video` does.

    Args:
        sources: videos, folders, patterns, numbered pictures (frames/%05d.png), and addresses of streams.
        output: a file for one video, a folder for several (made if needed), or numbered frames (frames/%06d.png); None:
            beside each video as NAME_maskseg.EXT.
        recursive: look into the folders inside a folder too.
        overwrite, skip_existing: replace results that exist, or leave their videos out.
        format: format of the results, such as "mp4"; "png" and "jpg" are folders of numbered frames.
        json: file for JSON lines of what was found, one a frame; "-" for standard output.
        show: show the frames in a window as they are done.
        model: name of a network, weights file, or a loaded `Predictor`.
        transforms: called with each frame and its detections, in order; reset at the start of each video.
        sinks: further outputs, which take the frames of all videos; they are finished with the run.
        reporter: takes messages and progress; None: silent.
        stop: ends the run early when a stop is requested; the video made so far is complete.
        options: fields of `ReadingOptions` (start, end, every, ...), of `EncodeOptions` (codec, crf, fps, ..., and
            `audio` for `sound`), of `ModelOptions` (size, classes, ...) and of `DrawingOptions` (alpha, boxes, ...).

    Returns:
        what was done. A video that failed is in its `failures`, unless it was the only one.

    Raises:
        UsageError: an option that is not possible.
        MasksegError: a source or the network cannot be found, a result exists, or the only video failed.
        KeyboardInterrupt: Ctrl-C; what was made so far is complete.
    """
    plan = plan_run(sources, output, model, recursive, overwrite, skip_existing, format, options)
    json_path = None if json is None or str(json) == "-" else Path(json)
    if json_path is not None:
        check_extra_output(json_path, plan.jobs)
        if json_path.is_file() and not (overwrite or skip_existing):
            refuse_existing([json_path])
    batch = _VideoBatch(plan, tuple(transforms), tuple(sinks), reporter or Reporter(), stop or StopToken())
    if all(job.done for job in plan.jobs):
        batch.report_counts()
        return batch.summary
    with contextlib.ExitStack() as stack:
        window = None
        if show:
            from maskseg_cli.media.live_window import LiveWindow

            advice = "leave out --show; the result is written to a file all the same"
            window = VideoWindow(stack.enter_context(LiveWindow(advice)))
        predictor = plan.load()
        lines = None
        if json is not None:
            again = {job.source.exported_name for job in plan.jobs if not job.done}
            lines = JsonLines(json_path, keep=skip_existing, replaced=again)
        batch.run(predictor, lines, window)
    return batch.summary


def process_video(source: str | Path, output: str | Path | None = None, **options: Any) -> VideoSummary | None:
    """Finds the objects in one video, draws them, and writes the video.

    Args:
        source: a video, numbered pictures or an address.
        output, options: as for `process_videos`.

    Returns:
        what was done; None if the result existed and `skip_existing` kept it.

    Raises:
        UsageError, MasksegError, KeyboardInterrupt: as `process_videos`.

    Example:
        >>> process_video("in.mp4", "out.mp4", every=2, classes="person").written.frames   # doctest: +SKIP
        750
    """
    done = process_videos(source, output, **options).done
    return done[0] if done else None


def segment_video(
    source: str | Path, model: Model = "lite", *, transforms: Sequence[Transform] = (), **options: Any
) -> Iterator[tuple[Frame, Detections]]:
    """Yields each frame of a video with the objects in it; nothing is written or drawn.

    Decoding and the network run ahead of the loop, with bounded memory. Leaving the loop early closes everything.

    Args:
        source: a video, numbered pictures or an address.
        model, transforms: as for `process_videos`.
        options: fields of `ReadingOptions` (start, end, every, ...) and of `ModelOptions` (size, min_score, ...).

    Raises:
        MasksegError: the video cannot be opened, or not be read to its end (after the frames that can be).

    Example:
        >>> for frame, detections in segment_video("in.mp4", every=5):           # doctest: +SKIP
        ...     print(float(frame.time), detections.names)
    """
    reading = take_options(options, ReadingOptions)
    network, _ = split_options(model, options, ReadingOptions)
    name = str(source)
    predictor = predictor_loader(network, reading.batch)()
    reset_transforms(transforms)
    with open_video(name, reading.start, reading.end, rate=picture_rate(name, EncodeOptions())) as video:
        frames = reading.select(video)
        with FramePipeline(frames, predictor, every=reading.network_every, batch=reading.batch) as pipeline:
            for frame, detections in pipeline:
                yield frame, apply_transforms(transforms, frame, detections)
        if video.broken is not None:
            raise MasksegError(video.broken)


class _VideoBatch:
    """Does the videos of a plan one after the other; one that fails is reported and the rest still done."""

    def __init__(
        self,
        plan: VideoPlan,
        transforms: Sequence[Transform],
        sinks: Sequence[Sink],
        reporter: Reporter,
        stop: StopToken,
    ) -> None:
        self.summary = VideosSummary(kept=[job.source.name for job in plan.jobs if job.done])
        self._plan, self._transforms, self._sinks = plan, transforms, sinks
        self._reporter, self._stop = reporter, stop
        #: A disk is full, so that the remaining videos are not begun: their beginnings would pass for the whole.
        self._full = False

    def run(self, predictor: Predictor, lines: JsonLines | None, window: VideoWindow | None) -> None:
        """Does all videos and ends the sinks.

        Raises:
            MasksegError: there is one video only, and it failed; or the JSON lines cannot be written.
            KeyboardInterrupt: the user's stop.
        """
        sinks = [*([] if lines is None else [lines]), *self._sinks]
        for sink in sinks:
            sink.start(predictor.class_names)
        ended: BaseException | None = None
        try:
            for job in self._plan.jobs:
                if job.done:
                    continue
                outcome = self._do(job, predictor, lines, window)
                if self._full or (outcome is not None and outcome.closed):
                    break
        except BaseException as error:
            ended = error
        problem = self._end(sinks, ended)
        if ended is not None:
            raise ended
        self.report_counts()
        if problem is not None:
            videos = "the video itself is" if len(self.summary.done) == 1 else "the videos themselves are"
            raise MasksegError(f"{problem[:-1]}; {videos} written.")

    def report_counts(self) -> None:
        """Reports how many videos were done, where there are several."""
        jobs, done, kept, failures = self._plan.jobs, self.summary.done, self.summary.kept, self.summary.failures
        if len(jobs) == 1 and not kept:
            return
        parts = [f"{len(done)} of {len(jobs)} videos done"]
        if kept:
            parts.append(f"{len(kept)} there already")
        if failures:
            parts.append(f"{len(failures)} failed: {', '.join(failures)}")
        left = len(jobs) - len(done) - len(kept) - len(failures)
        if self._full and left:
            parts.append(f"{left} not begun")
        line = ", ".join(parts) + "."
        if failures:
            self._reporter.warn(line)
        else:
            self._reporter.say(line)

    def _do(
        self, job: Job, predictor: Predictor, lines: JsonLines | None, window: VideoWindow | None
    ) -> VideoSummary | None:
        assert job.target is not None
        plan, name = self._plan, shown_name(job.source.name)
        run = VideoRun(
            job.source.name,
            job.target,
            predictor,
            plan.reading,
            plan.encoding,
            plan.drawing,
            self._transforms,
            lines,
            self._sinks,
            job.source.exported_name,
            window,
            self._stop,
            self._reporter,
        )
        try:
            outcome = run.run()
        except Exception as error:
            self._report(job, run.summary)
            # Where the reader of the JSON lines is gone, the other videos would fail at their first frame.
            if len(plan.jobs) == 1 or isinstance(error.__cause__, BrokenPipeError):
                raise
            reason = explain(error)
            self.summary.failures[name] = reason
            self._reporter.fail(name, error, reason)
            self._full = isinstance(error.__cause__, DiskFull) or is_disk_unwritable(error.__cause__)
            return None
        except KeyboardInterrupt:
            self._report(job, run.summary)
            if run.summary.written is None:
                self._reporter.warn(f"{name}: nothing was written yet.")
            else:
                self._reporter.say("  It is not the whole video. --skip-existing would keep it as it is.")
            raise
        self._report(job, outcome)
        self.summary.done.append(outcome)
        return outcome

    def _report(self, job: Job, outcome: VideoSummary) -> None:
        """Reports what was written, with the notes about it."""
        written = outcome.written
        if written is None:
            return
        speed = written.frames / outcome.seconds if outcome.seconds > 0 else 0.0
        named = f"{shown_name(job.source.name)} -> {written.path}"
        parts = [
            f"{named}: {counted(written.frames, 'frame')}, {float(written.duration):.1f} s",
            "with sound" if written.has_sound else "without sound",
            f"in {outcome.seconds:.1f} s ({speed:.1f} a second)",
            f"most at once: {count_words(outcome.most)}",
        ]
        self._reporter.say("; ".join(parts) + ".")
        notes = [*outcome.notes, *written.notes]
        if outcome.skipped:
            were = "was" if outcome.skipped == 1 else "were"
            notes.append(f"{counted(outcome.skipped, 'frame')} could not be decoded and {were} left out.")
        for note in dict.fromkeys(notes):
            self._reporter.say(f"  {note}")

    def _end(self, sinks: Sequence[Sink], ended: BaseException | None) -> str | None:
        """Ends the sinks of the whole run; returns a sentence about the JSON lines if they are not complete."""
        failed = ended is not None and not isinstance(ended, KeyboardInterrupt) and not self.summary.done
        problem: str | None = None
        for sink in sinks:
            try:
                if failed or (ended is not None and isinstance(sink, JsonLines)):
                    sink.discard()
                else:
                    sink.finish()
            except OSError as error:
                if not isinstance(sink, JsonLines):
                    raise
                problem = f"{explain(error)[:-1]}: what was found is not all there."
                # The error that ended the run decides the exit code; it may be this same one, raised earlier.
                if ended is not None and str(sink.path) not in str(ended):
                    self._reporter.warn(f"Error: {problem}")
        return problem
