"""`maskseg webcam`: shows what a camera sees, with its objects, live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskseg_cli.cli.feature_options import feature_options
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options
from maskseg_cli.cli.parameters import Number, Seconds, Whole
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.printable import printable


@click.command(cls=SectionedCommand)
@section("Camera")
@click.option(
    "--camera",
    default="0",
    show_default=True,
    metavar="CAMERA",
    help="A number, a device (/dev/video0), an address (rtsp://..., http://...) or a video file, which plays at its "
    "own speed.",
)
@click.option("--list-cameras", is_flag=True, help="List the cameras of this computer, and do nothing else.")
@click.option("--width", type=Whole(min=1), metavar="PIXELS", help="Ask the camera for this width.")
@click.option("--height", type=Whole(min=1), metavar="PIXELS", help="Ask the camera for this height.")
@click.option(
    "--fps",
    type=Number(min=0, min_open=True),
    metavar="N",
    help="Ask the camera for this many frames a second.",
)
@click.option("--mirror", is_flag=True, help="Swap left and right, as a mirror does.")
@click.option("--duration", type=Seconds(), metavar="SECONDS", help="End after this time.")
@click.option("--loop", is_flag=True, help="Repeat a video file for ever.")
@section("Recordings and snapshots")
@click.option(
    "--record",
    metavar="FILE",
    help="Record what is shown from the start: .mp4, .mov, .mkv, .webm, .avi or .gif. It plays in real time.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file of --record if it exists.")
@click.option(
    "--snapshots",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for snapshots, and for recordings that are started by a key or on the page; otherwise the current "
    "folder.",
)
@section("Window and web page")
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
    help="Serve a web page with the live picture and its controls: for this computer only at 127.0.0.1, or for the "
    "network at 0.0.0.0:PORT. Without a value the port is 8000; 0 takes any free one.",
)
@click.option("--token", metavar="WORD", help="Viewers of the page must give this word.")
@section("Camera")
@click.option(
    "--reconnect/--no-reconnect",
    default=None,
    help="Connect again to a network camera that is lost, or end. Without either, it is connected again if it has "
    "worked once; --reconnect also waits for one that does not answer yet.",
)
@click.option(
    "--timeout",
    type=Number(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="A camera that sends nothing for this time counts as lost.",
)
@model_options
@drawing_options
@feature_options("camera")
@message_options
@click.pass_context
def webcam(
    ctx: click.Context,
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
    drawing: dict[str, Any],
    features: dict[str, Any],
    quiet: bool,
) -> None:
    """Outline what a camera sees, live.

    \b
    maskseg webcam
    maskseg webcam --camera rtsp://NAME:PASSWORD@192.168.1.20/1 --record yard.mp4
    maskseg webcam --serve 8000
    maskseg webcam --camera street.mp4 --loop

    The newest frame is always shown; frames that come faster than the network are left out. Keys of the window: q or
    Esc ends, space pauses, s saves a snapshot, r starts and stops a recording, m, c, b and t switch masks, contours,
    boxes and captions on and off, h shows the keys. Ctrl-C ends too, and finishes the recording.
    """
    if list_cameras:
        _list_cameras()
        return
    with loading():
        from maskseg_cli.pipeline.cameras import process_camera

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        summary = process_camera(
            camera,
            width=width,
            height=height,
            fps=fps,
            mirror=mirror,
            duration=duration,
            loop=loop,
            record=record,
            overwrite=overwrite,
            snapshots=snapshots,
            window=window,
            serve=serve,
            token=token,
            reconnect=reconnect,
            timeout=timeout,
            model=model,
            **drawing,
            **features,
            reporter=reporter,
            stop=StopSignals(),
        )
    if summary.failed:
        raise click.exceptions.Exit(1)


def _list_cameras() -> None:
    from maskseg_cli.camera.devices import cameras_in_words, list_cameras

    cameras = list_cameras()
    if not cameras:
        raise MasksegError(f"{cameras_in_words(cameras)[:-1]}; --camera takes addresses and video files too.")
    for camera in cameras:
        click.echo(printable(str(camera)))
