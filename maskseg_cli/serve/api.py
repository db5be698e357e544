"""The JSON API of the page: requests change `Controls`, and the status is returned."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from maskseg_cli.addresses import hide_passwords
from maskseg_cli.camera.controls import TOGGLES, Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.errors import UsageError

#: Controls that are on or off.
SWITCHES = (*TOGGLES, "paused")


def read_object(body: bytes) -> dict[str, Any]:
    """Parses the body of a request.

    Raises:
        UsageError: it is no JSON object.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise UsageError("The request holds no JSON object.")
    return request


def apply_controls(request: dict[str, Any], controls: Controls) -> None:
    """Applies `{"masks": bool, "contours": bool, "boxes": bool, "captions": bool, "paused": bool, "min_score": 0..1}`.

    Each may be absent. Either all are applied or, with an error, none.

    Raises:
        UsageError: an unknown name, or a value that is not possible.
    """
    for name, value in request.items():
        if name in SWITCHES:
            if not isinstance(value, bool):
                raise UsageError(f"{name} is either true or false.")
        elif name == "min_score":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise UsageError("min_score is a number from 0 to 1.")
        else:
            known = ", ".join((*SWITCHES, "min_score"))
            raise UsageError(f"There is no control {name!r}; the controls are {known}.")
    drawing = {name: value for name, value in request.items() if name in TOGGLES}
    if drawing:
        controls.set_drawing(**drawing)
    if "min_score" in request:
        controls.set_min_score(float(request["min_score"]))
    if "paused" in request:
        controls.set_paused(request["paused"])


def apply_recording(request: dict[str, Any], controls: Controls) -> None:
    """Applies `{"on": bool}`: a recording starts or is finished.

    Raises:
        UsageError: anything else.
    """
    if set(request) != {"on"} or not isinstance(request["on"], bool):
        raise UsageError('A recording is started with {"on": true} and finished with {"on": false}.')
    controls.set_recording(request["on"])


def apply_snapshot(request: dict[str, Any], controls: Controls) -> None:
    """Applies `{}`: the picture is saved on the camera's computer.

    Raises:
        UsageError: the object is not empty.
    """
    if request:
        raise UsageError("A snapshot has no options: send {}.")
    controls.request_snapshot()


def status_of(feed: LiveFeed, controls: Controls, viewers: int) -> dict[str, Any]:
    """The status for the page, as a JSON object; times are in seconds, files are names without their folders."""
    shown = feed.latest()
    status = shown.status
    return {
        "picture": shown.number,
        "fps": round(status.fps, 2),
        "latency": round(status.latency, 4),
        "counts": {str(name): int(count) for name, count in status.counts.items()},
        "frames": status.frames,
        "dropped": status.dropped,
        "recording": None if status.recording is None else file_name(status.recording),
        "recorded": round(status.recorded, 2),
        "camera": hide_passwords(status.camera),
        "message": hide_passwords(status.message),
        "viewers": viewers,
        "recording_wanted": controls.recording_wanted,
        "paused": controls.paused,
        "min_score": controls.min_score,
        "drawing": {part: getattr(controls.drawing, part) for part in TOGGLES},
    }


def file_name(path: str) -> str:
    """The name without its folders, which viewers should not see."""
    return PurePath(path).name
