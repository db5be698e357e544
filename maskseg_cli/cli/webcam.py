"""`maskseg webcam`: what a camera sees, with its objects, live."""

from __future__ import annotations

from pathlib import Path

import click

from maskseg_cli.camera.camera_address import CameraAddress, parse_camera
from maskseg_cli.camera.source import CaptureSettings
from maskseg_cli.cli.options import drawing_options, message_options, model_options
from maskseg_cli.cli.parameters import Seconds
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.outputs import check_writable
from maskseg_cli.pipeline.camera_session import WebcamRun


@click.command()
@click.option(
    "--camera",
    default="0",
    show_default=True,
    metavar="CAMERA",
    help="A number, a device (/dev/video0), an address (rtsp://..., http://...) or a video file, which plays at its "
    "own speed.",
)
@click.option("--list-cameras", is_flag=True, help="List the cameras of this computer, and do nothing else.")
@click.option("--width", type=click.IntRange(min=1), metavar="PIXELS", help="Ask the camera for pictures so wide.")
@click.option("--height", type=click.IntRange(min=1), metavar="PIXELS", help="Ask the camera for pictures so high.")
@click.option(
    "--fps",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Ask the camera for so many frames a second.",
)
@click.option("--mirror", is_flag=True, help="Swap left and right, as a mirror does.")
@click.option("--duration", type=Seconds(), metavar="SECONDS", help="End after this time.")
@click.option("--loop", is_flag=True, help="Begin a video file anew at its end.")
@click.option(
    "--record",
    metavar="FILE",
    help="Record what is shown from the start: .mp4, .mov, .mkv, .webm, .avi or .gif. It plays as fast as things "
    "happened.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file of --record if it exists.")
@click.option(
    "--snapshots",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where snapshots and recordings go that are started by a key or on the page; otherwise the current folder.",
)
@click.option(
    "--window/--no-window",
    default=None,
    help="Show the picture in a window, or not. Without either there is a window unless --serve is given.",
)
@click.option(
    "--serve",
    is_flag=False,
    flag_value="8000",
    metavar="[HOST:]PORT",
    help="Serve a page with the live picture and its controls: for this computer alone at 127.0.0.1, or for the "
    "network at 0.0.0.0:PORT. Without a value the port is 8000; 0 takes any free one.",
)
@click.option("--token", metavar="WORD", help="Viewers of the page must know this word.")
@click.option(
    "--reconnect/--no-reconnect",
    default=None,
    help="Connect again to a network camera that is lost, or end. Without either it is tried again if it has worked "
    "once; --reconnect also waits for one that is not there yet.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="A camera that sends nothing for so long counts as lost.",
)
@model_options
@drawing_options
@message_options
def webcam(
    camera: str,
    list_cameras: bool,
    width: int | None,
    height: int | None,
    fps: float | None,
    mirror: bool,
    duration: float | None,
    loop: bool,
    record: str | None,
    overwrite: bool,
    snapshots: Path | None,
    window: bool | None,
    serve: str | None,
    token: str | None,
    reconnect: bool | None,
    timeout: float,
    model: ModelOptions,
    drawing: DrawingOptions,
    quiet: bool,
) -> None:
    """Outline what a camera sees, live.

    \b
    maskseg webcam
    maskseg webcam --camera rtsp://NAME:PASSWORD@192.168.1.20/stream --record yard.mp4
    maskseg webcam --serve 8000
    maskseg webcam --camera street.mp4 --loop

    The newest frame is always shown, and frames that come faster than the network looks are left out. Keys of the
    window: q or Esc ends, space pauses, s saves a snapshot, r starts and stops a recording, m, c, b and t switch
    masks, contours, boxes and captions, h shows this help. Ctrl-C ends too, and finishes the recording.
    """
    if list_cameras:
        _list_cameras()
        return
    address = parse_camera(camera)
    wishes = CaptureSettings(width, height, fps)
    if window is None:
        window = serve is None
    _check(address, wishes, loop, reconnect, token, serve)
    if overwrite and record is None:
        raise UsageError("--overwrite replaces the file of --record, which is not given.")
    if duration == 0:
        raise UsageError("--duration 0 would show nothing: give a time above 0.")
    if not window and serve is None and record is None and duration is None:
        raise UsageError("With --no-window alone nobody would see anything: add --record FILE, --serve or --duration.")
    if record is not None:
        from maskseg_cli.video.output_checks import check_output
        from maskseg_cli.video.video_formats import FORMATS, EncodeOptions

        inputs = [address.value] if address.kind == "file" else []
        options = EncodeOptions(sound=False)
        if Path(record).suffix.lower() not in FORMATS or record.endswith(("/", "\\")) or Path(record).is_dir():
            raise UsageError(
                f"--record writes one video file ({' '.join(FORMATS)}), such as yard.mp4; {record} is none."
            )
        check_output(record, options, inputs, overwrite)
    if snapshots is not None:
        check_writable(snapshots)
    served_at = None
    if serve is not None:
        from maskseg_cli.serve import parse_address

        served_at = parse_address(serve)
    WebcamRun(
        address=address,
        model=model,
        drawing=drawing,
        wishes=wishes,
        mirror=mirror,
        duration=duration,
        loop=loop,
        record=None if record is None else Path(record),
        folder=snapshots or Path(),
        window=window,
        serve=served_at,
        token=token,
        reconnect=address.kind == "network" if reconnect is None else reconnect,
        from_start=bool(reconnect),
        timeout=timeout,
        quiet=quiet,
    ).run()


def _check(
    address: CameraAddress,
    wishes: CaptureSettings,
    loop: bool,
    reconnect: bool | None,
    token: str | None,
    serve: str | None,
) -> None:
    """Refuses options that would have no effect.

    Raises:
        UsageError: one of them.
    """
    if wishes and address.kind != "device":
        raise UsageError(
            f"--width, --height and --fps ask a camera of this computer; {address.name} sends what it sends."
        )
    if loop and address.kind == "device":
        raise UsageError(f"--loop plays a file again at its end; {address.name} has none.")
    if reconnect and address.kind == "file":
        raise UsageError(f"--reconnect is for cameras; {address.name} is a file.")
    if token is not None and serve is None:
        raise UsageError("--token is the word for the page of --serve, which is not given.")


def _list_cameras() -> None:
    from maskseg_cli.camera.devices import cameras_in_words, list_cameras
    from maskseg_cli.errors import MasksegError

    cameras = list_cameras()
    if not cameras:
        raise MasksegError(f"{cameras_in_words(cameras)[:-1]}; --camera takes addresses and video files too.")
    for camera in cameras:
        click.echo(str(camera))
