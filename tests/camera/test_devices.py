"""Listing and opening cameras, with a simulated /sys, /dev and driver."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.camera import device_source
from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.device_source import DeviceSource
from maskseg_cli.camera.devices import CameraDevice, cameras_in_words, cameras_of_linux
from maskseg_cli.camera.source import CameraError, CaptureSettings

CAPTURE, METADATA = 0x1, 0x00800000


def test_capture_devices_are_listed_and_metadata_devices_are_not(tmp_path: Path) -> None:
    for name, title in (("video10", "Second\n"), ("video0", "HD Webcam\n"), ("video1", "HD Webcam\n"), ("v4l-x", "?")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(title)
    found = cameras_of_linux(tmp_path, Path("/dev"), lambda path: METADATA if path.name == "video1" else CAPTURE)
    assert found == [CameraDevice(0, "HD Webcam", "/dev/video0"), CameraDevice(10, "Second", "/dev/video10")]
    assert cameras_in_words(found) == (
        "These cameras can be used: 0: HD Webcam (/dev/video0), 10: Second (/dev/video10)."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "join the group video"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "container"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
    ],
)
def test_a_camera_that_cannot_be_queried_is_listed_with_the_reason(tmp_path: Path, error: OSError, words: str) -> None:
    (tmp_path / "video0").mkdir()

    def ask(_: Path) -> int:
        raise error

    (camera,) = cameras_of_linux(tmp_path, Path("/dev"), ask)
    assert words in (camera.problem or "")
    assert words in str(camera)
    assert cameras_in_words([camera]).startswith("No camera can be used")


def test_no_camera_at_all(tmp_path: Path) -> None:
    assert cameras_of_linux(tmp_path / "absent") == []
    assert cameras_in_words([]) == "No camera is connected to this computer."


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="V4L2 is Linux's")
def test_a_file_that_is_no_camera(tmp_path: Path) -> None:
    """The real ioctl, on a file that does not support it."""
    (tmp_path / "classes" / "video0").mkdir(parents=True)
    (tmp_path / "video0").touch()
    (camera,) = cameras_of_linux(tmp_path / "classes", tmp_path)
    assert "does not answer" in (camera.problem or "")


class Driver:
    """Replaces cv2.VideoCapture: a webcam that supports 640 x 480 only."""

    def __init__(self, pictures: list[np.ndarray | None], opened: bool = True) -> None:
        self.pictures, self.opened = pictures, opened
        self.settings: dict[int, float] = {}
        self.released = False

    def __call__(self, *_: object) -> Driver:
        return self

    def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
        return self.opened

    def set(self, key: int, value: float) -> bool:
        self.settings[key] = value
        return True

    def get(self, key: int) -> float:
        return 30.0 if key == cv2.CAP_PROP_FPS else 0.0

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        picture = self.pictures.pop(0) if self.pictures else None
        return picture is not None, picture

    def release(self) -> None:
        self.released = True


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CameraAddress:
    """A device that exists; another one is listed."""
    monkeypatch.setattr(device_source, "list_cameras", lambda: [CameraDevice(2, "Other", "/dev/video2")])
    (tmp_path / "video0").touch()
    monkeypatch.setattr(sys, "platform", "linux")
    return CameraAddress("device", str(tmp_path / "video0"))


def picture(channels: int = 3) -> np.ndarray:
    return np.full((480, 640, channels)[: 2 if channels == 1 else 3], 7, np.uint8)


def test_settings_that_the_camera_does_not_follow_are_noted(
    address: CameraAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver([picture(), picture(1), picture(4)])
    monkeypatch.setattr(cv2, "VideoCapture", driver)
    camera = DeviceSource(address, CaptureSettings(1920, None, 60))
    assert driver.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1920
    assert cv2.CAP_PROP_FRAME_HEIGHT not in driver.settings
    assert "640 x 480 pixels, not 1920 x 480" in camera.notes[0]
    assert "30 frames a second, not 60" in camera.notes[1]
    for _ in range(3):  # color, gray and with alpha: always BGR
        image = camera.read()
        assert image is not None
        assert image.shape == (480, 640, 3)
    with pytest.raises(CameraError, match="unplugged"):
        camera.read()
    camera.close()
    assert driver.released


def test_single_failed_reads_are_skipped(address: CameraAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Driver([picture(), None, None, picture()]))
    camera = DeviceSource(address, CaptureSettings())
    assert not camera.notes
    assert camera.read() is not None
    assert camera.read() is not None


@pytest.mark.parametrize("driver", [Driver([], opened=False), Driver([None])])
def test_a_busy_camera_names_those_that_work(
    driver: Driver, address: CameraAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", driver)
    with pytest.raises(CameraError, match=r"another program may be using it.*2: Other \(/dev/video2\)"):
        DeviceSource(address, CaptureSettings())
    assert driver.released


def test_an_absent_camera_names_those_that_work(address: CameraAddress) -> None:
    with pytest.raises(CameraError, match=r"There is no camera .*video0x.*2: Other"):
        DeviceSource(CameraAddress("device", address.value + "x"), CaptureSettings())
