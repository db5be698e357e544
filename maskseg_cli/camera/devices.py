"""Lists the cameras of this computer."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.camera.quiet import quiet_opencv

#: Linux: ioctl VIDIOC_QUERYCAP of a `struct v4l2_capability` (104 bytes), and two of its bits
#: (Linux Media Subsystem Documentation, 7.53).
_QUERYCAP = 0x80685600
_CAPTURE, _HAS_DEVICE_CAPS = 0x1, 0x80000000

#: On other systems cameras are found by opening the first so many numbers.
_TRIED = 6


@dataclass(frozen=True)
class CameraDevice:
    """A camera that is connected.

    Attributes:
        number: the value for `--camera`.
        name: as the manufacturer or the system calls it.
        path: its device file, on Linux.
        problem: why it cannot be used, or None.
    """

    number: int
    name: str
    path: str | None = None
    problem: str | None = None

    def __str__(self) -> str:
        where = f" ({self.path})" if self.path else ""
        return f"{self.number}: {self.name}{where}" + (f" - {self.problem}" if self.problem else "")


def list_cameras() -> list[CameraDevice]:
    """The cameras that are connected, by number."""
    if sys.platform.startswith("linux"):
        return cameras_of_linux()
    return _cameras_by_trying()


def cameras_of_linux(
    classes: Path = Path("/sys/class/video4linux"),
    devices: Path = Path("/dev"),
    capabilities: Callable[[Path], int | None] | None = None,
) -> list[CameraDevice]:
    """Lists the capture devices among /dev/video*: most cameras have a second device that only carries metadata.

    Devices that cannot be queried are listed with their problem.

    Args:
        classes, devices: the folders in which the kernel lists them.
        capabilities: device file -> its V4L2 capabilities, or None where they are unknown; it may raise OSError.
    """
    query = capabilities or _capabilities
    found = []
    for entry in classes.iterdir() if classes.is_dir() else ():
        number = entry.name.removeprefix("video")
        if not number.isdecimal():
            continue
        path = devices / entry.name
        name, problem = _name_of(entry), None
        try:
            bits = query(path)
            if bits is not None and not bits & _CAPTURE:
                continue
        except PermissionError:
            problem = "you may not use it: join the group video (sudo usermod -aG video $USER) and log in again"
        except FileNotFoundError:
            problem = f"there is no {path}: a container must be given the device"
        except OSError as error:
            problem = f"it does not answer ({(error.strerror or 'no reason given').lower()})"
        found.append(CameraDevice(int(number), name, str(path), problem))
    return sorted(found, key=lambda camera: camera.number)


def _name_of(entry: Path) -> str:
    try:
        return (entry / "name").read_text(errors="replace").strip() or "camera"
    except OSError:
        return "camera"


def _capabilities(path: Path) -> int | None:
    import fcntl  # not on Windows

    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        reply = fcntl.ioctl(descriptor, _QUERYCAP, bytes(104))
    finally:
        os.close(descriptor)
    # driver[16], card[32], bus_info[32], version, capabilities, device_caps, reserved[3]
    whole, device = struct.unpack_from("=II", reply, 84)
    return device if whole & _HAS_DEVICE_CAPS else whole


def _cameras_by_trying() -> list[CameraDevice]:
    import cv2  # on Linux the list needs no OpenCV

    found = []
    with quiet_opencv():
        for number in range(_TRIED):
            capture = cv2.VideoCapture(number)
            try:
                if capture.isOpened():
                    found.append(CameraDevice(number, f"camera {number}"))
            finally:
                capture.release()
    return found


def cameras_in_words(cameras: list[CameraDevice]) -> str:
    """A sentence about the cameras that can be used.

    Example:
        >>> cameras_in_words([CameraDevice(0, "HD Webcam", "/dev/video0")])
        'These cameras can be used: 0: HD Webcam (/dev/video0).'
    """
    usable = [str(camera) for camera in cameras if camera.problem is None]
    if usable:
        return f"These cameras can be used: {', '.join(usable)}."
    if cameras:
        return f"No camera can be used: {', '.join(map(str, cameras))}."
    return "No camera is connected to this computer."
