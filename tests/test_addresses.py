"""No password of an address is shown."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from click.testing import CliRunner

from maskseg_cli.addresses import hide_logins, hide_passwords
from maskseg_cli.camera.camera_address import parse_camera
from maskseg_cli.cli.main import main
from maskseg_cli.errors import UsageError
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.video_outputs import plan_videos
from maskseg_cli.video.video_sources import find_videos

SECRET = "tlJwpbo6"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"rtsp://me:{SECRET}@camera:554/1", "rtsp://camera:554/1"),
        (f"rtsp://me:{SECRET}/x@camera:554/1", "rtsp://camera:554/1"),
        (f"rtsp://me:1234/{SECRET}@camera/1", "rtsp://camera/1"),
        (f"rtsp://me:a?{SECRET}@camera/1", "rtsp://camera/1"),
        (f"rtsp://me:a#{SECRET}@camera", "rtsp://camera"),
        (f"rtsp://me:@{SECRET}@@camera/1?x=a@b", "rtsp://camera/1?x=a@b"),
        (f"http://[::1]:80/a?user=me&password={SECRET}", "http://[::1]:80/a?user=me&password=***"),
        (f"http://camera/video.cgi?loginuse=me&loginpas={SECRET}&x=1", None),
        (f"http://camera/a?PWD={SECRET}&x=1", "http://camera/a?PWD=***&x=1"),
        (f"http://camera/a?access_token={SECRET};x=1", "http://camera/a?access_token=***;x=1"),
        (
            f"rtsp://camera:554/user=admin&password={SECRET}&channel=1",
            "rtsp://camera:554/user=admin&password=***&channel=1",
        ),
        (f"rtsp://camera/user=admin_password={SECRET}_channel=1_stream=0.sdp", None),
        ("http://camera/a@b", "http://camera/a@b"),
        ("http://[fe80::1]/a@b", "http://[fe80::1]/a@b"),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
    ],
)
def test_names_of_cameras_and_videos(address: str, shown: str | None) -> None:
    assert shown in (None, parse_camera(address).name)
    for text in (parse_camera(address).name, shown_name(address), hide_passwords(f"The camera {address} is lost.")):
        assert SECRET not in text
        assert "camera" in text or "::1" in text or "239" in text


def test_names_of_results(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for address in (
        f"rtsp://me:{SECRET}@camera",
        f"rtsp://me:a/{SECRET}@camera",
        f"rtsp://camera/user=me&password={SECRET}&channel=1",
    ):
        [source] = find_videos([address])
        assert SECRET not in source.exported_name
        for output in (None, "out"):
            [job] = plan_videos([source], output)
            assert SECRET not in str(job.target)
            assert PurePath(str(job.target)).suffix == ".mp4"


@pytest.mark.parametrize("text", [f"rtsp:/me:{SECRET}@camera", f"me:{SECRET}@camera/1"])
def test_a_mistyped_address(text: str) -> None:
    with pytest.raises(UsageError, match="There is no camera") as caught:
        parse_camera(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", [f"rtsp://me:{SECRET}@[::1", f"http://me:{SECRET}@]:80/film.mp4"])
def test_a_bracket_that_belongs_to_no_address(text: str) -> None:
    for read in (parse_camera, lambda argument: find_videos([argument])):
        with pytest.raises(UsageError, match=r"is no address: its .* IPv6") as caught:
            read(text)
        assert SECRET not in str(caught.value)


def test_our_own_example_and_the_address_of_the_page_stay() -> None:
    example = "it asks for a name and a password, as in http://NAME:PASSWORD@ADDRESS"
    assert hide_passwords(example) == hide_logins(example) == example
    page = "The picture is at http://127.0.0.1:8000/?token=sesame"
    assert hide_logins(page) == page
    assert shown_name("rtsp://me:secret@camera:554/1?a=b") == "rtsp://me:***@camera:554/1?a=b"
    assert hide_logins("rtsp://me:***@camera/1") == "rtsp://me:***@camera/1"


@pytest.mark.parametrize(
    "arguments",
    [
        [f"rtsp://me:{SECRET}@camera/1"],
        ["weights", "info", f"http://me:{SECRET}@host/a.h5"],
        ["config", "--config", f"http://me:{SECRET}@host/a.toml"],
        ["config", "--set", f"http://me:{SECRET}@host"],
        ["config", f"http://me:{SECRET}@host"],
        ["evaluate", f"http://me:{SECRET}@host/a.json", f"http://me:{SECRET}@host/"],
        ["image", "a.jpg", "--labels", f"http://host/?token={SECRET}"],
        ["image", f"http://me:{SECRET}@host/a.jpg"],
    ],
)
def test_no_command_repeats_a_password(arguments: list[str]) -> None:
    """Wherever an address is given where none belongs, too."""
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code in (1, 2)
    assert SECRET not in done.output
    assert any(word in done.output for word in ("host", "camera", "Addresses are not read"))


def test_paths_are_no_addresses() -> None:
    for text in ("C:/Users/a@b: no", "in:/tmp/me@host/x", "a folder /tmp/x:y@z", "D:\\me:x@y"):
        assert hide_passwords(text) == text
