"""Folders of numbered pictures as output."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import remove_unfinished
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.video_sources import unfinished_mark
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import number_of, picture
from tests.video.written import constant_times, write


@pytest.mark.parametrize(
    ("output", "names"),
    [("frames/", "000000.png"), ("new/%04d.png", "0000.png"), ("f/a-%d.jpg", "a-0.jpg"), ("f/%03d.jpeg", "000.jpeg")],
)
def test_frames_are_pictures_numbered_from_0(tmp_path: Path, output: str, names: str) -> None:
    with VideoWriter(f"{tmp_path}/{output}", VideoInfo("sample", 65, 49, Fraction(25))) as writer:
        for index in range(3):
            writer.write(picture(index, (65, 49)), Fraction(index, 25), Fraction(1, 25))
        written = writer.finish()
    folder = tmp_path / output.split("/")[0]
    assert names in {entry.name for entry in folder.iterdir()}
    assert (written.frames, written.duration, written.notes) == (3, Fraction(3, 25), ())
    images = [cv2.imread(str(entry)) for entry in sorted(folder.iterdir())]
    assert [number_of(image) for image in images] == [0, 1, 2]
    assert all(image.shape == (49, 65, 3) for image in images)  # odd sizes stay
    if names.endswith("png"):
        assert (images[2] == picture(2, (65, 49))).all()


def test_frames_of_an_earlier_longer_run_go(tmp_path: Path) -> None:
    write(tmp_path, constant_times(5, 25), Fraction(1, 25))
    (tmp_path / "notes.txt").write_text("mine")
    written = write(tmp_path, constant_times(2, 25), Fraction(1, 25))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["000000.png", "000001.png", "notes.txt"]
    assert written.notes == ("3 frames of an earlier run were removed",)


def test_a_wanted_rate_repeats_and_drops_frames(tmp_path: Path) -> None:
    options = EncodeOptions(fps=Fraction(10))
    write(tmp_path, [Fraction(0), Fraction(1, 2)], Fraction(1, 2), options=options)
    numbers = [number_of(cv2.imread(str(entry))) for entry in sorted(tmp_path.iterdir())]
    assert numbers == [0] * 5 + [1] * 5


def test_quality_decides_the_size_of_jpegs(tmp_path: Path) -> None:
    for quality in (20, 95):
        options = EncodeOptions(quality=quality)
        write(tmp_path / f"{quality}/%d.jpg", [Fraction(0)], Fraction(1), size=(640, 480), options=options)
    assert (tmp_path / "95/0.jpg").stat().st_size > 1.3 * (tmp_path / "20/0.jpg").stat().st_size


def test_sound_has_no_place_among_frames_and_a_note_says_so(tmp_path: Path) -> None:
    written = write(tmp_path, [Fraction(0)], Fraction(1), sound=Sound("whatever.mp4"))
    assert written.notes == ("single frames have no sound",)


def test_throwing_away_removes_the_frames(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path, VideoInfo("sample", 64, 48, Fraction(25)))
    writer.write(picture(0), Fraction(0), Fraction(1))
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_ends_at_once_leaves_no_frames_and_none_come_after(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    writer = VideoWriter(tmp_path, VideoInfo("sample", 64, 48, Fraction(25)))
    for index in range(3):
        writer.write(picture(index), Fraction(index, 25), Fraction(1, 25))
    remove_unfinished()
    with pytest.raises(MasksegError, match="was not written"):  # another thread goes on for a moment
        writer.write(picture(3), Fraction(3, 25), Fraction(1, 25))
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_frames_that_are_complete_stay_when_a_program_ends_at_once(tmp_path: Path) -> None:
    write(tmp_path, constant_times(2, 25), Fraction(1, 25))
    remove_unfinished()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["000000.png", "000001.png"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MasksegError, match="cannot be made"):
        VideoWriter(f"{tmp_path}/file/frames/", VideoInfo("sample", 64, 48, Fraction(25)))


def test_an_incomplete_folder_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, constant_times(2, 25), Fraction(1, 25))
    writer = VideoWriter(tmp_path, VideoInfo("sample", 64, 48, Fraction(25)))
    for index in range(3):
        writer.write(picture(index), Fraction(index), Fraction(1))
    # Those of the earlier run stay until all are there.
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "000000.partial.png", "000000.png", "000001.partial.png", "000001.png", "000002.partial.png",
    ]  # fmt: skip
    replace = os.replace

    def killed(source: Path, target: Path) -> None:
        if target.name == "000002.png":
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        writer.finish()
    monkeypatch.undo()
    assert unfinished_mark(tmp_path / "%06d.png").exists()  # as a killed program leaves it
    write(tmp_path, constant_times(3, 25), Fraction(1, 25))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["000000.png", "000001.png", "000002.png"]
    assert number_of(cv2.imread(str(tmp_path / "000000.png"))) == 0
