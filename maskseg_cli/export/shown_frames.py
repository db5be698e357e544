"""`ShownFramesOnly`: passes on to another sink the frames that a result with a constant rate shows."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.sink import Sink
from maskseg_cli.video.frame_limit import ShownFrames

_Item = tuple[Frame, Detections, "NDArray[np.uint8] | None"]


class ShownFramesOnly(Sink):
    """Wraps a sink, such as JSON lines, so that it gets the frames of the result only, each once.

    Args:
        sink: the other sink; it is not finished with this one, because it may serve several videos.
        rate: of the result; None: all frames are shown.
        time_in_result: the time in the result at which a frame is shown, in seconds.
    """

    def __init__(self, sink: Sink, rate: Fraction | None, time_in_result: Callable[[Frame], Fraction]) -> None:
        self.needs_picture = sink.needs_picture
        self._time_in_result = time_in_result
        self._shown: ShownFrames[_Item] = ShownFrames(rate, lambda item: sink.add(*item))

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Adds the next frame of the source."""
        self._shown.add((frame, detections, picture), self._time_in_result(frame), frame.duration)

    def finish(self) -> None:
        """Passes on a last frame that was too short to be shown, where the result has no other."""
        self._shown.finish()
