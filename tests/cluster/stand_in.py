"""The stand-in for the network in Ray's worker processes, and transforms that end them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


def use_in_worker() -> None:
    """Called by Ray in each of its processes as it starts."""
    from tests.cli.fake_model import use_blob_engine

    use_blob_engine(setattr)


@dataclass(frozen=True)
class Killer:
    """A transform that kills its process when it sees a photo or a frame of a video.

    Attributes:
        photo: name of the photo or video, as `Frame.source`.
        folder: gets a file each time.
        times: so often.
    """

    photo: str
    folder: Path
    times: int = 1

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        if frame.source == self.photo and (number := len(list(self.folder.iterdir()))) < self.times:
            (self.folder / str(number)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return detections


@dataclass(frozen=True)
class Slow:
    """A transform that takes its time for the frames of one video.

    Attributes:
        video: its name, as `Frame.source`.
        seconds: for each frame.
    """

    video: str
    seconds: float

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        if frame.source == self.video:
            time.sleep(self.seconds)
        return detections


def first_only(_: Frame, detections: Detections) -> Detections:
    """A transform without state: the best object of each photo."""
    return detections[:1]
