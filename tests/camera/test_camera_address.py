"""What --camera may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskseg_cli.camera.camera_address import CameraAddress, parse_camera
from maskseg_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0", "device", "0"),
        (" 02 ", "device", "2"),
        ("rtsp://192.168.1.20:554/live", "network", "rtsp://192.168.1.20:554/live"),
        ("HTTP://camera/video.mjpg", "network", "http://camera/video.mjpg"),
        ("udp://@239.0.0.1:1234", "network", "udp://@239.0.0.1:1234"),
    ],
)
def test_kinds(text: str, kind: str, value: str) -> None:
    assert parse_camera(text) == CameraAddress(kind, value)


@pytest.mark.skipif(os.name == "nt", reason="device files are Unix's")
def test_a_device_file_need_not_exist() -> None:
    assert parse_camera("/dev/video7") == CameraAddress("device", "/dev/video7")


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("street 1.mp4").touch()
    assert parse_camera("street 1.mp4") == CameraAddress("file", "street 1.mp4")
    assert parse_camera(f"file://{tmp_path}/street 1.mp4").kind == "file"


@pytest.mark.parametrize(
    "text", ["", "street.mp4", "-1", "camera", "/dev/null/x", str(2**31), pytest.param(5000 * "9", id="5000 digits")]
)
def test_the_error_for_anything_else_names_what_is_possible(text: str) -> None:
    with pytest.raises(UsageError, match="--list-cameras"):
        parse_camera(text)


def test_an_address_that_ffmpeg_does_not_play() -> None:
    with pytest.raises(UsageError, match=r"gopher://.*rtsp"):
        parse_camera("gopher://camera/1")


def test_messages_do_not_hold_passwords() -> None:
    assert parse_camera("rtsp://me:se@cret@camera:554/1?x=a@b").name == "rtsp://camera:554/1?x=a@b"
    assert parse_camera("http://camera/a@b").name == "http://camera/a@b"
    assert parse_camera("3").name == "camera 3"
