"""Cameras of this computer: webcams, built in or on USB."""

from __future__ import annotations

import os
import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.devices import cameras_in_words, list_cameras
from maskseg_cli.camera.quiet import quiet_opencv
from maskseg_cli.camera.source import CameraError, CaptureSettings

#: Failed reads in a row that mean more than one spoilt picture.
_LOST_AFTER = 10


class DeviceSource:
    """A camera of this computer, read by OpenCV (V4L2, AVFoundation or Media Foundation).

    Raises:
        CameraError: it is absent, may not be used, or is used by another program.
    """

    live = True

    def __init__(self, address: CameraAddress, wishes: CaptureSettings) -> None:
        self._name = address.name
        linux = sys.platform.startswith("linux")
        path = f"/dev/video{address.value}" if linux and address.value.isdigit() else address.value
        if linux:
            self._check_device_file(path)
        with quiet_opencv():
            self._capture = (
                cv2.VideoCapture(path, cv2.CAP_V4L2) if linux else cv2.VideoCapture(int(address.value), cv2.CAP_ANY)
            )
            if not self._capture.isOpened():
                self._capture.release()
                if linux:
                    raise CameraError(
                        f"The {_camera(self._name)} cannot be opened: another program may be using it, "
                        f"or it is no camera. {_others(path)}"
                    )
                raise CameraError(f"There is no {_camera(self._name)}, or it is in use or not allowed. {_others(path)}")
            self._ask(wishes)
            self._first: NDArray[np.uint8] | None = self._try_to_read()
        if self._first is None:
            self._capture.release()
            raise CameraError(
                f"The {_camera(self._name)} gives no picture: another program may be using it. {_others(path)}"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = float(rate) if 1 <= rate <= 1000 else None
        self.notes = self._compared(wishes)

    def _check_device_file(self, path: str) -> None:
        if not os.path.exists(path):
            raise CameraError(f"There is no {_camera(self._name)}. {_others(path)}")
        if not os.access(path, os.R_OK | os.W_OK):
            raise CameraError(
                f"You may not use the {_camera(self._name)}: join the group video "
                "(sudo usermod -aG video $USER) and log in again."
            )

    def _ask(self, wishes: CaptureSettings) -> None:
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver heeds it, there is nothing old to skip
        if not wishes:
            return
        # Uncompressed, most webcams send large pictures at 5 to 10 a second only.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        for key, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, wishes.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, wishes.height),
            (cv2.CAP_PROP_FPS, wishes.fps),
        ):
            if value:
                self._capture.set(key, value)

    def _try_to_read(self) -> NDArray[np.uint8] | None:
        good, image = self._capture.read()
        if not good or image is None or image.size == 0:
            return None
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        return np.asarray(image[:, :, :3], np.uint8)

    def _compared(self, wishes: CaptureSettings) -> tuple[str, ...]:
        """What the camera does differently than asked."""
        assert self._first is not None
        height, width = self._first.shape[:2]
        notes = []
        if (wishes.width or width, wishes.height or height) != (width, height):
            asked = f"{wishes.width or width} x {wishes.height or height}"
            notes.append(f"The {_camera(self._name)} sends {width} x {height} pixels, not {asked}.")
        if wishes.fps and self.frame_rate and abs(self.frame_rate - wishes.fps) > 0.5:
            notes.append(f"The {_camera(self._name)} sends {self.frame_rate:g} frames a second, not {wishes.fps:g}.")
        return tuple(notes)

    def read(self) -> NDArray[np.uint8] | None:
        """The next picture; it never ends by itself.

        Raises:
            CameraError: the camera was unplugged, or stopped.
        """
        if self._first is not None:
            first, self._first = self._first, None
            return first
        for _ in range(_LOST_AFTER):
            image = self._try_to_read()
            if image is not None:
                return image
        raise CameraError(f"The {_camera(self._name)} gives no more pictures: it was unplugged, or it stopped.")

    def close(self) -> None:
        """Gives the camera free for other programs."""
        self._capture.release()


def _camera(name: str) -> str:
    return name if name.startswith("camera") else f"camera {name}"


def _others(path: str) -> str:
    return cameras_in_words([camera for camera in list_cameras() if camera.path != path])
