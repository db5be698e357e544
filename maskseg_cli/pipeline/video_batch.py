"""`VideoBatch`: the videos of a plan one after the other, with messages about each and about all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.features.counting import Counting
from maskseg_cli.features.feature import RunParts
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.job import Job
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.messages import count_words, counted
from maskseg_cli.pipeline.equipment import rendering_of
from maskseg_cli.pipeline.video_plan import VideoPlan
from maskseg_cli.pipeline.video_run import VideoRun, VideoSummary
from maskseg_cli.pipeline.window_sinks import VideoWindow
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.writer import DiskFull


def planned_run(
    plan: VideoPlan,
    job: Job,
    predictor: Predictor,
    parts: RunParts,
    lines: JsonLines | None,
    window: VideoWindow | None,
    stop: StopToken,
    reporter: Reporter,
) -> VideoRun:
    """The run over one video of a plan; `parts` is what happens to each frame."""
    assert job.target is not None
    return VideoRun(
        job.source.name,
        job.target,
        predictor,
        plan.reading,
        plan.encoding,
        rendering_of(parts),
        parts.transforms,
        lines,
        parts.sinks,
        job.source.exported_name,
        window,
        stop,
        reporter,
    )


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


class Run(Protocol):
    """The run over one video: a `VideoRun`, or one in another process."""

    summary: VideoSummary

    def run(self) -> VideoSummary:
        """See `VideoRun.run`."""


class VideoBatch:
    """Does the videos of a plan one after the other; one that fails is reported and the rest still done."""

    def __init__(
        self,
        plan: VideoPlan,
        reporter: Reporter,
        stop: StopToken,
        locks: FileLocks,
    ) -> None:
        self.summary = VideosSummary(kept=[job.source.name for job in plan.jobs if job.done])
        self._plan = plan
        self._reporter, self._stop, self._locks = reporter, stop, locks
        #: A disk is full, so that the remaining videos are not begun: their beginnings would pass for the whole.
        self._full = False

    def note_tables(self) -> None:
        """Notes which tables and reports will not have the videos whose result exists: they are of one run alone."""
        paths = [path for one in self._plan.features if isinstance(one, Counting) for path in one.files()]
        kept = len(self.summary.kept)
        if not paths or not kept:
            return
        advice = "--overwrite does all again"
        if kept < len(self._plan.jobs):
            names, are = " and ".join(map(str, paths)), "is" if kept == 1 else "are"
            lacking = f"not the {kept} that {are} there already"
            self._reporter.warn(f"Note: {names} will hold what is counted in this run, {lacking}; {advice}.")
        elif missing := [str(path) for path in paths if not path.exists()]:
            were = "is" if len(missing) == 1 else "are"
            names = " and ".join(missing)
            self._reporter.warn(f"Note: {names} {were} not written, because no video is left to be done; {advice}.")

    def run(self, predictor: Predictor, parts: RunParts, lines: JsonLines | None, window: VideoWindow | None) -> None:
        """Does all videos and ends the sinks; `parts` is what happens to each frame.

        Raises:
            MasksegError: there is one video only, and it failed; or the JSON lines cannot be written.
            KeyboardInterrupt: the user's stop.
        """

        def prepared(job: Job) -> VideoRun:
            return planned_run(self._plan, job, predictor, parts, lines, window, self._stop, self._reporter)

        self.run_each(prepared, predictor.class_names, lines, parts.sinks)

    def run_each(
        self,
        prepare: Callable[[Job], Run],
        class_names: tuple[str, ...],
        lines: JsonLines | None,
        sinks: Sequence[Sink],
        end: Callable[[], None] = lambda: None,
    ) -> None:
        """As `run`.

        Args:
            prepare: makes the run over one video.
            class_names: of the network, background first.
            lines, sinks: of the whole run.
            end: called after the last video, or what ended the run early, and before the sinks end.
        """
        sinks = [*([] if lines is None else [lines]), *sinks]
        ended: BaseException | None = None
        try:
            for sink in sinks:
                sink.start(class_names)
            for job in self._plan.jobs:
                self._stop.raise_if_requested()
                if job.done:
                    continue
                outcome = self.do(job, prepare(job))
                if self._full or (outcome is not None and outcome.closed):
                    break
        except BaseException as error:
            ended = error
        end()
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
        whole = [one for one in done if one.written is None or not one.written.partial]
        parts = [f"{len(whole)} of {len(jobs)} videos done"]
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

    def do(self, job: Job, run: Run) -> VideoSummary | None:
        """Does one video, says what became of it, and adds it to the summary.

        Returns:
            what was done; None: the video failed.

        Raises:
            MasksegError: there is one video only, and it failed.
            KeyboardInterrupt: the user's stop.
        """
        assert job.target is not None
        name = shown_name(job.source.name)
        try:
            self._locks.take(job.target)
            outcome = run.run()
        except Exception as error:
            self._report(job, run.summary)
            # Where the reader of the JSON lines is gone, the other videos would fail at their first frame.
            if len(self._plan.jobs) == 1 or isinstance(error.__cause__, BrokenPipeError):
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
                self._say_partial(run.summary)
            raise
        finally:
            self._locks.release(job.target)
        self._report(job, outcome)
        self._say_partial(outcome)
        self.summary.done.append(outcome)
        return outcome

    def _say_partial(self, outcome: VideoSummary) -> None:
        if outcome.written is not None and outcome.written.partial:
            how = "" if self._plan.overwrite else " with --skip-existing"
            self._reporter.say(f"  It is not the whole video: the same command{how} does it again.")

    def _report(self, job: Job, outcome: VideoSummary) -> None:
        """Reports what was written, with the notes about it."""
        written = outcome.written
        if written is None:
            return
        speed = written.frames / outcome.seconds if outcome.seconds > 0 else 0.0
        named = f"{shown_name(job.source.name)} -> {written.path}"
        most = outcome.most_for_long()
        parts = [
            f"{named}: {counted(written.frames, 'frame')}, {float(written.duration):.1f} s",
            "with sound" if written.has_sound else "without sound",
            f"in {outcome.seconds:.1f} s ({speed:.1f} a second)",
            f"most at once: {count_words(most)}" if most else "nothing found",
            *([f"different ones over time: {count_words(outcome.unique())}"] if outcome.tracked else []),
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
