"""`maskseg video` on small films, with a stand-in for the network."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video.samples import damaged, make_pictures, truncated

from .fake_model import BlobEngine
from .running import tree_of
from .video_running import facts, film, json_lines, outlined, outlined_at, run

NO_CAPTIONS = ("--no-captions", "--no-boxes")


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("out.mp4", "h264", "aac"),
        ("out.mov", "h264", "aac"),
        ("out.mkv", "h264", "aac"),
        ("out.avi", "mpeg4", "mp3"),
        ("out.webm", "vp9", "opus"),
        ("out.gif", "gif", None),
    ],
)
def test_every_format_keeps_frames_length_and_sound(here: Path, name: str, codec: str, sound: str | None) -> None:
    film(here / "in.mp4", frames=50, sound="aac")
    result = run("in.mp4", "-o", name)
    out = facts(name)
    assert len(out.frames) == 50
    assert out.duration == pytest.approx(2, abs=0.06)
    assert (out.codec, (out.sound or "").replace("mp3float", "mp3") or None) == (codec, sound)
    assert out.frames[0].shape == (64, 96, 3)
    assert all(map(outlined, out.frames))
    assert "in.mp4 -> " + name in result.stderr
    assert "50 frames" in result.stderr
    assert "1 person" in result.stderr
    assert tree_of(here) == sorted(["in.mp4", name])


def test_the_outline_is_on_the_frame_that_it_belongs_to(here: Path) -> None:
    film(here / "in.mp4", frames=40)
    run("in.mp4", "-o", "out.mp4", *NO_CAPTIONS)
    places = [outlined_at(frame) for frame in facts("out.mp4").frames]
    assert places == pytest.approx([4 + k + 3.5 for k in range(40)], abs=1)


def test_every_keeps_the_last_result_and_every_frame(here: Path) -> None:
    film(here / "in.mp4", frames=20)
    run("in.mp4", "-o", "out.mp4", "--every", "5", "--json", "out.jsonl", "--no-track", *NO_CAPTIONS)
    assert len(facts("out.mp4").frames) == 20
    lines = json_lines("out.jsonl")
    assert [line["frame"] for line in lines] == list(range(20))
    assert [line["detected_in"] for line in lines] == [k - k % 5 for k in range(20)]
    boxes = [line["annotations"][0]["bbox"][0] for line in lines]
    assert boxes == pytest.approx([4 + k - k % 5 for k in range(20)], abs=1)


def test_drop_leaves_frames_out_and_keeps_the_length(here: Path) -> None:
    film(here / "in.mp4", frames=20)
    run("in.mp4", "-o", "out.mp4", "--every", "5", "--drop", "--json", "out.jsonl")
    out = facts("out.mp4")
    assert out.times == pytest.approx([0, 0.2, 0.4, 0.6])
    assert out.duration == pytest.approx(0.8, abs=0.01)
    assert [line["frame"] for line in json_lines("out.jsonl")] == [0, 5, 10, 15]
    run("in.mp4", "-o", "two.mp4", "--every", "5", "--drop", "--max-frames", "2")
    assert facts("two.mp4").times == pytest.approx([0, 0.2])


def test_a_part_of_the_film(here: Path) -> None:
    film(here / "in.mp4", frames=75, sound="aac")
    run("in.mp4", "-o", "out.mp4", "--start", "1", "--end", "0:02", "--json", "out.jsonl")
    out = facts("out.mp4")
    assert len(out.frames) == 25
    assert out.duration == pytest.approx(1, abs=0.06)
    assert out.sound == "aac"
    lines = json_lines("out.jsonl")
    assert (lines[0]["frame"], lines[0]["time"], lines[-1]["time"]) == (25, 1.0, 1.96)
    run("in.mp4", "-o", "few.mp4", "--start", "1.5", "--max-frames", "7", "--no-audio")
    assert (len(facts("few.mp4").frames), facts("few.mp4").sound) == (7, None)


def test_batches_give_the_same_film(here: Path) -> None:
    film(here / "in.mp4", frames=11)
    run("in.mp4", "-o", "one.jsonl.mp4", "--json", "one.jsonl")
    run("in.mp4", "-o", "four.mp4", "--batch", "4", "--json", "four.jsonl")
    assert json_lines("four.jsonl") == json_lines("one.jsonl")


def test_a_constant_rate_keeps_the_length(here: Path) -> None:
    film(here / "in.mp4", frames=25)
    run("in.mp4", "-o", "out.mp4", "--fps", "10")
    out = facts("out.mp4")
    assert out.times == pytest.approx([k / 10 for k in range(10)])
    assert out.duration == pytest.approx(1)


def test_a_variable_rate_stays_variable(here: Path) -> None:
    times = [Fraction(k, 100) for k in (0, 4, 10, 11, 30, 34, 60)]
    film(here / "in.mp4", frames=7, times=times, last=Fraction(4, 100))
    run("in.mp4", "-o", "out.mp4")
    assert facts("out.mp4").times == pytest.approx([float(time) for time in times], abs=0.001)
    run("in.mp4", "-o", "out.avi")
    assert facts("out.avi").duration == pytest.approx(0.64, abs=0.07)


def test_frames_as_pictures_and_back(here: Path) -> None:
    film(here / "in.mp4", frames=6)
    run("in.mp4", "-o", "frames/%03d.png")
    assert tree_of(here / "frames") == [f"{k:03d}.png" for k in range(6)]
    run("in.mp4", "-o", "jpegs", "--format", "jpg")
    assert len(tree_of(here / "jpegs")) == 6
    run("frames/%03d.png", "-o", "again.mp4", "--no-masks", "--no-contours", *NO_CAPTIONS)
    assert len(facts("again.mp4").frames) == 6


def test_numbered_pictures_are_a_film(here: Path) -> None:
    make_pictures(here / "shots", 5)
    run("shots/%05d.png")
    assert len(facts("shots_maskseg.mp4").frames) == 5


def test_codec_quality_and_tag(here: Path) -> None:
    film(here / "in.mp4", frames=5)
    run("in.mp4", "-o", "a.avi", "--fourcc", "MJPG")
    assert facts("a.avi").codec == "mjpeg"
    run("in.mp4", "-o", "b.avi")
    assert facts("b.avi").tag == "XVID"
    run("in.mp4", "-o", "c.mkv", "--codec", "ffv1")
    assert facts("c.mkv").codec == "ffv1"
    run("in.mp4", "-o", "fine.mp4", "--crf", "5")
    run("in.mp4", "-o", "coarse.mp4", "--crf", "45")
    assert Path("fine.mp4").stat().st_size > Path("coarse.mp4").stat().st_size


def test_a_source_that_breaks_off_gives_what_there_was_and_a_failure(here: Path) -> None:
    film(here / "whole.mkv", frames=100, gop=5)
    truncated(here / "whole.mkv", here / "in.mkv", 0.5)
    result = run("in.mkv", "-o", "out.mp4", code=1)
    assert "in.mkv" in result.stderr
    frames = len(facts("out.mp4").frames)
    assert 20 < frames < 90
    assert f"{frames} frames" in result.stderr
    assert "Traceback" not in result.stderr


def test_frames_that_cannot_be_decoded_are_counted(here: Path) -> None:
    # Intra-only, so that one damaged packet is one lost frame.
    film(here / "whole.mov", frames=20, codec="mjpeg", pix_fmt="yuvj420p")
    damaged(here / "whole.mov", here / "in.mov", [5, 9], zero=True)
    result = run("in.mov", "-o", "out.mkv")
    assert "2 frames could not be decoded" in result.stderr
    assert len(facts("out.mkv").frames) == 18
    assert facts("out.mkv").duration == pytest.approx(0.8, abs=0.05)


def test_one_bad_source_does_not_stop_the_others(here: Path) -> None:
    film(here / "a.mp4", frames=5)
    (here / "b.mp4").write_text("no video at all, but some words\n" * 20)
    film(here / "c.mp4", frames=5)
    result = run("a.mp4", "b.mp4", "c.mp4", "-o", "out", "--json", "all.jsonl", code=1)
    assert tree_of(here / "out") == ["a.mp4", "c.mp4"]
    assert "Error: b.mp4" in result.stderr
    assert "2 of 3 videos done, 1 failed: b.mp4." in result.stderr
    assert [line["file_name"] for line in json_lines("all.jsonl")] == ["a.mp4"] * 5 + ["c.mp4"] * 5


def test_a_folder_keeps_its_tree_and_goes_on(here: Path) -> None:
    film(here / "in/a.mp4", frames=3)
    film(here / "in/deep/b.avi", frames=4, codec="mpeg4")
    run("in", "-r", "-o", "out", "--json", "all.jsonl")
    assert tree_of(here / "out") == ["a.mp4", "deep/b.avi"]
    (here / "out/deep/b.avi").unlink()
    before = (here / "out/a.mp4").stat().st_mtime_ns
    result = run("in", "-r", "-o", "out", "--json", "all.jsonl", "--skip-existing")
    assert "1 of 2 videos done, 1 there already." in result.stderr
    assert (here / "out/a.mp4").stat().st_mtime_ns == before
    assert [line["file_name"] for line in json_lines("all.jsonl")] == ["a.mp4"] * 3 + ["deep/b.avi"] * 4
    result = run("in", "-r", "-o", "out", "--skip-existing")
    assert "0 of 2 videos done, 2 there already." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["in.mp4", "-o", "in.mp4"], 2, "inputs are never overwritten"),
        (["in.mp4", "-o", "out.xyz"], 2, "ends in no video format"),
        (["in.mp4", "-o", "out.mp4", "--codec", "divx9"], 2, "There is no codec divx9"),
        (["in.mp4", "-o", "out.mp4", "--fourcc", "XXXX"], 2, "is no tag"),
        (["in.mp4", "-o", "out.gif", "--crf", "20"], 2, "no quality to choose"),
        (["in.mp4", "-o", "there.mp4"], 1, "there.mp4 exists already"),
        (["in.mp4", "-o", "-"], 2, "standard output"),
        (["in.mp4", "--start", "5", "--end", "4"], 2, "--end 4 does not come after --start 5"),
        (["in.mp4", "--drop"], 2, "--every N, which is not given"),
        (["in.mp4", "--end", "0"], 2, "does not come after"),
        (["in.mp4", "--start", "soon"], 2, "is no time"),
        (["in.mp4", "--fps", "0"], 2, "0"),
        (["in.mp4", "--overwrite", "--skip-existing"], 2, "contradict"),
        (["in.mp4", "--json", "in.mp4"], 2, "inputs are never overwritten"),
        (["nowhere.mp4"], 2, "no file or folder nowhere.mp4"),
        (["-"], 2, "standard input"),
        (["empty/"], 1, "no video in the folder"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(
    here: Path, arguments: list[str], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(here / "in.mp4", frames=3)
    (here / "there.mp4").write_bytes(b"old")
    (here / "empty").mkdir()
    before = {path: path.read_bytes() for path in here.glob("*.mp4")}
    monkeypatch.setattr("maskseg_cli.inference.loading.open_engine", lambda *_: pytest.fail("the work began"))
    result = run(*arguments, code=code)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert {path: path.read_bytes() for path in here.glob("*.mp4")} == before
    assert tree_of(here) == ["in.mp4", "there.mp4"]


def test_a_part_without_frames_is_said(here: Path) -> None:
    film(here / "in.mp4", frames=5)
    result = run("in.mp4", "-o", "out.mp4", "--start", "20", code=1)
    assert "in.mp4" in result.stderr
    assert tree_of(here) == ["in.mp4"]


def test_an_error_of_the_network_leaves_the_frames_before_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = BlobEngine.run

    def fail_late(self: BlobEngine, images: np.ndarray, *others: Any) -> Any:
        if (images[0, 20].min(axis=1) > 200).argmax() >= 14:  # the person in the tenth frame
            raise ValueError("the network has lost its way")
        return original(self, images, *others)

    monkeypatch.setattr(BlobEngine, "run", fail_late)
    film(here / "in.mp4", frames=30)
    result = run("in.mp4", "-o", "out.mp4", code=1)
    assert len(facts("out.partial.mp4").frames) == 10
    assert "the network has lost its way" in result.stderr
    assert "10 frames" in result.stderr


def test_odd_sizes_are_padded_with_a_note(here: Path) -> None:
    film(here / "in.avi", frames=4, codec="ffv1", pix_fmt="bgr0", size=(97, 65))
    result = run("in.avi", "-o", "out.mp4")
    assert facts("out.mp4").frames[0].shape == (66, 98, 3)
    assert "98 x 66" in result.stderr


def test_quiet_says_nothing_and_stdout_is_clean(here: Path) -> None:
    film(here / "in.mp4", frames=3)
    result = run("in.mp4", "-o", "out.mp4", "-q", "--json", "-")
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 3


def test_dry_run_writes_nothing_and_tells_the_plan(here: Path) -> None:
    film(here / "in.mp4", frames=60, sound="aac")
    result = run("in.mp4", "-o", "out.mp4", "--dry-run")
    assert tree_of(here) == ["in.mp4"]
    text = result.stdout
    assert "96 x 64, 25 frames a second, 60 frames, 2.4 s, sound (aac)" in text
    assert "out.mp4" in text
    assert "H.264" in text
    assert "it takes" in text
    assert "with --every 3" in text
    assert text.count("frames a second)") == 2


def test_dry_run_says_which_frames_the_network_looks_at(here: Path) -> None:
    film(here / "in.mp4", frames=60)
    part = ("in.mp4", "-o", "out.mp4", "--every", "3", "--start", "0.4", "--max-frames", "7")
    assert "is run on the first of every 3 frames, the others take over its result" in run(*part, "--dry-run").stdout
    run(*part, "--json", "out.jsonl")
    assert [line["detected_in"] for line in json_lines("out.jsonl")] == [10, 10, 10, 13, 13, 13, 16]


def test_dry_run_of_an_existing_result_is_allowed(here: Path) -> None:
    film(here / "in.mp4", frames=8)
    (here / "in_maskseg.mp4").write_bytes(b"old")
    run("in.mp4", "--dry-run", "--every", "2")
    assert (here / "in_maskseg.mp4").read_bytes() == b"old"


def test_numbered_pictures_are_read_at_the_rate_of_the_result(here: Path) -> None:
    make_pictures(here / "shots", 6)
    run("shots/%05d.png", "-o", "slow.mp4", "--fps", "2")
    assert facts("slow.mp4").times == pytest.approx([k / 2 for k in range(6)])


def test_a_password_in_an_address_is_not_shown(here: Path) -> None:
    film(here / "a.mp4", frames=2)
    result = run("a.mp4", "rtsp://me:secret@127.0.0.1:1/live", "-o", "out", code=1)
    assert "rtsp://me:***@127.0.0.1:1/live" in result.stderr
    assert "secret" not in result.stderr
    assert tree_of(here / "out") == ["a.mp4"]
