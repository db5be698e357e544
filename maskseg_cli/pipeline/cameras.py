"""One session of `maskseg webcam`: the rooms wired together, and what the terminal is told."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.stop_signals import StopSignals
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.export.messages import counted
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions

if TYPE_CHECKING:
    from maskseg_cli.camera.camera_address import CameraAddress
    from maskseg_cli.camera.controls import Controls
    from maskseg_cli.camera.feed import LiveStatus
    from maskseg_cli.camera.recordings import Recordings
    from maskseg_cli.camera.source import CaptureSettings
    from maskseg_cli.camera.viewer import WindowViewer
    from maskseg_cli.pipeline.async_predictor import Segment
    from maskseg_cli.pipeline.live import Live

#: The network finds objects from this score on, so that viewers can lower theirs; measured on photos of COCO, it
#: takes 5 % more time than from 0.6 on.
LOWEST_SCORE = 0.1

_NO_DISPLAY = "--serve shows the picture in a browser instead, and --no-window records without showing it"


@dataclass
class WebcamRun:
    """What the user asked for, checked; `run` does it. The attributes are the options of the command.

    Attributes:
        folder: where snapshots, and recordings without a name, go.
        serve: host and port of the page, or None.
        reconnect: connect again to a camera that worked and is lost.
        from_start: also to one that has not worked yet.
    """

    address: CameraAddress
    model: ModelOptions
    drawing: DrawingOptions
    wishes: CaptureSettings
    mirror: bool
    duration: float | None
    loop: bool
    record: Path | None
    folder: Path
    window: bool
    serve: tuple[str, int] | None
    token: str | None
    reconnect: bool
    from_start: bool
    timeout: float
    quiet: bool

    def run(self) -> None:
        """Shows what the camera sees until the end is wished for.

        Raises:
            MasksegError: the camera, the display, the port or the weights cannot be had.
            KeyboardInterrupt, Terminated: the user's stop, after the recording was finished.
            click.exceptions.Exit: a recording failed; it was said when it happened.
        """
        from maskseg_cli.camera.capture import Capture
        from maskseg_cli.camera.controls import Controls
        from maskseg_cli.camera.feed import LiveFeed
        from maskseg_cli.camera.recordings import Recordings
        from maskseg_cli.camera.snapshots import Snapshots
        from maskseg_cli.camera.source import open_source
        from maskseg_cli.pipeline.live import Live

        controls = Controls(self.drawing, self.model.min_score or 0.0, recording=self.record is not None)
        feed = LiveFeed()
        recordings = Recordings(self.record, self.folder)
        with contextlib.ExitStack() as stack:
            viewer = self._open_window(stack, controls)
            say, report = stack.enter_context(self._terminal())
            if self.serve is not None:
                from maskseg_cli.serve import start_server

                server = stack.enter_context(start_server(feed, controls, *self.serve, token=self.token))
                if server.warning:
                    click.echo(server.warning, err=True)
                address = f"The picture is at {server.url}"
                if self.quiet and self.serve[1] == 0:  # nobody could know the port
                    click.echo(address, err=True)
                say(address)
            stop = stack.enter_context(StopSignals(at_once=lambda: _tidy_up(recordings)))
            capture = stack.enter_context(
                Capture(
                    lambda: open_source(self.address, self.wishes, self.timeout, self.loop),
                    self.reconnect,
                    self.from_start,
                    self.timeout,
                )
            )
            live = Live(
                capture,
                lambda: self._load(controls),
                controls,
                feed,
                recordings,
                Snapshots(self.folder),
                viewer,
                self.mirror,
                self.duration,
                lambda: stop.requested,
                say,
                report,
                watched=viewer is not None or self.serve is not None,
            )
            try:
                live.run()
            finally:
                if live.summary.frames:
                    say(summary_line(live))
        stop.raise_if_requested()
        if recordings.failed:
            raise click.exceptions.Exit(1)

    def _open_window(self, stack: contextlib.ExitStack, controls: Controls) -> WindowViewer | None:
        if not self.window:
            return None
        from maskseg_cli.camera.viewer import WindowViewer
        from maskseg_cli.media.live_window import LiveWindow

        return WindowViewer(stack.enter_context(LiveWindow(_NO_DISPLAY)), controls)

    def _load(self, controls: Controls) -> Segment:
        """The network, which also finds what the viewers do not want to see yet."""
        segmenter = load_predictor(self.model)
        usual = segmenter.config.detection_min_confidence
        if usual > LOWEST_SCORE:
            segmenter.predictor.set_min_confidence(LOWEST_SCORE)
        controls.set_min_score(usual)
        return segmenter

    @contextlib.contextmanager
    def _terminal(self) -> Iterator[tuple[Callable[[str], None], Callable[[LiveStatus], None]]]:
        """Functions that tell a sentence, and how things stand in a line that moves."""
        if self.quiet:
            yield lambda _: None, lambda _: None
            return
        from tqdm import tqdm

        from maskseg_cli.camera.overlay import status_in_words

        with tqdm(bar_format="{desc}", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as line:
            yield (
                lambda sentence: tqdm.write(sentence, file=sys.stderr),
                lambda status: line.set_description_str(status_in_words(status)),
            )


def _tidy_up(recordings: Recordings) -> None:
    """Leaves no temporary files behind when the program ends at once."""
    from maskseg_cli.media.atomic_file import remove_unfinished

    recordings.discard()
    remove_unfinished()


def summary_line(live: Live) -> str:
    """What the session was: "Watched for 12.0 s: 96 frames, 8.0 a second, 264 newer ones came in between."."""
    summary = live.summary
    rate = summary.frames / summary.seconds if summary.seconds > 0 else 0.0
    parts = [f"{counted(summary.frames, 'frame')}, {rate:.1f} a second"]
    if summary.dropped:
        parts.append(f"{summary.dropped} left out because newer ones had come")
    if summary.reconnects:
        parts.append(counted(summary.reconnects, "reconnection"))
    for written in live.recordings.done:
        parts.append(f"recorded {written.path} ({float(written.duration):.1f} s)")
    saved = len(live.snapshots.saved)
    if saved:
        parts.append(counted(saved, "snapshot"))
    return f"Watched for {summary.seconds:.1f} s: {', '.join(parts)}."
