"""`process_camera`: shows, serves and records what a camera sees, with its objects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.camera.camera_address import parse_camera
from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.camera.open_camera import open_camera
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.camera.source import CaptureSettings
from maskseg_cli.camera.viewer import WindowViewer
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.live_window import LiveWindow
from maskseg_cli.media.outputs import check_writable
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.camera_options import check_camera, check_numbers, check_recording
from maskseg_cli.pipeline.live import LiveLoop
from maskseg_cli.pipeline.live_output import LiveOutput
from maskseg_cli.pipeline.run_options import Model, predictor_loader, split_options
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve import parse_address, start_server
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform
from maskseg_cli.video.writer import Written

#: The network finds objects from this score on, so that viewers can lower theirs; measured on photos of COCO, it takes
#: 5 % more time than from 0.6 on.
LOWEST_SCORE = 0.1

_NO_DISPLAY = "--serve shows the picture in a browser instead, and --no-window records without showing it"


@dataclass(frozen=True)
class CameraSummary:
    """What a session with a camera has shown and written.

    Attributes:
        seconds: how long it lasted, from the first frame on.
        frames: frames shown.
        dropped: frames that were not shown, because newer ones had come.
        reconnects: how often the camera was connected again.
        recordings: the finished recordings.
        snapshots: the files of the snapshots.
        failed: a sentence for each recording that failed.
    """

    seconds: float
    frames: int
    dropped: int
    reconnects: int
    recordings: tuple[Written, ...] = ()
    snapshots: tuple[Path, ...] = ()
    failed: tuple[str, ...] = ()

    def __str__(self) -> str:
        rate = self.frames / self.seconds if self.seconds > 0 else 0.0
        parts = [f"{counted(self.frames, 'frame')}, {rate:.1f} a second"]
        if self.dropped:
            parts.append(f"{self.dropped} left out because newer ones had come")
        if self.reconnects:
            parts.append(counted(self.reconnects, "reconnection"))
        for written in self.recordings:
            parts.append(f"recorded {written.path} ({float(written.duration):.1f} s)")
        if self.snapshots:
            parts.append(counted(len(self.snapshots), "snapshot"))
        return f"Watched for {self.seconds:.1f} s: {', '.join(parts)}."


def process_camera(
    camera: str | int = "0",
    *,
    width: int | None = None,
    height: int | None = None,
    fps: float | None = None,
    mirror: bool = False,
    duration: float | None = None,
    loop: bool = False,
    record: str | Path | None = None,
    overwrite: bool = False,
    snapshots: str | Path | None = None,
    window: bool | None = None,
    serve: str | int | None = None,
    token: str | None = None,
    reconnect: bool | None = None,
    timeout: float = 10.0,
    model: Model = "lite",
    transforms: Sequence[Transform] = (),
    sinks: Sequence[Sink] = (),
    reporter: Reporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> CameraSummary:
    """Shows what a camera sees, with its objects, until stopped; does what `maskseg webcam` does.

    The newest frame is always shown; frames that come faster than the network are dropped.

    Args:
        camera: number (0 is the first), device (/dev/video0), address (rtsp://..., http://...) or video file, which
            plays at its own speed.
        width, height, fps: the mode that a camera of this computer is asked for; the driver picks the nearest one.
        mirror: swap left and right.
        duration: end after so many seconds, from the first frame on.
        loop: repeat a video file for ever.
        record: record from the start into this video file.
        overwrite: replace that file if it exists.
        snapshots: folder for snapshots and recordings that viewers start; None: the current folder.
        window: show a window, which needs the main thread; None: if there is no page.
        serve: "[HOST:]PORT" of a web page with the picture and its controls; port 0 for any free one.
        token: word that viewers of the page must give.
        reconnect: connect again to a network camera that is lost, or end; None: again if it has worked once. True also
            waits for a camera that does not answer yet.
        timeout: a camera that sends nothing for so many seconds counts as lost.
        model: name of a network, weights file, or a loaded `Predictor`.
        transforms: called with each frame and its detections, in order.
        sinks: further outputs; they are finished with the session.
        reporter: takes messages and a status line; None: silent.
        stop: ends the session when a stop is requested; the recording is finished.
        options: fields of `ModelOptions` (size, min_score, classes, ...) and of `DrawingOptions` (alpha, boxes, ...).

    Returns:
        what was shown and written. Recordings that failed are in its `failed`.

    Raises:
        UsageError: an option or combination that is not possible.
        MasksegError: the camera, display, port or network cannot be used; the camera is lost for good.
        KeyboardInterrupt: Ctrl-C; the recording is finished.
        Exception: as raised by a transform or sink, after the recording was finished.

    Example:
        >>> summary = process_camera("yard.mp4", window=False, record="seen.mp4")   # doctest: +SKIP
        >>> summary.frames                                                          # doctest: +SKIP
        96
    """
    reporter, stop = reporter or Reporter(), stop or StopToken()
    network, drawing = split_options(model, options)
    address = parse_camera(str(camera))
    settings = CaptureSettings(width, height, fps)
    if window is None:
        window = serve is None
    check_numbers(settings, duration, timeout)
    check_camera(address, settings, loop, reconnect, token, serve)
    if not window and serve is None and record is None and duration is None and not sinks:
        raise UsageError("With --no-window alone there is no output: add --record FILE, --serve or --duration.")
    check_recording(None if record is None else str(record), overwrite, address)
    folder = Path() if snapshots is None else Path(snapshots)
    if snapshots is not None:
        check_writable(folder)
    served_at = None if serve is None else parse_address(str(serve))

    min_score = network.min_score if isinstance(network, ModelOptions) else None
    controls = Controls(drawing, min_score or 0.0, recording=record is not None)
    feed = None if serve is None else LiveFeed()
    with contextlib.ExitStack() as stack:
        viewer = None
        if window:
            viewer = WindowViewer(stack.enter_context(LiveWindow(_NO_DISPLAY)), controls)
        if feed is not None and served_at is not None:
            server = stack.enter_context(start_server(feed, controls, *served_at, token=token))
            if server.warning:
                reporter.warn(server.warning)
            # With port 0 the user can learn the port from this line only.
            (reporter.say if served_at[1] else reporter.warn)(f"The picture is at {server.url}")
        stack.enter_context(_kept_min_confidence(network))
        stack.enter_context(stop)
        capture = stack.enter_context(
            Capture(
                lambda: open_camera(address, settings, timeout, loop),
                address.name,
                reconnect=address.kind == "network" if reconnect is None else reconnect,
                from_start=bool(reconnect),
                stall=timeout,
            )
        )
        output = LiveOutput(
            capture,
            controls,
            Recordings(None if record is None else Path(record), folder),
            Snapshots(folder),
            feed,
            viewer,
            transforms,
            sinks,
            reporter,
        )
        interactive = viewer is not None or feed is not None
        live = LiveLoop(capture, lambda: _load(network, controls, interactive), output, mirror, duration, stop)
        try:
            live.run()
        finally:
            summary = CameraSummary(
                live.seconds,
                output.frames,
                output.dropped,
                max(0, capture.connections - 1),
                tuple(output.recordings.done),
                tuple(output.snapshots.saved),
                tuple(output.recordings.failed),
            )
            if summary.frames:
                reporter.say(str(summary))
    stop.raise_if_requested()
    return summary


def _load(network: ModelOptions | Predictor, controls: Controls, interactive: bool) -> Predictor:
    """Loads the network, and lets it find objects too that are not shown before a viewer lowers the score."""
    predictor = predictor_loader(network)()
    usual = predictor.config.detection_min_confidence
    # A network that was loaded before may be used by other code too: it is changed only where there are viewers.
    if (interactive or predictor is not network) and usual > LOWEST_SCORE:
        predictor.set_min_confidence(LOWEST_SCORE)
    controls.set_min_score(usual)
    return predictor


@contextlib.contextmanager
def _kept_min_confidence(network: ModelOptions | Predictor) -> Iterator[None]:
    """Restores the lowest score of a network that was loaded before the session and may be used after it."""
    before = network.config.detection_min_confidence if isinstance(network, Predictor) else None
    try:
        yield
    finally:
        if isinstance(network, Predictor) and before is not None and network.config.detection_min_confidence != before:
            network.set_min_confidence(before)
