"""`CameraKeywords`: the options of `maskseg webcam` that are its own, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.option import option

#: Headings in --help.
_CAMERA, _RECORDINGS, _VIEWS = "Camera", "Recordings and snapshots", "Window and web page"


@dataclass(frozen=True)
class CameraKeywords:
    """Keywords of `process_camera`, which explains and checks them, with the words of the command line."""

    width: int | None = option(
        None, "Ask the camera for this width.", kind="whole", least=1, metavar="PIXELS", heading=_CAMERA
    )
    height: int | None = option(
        None, "Ask the camera for this height.", kind="whole", least=1, metavar="PIXELS", heading=_CAMERA
    )
    fps: float | None = option(
        None,
        "Ask the camera for this many frames a second.",
        kind="number",
        least=0,
        above=True,
        metavar="N",
        heading=_CAMERA,
    )
    mirror: bool = option(False, "Swap left and right, as a mirror does.", heading=_CAMERA)
    duration: float | None = option(None, "End after this time.", kind="seconds", metavar="SECONDS", heading=_CAMERA)
    loop: bool = option(False, "Repeat a video file for ever.", heading=_CAMERA)
    reconnect: bool | None = option(
        None,
        "Connect again to a network camera that is lost, or end. Without either, it is connected again if it has "
        "worked once; --reconnect also waits for one that does not answer yet.",
        flags=("--reconnect/--no-reconnect",),
        heading=_CAMERA,
    )
    timeout: float = option(
        10.0,
        "A camera that sends nothing for this time counts as lost.",
        kind="number",
        least=0.1,
        metavar="SECONDS",
        heading=_CAMERA,
    )
    record: str | None = option(
        None,
        "Record what is shown from the start: .mp4, .mov, .mkv, .webm, .avi or .gif. It plays in real time.",
        metavar="FILE",
        heading=_RECORDINGS,
    )
    overwrite: bool = option(False, "Replace the file of --record if it exists.", heading=_RECORDINGS)
    snapshots: Path | None = option(
        None,
        "Folder for snapshots, and for recordings that are started by a key or on the page; otherwise the current "
        "folder.",
        kind="output_folder",
        metavar="FOLDER",
        heading=_RECORDINGS,
    )
    window: bool | None = option(
        None,
        "Show the picture in a window, or not. Without either there is a window unless --serve is given.",
        flags=("--window/--no-window",),
        heading=_VIEWS,
    )
    serve: str | None = option(
        None,
        "Serve a web page with the live picture and its controls: for this computer only at 127.0.0.1, or for the "
        "network at 0.0.0.0:PORT. Without a value the port is 8000; 0 takes any free one.",
        without_value="8000",
        metavar="[HOST:]PORT",
        heading=_VIEWS,
    )
    token: str | None = option(None, "Viewers of the page must give this word.", metavar="WORD", heading=_VIEWS)
