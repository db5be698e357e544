"""`LiveLoop`: passes the newest frame of a camera through the network, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.source import CameraError
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.pipeline.async_predictor import AsyncPredictor
from maskseg_cli.pipeline.live_output import LiveOutput
from maskseg_cli.stop_token import StopToken

#: Seconds that the loop waits for a frame before it updates everything else.
_FRAME_WAIT = 0.04

#: Seconds between two checks for keys while the network runs: OpenCV keeps only the last key.
_KEY_WAIT = 0.015

#: Seconds that the end waits for the network before it says so.
_SILENT_WAIT = 0.5


class LiveLoop:
    """Shows what a camera sees, with its objects, until stopped.

    Whenever the network is free it takes the newest frame, and older ones are dropped: what is shown is never older
    than one frame and one call of the network. While the network runs, the last picture stays, and the viewers'
    controls are applied to it.

    Args:
        capture: the running camera.
        load: loads the network; called after the first frame has come. It should also find objects of low scores if
            viewers can lower theirs.
        output: takes the frames and their objects.
        mirror: swap left and right.
        duration: seconds after which the loop ends, or None.
        stop: ends the loop when a stop is requested.

    Attributes:
        seconds: how long frames were shown; known after `run`.
    """

    def __init__(
        self,
        capture: Capture,
        load: Callable[[], Predictor],
        output: LiveOutput,
        mirror: bool = False,
        duration: float | None = None,
        stop: StopToken | None = None,
    ) -> None:
        self._capture = capture
        self._output = output
        self._mirror = mirror
        self._duration = duration
        self._stop = stop or StopToken()
        self._predictor = AsyncPredictor(load)
        self._submitted = -1  # index of the last frame that the network took
        self._began = self._ended = time.monotonic()

    @property
    def seconds(self) -> float:
        """Length of the session, from the start of the camera or, once it runs, from the first frame."""
        return self._ended - self._began

    def run(self) -> None:
        """Waits for the camera, loads the network, and shows frames until stopped, the time is over, or a file ends.

        Raises:
            MasksegError: the camera cannot be opened, or is lost for good; or a sink failed. The recording and the
                sinks are finished in any case.
        """
        error: BaseException | None = None
        try:
            self._run()
        except BaseException as raised:
            error = raised
        self._ended = time.monotonic()
        for step in (
            self._stop_recording,
            self._output.close_views,
            *(lambda sink=sink: self._output.finish_sink(sink) for sink in self._output.sinks),
            self._wait_for_network,
        ):
            try:
                step()
            except BaseException as raised:
                error = raised if error is None else error
        if error is not None:
            raise error

    def _run(self) -> None:
        first = self._wait_for_camera()
        if first is None:
            return
        for note in self._capture.notes:
            self._output.say(note)
        class_names = self._load(first)
        if class_names is not None:
            self._output.start(class_names)
            self._show_frames()

    def _wait_for_camera(self) -> Frame | None:
        """The first frame; None if stopped before.

        Raises:
            CameraError: none came within the duration of the session.
        """
        while not self._stopped():
            frame = self._capture.newer(-1, _FRAME_WAIT)
            if frame is not None:
                return frame
            if self._is_over():
                raise CameraError(f"No picture came in {self._duration:g} s. {self._capture.trouble}".rstrip())
            self._output.update()
        return None

    def _load(self, first: Frame) -> tuple[str, ...] | None:
        """Loads the network and runs it once, which takes seconds; the result would be too old to be shown.

        Returns:
            the class names of the network; None if stopped before.
        """
        self._output.loading = True
        self._predictor.submit(first)
        while (result := self._predictor.result(_FRAME_WAIT)) is None:
            if self._stopped():
                return None
            self._output.update()
        self._output.loading = False
        return result[1].class_names

    def _show_frames(self) -> None:
        self._began = time.monotonic()
        self._capture.release()
        while not self._is_over():
            if self._output.apply_pause():
                self._predictor.discard()
            if self._output.paused:
                time.sleep(_KEY_WAIT)
            self._output.apply_recording()
            if not self._step():
                break
            self._output.update()
        while self._predictor.busy and not self._stopped():  # the time is over: the last frame is still shown
            self._add(self._predictor.result(_KEY_WAIT))

    def _step(self) -> bool:
        """Submits the newest frame if the network is free, and shows the result of the one before.

        Returns:
            False if there will be no more frames.
        """
        result = self._predictor.result(self._at_most(_KEY_WAIT)) if self._predictor.busy else None
        try:
            if not self._predictor.busy and not self._output.paused:
                frame = self._capture.newer(self._submitted, 0.0 if result else self._at_most(_FRAME_WAIT))
                if frame is not None:
                    self._submitted = frame.index
                    self._predictor.submit(self._prepare(frame))
                elif self._capture.ended and result is None:
                    return False
        finally:  # also if the camera has just been lost
            self._add(result)
        return True

    def _prepare(self, frame: Frame) -> Frame:
        image = np.asarray(cv2.flip(frame.image, 1), np.uint8) if self._mirror else frame.image
        return replace(frame, image=image, detected_in=frame.index)

    def _add(self, result: tuple[Frame, Detections] | None) -> None:
        if result is not None:
            self._output.add(*result)

    def _at_most(self, seconds: float) -> float:
        """`seconds`, or what is left of the duration if that is less."""
        if self._duration is None:
            return seconds
        return min(seconds, max(0.0, self._began + self._duration - time.monotonic()))

    def _stopped(self) -> bool:
        return self._output.ended or self._stop.requested

    def _is_over(self) -> bool:
        elapsed = time.monotonic() - self._began
        return (self._duration is not None and elapsed >= self._duration) or self._stopped()

    def _stop_recording(self) -> None:
        path = self._output.recordings.path
        if path is not None and self._stop.requested:
            self._output.say(f"Finishing {path}; a second Ctrl-C would throw it away.")
        self._output.stop_recording(self._ended)

    def _wait_for_network(self) -> None:
        if not self._predictor.close(_SILENT_WAIT):
            hint = "; a second Ctrl-C ends at once." if self._stop.requested else "."
            self._output.reporter.say(f"Waiting for the network{hint}")
            self._predictor.close()
