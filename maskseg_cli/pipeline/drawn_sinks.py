"""`prepare_sinks`: draws a frame, if a sink needs that, and passes it to all sinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.frame import Frame
from maskseg_cli.sink import Sink


def prepare_sinks(
    sinks: Sequence[Sink], frame: Frame, detections: Detections, rendering: Rendering
) -> list[Callable[[], None]]:
    """Draws a frame if a sink needs the picture, and prepares all sinks; any thread may call it.

    Returns:
        what the sinks returned, to be called in their order.
    """
    picture = rendering(frame, detections) if any(sink.needs_picture for sink in sinks) else None
    return [sink.prepare(frame, detections, picture) for sink in sinks]
