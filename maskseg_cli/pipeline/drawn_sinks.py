"""`prepare_sinks`: draws a frame if a sink needs that, for all sinks; `DrawnAhead`: the same in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.ordered_queue import OrderedQueue
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.sink import Sink

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
    """Draws frames in one thread, and completes those that are drawn in another, both in order.

    Args:
        prepare: draws a frame and returns what completes it.
        done: called with a frame and its detections when it is complete.
    """

    def __init__(
        self,
        prepare: Callable[[Frame, Detections], list[Callable[[], None]]],
        done: Callable[[Frame, Detections], None],
    ) -> None:
        self._prepare, self._done = prepare, done
        self._drawing, self._completing = Workers(1), Workers(1)
        self._queue: OrderedQueue[None] = OrderedQueue(_AHEAD, _BUDGET)
        self._failed = False

    def put(self, frame: Frame, detections: Detections) -> None:
        """Begins to draw a frame; waits while too many are under way.

        Raises:
            Exception: that of an earlier frame; no frame after that one is completed.
        """
        drawn = self._drawing.submit(self._prepare, frame, detections)
        self._queue.put(None, self._completing.submit(self._complete, drawn, frame, detections), 2 * frame.image.nbytes)
        self._take(everything=False)

    def wait(self) -> None:
        """Waits until all frames are complete.

        Raises:
            Exception: as `put`.
        """
        self._take(everything=True)

    def close(self) -> None:
        """Ends the threads; frames that are not begun are left out."""
        self._drawing.close()
        self._completing.close()

    def _take(self, everything: bool) -> None:
        for _, future in self._queue.take(everything):
            future.result()

    def _complete(self, drawn: Future[list[Callable[[], None]]], frame: Frame, detections: Detections) -> None:
        if self._failed:
            return
        self._failed = True
        for complete in drawn.result():
            complete()
        self._failed = False
        self._done(frame, detections)
