"""`open_camera`: opens a camera of any kind."""

from __future__ import annotations

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.device_source import DeviceSource
from maskseg_cli.camera.file_source import FileSource
from maskseg_cli.camera.network_source import NetworkSource
from maskseg_cli.camera.source import CameraSource, CaptureSettings


def open_camera(
    address: CameraAddress, settings: CaptureSettings | None = None, timeout: float = 10, loop: bool = False
) -> CameraSource:
    """Opens a camera.

    Args:
        address: the camera that the user named.
        settings: for cameras of this computer.
        timeout: seconds without an answer after which a network camera counts as lost.
        loop: repeat a file for ever.

    Raises:
        CameraError: it cannot be opened.
        MasksegError: a file is no video.
    """
    if address.kind == "device":
        return DeviceSource(address, settings or CaptureSettings())
    if address.kind == "network":
        camera = NetworkSource(address, timeout)
        if not camera.finite:
            return camera
        camera.close()
    return FileSource(address, loop)
