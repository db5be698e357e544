"""`prepare_sinks`: draws a frame if a sink needs that, for all sinks; `DrawnAhead`: the same in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.ordered_queue import OrderedQueue
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.sink import Sink
from maskseg_cli.transform import FrameDetections

#: Frames that may be drawn and wait to be written, and bytes of them.
_AHEAD, _BUDGET = 3, 2**28


def prepare_sinks(
    sinks: Sequence[Sink], frame: Frame, detections: Detections, rendering: Rendering
) -> list[Callable[[], None]]:
    """Draws a frame if a sink needs the picture, and prepares all sinks; any thread may call it.

    Returns:
        what the sinks returned, to be called in their order.
    """
    picture = rendering(frame, detections) if any(sink.needs_picture for sink in sinks) else None
    return [sink.prepare(frame, detections, picture) for sink in sinks]


class DrawnAhead:
    """Draws frames in a thread of its own, while those before them are encoded and written, in order.

    Args:
        prepare: draws a frame and returns what completes it; called in one thread, frame by frame.
        done: called with a frame and its detections when it is complete.
    """

    def __init__(
        self,
        prepare: Callable[[Frame, Detections], list[Callable[[], None]]],
        done: Callable[[Frame, Detections], None],
    ) -> None:
        self._prepare, self._done = prepare, done
        self._workers = Workers(1)
        self._queue: OrderedQueue[FrameDetections] = OrderedQueue(_AHEAD, _BUDGET)
        self._failed = False

    def put(self, frame: Frame, detections: Detections) -> None:
        """Draws a frame, and completes those before it that are drawn, or that are too many to wait.

        Raises:
            Exception: that of a frame; no further frame is completed.
        """
        future = self._workers.submit(self._prepare, frame, detections)
        self._queue.put((frame, detections), future, 2 * frame.image.nbytes)
        self.complete(everything=False)

    def complete(self, everything: bool = True) -> None:
        """Completes the frames that are drawn; `everything` waits for all.

        Raises:
            Exception: as `put`.
        """
        for (frame, detections), future in self._queue.take(everything):
            if self._failed:
                continue
            self._failed = True
            for complete in future.result():
                complete()
            self._failed = False
            self._done(frame, detections)

    def close(self) -> None:
        """Ends the thread."""
        self._workers.close()
