"""`NetworkSource`: a network camera: RTSP, MJPEG over HTTP, or any other stream that FFmpeg can play."""

from __future__ import annotations

from collections import deque
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.source import CameraError
from maskseg_cli.video.opening import reason
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

    Raises:
        CameraError: there is no answer, or the answer is no video.
    """

    live = True

    def __init__(self, address: CameraAddress, timeout: float) -> None:
        self._name = address.name
        self._timeout = timeout
        self.notes: tuple[str, ...] = ()
        # nobuffer: FFmpeg reads some pictures to analyse the stream, and must not show them late.
        options = {"fflags": "nobuffer", "flags": "low_delay"}
        if address.value.lower().startswith("rtsp"):
            options["rtsp_flags"] = "prefer_tcp"  # with UDP, parts of pictures are often lost
        try:
            self._container = av.open(
                address.value, timeout=(timeout, timeout), options=options, metadata_errors="ignore"
            )
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

    def _why(self, error: BaseException) -> str:
        if isinstance(error, (av.error.ExitError, TimeoutError)):
            return f"it did not answer within {self._timeout:g} seconds"
        if isinstance(error, av.error.HTTPUnauthorizedError):
            return "it asks for a name and a password, as in http://NAME:PASSWORD@ADDRESS"
        return reason(error) if isinstance(error, av.FFmpegError) else str(error)

    def read(self) -> NDArray[np.uint8] | None:
        """Waits for the next picture; uint8 (H, W, 3), BGR; never returns None.

        Raises:
            CameraError: the camera is lost, or its stream has ended.
        """
        damaged = 0
        while not self._decoded:
            try:
                self._decoded.extend(next(self._packets).decode())
            except (StopIteration, av.error.EOFError):
                raise CameraError(f"The camera {self._name} ended its stream.") from None
            except av.error.InvalidDataError as error:
                damaged += 1
                if damaged > _MAX_DAMAGED:
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
