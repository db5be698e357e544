"""The planned outputs of videos."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.video.video_outputs import plan_videos
from maskseg_cli.video.video_sources import find_videos


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with files that are named like videos."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b.mpg", "videos/c.avi", "videos/deep/d.MOV", "frames/00001.png", "frames/00002.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def targets(*arguments: str, recursive: bool = False, **options: object) -> list[str]:
    jobs = plan_videos(find_videos(arguments, recursive), **options)  # type: ignore[arg-type]
    return [str(job.target) for job in jobs]


def test_beside_the_film_in_its_own_format_where_that_can_be_written(folder: Path) -> None:
    assert targets("a.mp4", "b.mpg", "videos/c.avi") == ["a_maskseg.mp4", "b_maskseg.mp4", "videos/c_maskseg.avi"]
    assert targets("a.mp4", format_name="webm") == ["a_maskseg.webm"]


def test_a_file_a_folder_and_the_tree_below_a_folder(folder: Path) -> None:
    assert targets("a.mp4", output="out.avi") == ["out.avi"]
    assert targets("a.mp4", output="new/") == [os.path.join("new", "a.mp4")]
    assert targets("a.mp4", "b.mpg", output="new") == [os.path.join("new", "a.mp4"), os.path.join("new", "b.mp4")]
    assert targets("videos", recursive=True, output="new", format_name="mkv") == [
        os.path.join("new", "c.mkv"),
        os.path.join("new", "deep", "d.mkv"),
    ]


def test_frames_go_to_a_pattern_or_a_folder(folder: Path) -> None:
    assert targets("a.mp4", output="out/%04d.jpg") == [os.path.join("out", "%04d.jpg")]
    assert targets("a.mp4", output="out", format_name="png") == [os.path.join("out", "%06d.png")]
    assert targets("a.mp4", "b.mpg", output="out", format_name="jpg") == [
        os.path.join("out", "a", "%06d.jpg"),
        os.path.join("out", "b", "%06d.jpg"),
    ]


def test_numbered_pictures_become_a_film_beside_their_folder(folder: Path) -> None:
    assert targets("frames/%05d.png") == ["frames_maskseg.mp4"]


def test_a_stream_becomes_a_file_in_the_current_folder(folder: Path) -> None:
    assert targets("http://127.0.0.1:1/live/cam 1.m3u8?key=secret") == ["cam_1_maskseg.mp4"]
    assert targets("rtsp://camera/", output="new/") == [os.path.join("new", "camera.mp4")]


def test_existing_results_are_refused_kept_or_replaced(folder: Path) -> None:
    Path("a_maskseg.mp4").write_bytes(b"old")
    with pytest.raises(MasksegError, match="exists already"):
        targets("a.mp4")
    videos = find_videos(["a.mp4", "b.mpg"])
    assert [job.done for job in plan_videos(videos, skip_existing=True)] == [True, False]
    assert [job.done for job in plan_videos(videos, overwrite=True)] == [False, False]


def test_existing_frames_too(folder: Path) -> None:
    Path("out").mkdir()
    Path("out/000001.png").write_bytes(b"old")
    videos = find_videos(["a.mp4"])
    with pytest.raises(MasksegError, match="exists already"):
        plan_videos(videos, "out", "png")
    assert plan_videos(videos, "out", "png", skip_existing=True)[0].done
    assert not plan_videos(videos, "out", "png", overwrite=True)[0].done


def test_all_existing_frames_are_counted(folder: Path) -> None:
    for name in ("a", "b"):
        Path("out", name).mkdir(parents=True)
        Path("out", name, "000001.png").write_bytes(b"old")
    with pytest.raises(MasksegError, match=r"a.000001\.png exists already \(and 1 more\)"):
        targets("a.mp4", "b.mpg", output="out", format_name="png")


@pytest.mark.parametrize("output", [None, "new"])
def test_videos_of_one_stem_get_different_names(folder: Path, output: str | None) -> None:
    for name in ("b.mov", "b.mp4", "b.MTS"):
        Path(name).write_bytes(name.encode())

    def named(*stems: str) -> list[str]:
        return [os.path.join("new", f"{stem}.mp4") if output else f"{stem}_maskseg.mp4" for stem in stems]

    assert targets("b.mpg", "b.MTS", output=output) == named("b_mpg", "b_mts")
    assert targets("b.mpg", "b.mp4", "a.mp4", output=output) == named("b_mpg", "b", "a")
    assert targets("b.mov", "b.mpg", "b.mp4", output=output, format_name="mp4") == named("b_mov", "b_mpg", "b")
    assert targets("b.mov", "b.mp4", output=output)[1:] == named("b")  # the first one is a .mov
    if output:
        assert targets("b.mov", "b.mp4", output=output, format_name="png") == [
            os.path.join("new", "b_mov", "%06d.png"),
            os.path.join("new", "b_mp4", "%06d.png"),
        ]


def test_addresses_with_one_name_are_numbered(folder: Path) -> None:
    addresses = ("http://a/live.mp4", "http://b/live.mp4", "rtsp://c/live")
    assert targets(*addresses, output="new") == [os.path.join("new", f"live{end}.mp4") for end in ("", "_2", "_3")]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["a.mp4"], {"output": "a.mp4"}, "inputs are never overwritten"),
        (["a.mp4"], {"output": "-"}, "standard output"),
        (["a.mp4", "b.mpg"], {"output": "out.mp4"}, "a folder is needed for 2 videos"),
        (["videos"], {"output": "out.mp4"}, "a folder is needed for a folder of videos"),
        (["a.mp4"], {"output": "out.avi", "format_name": "mp4"}, "--format says mp4"),
    ],
)
def test_impossible_outputs(folder: Path, arguments: list[str], options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        targets(*arguments, **options)
    assert Path("a.mp4").read_bytes() == b"a.mp4"


def test_planning_loads_no_library_of_pictures_or_videos() -> None:
    """Each `maskseg video --help` loads it."""
    program = (
        "import sys, maskseg_cli.video.video_outputs\n"
        "sys.exit(' '.join({'av', 'cv2', 'numpy'} & set(sys.modules)) or None)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_frames_of_a_killed_run_are_not_taken_as_done(folder: Path) -> None:
    Path("out").mkdir()
    for name in (".000000.png", "000001.png"):
        Path("out", name).write_bytes(b"old")
    assert not plan_videos(find_videos(["a.mp4"]), "out", "png", skip_existing=True)[0].done
