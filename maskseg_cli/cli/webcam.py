"""`maskseg webcam`: shows what a camera sees, with its objects, live."""

from __future__ import annotations

from typing import Any

import click

from maskseg_cli.cli.feature_options import feature_options, keyword_options
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.pipeline.camera_keywords import CameraKeywords
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
@keyword_options(CameraKeywords)
@model_options
@drawing_options
@feature_options("camera")
@message_options
@click.pass_context
def webcam(
    ctx: click.Context,
    camera: str,
    list_cameras: bool,
    model: ModelOptions,
    drawing: dict[str, Any],
    features: dict[str, Any],
    quiet: bool,
    **session: Any,
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
            **session,
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
