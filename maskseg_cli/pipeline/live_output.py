"""`LiveOutput`: draws what the network found, and passes it to the window, the page, the recording and the sinks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.camera.fps_meter import FPSMeter
from maskseg_cli.camera.overlay import status_line
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.camera.viewer import WindowViewer
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.errors import MasksegError
from maskseg_cli.features.feature import RunParts
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.equipment import rendering_of
from maskseg_cli.reporter import Reporter
from maskseg_cli.score_filter import high_scores
from maskseg_cli.sink import Sink
from maskseg_cli.transform import Transform, apply_transforms, reset_transforms

#: Seconds between two updates of the status.
_STATUS_EVERY = 0.2


@dataclass
class LiveOutput:
    """Draws what the network found, and passes it to the window, the page, the recording and the sinks.

    Viewers control the window, the page and the recording while the session runs, so these are no sinks: `update`
    applies changes of `controls` between two frames too. A frame is drawn only if one of the outputs needs the picture.

    Args:
        capture: the camera, for its state.
        controls: the settings of the viewers.
        recordings, snapshots: used when the viewers ask for them.
        feed: pictures and status for the page, or None.
        window: or None.
        transforms: change the detections of each frame, in order.
        sinks: further outputs.
        reporter: takes messages and the status line.
        equip: builds the transforms, sinks and effects once the network is loaded; None: only those given here.

    Attributes:
        frames: number of frames shown so far.
        paused: whether the picture stands still.
        loading: whether the network is being loaded.
    """

    capture: Capture
    controls: Controls
    recordings: Recordings = field(default_factory=Recordings)
    snapshots: Snapshots = field(default_factory=Snapshots)
    feed: LiveFeed | None = None
    window: WindowViewer | None = None
    transforms: Sequence[Transform] = ()
    sinks: Sequence[Sink] = ()
    reporter: Reporter = field(default_factory=Reporter)
    equip: Callable[[], RunParts] | None = None

    def __post_init__(self) -> None:
        self.frames = 0
        self.paused = self.loading = False
        self._frame: Frame | None = None
        self._transformed: Detections | None = None  # all objects of the last frame
        self._visible: Detections | None = None  # those with a high enough score
        self._picture: NDArray[np.uint8] | None = None
        self._counts: dict[str, int] = {}
        self._meter = FPSMeter()
        self._skipped = 0
        self._version = -1
        self._message = self._trouble = ""
        self._status_time = 0.0
        self._rendering = Rendering()
        self._class_scores: Mapping[int, float] = {}

    @property
    def dropped(self) -> int:
        """Number of frames that were not shown, because newer ones had come."""
        return max(0, self.capture.frames - self._skipped - self.frames)

    @property
    def ended(self) -> bool:
        """Whether viewers or a sink have ended the session."""
        return self.controls.stopped or any(sink.closed for sink in self.sinks)

    def start(self, class_names: tuple[str, ...]) -> None:
        """Starts transforms and sinks; frames that came before are not counted as dropped."""
        self._skipped = max(0, self.capture.frames - 1)
        if self.equip is not None:
            parts = self.equip()
            self.transforms, self.sinks, self._class_scores = parts.transforms, parts.sinks, parts.class_scores
            self._rendering = rendering_of(parts)
        reset_transforms(self.transforms)
        for sink in self.sinks:
            sink.start(class_names)

    def add(self, frame: Frame, detections: Detections) -> None:
        """Passes a frame and the objects that the network found in it to all outputs.

        Raises:
            MasksegError, OSError: a sink failed.
        """
        self._frame, self._transformed = frame, apply_transforms(self.transforms, frame, detections)
        self._select()
        self.frames += 1
        self._meter.add(time.monotonic() - float(frame.time))
        if self.recordings.path is not None:
            self._record(lambda: self.recordings.add(self._drawn(), float(frame.time)))
        self._show()
        assert self._visible is not None
        for sink in self.sinks:
            sink.prepare(frame, self._visible, self._picture)()

    def update(self) -> None:
        """Applies what needs no new frame: changes of drawing and score, snapshots, keys, and the status."""
        if self._frame is not None and self._version != self.controls.version:
            self._select()
            self._show()
        if self._frame is not None and self.controls.take_snapshot_request():
            self._save_snapshot()
        trouble = self.capture.trouble
        if trouble != self._trouble:
            self._trouble = trouble
            self.say(f"{trouble} It is tried again." if trouble else "The camera is connected again.")
        self.recordings.tick(time.monotonic())
        if time.monotonic() - self._status_time >= _STATUS_EVERY:
            self._status_time = time.monotonic()
            status = self._status()
            if self.feed is not None:
                self.feed.publish_status(status)
            self.reporter.status(status_line(status))
        if self.window is not None:
            self.window.update(self._picture, self._status(), self.paused)

    def apply_pause(self) -> bool:
        """Pauses or resumes as `controls` say; returns whether a pause has just begun."""
        paused = self.controls.paused
        if paused == self.paused:
            return False
        self.paused = paused
        if paused:
            self._record(lambda: self.recordings.pause(time.monotonic()))
        return paused

    def apply_recording(self) -> None:
        """Starts or stops a recording as `controls` say."""
        is_running = self.recordings.path is not None
        if self.controls.recording_wanted and not is_running:
            self.recordings.frame_rate = self.capture.frame_rate
            self.say(self.recordings.start())
        elif is_running and not self.controls.recording_wanted:
            self.stop_recording(time.monotonic())

    def stop_recording(self, now: float) -> None:
        """Finishes a running recording; its last picture lasts until `now`, as `time.monotonic()`."""
        failures = len(self.recordings.failed)
        sentence = self.recordings.stop(now)
        if sentence is not None:
            self.say(sentence, warn=len(self.recordings.failed) > failures)

    def close_views(self) -> None:
        """Publishes the last status, and ends the feed and the window."""
        if self.feed is not None:
            self.feed.publish_status(self._status())
            self.feed.finish()
        if self.window is not None:
            self.window.close()

    def finish_sink(self, sink: Sink) -> None:
        """Finishes a sink, or discards it if there was no frame."""
        if self.frames:
            sink.finish()
        else:
            sink.discard()

    def say(self, sentence: str, warn: bool = False) -> None:
        """Reports a sentence, and shows it in the window and on the page.

        Args:
            warn: report it with --quiet too.
        """
        self._message = sentence
        (self.reporter.warn if warn else self.reporter.say)(sentence)
        if self.window is not None:
            self.window.show_message(sentence)

    def _select(self) -> None:
        """Selects the objects of the last frame with a high enough score, and draws them if an output needs that."""
        assert self._transformed is not None
        self._version = self.controls.version
        self._visible = high_scores(self._transformed, self.controls.min_score, self._class_scores)
        self._counts = dict(Counter(self._visible.labels).most_common())
        self._picture = None
        if (
            self.window is not None
            or self.feed is not None
            or self.recordings.path is not None
            or any(sink.needs_picture for sink in self.sinks)
        ):
            self._drawn()

    def _drawn(self) -> NDArray[np.uint8]:
        """The last frame with its objects, uint8 (H, W, 3), BGR; drawn at most once for each change."""
        if self._picture is None:
            assert self._frame is not None
            assert self._visible is not None
            self._picture = self._rendering(self._frame, self._visible, self.controls.drawing)
        return self._picture

    def _show(self) -> None:
        self._status_time = 0.0
        if self.feed is not None:
            self.feed.publish(self._drawn(), self._status())
        if self.window is not None:
            self.window.refresh()

    def _save_snapshot(self) -> None:
        try:
            self.say(f"Snapshot saved as {self.snapshots.save(self._drawn())}.")
        except MasksegError as error:
            self.say(str(error), warn=True)

    def _record(self, work: Callable[[], str | None]) -> None:
        """Calls a function of `recordings`; one that fails ends the recording, and no new one starts by itself."""
        problem = work()
        if problem is None:
            return
        self.controls.set_recording(False)
        if self.window is None and self.feed is None and not self.sinks:  # no other output is left
            self.controls.stop()
        self.say(problem, warn=True)

    def _status(self) -> LiveStatus:
        path = self.recordings.path
        return LiveStatus(
            fps=0.0 if self.paused else self._meter.fps(),
            latency=self._meter.latency,
            counts=self._counts,
            frames=self.frames,
            dropped=self.dropped,
            recording=None if path is None else str(path),
            recorded=self.recordings.seconds,
            camera=f"{self.capture.state}, loading the network" if self.loading else self.capture.state,
            message=self._message,
        )
