"""`DeviceSource`: a camera of this computer, built in or on USB."""

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
from maskseg_cli.media.decoder_messages import collect_messages

#: So many failed reads in a row mean that the camera is lost; fewer are single damaged pictures.
_LOST_AFTER = 10


class DeviceSource:
    """A camera of this computer, read by OpenCV (V4L2, AVFoundation or Media Foundation).

    Raises:
        CameraError: it does not exist, access is denied, or another program uses it.
    """

    live = True

    def __init__(self, address: CameraAddress, settings: CaptureSettings) -> None:
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
            self._apply(settings)
            self._first: NDArray[np.uint8] | None = self._try_to_read()
        if self._first is None:
            self._capture.release()
            raise CameraError(
                f"The {_camera(self._name)} gives no picture: another program may be using it. {_others(path)}"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = float(rate) if 1 <= rate <= 1000 else None
        self.notes = self._differences(settings)

    def _check_device_file(self, path: str) -> None:
        if not os.path.exists(path):
            raise CameraError(f"There is no {_camera(self._name)}. {_others(path)}")
        if not os.access(path, os.R_OK | os.W_OK):
            raise CameraError(
                f"You may not use the {_camera(self._name)}: join the group video "
                "(sudo usermod -aG video $USER) and log in again."
            )

    def _apply(self, settings: CaptureSettings) -> None:
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver supports it, no old picture waits
        if not settings:
            return
        # Most webcams send large pictures without compression at 5 to 10 a second only.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        for key, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
            (cv2.CAP_PROP_FPS, settings.fps),
        ):
            if value:
                self._capture.set(key, value)

    def _try_to_read(self) -> NDArray[np.uint8] | None:
        # `grab` waits for the picture; `retrieve` decodes it, and libjpeg's lines about it belong to no user.
        success = self._capture.grab()
        image = None
        if success:
            with collect_messages():
                success, image = self._capture.retrieve()
        if not success or image is None or image.size == 0:
            return None
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        return np.asarray(image[:, :, :3], np.uint8)

    def _differences(self, settings: CaptureSettings) -> tuple[str, ...]:
        """A sentence for each setting that the camera does not follow."""
        assert self._first is not None
        height, width = self._first.shape[:2]
        notes = []
        if (settings.width or width, settings.height or height) != (width, height):
            asked = f"{settings.width or width} x {settings.height or height}"
            notes.append(f"The {_camera(self._name)} sends {width} x {height} pixels, not {asked}.")
        if settings.fps and self.frame_rate and abs(self.frame_rate - settings.fps) > 0.5:
            notes.append(f"The {_camera(self._name)} sends {self.frame_rate:g} frames a second, not {settings.fps:g}.")
        return tuple(notes)

    def read(self) -> NDArray[np.uint8] | None:
        """Waits for the next picture; never returns None.

        Raises:
            CameraError: the camera was unplugged, or it stopped.
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
        """Releases the camera for other programs."""
        self._capture.release()


def _camera(name: str) -> str:
    return name if name.startswith("camera") else f"camera {name}"


def _others(path: str) -> str:
    """A sentence about the other cameras of this computer."""
    return cameras_in_words([camera for camera in list_cameras() if camera.path != path])
