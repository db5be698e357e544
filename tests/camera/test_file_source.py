"""Files that play as cameras."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import pytest

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.file_source import FileSource
from maskseg_cli.errors import MasksegError
from tests.video.samples import damaged, make_video, number_of

TIMES = [Fraction(n, 100) for n in (0, 10, 12, 40, 45)]


def read(source: FileSource, count: int) -> tuple[list[int], list[float]]:
    """Numbers of the next frames, and the seconds from the first at which they came."""
    numbers, seconds = [], []
    for _ in range(count):
        image = source.read()
        assert image is not None
        numbers.append(number_of(image))
        seconds.append(time.monotonic())
    return numbers, [one - seconds[0] for one in seconds]


def test_frames_come_when_they_are_due_and_the_last_one_lasts(tmp_path: Path) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=5, times=TIMES))))
    numbers, seconds = read(source, 5)
    assert numbers == [0, 1, 2, 3, 4]
    assert all(0 <= came - float(due) < 0.15 for came, due in zip(seconds, TIMES, strict=True))
    end = time.monotonic()
    assert source.read() is None
    assert time.monotonic() - end > 0.03
    source.close()


def test_a_loop_has_no_gap(tmp_path: Path) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=4, rate=20))), loop=True)
    numbers, seconds = read(source, 10)
    source.close()
    assert numbers == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert 0 <= seconds[-1] - 9 / 20 < 0.3


def test_a_file_does_not_catch_up_after_a_slow_reader(tmp_path: Path) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=40, rate=50))))
    read(source, 2)
    time.sleep(0.8)
    _, seconds = read(source, 11)
    source.close()
    assert seconds[-1] > 0.15


def test_files_that_cannot_be_played(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all\n" * 100)
    with pytest.raises(MasksegError, match=r"notes\.mp4"):
        FileSource(CameraAddress("file", str(text)))
    broken = damaged(make_video(tmp_path / "a.mp4", frames=3, gop=1), tmp_path / "b.mp4", [0, 1, 2], zero=True)
    with pytest.raises(MasksegError, match=r"b\.mp4"):
        FileSource(CameraAddress("file", str(broken))).read()
