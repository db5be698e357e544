"""Videos from servers, good and bad ones; nothing waits for ever."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.video import opening
from maskseg_cli.video.reader import open_video
from tests.video.samples import make_video, number_of
from tests.video.servers import file_of, half_of, mjpeg_camera, rtsp_camera, serving, whole_file_of


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_TIMEOUT", 0.7)
    monkeypatch.setattr(opening, "READ_TIMEOUT", 0.7)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    return make_video(path, frames=150, size=(320, 240), container={"movflags": "faststart"}).read_bytes()


def test_a_file_on_a_web_server_and_a_piece_of_it(film: bytes) -> None:
    with serving(file_of(film)) as address:
        with open_video(f"{address}/a.mp4?key=1") as video:
            assert [number_of(frame.image) for frame in video] == list(range(150))
            assert (video.info.name, video.broken) == (f"{address}/a.mp4?key=***", None)
        with open_video(f"{address}/a.mp4", start=4, end=4.2) as video:
            assert [number_of(frame.image) for frame in video] == [100, 101, 102, 103, 104]


def test_a_server_that_goes_silent_in_the_middle(film: bytes) -> None:
    with serving(half_of(film, then_hang=20)) as address, open_video(f"{address}/a.mp4") as video:
        began = time.monotonic()
        numbers = [number_of(frame.image) for frame in video]
        assert numbers == list(range(len(numbers)))
        assert 30 < len(numbers) < 120
        assert video.broken == f"{address}/a.mp4 broke off: there was no answer for 0.7 seconds."
        assert time.monotonic() - began < 10


def test_a_server_that_hangs_up_in_the_middle(film: bytes) -> None:
    with serving(half_of(film)) as address, open_video(f"{address}/a.mp4") as video:
        assert 30 < len(list(video)) < 120
        assert video.broken is not None
        assert video.broken.startswith(f"{address}/a.mp4 broke off: ")


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_server_that_never_answers(scheme: str) -> None:
    with serving(lambda link, request: time.sleep(20), scheme) as address:
        began = time.monotonic()
        with pytest.raises(MasksegError, match=r"does not answer: no video came for 0\.7 seconds"):
            open_video(f"{address}/1")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "cannot be opened: server returned 404 Not Found"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<html>Hello</html>\n", "is no video"),
    ],
)
def test_a_server_that_has_no_video(answer: bytes, says: str) -> None:
    with (
        serving(lambda link, request: link.sendall(answer)) as address,
        pytest.raises(MasksegError, match=f"{address}/a {says}"),
    ):
        open_video(f"{address}/a")


def test_addresses_that_lead_nowhere() -> None:
    with serving(lambda link, request: None) as gone:
        pass
    with pytest.raises(MasksegError, match=r"http://me:\*\*\*@127.* cannot be opened: connection refused"):
        open_video(gone.replace("//", "//me:secret@"))
    with pytest.raises(MasksegError, match="warp:// is not known here"):
        open_video("warp://camera/1")


def test_a_camera_that_sends_pictures_without_times() -> None:
    with serving(mjpeg_camera(40, 0.05)) as address, open_video(f"{address}/camera", max_frames=16) as video:
        frames = list(video)
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(16))
    assert frames[0].time == 0
    # They were sent 0.05 s apart, if not later; some were there when the camera was opened.
    assert frames[-1].time >= Fraction(11, 20)
    assert frames[-1].duration >= Fraction(1, 25)
    assert all(later.time > earlier.time for earlier, later in itertools.pairwise(frames))


def test_an_rtsp_camera(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=60, gop=10)
    with serving(rtsp_camera(path), "rtsp") as address, open_video(f"{address}/camera") as video:
        frames = list(itertools.islice(video, 40))
    assert [number_of(frame.image) for frame in frames] == list(range(40))
    assert [frame.time for frame in frames] == [Fraction(index, 25) for index in range(40)]
    assert (video.info.width, video.info.height, video.info.frames) == (64, 48, None)


def test_an_index_at_the_end_and_a_server_that_sends_whole_files_only(film: bytes, tmp_path: Path) -> None:
    plain = make_video(tmp_path / "a.mov", frames=150, size=(320, 240), gop=1, sound="pcm_s16le").read_bytes()
    assert len(plain) > 2**16  # FFmpeg keeps that much, so it can go back in a smaller one
    for data, server, readable in ((plain, whole_file_of, False), (plain, file_of, True), (film, whole_file_of, True)):
        with serving(server(data)) as address:
            if readable:
                with open_video(f"{address}/a.mp4") as video:
                    assert len(list(video)) == 150
                continue
            with pytest.raises(MasksegError) as caught:
                open_video(f"{address.replace('://', '://me:secret@')}/a.mp4")
        assert "me:***@" in str(caught.value)
        says = "has its index at the end, and its server sends no parts of a file"
        assert f"/a.mp4 {says}, so that it cannot be read from there: download it first." in str(caught.value)
