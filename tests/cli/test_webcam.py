"""`maskseg webcam` with files as cameras, and without a screen."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.camera import device_source, devices
from maskseg_cli.camera.devices import CameraDevice
from maskseg_cli.pipeline.camera_session import LOWEST_SCORE

from . import fake_model
from .fake_model import BlobEngine
from .running import tree_of
from .video_running import facts, film, outlined
from .webcam_running import run


@pytest.fixture
def street(here: Path) -> Path:
    """A video of two seconds in the current folder."""
    return film(here / "street.mp4", frames=40, rate=20)


def test_a_file_is_recorded_in_real_time(street: Path) -> None:
    began = time.monotonic()
    result = run("--camera", "street.mp4", "--no-window", "--no-track", "--record", "out.mp4")
    seconds = time.monotonic() - began
    recorded = facts("out.mp4")
    assert 1.9 < recorded.duration <= seconds  # a busy machine shows the last frame for longer
    assert all(outlined(frame) for frame in recorded.frames)
    assert f"Recorded out.mp4 ({recorded.duration:.1f} s)" in result.stderr
    assert re.search(r"Watched for \d+\.\d s: \d+ frames", result.stderr)
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["out.avi", "out.webm"])
def test_other_formats(street: Path, name: str) -> None:
    began = time.monotonic()
    run("--camera", "street.mp4", "--no-window", "--record", name, "--duration", "0.8", "--quiet")
    assert 0.6 < facts(name).duration <= time.monotonic() - began


def test_quiet_prints_nothing_but_errors(street: Path) -> None:
    result = run("--camera", "street.mp4", "--no-window", "--duration", "0.2", "--quiet")
    assert result.output == ""


def test_drawing_and_model_options(street: Path) -> None:
    off = ("--no-masks", "--no-contours", "--no-boxes", "--no-captions")
    run("--camera", "street.mp4", "--no-window", "--record", "plain.mp4", "--duration", "0.3", *off)
    assert not any(outlined(frame) for frame in facts("plain.mp4").frames)
    run("--camera", "street.mp4", "--no-window", "--record", "dogs.mp4", "--duration", "0.3", "--classes", "dog")
    assert not any(outlined(frame) for frame in facts("dogs.mp4").frames)
    run("--camera", "street.mp4", "--no-window", "--duration", "0.3", "--classes", "god", code=2)


def test_mirror(street: Path) -> None:
    run("--camera", "street.mp4", "--no-window", "--record", "m.mp4", "--duration", "0.3", "--mirror")
    first = facts("m.mp4").frames[0]
    # The person, who is white inside the drawing, is at the left: at the right when mirrored.
    assert first[12:28, 48:].mean() > first[12:28, :48].mean() + 5


def test_the_network_finds_low_scores_for_viewers_and_only_high_ones_are_shown(
    street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    class LowScores(BlobEngine):
        """Finds objects of any score once it was asked for low ones."""

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "config" and hasattr(self, "config"):
                asked.append(value.detection_min_confidence)
                value = value.replace(detection_min_confidence=0.0)
            super().__setattr__(name, value)

    monkeypatch.setattr(fake_model, "BlobEngine", LowScores)
    run("--camera", "street.mp4", "--no-window", "--duration", "0.3", "--record", "out.mp4", "--min-score", "0.95")
    assert asked == [LOWEST_SCORE]
    assert not any(outlined(frame) for frame in facts("out.mp4").frames)


def test_a_loop_repeats_the_file(street: Path) -> None:
    began = time.monotonic()
    run("--camera", "street.mp4", "--no-window", "--record", "out.mp4", "--duration", "2.6", "--loop", "--quiet")
    assert 2.3 < facts("out.mp4").duration <= time.monotonic() - began


def test_the_input_and_other_files_are_never_overwritten(street: Path) -> None:
    before = street.read_bytes()
    result = run("--camera", "street.mp4", "--no-window", "--record", "street.mp4", "--overwrite", code=2)
    assert "never overwritten" in result.stderr
    Path("out.mp4").write_text("valuable")
    result = run("--camera", "street.mp4", "--no-window", "--record", "out.mp4", code=1)
    assert "out.mp4 exists already: --overwrite" in result.stderr
    assert (street.read_bytes(), Path("out.mp4").read_text()) == (before, "valuable")
    run("--camera", "street.mp4", "--no-window", "--record", "out.mp4", "--overwrite", "--duration", "0.2")
    assert facts("out.mp4").frames
    assert tree_of(street.parent) == ["out.mp4", "street.mp4"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--no-window"], "--record FILE, --serve or --duration"),
        (["--camera", "nothing.mp4"], "There is no camera 'nothing.mp4'"),
        (["--camera", "street.mp4", "--width", "640"], "--width"),
        (["--camera", "street.mp4", "--reconnect"], "street.mp4 is a file"),
        (["--camera", "0", "--loop"], "--loop"),
        (["--camera", "street.mp4", "--token", "x"], "--serve"),
        (["--camera", "street.mp4", "--serve", "everywhere"], "no port"),
        (["--camera", "street.mp4", "--no-window", "--record", "out.xyz"], "out.xyz"),
        (["--camera", "street.mp4", "--no-window", "--record", "frames/"], "one video file"),
        (["--camera", "street.mp4", "--no-window", "--record", "%05d.png"], "one video file"),
        (["--camera", "street.mp4", "--no-window", "--record", "out.mp4", "--duration", "soon"], "soon"),
        (["--camera", "street.mp4", "--no-window", "--duration", "0"], "above 0"),
        (["--camera", "street.mp4", "--no-window", "--duration", "1", "--overwrite"], "--record"),
        (["--camera", "street.mp4", "--no-window", "--duration", "1", "--snapshots", "street.mp4"], "street.mp4"),
    ],
)
def test_options_that_are_not_possible(street: Path, arguments: list[str], words: str) -> None:
    result = run(*arguments, code=2)
    assert words in result.stderr
    assert tree_of(street.parent) == ["street.mp4"]


@pytest.mark.parametrize("name", ["out/w.png", "-", "out.xyz", "%05d.jpg", "frames/", "folder.mp4"])
def test_a_recording_is_one_file(street: Path, name: str) -> None:
    Path("folder.mp4").mkdir()
    result = run("--camera", "street.mp4", "--no-window", "--record", name, code=2)
    assert result.stderr == (
        "Error: --record writes one video file (.mp4 .m4v .mov .mkv .webm .avi .gif), such as yard.mp4; "
        f"{name} is none.\n"
    )


def test_a_folder_for_snapshots_that_is_not_possible_is_refused_at_once(street: Path) -> None:
    result = run("--camera", "street.mp4", "--no-window", "--duration", "1", "--snapshots", "street.mp4/x", code=1)
    assert "street.mp4 is no folder" in result.stderr
    assert "Watched" not in result.stderr


def test_the_error_without_a_display_names_the_alternatives(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    result = run("--camera", "street.mp4", code=1)
    assert result.stderr.startswith("Error: There is no display")
    assert "--no-window" in result.stderr
    assert "--serve" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_video(here: Path) -> None:
    Path("notes.mp4").write_text("milk, bread\n" * 100)
    result = run("--camera", "notes.mp4", "--no-window", "--duration", "1", code=1)
    assert result.stderr.startswith("Error: notes.mp4 ")
    assert result.stderr.count("\n") == 1


def test_the_error_for_an_absent_camera_names_those_that_work(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_source, "list_cameras", lambda: [CameraDevice(0, "HD Webcam", "/dev/video0")])
    monkeypatch.setattr("sys.platform", "linux")
    result = run("--camera", "77", "--no-window", "--duration", "1", code=1)
    assert result.stderr == ("Error: There is no camera 77. These cameras can be used: 0: HD Webcam (/dev/video0).\n")


def test_list_cameras(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_cameras", list)
    result = run("--list-cameras", code=1)
    assert "No camera is connected" in result.stderr
    cameras = [CameraDevice(0, "HD Webcam", "/dev/video0"), CameraDevice(2, "Old", "/dev/video2", "it does not answer")]
    monkeypatch.setattr(devices, "list_cameras", lambda: cameras)
    result = run("--list-cameras")
    assert result.stdout.splitlines() == ["0: HD Webcam (/dev/video0)", "2: Old (/dev/video2) - it does not answer"]


def test_a_recording_that_cannot_be_written_is_a_failure(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.video.writer import DiskFull, VideoWriter

    def full(*_: object) -> None:
        raise DiskFull("The disk of out.mp4 is full: the video ends here.")

    monkeypatch.setattr(VideoWriter, "write", full)
    result = run("--camera", "street.mp4", "--no-window", "--record", "out.mp4", "--quiet", code=1)
    assert result.stderr == "The disk of out.mp4 is full: the video ends here.\n"
    assert tree_of(street.parent) == ["street.mp4"]
