"""JSON in, wishes out: what the page sends becomes changes of `Controls`, and what it shows is told as JSON."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from maskseg_cli.camera.controls import TOGGLES
from maskseg_cli.errors import UsageError

if TYPE_CHECKING:
    from maskseg_cli.camera.controls import Controls
    from maskseg_cli.camera.feed import LiveFeed

SWITCHES = (*TOGGLES, "paused")


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object from a request's body.

    Raises:
        UsageError: it is something else.
    """
    try:
        wishes = json.loads(body)
    except (ValueError, RecursionError):
        wishes = None
    if not isinstance(wishes, dict):
        raise UsageError("The request holds no JSON object.")
    return wishes


def apply_controls(wishes: dict[str, Any], controls: Controls) -> None:
    """Heeds `{"masks": bool, "contours": bool, "boxes": bool, "captions": bool, "paused": bool, "min_score": 0..1}`.

    Each may be absent. Either all are heeded or, with an error, none.

    Raises:
        UsageError: an unknown name, or a value that makes no sense.
    """
    for name, value in wishes.items():
        if name in SWITCHES:
            if not isinstance(value, bool):
                raise UsageError(f"{name} is either true or false.")
        elif name == "min_score":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise UsageError("min_score is a number from 0 to 1.")
        else:
            known = ", ".join((*SWITCHES, "min_score"))
            raise UsageError(f"There is no control {name!r}; the controls are {known}.")
    drawing = {name: value for name, value in wishes.items() if name in TOGGLES}
    if drawing:
        controls.set_drawing(**drawing)
    if "min_score" in wishes:
        controls.set_min_score(float(wishes["min_score"]))
    if "paused" in wishes:
        controls.set_paused(wishes["paused"])


def apply_recording(wishes: dict[str, Any], controls: Controls) -> None:
    """Heeds `{"on": bool}`: a recording starts or is finished.

    Raises:
        UsageError: anything else.
    """
    if set(wishes) != {"on"} or not isinstance(wishes["on"], bool):
        raise UsageError('A recording is started with {"on": true} and finished with {"on": false}.')
    controls.set_recording(wishes["on"])


def apply_snapshot(wishes: dict[str, Any], controls: Controls) -> None:
    """Heeds `{}`: the next picture is saved on the camera's computer.

    Raises:
        UsageError: the object is not empty.
    """
    if wishes:
        raise UsageError("A snapshot has no options: send {}.")
    controls.request_snapshot()


def status_of(feed: LiveFeed, controls: Controls, viewers: int) -> dict[str, Any]:
    """All that the page shows beside the picture, for JSON. Seconds are seconds; files are told by name alone."""
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
        "camera": without_password(status.camera),
        "message": without_password(status.message),
        "viewers": viewers,
        "recording_wanted": controls.recording_wanted,
        "paused": controls.paused,
        "min_score": controls.min_score,
        "drawing": {part: getattr(controls.drawing, part) for part in TOGGLES},
    }


def file_name(path: str) -> str:
    """The name alone: viewers need not know this computer's folders."""
    return PurePath(path).name


def without_password(text: str) -> str:
    """A camera's address in a sentence, without the name and password that it may hold."""
    return re.sub(r"(?<=://)[^/\s]*@", "", text)
