"""`NetworkSource`: a network camera: RTSP, MJPEG over HTTP, or any other stream that FFmpeg can play."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.source import KEY_FRAME_TIMEOUT, CameraError
from maskseg_cli.video.opening import login_reason, reason
from maskseg_cli.video.pixel_conversion import Converter

#: So many damaged packets in a row mean that the camera is lost; at the start of a stream a few are normal.
_MAX_DAMAGED = 200


class NetworkSource:
    """A network camera, read by PyAV with the least buffering that FFmpeg allows.

    Args:
        address: of the camera.
        timeout: seconds without an answer or a picture after which the camera counts as lost.

    Attributes:
        finite: the address is that of a video file, not of a camera.
        heard: `time.monotonic()` when data came last, which may be no picture yet.

    Raises:
        CameraError: there is no answer, or the answer is no video.
    """

    live = True

    def __init__(self, address: CameraAddress, timeout: float) -> None:
        self._name = address.name
        self._address = address.value
        self._timeout = timeout
        self.notes: tuple[str, ...] = ()
        self.heard = time.monotonic()
        try:
            self._container = self._open(address.value)
        except (OSError, ValueError, av.FFmpegError) as error:
            raise CameraError(f"The camera {self._name} cannot be reached: {self._why(error)}.") from error
        streams = [stream for stream in self._container.streams.video if stream.codec_context is not None]
        if not streams or self._container.format.name.endswith("_pipe"):
            kind = "a single photo, not a stream" if streams else "no video that can be decoded"
            self._container.close()
            raise CameraError(f"The camera {self._name} sends {kind}.")
        self.finite = bool(self._container.duration)
        self._stream = streams[0]
        # Frame threads would delay the stream by a frame each.
        self._stream.thread_type = "SLICE"
        rate = self._stream.average_rate
        self.frame_rate = float(rate) if rate and 1 <= rate <= 1000 else None
        self._packets = self._container.demux(self._stream)
        self._decoded: deque[Any] = deque()
        self._convert: Converter | None = None

    def _open(self, address: str) -> Any:
        """Opens the stream.

        The pictures that FFmpeg reads to analyse the stream are kept: without them the first picture would come with
        the next key frame only. They are decoded faster than they came, and the newest one is shown.
        """
        options = {"flags": "low_delay"}
        if address.lower().startswith("rtsp"):
            options["rtsp_flags"] = "prefer_tcp"  # with UDP, parts of pictures are often lost
        arguments: dict[str, Any] = {
            "timeout": (self._timeout, self._timeout),
            "options": options,
            "metadata_errors": "ignore",
        }
        try:
            return av.open(address, **arguments)
        except av.error.InvalidDataError:
            if not address.lower().startswith("http"):
                raise
            # Such as an ESP32-CAM, which sends the boundary behind each picture only, not before the first one: read
            # as JPEG pictures with something else between them.
            options["analyzeduration"] = "200000"  # microseconds: there is no frame rate to be found
            return av.open(address, format="mjpeg", **arguments)

    def _why(self, error: BaseException) -> str:
        if isinstance(error, (av.error.ExitError, TimeoutError)):
            return f"it did not answer within {self._timeout:g} seconds"
        if isinstance(error, av.FFmpegError):
            return login_reason(error, self._address) or reason(error)
        return login_reason(error, self._address) or str(error)

    def read(self) -> NDArray[np.uint8] | None:
        """Waits for the next picture; uint8 (H, W, 3), BGR; never returns None.

        Raises:
            CameraError: the camera is lost, or its stream has ended.
        """
        damaged, began = 0, time.monotonic()
        while not self._decoded:
            try:
                packet = next(self._packets)
                self.heard = time.monotonic()
                self._decoded.extend(packet.decode())
                if self._convert is None and not self._decoded and self.heard - began > KEY_FRAME_TIMEOUT:
                    raise CameraError(f"What the camera {self._name} sends holds no picture that can be decoded.")
            except (StopIteration, av.error.EOFError):
                raise CameraError(f"The camera {self._name} ended its stream.") from None
            except av.error.InvalidDataError as error:
                damaged += 1
                waiting = self._convert is None and time.monotonic() - began < KEY_FRAME_TIMEOUT
                if damaged > _MAX_DAMAGED and not waiting:
                    raise CameraError(f"What the camera {self._name} sends cannot be decoded.") from error
            except (OSError, av.FFmpegError) as error:
                raise CameraError(f"The connection to the camera {self._name} is lost: {self._why(error)}.") from error
        frame = self._decoded.popleft()
        if self._convert is None:
            self._convert = Converter(frame, self._stream.sample_aspect_ratio, self._stream.codec_context)
        try:
            return np.asarray(self._convert(frame), np.uint8)
        except av.FFmpegError as error:
            raise CameraError(f"What the camera {self._name} sends cannot be shown: {reason(error)}.") from error

    def close(self) -> None:
        """Closes the connection."""
        self._container.close()
