"""Files that play as cameras."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from maskseg_cli.camera import file_source
from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.file_source import FileSource
from maskseg_cli.errors import MasksegError
from tests.video.samples import damaged, make_video, number_of

TIMES = [Fraction(n, 100) for n in (0, 10, 12, 40, 45)]


class Clock:
    """A clock that goes on only while somebody waits: in place of `time` and of the event that ends a wait."""

    def __init__(self) -> None:
        self.now = 100.0
        self.closed = False

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += max(0.0, seconds)
        return self.closed

    def set(self) -> None:
        self.closed = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(file_source, "time", clock)
    monkeypatch.setattr(file_source, "threading", SimpleNamespace(Event=lambda: clock))
    return clock


def read(source: FileSource, count: int, clock: Clock) -> tuple[list[int], list[float]]:
    """Numbers of the next frames, and the seconds from the first at which they came."""
    numbers, seconds = [], []
    for _ in range(count):
        image = source.read()
        assert image is not None
        numbers.append(number_of(image))
        seconds.append(clock.now)
    return numbers, [one - seconds[0] for one in seconds]


def test_frames_come_when_they_are_due_and_the_last_one_lasts(tmp_path: Path, clock: Clock) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=5, times=TIMES))))
    numbers, seconds = read(source, 5, clock)
    assert numbers == [0, 1, 2, 3, 4]
    assert seconds == pytest.approx([float(due) for due in TIMES], abs=0.001)
    end = clock.now
    assert source.read() is None
    assert clock.now - end == pytest.approx(0.05, abs=0.02)
    source.close()


def test_a_loop_has_no_gap(tmp_path: Path, clock: Clock) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=4, rate=20))), loop=True)
    numbers, seconds = read(source, 10, clock)
    source.close()
    assert numbers == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert seconds == pytest.approx([number / 20 for number in range(10)], abs=0.001)


@pytest.mark.parametrize(("pause", "late"), [(0.3, 0.0), (0.8, 0.78)])
def test_a_file_catches_up_after_a_short_pause_of_its_reader_only(
    tmp_path: Path, clock: Clock, pause: float, late: float
) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=40, rate=50))))
    read(source, 2, clock)
    began = clock.now - 1 / 50
    clock.now += pause
    numbers, _ = read(source, 25, clock)
    source.close()
    assert numbers == list(range(2, 27))
    assert clock.now - began == pytest.approx(26 / 50 + late, abs=0.001)


def test_frames_come_in_real_time(tmp_path: Path) -> None:
    source = FileSource(CameraAddress("file", str(make_video(tmp_path / "a.mp4", frames=5, times=TIMES))))
    source.read()
    began = time.monotonic()
    for _ in range(4):
        source.read()
    assert time.monotonic() - began >= 0.44
    source.close()


def test_files_that_cannot_be_played(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all\n" * 100)
    with pytest.raises(MasksegError, match=r"notes\.mp4"):
        FileSource(CameraAddress("file", str(text)))
    broken = damaged(make_video(tmp_path / "a.mp4", frames=3, gop=1), tmp_path / "b.mp4", [0, 1, 2], zero=True)
    with pytest.raises(MasksegError, match=r"b\.mp4"):
        FileSource(CameraAddress("file", str(broken))).read()
