"""`PreparedSink`: base class of sinks that do most of their work in `prepare`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.sink import Sink


class PreparedSink(Sink):
    """A sink of this kind needs the method `prepare`; `add` calls it, and what it returns."""

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Takes one frame: does what `prepare` and the function that it returns do, and raises what they raise."""
        self.prepare(frame, detections, picture)()

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Does what costs time; the function that is returned completes it."""
        raise NotImplementedError
