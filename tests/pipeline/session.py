"""A live loop in a thread, with a camera that stamps its frames, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.detections import Detections
from maskseg_cli.pipeline.live import Live
from tests.camera.test_capture import Puppet
from tests.video.samples import picture


@dataclass
class Clockwork:
    """A camera that sends a numbered frame every `1 / rate` seconds, and knows when it sent which.

    Attributes:
        sent: number of a frame -> when it was sent.
    """

    rate: float
    sent: dict[int, float] = field(default_factory=dict)
    live: bool = True
    notes: tuple[str, ...] = ()

    @property
    def frame_rate(self) -> float:
        return self.rate

    def read(self) -> np.ndarray:
        due = max(self.sent.values(), default=time.monotonic()) + 1 / self.rate
        number = len(self.sent)
        image = picture(number)
        time.sleep(max(0.0, due - time.monotonic()))
        self.sent[number] = time.monotonic()
        return image

    def close(self) -> None:
        pass


def nothing(image: np.ndarray) -> Detections:
    return Detections.empty(image.shape[:2])


class Session:
    """A live loop in a thread, and its viewer."""

    def __init__(self, camera: Any, segment: Callable[[np.ndarray], Detections], folder: Path, **options: Any) -> None:
        self.controls, self.feed = options.pop("controls", None) or Controls(), LiveFeed()
        self.said: list[str] = []
        self.error: BaseException | None = None
        self.recordings, self.snapshots = Recordings(options.pop("record", None), folder), Snapshots(folder)
        self.capture = Capture(camera, **options.pop("capture", {}))
        self.live = Live(
            self.capture,
            lambda: segment,
            self.controls,
            self.feed,
            self.recordings,
            self.snapshots,
            say=self.said.append,
            **options,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with self.capture:
                self.live.run()
        except BaseException as error:
            self.error = error

    def picture(self, after: int = 0) -> tuple[int, np.ndarray, LiveStatus]:
        shown = self.feed.wait_newer(after, 10)
        assert shown is not None, self.error
        assert shown.image is not None
        return shown.number, shown.image, shown.status

    def wait(self, check: Callable[[], Any]) -> None:
        end = time.monotonic() + 10
        while not check():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.005)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.controls.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def session(camera: Any, segment: Any = nothing, folder: Path = Path(), **options: Any) -> Iterator[Session]:
    running = Session(camera, segment, folder, **options)
    running.start()
    try:
        yield running
    finally:
        puppet = getattr(camera, "__self__", None)
        if isinstance(puppet, Puppet):
            puppet.send(None)
        running.end()
