"""What is no video is said to be none, in one sentence that names it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.reader import open_video
from tests.video.samples import make_pictures, make_sound, make_video


def _song(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", 44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(make_sound(0.1)[None], format="fltp", layout="mono")
        frame.sample_rate = 44100
        output.mux([*stream.encode(frame), *stream.encode(None)])


def _photo(path: Path) -> None:
    make_pictures(path.parent, 1, name=path.name + "%d.png")
    (path.parent / f"{path.name}1.png").rename(path)


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(20_000))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "nowhere.mp4": (lambda path: None, "There is no file {}."),
    "folder": (Path.mkdir, "{} is a folder, not a video."),
    "empty.mp4": (Path.touch, "{} is empty."),
    "text.txt": (lambda path: path.write_text("Not a film.\n" * 99), "{} is a text, not a video."),
    "text.mp4": (
        lambda path: path.write_text("Not a film.\n" * 99),
        "{} is no video, or so damaged that it cannot be read as one.",
    ),
    "noise.mkv": (_noise, "{} is no video, or so damaged that it cannot be read as one."),
    "words.srt": (lambda path: path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n"), "{} holds no pictures."),
    "song.m4a": (_song, "{} holds sound, but no pictures."),
    "photo.png": (_photo, "{0} is a photo, not a video: maskseg image {0}"),
    "photo.mp4": (_photo, "{0} is a photo, not a video: maskseg image {0}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_video(name: str, tmp_path: Path) -> None:
    make, sentence = WRONG[name]
    make(tmp_path / name)
    with pytest.raises(MasksegError) as caught:
        open_video(tmp_path / name)
    assert str(caught.value) == sentence.format(tmp_path / name)


def test_a_device_is_for_the_webcam_command() -> None:
    with pytest.raises(MasksegError, match=r"/dev/null is a device.*maskseg webcam --camera /dev/null"):
        open_video("/dev/null")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = make_video(tmp_path / "secret.mp4", frames=1)
    path.chmod(0)
    with pytest.raises(MasksegError, match=r"secret\.mp4 cannot be read: Permission denied"):
        open_video(path)


def test_a_song_with_a_cover_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("png", 1)
        cover.width = cover.height = 32
        cover.pix_fmt = "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = output.add_stream("aac", 44100, layout="mono")
        output.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        frame = av.AudioFrame.from_ndarray(make_sound(0.1)[None], format="fltp", layout="mono")
        frame.sample_rate = 44100
        output.mux([*cover.encode(None), *sound.encode(frame), *sound.encode(None)])
    with pytest.raises(MasksegError, match="holds sound, but no pictures"):
        open_video(path)


def test_no_numbered_picture(tmp_path: Path) -> None:
    make_pictures(tmp_path / "frames", 2)
    with pytest.raises(MasksegError, match=r"There is no picture .*%05d\.jpg"):
        open_video(tmp_path / "frames/%05d.jpg")
    with pytest.raises(MasksegError, match=r"The folder .*nowhere cannot be read: No such file"):
        open_video(tmp_path / "nowhere/%05d.png")


def test_passwords_are_not_shown() -> None:
    assert shown_name("rtsp://me:secret@camera:554/1?a=b") == "rtsp://me:***@camera:554/1?a=b"
    assert shown_name("rtsp://camera/1") == "rtsp://camera/1"
    assert shown_name("me:secret@film.mp4") == "me:secret@film.mp4"
