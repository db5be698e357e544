"""`CameraPlan`, and the checks of the options of `process_camera`, before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.source import CaptureSettings
from maskseg_cli.config.value_types import conform
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.video.output_checks import check_output
from maskseg_cli.video.video_formats import FORMATS, EncodeOptions

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


@dataclass(frozen=True)
class CameraPlan:
    """The checked options of a session with a camera; see `process_camera`.

    Attributes:
        address, settings: the camera, and the mode that it is asked for.
        network: a loaded network, or its options.
        drawing: what is drawn at first.
        features: what else is done to each frame.
        folder: for snapshots and recordings that viewers start.
        serve: host and port of the page, or None.
        reconnect: None if it was not said.
        mirror, duration, loop, record, window, token, timeout: as for `process_camera`.
    """

    address: CameraAddress
    settings: CaptureSettings
    network: ModelOptions | Predictor
    drawing: DrawingOptions
    features: list[Feature]
    mirror: bool
    duration: float | None
    loop: bool
    record: Path | None
    folder: Path
    window: bool
    serve: tuple[str, int] | None
    token: str | None
    reconnect: bool | None
    timeout: float


def check_numbers(settings: CaptureSettings, duration: float | None, timeout: float) -> None:
    """Checks the ranges of all numbers.

    Raises:
        UsageError: one is out of its range.
    """
    for name, value in (("width", settings.width), ("height", settings.height)):
        conform(name, value, int | None)
        if value is not None and value < 1:
            raise UsageError(f"--{name} is at least 1 pixel, not {value}.")
    conform("fps", settings.fps, float | None)
    conform("timeout", timeout, float)
    if settings.fps is not None and not settings.fps > 0:
        raise UsageError(f"--fps is above 0, not {settings.fps:g}.")
    if not timeout >= 0.1:
        raise UsageError(f"--timeout is at least 0.1 seconds, not {timeout:g}.")
    if duration == 0:
        raise UsageError("--duration 0 would show nothing: give a time above 0.")
    if duration is not None and not duration > 0:
        raise UsageError(f"--duration is a time above 0, not {duration:g}.")


def check_camera(
    address: CameraAddress,
    settings: CaptureSettings,
    loop: bool,
    reconnect: bool | None,
    token: str | None,
    serve: str | int | None,
) -> None:
    """Checks that each option has an effect with this kind of camera.

    Raises:
        UsageError: one has none.
    """
    if settings and address.kind != "device":
        raise UsageError(
            f"--width, --height and --fps ask a camera of this computer; {address.name} sends what it sends."
        )
    if loop and address.kind == "device":
        raise UsageError(f"--loop plays a file again at its end; {address.name} has none.")
    if reconnect and address.kind == "file":
        raise UsageError(f"--reconnect is for cameras; {address.name} is a file.")
    if token is not None and serve is None:
        raise UsageError("--token is the word for the page of --serve, which is not given.")


def check_recording(record: str | None, overwrite: bool, address: CameraAddress) -> None:
    """Checks that the file of `record` can be written.

    Raises:
        UsageError: it is no name of a video, or the camera's own file; or `overwrite` has no effect.
        MasksegError: it exists, or its folder cannot be written.
    """
    if record is None:
        if overwrite:
            raise UsageError("--overwrite replaces the file of --record, which is not given.")
        return
    if Path(record).suffix.lower() not in FORMATS or record.endswith(("/", "\\")) or Path(record).is_dir():
        raise UsageError(f"--record writes one video file ({' '.join(FORMATS)}), such as yard.mp4; {record} is none.")
    inputs = [address.value] if address.kind == "file" else []
    check_output(record, EncodeOptions(sound=False), inputs, overwrite)
