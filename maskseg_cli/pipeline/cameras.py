"""`process_camera`: shows, serves and records what a camera sees, with its objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.camera.camera_address import parse_camera
from maskseg_cli.camera.source import CaptureSettings
from maskseg_cli.errors import UsageError
from maskseg_cli.features.registry import features_of, take_features
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.outputs import check_file_writable, check_writable, existing_file, refuse_existing
from maskseg_cli.pipeline.camera_options import CameraPlan, check_camera, check_numbers, check_recording
from maskseg_cli.pipeline.read_files import refuse_read_files
from maskseg_cli.pipeline.run_options import Model, split_options
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve.listen_address import parse_address
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.times import seconds_of
from maskseg_cli.transform import Transform

if TYPE_CHECKING:
    from maskseg_cli.pipeline.camera_session import CameraSummary


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
        options: fields of `ModelOptions` (size, min_score, classes, ...), of `DrawingOptions` (alpha, boxes, ...) and
            of the features (track, export, effect, ...).

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
    features = take_features(options, "camera")
    network, drawing = split_options(model, options, *features_of("camera"), features=features)
    address = parse_camera(str(camera))
    settings = CaptureSettings(width, height, fps)
    if window is None:
        window = serve is None
    duration = None if duration is None else seconds_of(duration)
    check_numbers(settings, duration, timeout)
    check_camera(address, settings, loop, reconnect, token, serve)
    writes = bool(sinks) or any(feature.writes for feature in features)
    if not window and serve is None and record is None and duration is None and not writes:
        raise UsageError("With --no-window alone there is no output: add --record FILE, --serve or --duration.")
    check_recording(None if record is None else str(record), overwrite, address)
    folder = Path() if snapshots is None else Path(snapshots)
    if snapshots is not None:
        check_writable(folder)
    served_at = None if serve is None else parse_address(str(serve))

    plan = CameraPlan(
        address=address,
        settings=settings,
        network=network,
        drawing=drawing,
        features=features,
        mirror=mirror,
        duration=duration,
        loop=loop,
        record=None if record is None else Path(record),
        folder=folder,
        window=window,
        serve=served_at,
        token=token,
        reconnect=reconnect,
        timeout=timeout,
    )
    with stop:  # an exception in the middle of loading a library would be lost
        from maskseg_cli.pipeline.camera_session import run_session  # OpenCV is loaded when the options are right
    stop.raise_if_requested()
    files = [path for feature in features for path in feature.files()]
    refuse_read_files([plan.record, *files], network, features)
    with FileLocks([plan.record, *files]):
        check_recording(None if record is None else str(record), overwrite, address)
        for path in files:
            check_file_writable(path)
            if existing_file(path) and not overwrite:
                refuse_existing([path])
        return run_session(plan, transforms, sinks, reporter, stop)
