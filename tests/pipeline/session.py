"""A live loop in a thread, with a camera that records when it sent each frame, for tests."""

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
from maskseg_cli.pipeline.live import LiveLoop
from maskseg_cli.pipeline.live_output import LiveOutput
from maskseg_cli.reporter import Reporter
from maskseg_cli.stop_token import StopToken
from tests.camera.test_capture import FakeCamera
from tests.video.samples import picture


@dataclass
class TimedCamera:
    """A camera that sends a numbered frame every `1 / rate` seconds.

    Attributes:
        sent: number of a frame -> `time.monotonic()` when it was sent.
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


class Messages(Reporter):
    """Keeps what a session reports."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def warn(self, sentence: str) -> None:
        self.warned.append(sentence)

    def status(self, line: str) -> None:
        self.lines.append(line)


def nothing(image: np.ndarray) -> Detections:
    """A network that finds nothing."""
    return Detections.empty(image.shape[:2])


class Session:
    """A live loop in a thread, and its viewer.

    Args:
        camera: opens the camera.
        network: finds the objects in a picture.
        folder: for snapshots and recordings.
        served: whether there is a page.
        record: name of the first recording, or None.
        capture: options of `Capture`.
        sinks, transforms, controls: of `LiveOutput`.
        options: of `LiveLoop`.
    """

    def __init__(
        self,
        camera: Any,
        network: Callable[[np.ndarray], Detections],
        folder: Path,
        served: bool = True,
        record: Path | None = None,
        capture: dict[str, Any] | None = None,
        controls: Controls | None = None,
        **options: Any,
    ) -> None:
        self.controls, self.feed = controls or Controls(), LiveFeed()
        self.messages = Messages()
        self.error: BaseException | None = None
        self.recordings, self.snapshots = Recordings(record, folder), Snapshots(folder)
        self.capture = Capture(camera, **(capture or {}))
        self.stop = StopToken()
        self.output = LiveOutput(
            self.capture,
            self.controls,
            self.recordings,
            self.snapshots,
            self.feed if served else None,
            transforms=options.pop("transforms", ()),
            sinks=options.pop("sinks", ()),
            reporter=self.messages,
        )
        self.live = LiveLoop(self.capture, lambda: network, self.output, stop=self.stop, **options)  # type: ignore[arg-type, return-value]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with self.capture:
                self.live.run()
        except BaseException as error:
            self.error = error

    @property
    def status(self) -> LiveStatus:
        """The newest status."""
        return self.feed.latest().status

    def picture(self, after: int = 0) -> tuple[int, np.ndarray, LiveStatus]:
        """Waits for the next picture."""
        shown = self.feed.wait_newer(after, 60)
        assert shown is not None, self.error
        assert shown.image is not None
        return shown.number, shown.image, shown.status

    def wait(self, check: Callable[[], Any]) -> None:
        """Waits until `check` returns something true."""
        end = time.monotonic() + 60
        while not check():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.005)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Waits for the end of the loop."""
        self._thread.join(60)
        assert not self._thread.is_alive()

    def end(self) -> None:
        """Ends the loop, as a viewer does."""
        self.controls.stop()
        self.join()


@contextmanager
def session(camera: Any, network: Any = nothing, folder: Path = Path(), **options: Any) -> Iterator[Session]:
    """A running `Session`, which ends with the block."""
    running = Session(camera, network, folder, **options)
    running.start()
    try:
        yield running
    finally:
        fake = getattr(camera, "__self__", None)
        if isinstance(fake, FakeCamera):
            fake.send(None)
        running.end()
