"""Recordings play in real time."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.camera import recorder as recorder_module
from maskseg_cli.camera.file_names import unused_path
from maskseg_cli.camera.recorder import Recorder
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.fitting import fit
from maskseg_cli.media.images import read_image
from maskseg_cli.video import writer as writer_module
from maskseg_cli.video.writer import DiskFull
from tests.video.samples import number_of, picture

#: Capture times at an irregular pace, far from the zero of the clock.
TIMES = [5000.0 + seconds for seconds in (0, 0.13, 0.24, 0.4, 1.4, 1.5, 1.62)]
END = 5002.0


def frames_of(path: Path) -> list[tuple[int, float]]:
    """Number and time of each frame."""
    with av.open(str(path)) as container:
        return [
            (number_of(frame.to_ndarray(format="bgr24")), float(frame.pts * frame.time_base))
            for frame in container.decode(video=0)
        ]


def record(path: Path, times: list[float] = TIMES, end: float = END, rate: float | None = None) -> Recorder:
    recorder = Recorder(path, rate)
    for index, seconds in enumerate(times):
        recorder.add(picture(index), seconds)
    written = recorder.finish(end)
    assert written is not None
    assert abs(float(written.duration) - (end - times[0])) < 0.06
    return recorder


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.mov"])
def test_each_picture_once_at_its_time(tmp_path: Path, name: str) -> None:
    record(tmp_path / name)
    frames = frames_of(tmp_path / name)
    assert [number for number, _ in frames] == list(range(len(TIMES)))
    assert [time for _, time in frames] == pytest.approx([seconds - TIMES[0] for seconds in TIMES], abs=0.002)


def test_avi_repeats_pictures_to_keep_the_speed(tmp_path: Path) -> None:
    record(tmp_path / "a.avi", rate=50)
    frames = frames_of(tmp_path / "a.avi")
    assert len(frames) == 60  # 2 s at the most that is sensible, 30 a second
    for number, time in frames:
        shown = max(index for index, seconds in enumerate(TIMES) if seconds - TIMES[0] <= time + 1 / 30)
        assert abs(number - shown) <= 1


def test_an_hour_of_odd_durations_does_not_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each duration is rounded; their sum is not."""

    class Sum:
        width, height = 64, 48
        total = Fraction(0)

        def write(self, _: object, time: Fraction, duration: Fraction) -> None:
            assert time == self.total
            self.total += duration

    writer = Sum()
    monkeypatch.setattr(recorder_module, "VideoWriter", lambda *_: writer)
    recorder = Recorder(tmp_path / "x.mp4")
    image = picture(0)
    count = 100_000
    for index in range(count + 1):
        recorder.add(image, index * 0.036_003_1)
    assert float(writer.total) == pytest.approx(count * 0.036_003_1, abs=1e-4)


def test_a_pause_is_cut_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mp4")
    recorder.add(picture(0), 10.0)
    recorder.add(picture(1), 10.1)
    recorder.pause(10.25)
    recorder.add(picture(2), 100.0)
    recorder.tick(100.05)
    assert recorder.seconds == pytest.approx(0.3)
    written = recorder.finish(100.1)
    assert written is not None
    assert float(written.duration) == pytest.approx(0.35, abs=0.01)
    assert frames_of(tmp_path / "a.mp4") == [(0, 0.0), (1, pytest.approx(0.1)), (2, pytest.approx(0.25))]


def test_pictures_of_another_size_are_scaled(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mp4")
    recorder.add(np.full((48, 64, 3), 200, np.uint8), 0.0)
    recorder.add(np.full((96, 64, 3), 200, np.uint8), 0.5)
    assert recorder.finish(1.0) is not None
    with av.open(str(tmp_path / "a.mp4")) as container:
        last = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][-1]
    assert last.shape == (48, 64, 3)
    assert last[:, :14].max() < 60
    assert last[:, -14:].max() < 60
    assert last[:, 24:40].min() > 150


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_scaling_keeps_the_aspect_ratio(width: int, height: int, into_x: int, into_y: int) -> None:
    framed = fit(np.full((height, width, 3), 255, np.uint8), into_x, into_y)
    assert framed.shape == (into_y, into_x, 3)
    inner = framed[:, :, 0] == 255
    rows, columns = int(inner.any(axis=1).sum()), int(inner.any(axis=0).sum())
    assert rows == into_y or columns == into_x
    assert inner.sum() == rows * columns
    assert abs(columns * height - rows * width) <= max(width, height)


