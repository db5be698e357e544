"""Several videos one after the other: what is said about each, and what is said at the end."""

from __future__ import annotations

import sys
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.options import ModelOptions
from maskseg_cli.cli.video_options import ReadingOptions
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.export.json_lines_file import LinesFile
from maskseg_cli.export.messages import count_words, counted
from maskseg_cli.inference.model_options import Segmenter, load_predictor
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.outputs import Job
from maskseg_cli.pipeline.video_run import Outcome, VideoRun

if TYPE_CHECKING:
    from maskseg_cli.drawing.drawing_options import DrawingOptions
    from maskseg_cli.export.json_lines import JsonLines
    from maskseg_cli.media.live_window import LiveWindow
    from maskseg_cli.video.video_formats import EncodeOptions


@dataclass
class VideoBatch:
    """The videos of one command.

    Args:
        jobs: each video and its result; those marked `done` are left out.
        reading, encoding, drawing: as for `VideoRun`.
        window: shows the frames as they are done, opened already; or None.
        quiet: say nothing but errors.
        debug: show tracebacks of failed videos.
        keep_lines: lines of other videos in the file of --json stay.

    Attributes:
        failed: names of the videos that failed.
        done: how many are done.
        full: a disk is full, so that the rest is not begun: their beginnings would pass for the whole.
    """

    jobs: list[Job]
    reading: ReadingOptions
    encoding: EncodeOptions
    drawing: DrawingOptions
    quiet: bool = False
    debug: bool = False
    keep_lines: bool = False
    segmenter: Segmenter | None = None
    window: LiveWindow | None = None
    failed: list[str] = field(default_factory=list)
    done: int = 0
    full: bool = False
    _file: LinesFile | None = None

    def load(self, model: ModelOptions) -> None:
        """Loads the network."""
        self.segmenter = load_predictor(model)

    def run(self, json_path: str | None) -> None:
        """Does all videos; one that fails is named and the rest still done.

        Raises:
            MasksegError: there is one video only, and it failed; the JSON lines cannot be written, or whoever read them
                has gone.
            KeyboardInterrupt, Terminated: the user stopped the run; what was made so far is finished.
            click.exceptions.Exit: with 1, several videos and some failed.
        """
        with ExitStack() as stack:
            lines = self._open_lines(json_path, stack)
            for job in self.jobs:
                if job.done:
                    continue
                outcome = self._do(job, lines)
                if self.full or (outcome is not None and outcome.closed):
                    break
        self._summarize()
        if self._file is not None and self._file.problem is not None:
            videos = "the video itself is" if self.done == 1 else "the videos themselves are"
            raise MasksegError(f"{self._file.problem[:-1]}; {videos} written.")
        if self.failed:
            raise click.exceptions.Exit(1)

    def _do(self, job: Job, lines: JsonLines | None) -> Outcome | None:
        from maskseg_cli.video.opening import shown_name
        from maskseg_cli.video.writer import DiskFull

        assert self.segmenter is not None
        assert job.target is not None
        several = len(self.jobs) > 1
        name = shown_name(job.source.name)
        run = VideoRun(
            job.source.name,
            job.target,
            self.reading,
            self.encoding,
            self.segmenter,
            self.drawing,
            lines,
            label=_label(job),
            show_progress=not self.quiet and sys.stderr.isatty(),
            window=self.window,
        )
        try:
            outcome = run.run()
        except Exception as error:
            self._report(job, run.outcome)
            # Nobody reads the JSON lines any more: the other videos would fail at their first frame.
            if not several or isinstance(error.__cause__, BrokenPipeError):
                raise
            self.failed.append(name)
            if self.debug:
                click.echo("".join(traceback.format_exception(error)).rstrip(), err=True)
            message = explain(error)
            named = message if name in message else f"{name}: {message}"
            click.echo(f"Error: {named}", err=True)
            self.full = isinstance(error.__cause__, DiskFull) or is_disk_unwritable(error.__cause__)
            return None
        except KeyboardInterrupt:
            self._report(job, run.outcome)
            if run.outcome.written is None:
                click.echo(f"{name}: nothing was written yet.", err=True)
            elif not self.quiet:
                click.echo("  It is not the whole video. --skip-existing would keep it as it is.", err=True)
            raise
        self._report(job, outcome)
        self.done += 1
        return outcome

    def _report(self, job: Job, outcome: Outcome) -> None:
        """Says what was written, and the notes about it."""
        from maskseg_cli.video.opening import shown_name

        written = outcome.written
        if written is None or self.quiet:
            return
        speed = written.frames / outcome.seconds if outcome.seconds > 0 else 0.0
        named = f"{shown_name(job.source.name)} -> {written.path}"
        parts = [
            f"{named}: {counted(written.frames, 'frame')}, {float(written.duration):.1f} s",
            "with sound" if written.has_sound else "without sound",
            f"in {outcome.seconds:.1f} s ({speed:.1f} a second)",
            f"most at once: {count_words(outcome.most)}",
        ]
        click.echo("; ".join(parts) + ".", err=True)
        notes = [*outcome.notes, *written.notes]
        if outcome.skipped:
            were = "was" if outcome.skipped == 1 else "were"
            notes.append(f"{counted(outcome.skipped, 'frame')} could not be decoded and {were} left out.")
        for note in dict.fromkeys(notes):
            click.echo(f"  {note}", err=True)

    def _summarize(self) -> None:
        if len(self.jobs) == 1 and not any(job.done for job in self.jobs):
            return
        parts = [f"{self.done} of {len(self.jobs)} videos done"]
        kept = sum(job.done for job in self.jobs)
        if kept:
            parts.append(f"{kept} there already")
        if self.failed:
            parts.append(f"{len(self.failed)} failed: {', '.join(self.failed)}")
        left = len(self.jobs) - self.done - kept - len(self.failed)
        if self.full and left:
            parts.append(f"{left} not begun")
        if self.failed or not self.quiet:
            click.echo(", ".join(parts) + ".", err=True)

    def _open_lines(self, json_path: str | None, stack: ExitStack) -> JsonLines | None:
        if json_path is None or self.segmenter is None:
            return None
        if json_path == "-":
            from maskseg_cli.export.json_lines import JsonLines
            from maskseg_cli.media.atomic_file import write_stdout

            return JsonLines(write_stdout, self.segmenter.class_names)
        anew = {_label(job) for job in self.jobs if not job.done}
        self._file = stack.enter_context(
            LinesFile(Path(json_path), self.segmenter.class_names, anew, keep=self.keep_lines)
        )
        return self._file.lines


def _label(job: Job) -> str:
    """What a video is called in the JSON lines: its place below the folder that the user named."""
    return job.source.relative.as_posix()
