"""Which videos arguments mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.video.video_sources import find_videos, is_sequence, numbered_pictures


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [
        "films/b.MP4",
        "films/a.mov",
        "films/a_maskseg.mp4",
        "films/notes.txt",
        "films/photo.jpg",
        "films/.hidden.mp4",
        "films/more/c.webm",
        "films/out/d.mp4",
        "frames/00007.png",
        "frames/00009.png",
        "frames/00008.png",
        "frames/123456.png",
        "frames/7.png",
        "frames/x00007.png",
        "frames/00007.png.bak",
        "shots/s%_001.jpg",
        "strange%03d.mp4",
        "plain",
    ]:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")


def _names(*arguments: str, recursive: bool = False, avoid: str | None = None) -> list[tuple[str, str]]:
    found = find_videos(arguments, recursive, Path(avoid) if avoid else None)
    return [(source.name, str(source.relative)) for source in found]


def test_a_folder_gives_its_videos_without_own_results() -> None:
    assert _names("films") == [("films/a.mov", "a.mov"), ("films/b.MP4", "b.MP4")]


def test_a_folder_and_all_below_it_but_the_output() -> None:
    found = _names("films", recursive=True, avoid="films/out")
    assert found == [("films/a.mov", "a.mov"), ("films/b.MP4", "b.MP4"), ("films/more/c.webm", "more/c.webm")]


def test_files_patterns_and_addresses_keep_their_order() -> None:
    arguments = [
        "rtsp://me:secret@camera/live/1",
        "plain",
        "films/*.m*",
        "frames/%05d.png",
        "https://x.org/a/b.mp4?k=1",
    ]
    assert _names(*arguments) == [
        ("rtsp://me:secret@camera/live/1", "1"),
        ("plain", "plain"),
        ("films/a.mov", "a.mov"),
        ("frames/%05d.png", "frames"),
        ("https://x.org/a/b.mp4?k=1", "b.mp4"),
    ]


def test_an_own_result_is_left_out_beside_its_source_only() -> None:
    Path("films/b_maskseg.MP4").touch()
    assert _names("films/b.MP4", "films/b_maskseg.MP4") == [("films/b.MP4", "b.MP4")]
    assert _names("films/b_maskseg.MP4") == [("films/b_maskseg.MP4", "b_maskseg.MP4")]


def test_one_source_named_twice_is_one() -> None:
    assert len(_names("films/b.MP4", "./films/b.MP4", "rtsp://camera/1", "rtsp://camera/1")) == 2


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("nowhere.mp4", r"There is no file or folder nowhere\.mp4"),
        ("shots", r"There is no video in the folder shots \(-r looks"),
        ("films/*.avi", r"No video matches the pattern films/\*\.avi"),
    ],
)
def test_arguments_that_mean_no_video(argument: str, says: str) -> None:
    with pytest.raises(MasksegError, match=says):
        find_videos([argument])


def test_standard_input_is_refused() -> None:
    with pytest.raises(UsageError, match="save it to a file first"):
        find_videos(["films", "-"])


def test_numbered_pictures_come_in_the_order_of_their_numbers() -> None:
    names = [path.name for path in numbered_pictures("frames/%05d.png")]
    assert names == ["00007.png", "00008.png", "00009.png", "123456.png"]
    assert [path.name for path in numbered_pictures("frames/%d.png")] == ["7.png", "123456.png"]
    assert [path.name for path in numbered_pictures("shots/s%%_%03d.jpg")] == ["s%_001.jpg"]


@pytest.mark.parametrize(
    ("argument", "address", "sequence"),
    [
        ("frames/%05d.png", False, True),
        ("%d.jpg", False, True),
        ("frames/%05d_%d.png", False, False),
        ("100%.mp4", False, False),
        ("strange%03d.mp4", False, False),  # a file of this name
        ("https://x.org/%20d.mp4", True, False),
        ("udp://@:1234", True, False),
        ("C:\\films\\a.mp4", False, False),
        ("a:b.mp4", False, False),
    ],
)
def test_what_is_an_address_and_what_a_sequence(argument: str, address: bool, sequence: bool) -> None:
    assert (is_address(argument), is_sequence(argument)) == (address, sequence)
