"""What all kinds of cameras have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.errors import MasksegError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CameraError(MasksegError):
    """The camera cannot be opened, or gives no more pictures; the sentence names it and says what to do."""


@dataclass(frozen=True)
class CaptureSettings:
    """How a camera of this computer is asked to send; it sends what it can that is near. None: its own choice."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None

    def __bool__(self) -> bool:
        return any((self.width, self.height, self.fps))


class CameraSource(Protocol):
    """An open camera; made, read and closed in one thread.

    Attributes:
        live: pictures come when they come; otherwise the source waits with the second one for `release`.
        frame_rate: pictures a second as announced, or None; the true rate may be another.
        notes: sentences for the user about what the camera does differently than asked.
    """

    live: bool
    frame_rate: float | None
    notes: tuple[str, ...]

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture, BGR uint8 (H, W, 3), as soon as it is there; None at the end.

        Raises:
            CameraError: the camera is lost.
        """

    def close(self) -> None:
        """Gives the camera free."""


def open_source(
    address: CameraAddress, wishes: CaptureSettings | None = None, timeout: float = 10, loop: bool = False
) -> CameraSource:
    """Opens a camera.

    Args:
        address: what the user named.
        wishes: for cameras of this computer.
        timeout: seconds after which a network camera that does not answer is given up.
        loop: a file begins anew at its end.

    Raises:
        CameraError: it cannot be opened.
        MasksegError: a file is no video.
    """
    if address.kind == "device":
        from maskseg_cli.camera.device_source import DeviceSource

        return DeviceSource(address, wishes or CaptureSettings())
    if address.kind == "network":
        from maskseg_cli.camera.network_source import NetworkSource

        camera = NetworkSource(address, timeout)
        if not camera.finite:
            return camera
        camera.close()
    from maskseg_cli.camera.file_source import FileSource

    return FileSource(address, loop)
