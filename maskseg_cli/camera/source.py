"""`CameraSource`: the interface of all kinds of cameras; `CaptureSettings`: the mode that a camera is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

#: Seconds to wait for the first picture while data come: some cameras send a key frame, without which nothing can be
#: decoded, once a minute only.
KEY_FRAME_TIMEOUT = 150.0


class CameraError(MasksegError):
    """The camera cannot be opened, or sends no more pictures; the sentence names it and says what to do."""


@dataclass(frozen=True)
class CaptureSettings:
    """The mode that a camera of this computer is asked for; the driver picks the nearest one that it supports.

    Attributes:
        width, height: in pixels; None: the driver's default.
        fps: frames a second; None: the driver's default.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None

    def __bool__(self) -> bool:
        return any((self.width, self.height, self.fps))


class CameraSource(Protocol):
    """An open camera; opened, read and closed in one thread.

    Attributes:
        live: pictures come at the camera's own pace. Otherwise, after the first picture, `read` is not called before
            the reader is ready (see `Capture.release`).
        frame_rate: pictures a second as announced, or None; the true rate may differ.
        notes: sentences for the user about settings that the camera does not follow.
    """

    live: bool
    frame_rate: float | None
    notes: tuple[str, ...]

    def read(self) -> NDArray[np.uint8] | None:
        """Waits for the next picture; uint8 (H, W, 3), BGR; None at the end.

        Raises:
            CameraError: the camera is lost.
        """

    def close(self) -> None:
        """Releases the camera."""