def test_no_picture_no_file(tmp_path: Path) -> None:
    assert Recorder(tmp_path / "a.mp4").finish(1.0) is None
    assert list(tmp_path.iterdir()) == []


def test_the_recordings_of_a_session_never_overwrite_each_other(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "yard.mp4", tmp_path)
    for start in (0.0, 10.0, 20.0):
        recordings.start()
        recordings.add(picture(1), start)
        assert recordings.path is not None
        assert recordings.stop(start + 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["yard-2.mp4", "yard-3.mp4", "yard.mp4"]
    assert [written.path.name for written in recordings.done] == ["yard.mp4", "yard-2.mp4", "yard-3.mp4"]
    assert recordings.stop(30) is None


def test_a_recording_without_a_name_is_called_after_the_time(tmp_path: Path) -> None:
    recordings = Recordings(folder=tmp_path)
    recordings.start()
    recordings.add(picture(1), 0.0)
    recordings.stop(1.0)
    (path,) = tmp_path.iterdir()
    assert re.fullmatch(r"maskseg-\d{8}-\d{6}\.mp4", path.name)


def test_a_full_disk_ends_the_recording_and_keeps_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = Recordings(tmp_path / "a.mp4")
    recordings.start()
    assert recordings.add(picture(0), 0.0) is None
    assert recordings.add(picture(1), 1.0) is None

    def full(*_: object) -> None:
        raise DiskFull("The disk is full.")

    monkeypatch.setattr(writer_module.VideoWriter, "write", full)
    sentence = recordings.add(picture(2), 2.0)
    assert sentence is not None
    assert "disk is full" in sentence
    assert "Recorded" in sentence
    assert recordings.failed == ["The disk is full."]
    assert recordings.path is None
    assert [number for number, _ in frames_of(tmp_path / "a.mp4")] == [0]


def test_a_folder_that_cannot_be_written_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "gone").touch()
    recordings = Recordings(tmp_path / "gone" / "a.mp4")
    recordings.start()
    assert "gone" in (recordings.add(picture(0), 0.0) or "")
    assert recordings.failed


def test_snapshots_never_overwrite(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "new")
    paths = [snapshots.save(picture(number)) for number in range(3)]
    assert len(set(paths)) == 3
    assert snapshots.saved == paths
    assert number_of(read_image(snapshots.saved[2])) == 2


def test_a_snapshot_that_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    snapshots = Snapshots(tmp_path / "file")
    with pytest.raises(MasksegError, match="cannot be saved"):
        snapshots.save(picture(0))
    assert snapshots.saved == []


def test_unused_names(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a-2.mp4").symlink_to("nowhere")
    assert unused_path(tmp_path / "a.mp4") == tmp_path / "a-3.mp4"


def test_ctrl_c_while_a_recording_is_finished_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = Recordings(tmp_path / "a.mp4")
    recordings.start()
    recordings.add(picture(0), 0.0)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer_module.VideoWriter, "finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        recordings.stop(1.0)
    assert list(tmp_path.iterdir()) == []


def test_two_sessions_do_not_take_one_name(tmp_path: Path) -> None:
    """Both begin within a second, and neither file exists yet."""
    first, second = Recordings(tmp_path / "a.avi"), Recordings(tmp_path / "a.avi")
    for recordings in (first, second):
        recordings.start()  # the session locks the name that the user gave
    (tmp_path / "a.avi").touch()
    for recordings, name in ((first, "a-2.avi"), (second, "a-3.avi")):
        assert recordings.start() == f"Recording to {tmp_path / name}."
    for recordings in (first, second):
        recordings.stop(0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]
