"""The live loop: newest frame, network, drawing, and out to the window, the page and the recording."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.capture import Capture, CapturedFrame
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed, LiveStatus, Summary
from maskseg_cli.camera.fps_meter import FPSMeter
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.camera.source import CameraError
from maskseg_cli.detections import Detections
from maskseg_cli.drawing import draw
from maskseg_cli.pipeline.async_predictor import AsyncPredictor, Segment

if TYPE_CHECKING:
    from maskseg_cli.camera.viewer import WindowViewer

#: Seconds that the loop waits for a frame before it looks after everything else.
_TICK = 0.04

#: Seconds between two glances at the keys while the network is at work: OpenCV remembers the last key alone.
_GLANCE = 0.015

#: Seconds for which the end waits for the network without a word.
_BRIEF = 0.5

#: Seconds between two tellings of how things stand while there is no new picture.
_STATUS_EVERY = 0.2


@dataclass
class Live:
    """Shows what a camera sees, with its objects, until somebody wishes for the end.

    As soon as the network is free it takes the newest frame: what is shown is never older than one frame and one turn
    of the network. While it is at work the picture before is drawn, shown and recorded, and wishes are heeded.

    Args:
        capture: the running camera.
        load: loads the network when the camera has shown that it works: BGR uint8 (H, W, 3) -> Detections, with low
            scores too.
        controls: the viewers' wishes.
        feed: where pictures are published.
        recordings: takes them when wished for.
        snapshots: likewise.
        viewer: the window, or None.
        mirror: swap left and right.
        duration: seconds after which it ends, or None.
        stop: asked all the time; True ends the loop.
        say: takes sentences for the terminal.
        report: takes the status, a few times a second.
        watched: whether anybody sees the picture; where nobody does and a recording fails, the session ends.
    """

    capture: Capture
    load: Callable[[], Segment]
    controls: Controls
    feed: LiveFeed
    recordings: Recordings = field(default_factory=Recordings)
    snapshots: Snapshots = field(default_factory=Snapshots)
    viewer: WindowViewer | None = None
    mirror: bool = False
    duration: float | None = None
    stop: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = lambda _: None
    report: Callable[[LiveStatus], None] = lambda _: None
    watched: bool = True

    def __post_init__(self) -> None:
        self._meter = FPSMeter()
        self._looker = AsyncPredictor(self.load)
        self._loading = False
        self._begun = 0
        self._frame: CapturedFrame | None = None
        self._found: Detections | None = None
        self._picture: NDArray[np.uint8] | None = None
        self._counts: dict[str, int] = {}
        self._shown = self._skipped = 0
        self._version = -1
        self._message = ""
        self._trouble = ""
        self._paused = False
        self._told = self._refreshed = 0.0
        self._began = self._ended = time.monotonic()

    def run(self) -> None:
        """Waits for the camera, loads the network, and shows pictures until the end is wished for, the time is over
        or a file has ended.

        Raises:
            MasksegError: the camera cannot be opened, or is lost for good. The recording is finished in any case.
        """
        try:
            first = self._wait_for_camera()
            if first is None:
                return
            for note in self.capture.notes:
                self._tell(note)
            if self._warm_up(first):
                self._loop()
        finally:
            self._ended = time.monotonic()
            if self.recordings.path is not None and self.stop():
                self._tell(f"Finishing {self.recordings.path}; a second Ctrl-C would throw it away.")
            self._tell(self.recordings.stop(self._ended))
            self.feed.publish_status(self._status())
            self.feed.close()
            if self.viewer is not None:
                self.viewer.close()
            if not self._looker.close(_BRIEF):
                self.say("Waiting for the network" + ("; a second Ctrl-C ends at once." if self.stop() else "."))
                self._looker.close()

    def _wait_for_camera(self) -> CapturedFrame | None:
        """The first frame; None if the end was wished for before.

        Raises:
            CameraError: none came in the time for which the session is to last.
        """
        while not self._unwanted():
            frame = self.capture.newer(0, _TICK)
            if frame is not None:
                return frame
            if self._over():
                raise CameraError(f"No picture came in {self.duration:g} s. {self.capture.trouble}".rstrip())
            self._idle()
        return None

    def _warm_up(self, first: CapturedFrame) -> bool:
        """Loads the network and gives it its first turn: that takes seconds, in which pictures would grow old.

        Returns:
            False if the end was wished for meanwhile.
        """
        self._loading = True
        self._looker.begin(first)
        while self._looker.wait(_TICK) is None:
            if self._unwanted():
                return False
            self._idle()
        self._loading = False
        return True

    def _loop(self) -> None:
        self._began = time.monotonic()
        self._skipped = max(0, self.capture.frames - 1)  # what came before does not count
        self.capture.release()
        while not self._over():
            self._heed_pause()
            self._heed_recording()
            if not self._turn():
                break
            self._idle()
        while self._looker.busy and not self._unwanted():  # the time is over: the last picture is still shown
            self._take(self._looker.wait(_GLANCE))

    def _turn(self) -> bool:
        """Hands the newest frame to the network when it is free, and shows what it has found in the one before.

        Returns:
            False if there will be no more frames.
        """
        done = self._looker.wait(self._patience(_GLANCE)) if self._looker.busy else None
        try:
            if not self._looker.busy and not self._paused:
                frame = self.capture.newer(self._begun, 0.0 if done else self._patience(_TICK))
                if frame is not None:
                    self._begun = frame.number
                    self._looker.begin(self._facing(frame))
                elif self.capture.ended and done is None:
                    return False
        finally:  # also where the camera is lost just now
            self._take(done)
        return True

    @property
    def summary(self) -> Summary:
        """What the session was, when it is over."""
        dropped = max(0, self.capture.frames - self._skipped - self._shown)
        return Summary(self._ended - self._began, self._shown, dropped, max(0, self.capture.connections - 1))

    def _patience(self, longest: float) -> float:
        left = longest if self.duration is None else self._began + self.duration - time.monotonic()
        return min(longest, max(0.0, left))

    def _unwanted(self) -> bool:
        return self.controls.stopped or self.stop()

    def _over(self) -> bool:
        over = self.duration is not None and time.monotonic() - self._began >= self.duration
        return over or self._unwanted()

    def _facing(self, frame: CapturedFrame) -> CapturedFrame:
        return replace(frame, image=np.asarray(cv2.flip(frame.image, 1), np.uint8)) if self.mirror else frame

    def _take(self, done: tuple[CapturedFrame, Detections] | None) -> None:
        """The rest of a frame's way, when the network has looked at it."""
        if done is None:
            return
        self._frame, self._found = done
        self._render()
        assert self._picture is not None
        self._shown += 1
        self._meter.add(time.monotonic() - self._frame.time)
        self._tell(self._recorded(lambda: self.recordings.add(self._picture, self._frame.time)))  # type: ignore[arg-type, union-attr]
        self._show()

    def _render(self) -> None:
        """Draws the last frame as is wished for now."""
        assert self._frame is not None
        assert self._found is not None
        self._version = self.controls.version
        found = self._found.filter(min_confidence=self.controls.min_score)
        self._counts = dict(Counter(found.names).most_common())
        self._picture = draw(self._frame.image, found, self.controls.drawing)

    def _show(self) -> None:
        assert self._picture is not None
        self.feed.publish(self._picture, self._status())
        self._told = self._refreshed = 0.0

    def _idle(self) -> None:
        """All that does not need a new frame: wishes, the window, how things stand."""
        if self._frame is not None and self._version != self.controls.version:
            self._render()
            self._show()
        if self._picture is not None and self.controls.take_snapshot_request():
            self._tell(self.snapshots.save(self._picture))
        if self.capture.trouble != self._trouble:
            self._trouble = self.capture.trouble
            self._tell(f"{self._trouble} It is tried again." if self._trouble else "The camera is connected again.")
        self.recordings.tick(time.monotonic())
        status = self._status()
        if time.monotonic() - self._told >= _STATUS_EVERY:
            self._told = time.monotonic()
            self.feed.publish_status(status)
            self.report(status)
        if self.viewer is not None and (self.viewer.heed() or time.monotonic() - self._refreshed >= _STATUS_EVERY):
            self._refreshed = time.monotonic()
            self.viewer.show(self._picture, status, self._paused)

    def _heed_pause(self) -> None:
        if self.controls.paused != self._paused:
            self._paused = self.controls.paused
            if self._paused:
                self._looker.forget()
                self._tell(self._recorded(lambda: self.recordings.pause(time.monotonic())))
        if self._paused:
            time.sleep(_GLANCE)

    def _heed_recording(self) -> None:
        running = self.recordings.path is not None
        if self.controls.recording_wanted and not running:
            self.recordings.frame_rate = self.capture.frame_rate
            self._tell(self.recordings.start())
        elif running and not self.controls.recording_wanted:
            self._tell(self.recordings.stop(time.monotonic()))

    def _recorded(self, work: Callable[[], str | None]) -> str | None:
        """Does something with the recording; one that fails ends, and is not begun again at once."""
        problem = work()
        if problem is not None:
            self.controls.set_recording(False)
            if not self.watched:
                self.controls.stop()
        return problem

    def _tell(self, sentence: str | None) -> None:
        if sentence:
            self._message = sentence
            self.say(sentence)
            if self.viewer is not None:
                self.viewer.tell(sentence)
                self._refreshed = 0.0

    def _status(self) -> LiveStatus:
        path = self.recordings.path
        return LiveStatus(
            fps=0.0 if self._paused else self._meter.fps(),
            latency=self._meter.latency,
            counts=self._counts,
            frames=self._shown,
            dropped=max(0, self.capture.frames - self._skipped - self._shown),
            recording=None if path is None else str(path),
            recorded=self.recordings.seconds,
            camera=f"{self.capture.state}, loading the network" if self._loading else self.capture.state,
            message=self._message,
        )
