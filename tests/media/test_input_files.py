"""Which files are taken as photos."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.video.video_sources import find_videos


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with `photos`, photos in two folders inside it, and things that are no photos."""
    for name in (
        "photos/b.JPG",
        "photos/a.png",
        "photos/notes.txt",
        "photos/.hidden.jpg",
        "photos/._a.jpg",
        "photos/b_maskseg.JPG",
        "photos/.cache/c.jpg",
        "photos/sub/a.png",
        "photos/sub/deep/c.webp",
        "photos/[x].tif",
        "other/a.png",
        "empty/readme.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*arguments: str, recursive: bool = False, avoid: str | None = None) -> dict[str, str]:
    sources = find_sources(arguments, recursive, Path(avoid) if avoid else None)
    return {source.name.replace(os.sep, "/"): source.relative.as_posix() for source in sources}


def test_a_folder(tree: Path) -> None:
    assert found("photos") == {
        "photos/[x].tif": "[x].tif",
        "photos/a.png": "a.png",
        "photos/b.JPG": "b.JPG",
    }


def test_a_folder_and_all_below(tree: Path) -> None:
    assert found("photos/", recursive=True) == {
        "photos/[x].tif": "[x].tif",
        "photos/a.png": "a.png",
        "photos/b.JPG": "b.JPG",
        "photos/sub/a.png": "sub/a.png",
        "photos/sub/deep/c.webp": "sub/deep/c.webp",
    }


def test_of_several_folders_each_keeps_its_name(tree: Path) -> None:
    assert found("photos/sub", "other", "photos/b.JPG") == {
        "photos/sub/a.png": "sub/a.png",
        "other/a.png": "other/a.png",
        "photos/b.JPG": "b.JPG",
    }


def test_equal_names_are_disambiguated_by_their_folders(tree: Path) -> None:
    assert found("photos/a.png", "photos/sub/a.png", "photos/b.JPG") == {
        "photos/a.png": "a.png",
        "photos/sub/a.png": "sub/a.png",
        "photos/b.JPG": "b.JPG",
    }
    (tree / "other" / "sub").mkdir()
    (tree / "other" / "sub" / "a.png").touch()
    assert found("photos/sub", "other/sub") == {
        "photos/sub/a.png": "photos/sub/a.png",
        "other/sub/a.png": "other/sub/a.png",
    }


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("photos/*.png", {"photos/a.png": "a.png"}),
        ("photos/*", {"photos/[x].tif": "[x].tif", "photos/a.png": "a.png", "photos/b.JPG": "b.JPG"}),
        ("photos/?.*", {"photos/a.png": "a.png", "photos/b.JPG": "b.JPG"}),
        ("photos/*/a.png", {"photos/sub/a.png": "sub/a.png"}),
        (
            "photos/**/*.png",
            {"photos/a.png": "a.png", "photos/sub/a.png": "sub/a.png"},
        ),
        ("*/a.png", {"other/a.png": "other/a.png", "photos/a.png": "photos/a.png"}),
        ("photos/*_maskseg.*", {"photos/b_maskseg.JPG": "b_maskseg.JPG"}),
    ],
)
def test_patterns(tree: Path, pattern: str, names: dict[str, str]) -> None:
    assert found(pattern) == names


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tree: Path) -> None:
    assert found("photos/[x].tif") == {"photos/[x].tif": "[x].tif"}


def test_a_file_named_by_itself_may_be_called_anything(tree: Path) -> None:
    assert found("photos/notes.txt") == {"photos/notes.txt": "notes.txt"}
    assert found("photos/.hidden.jpg") == {"photos/.hidden.jpg": ".hidden.jpg"}


def test_a_photo_that_is_named_twice_is_done_once(tree: Path) -> None:
    assert list(found("photos/a.png", "./photos/../photos/a.png", "photos/*.png")) == ["photos/a.png"]


def test_results_in_an_expanded_pattern_are_left_out(tree: Path) -> None:
    """The shell turns photos/b* into both names."""
    assert list(found("photos/b.JPG", "photos/b_maskseg.JPG")) == ["photos/b.JPG"]
    assert list(found("photos/b_maskseg.JPG")) == ["photos/b_maskseg.JPG"]


def test_the_output_folder_inside_the_input_is_not_searched(tree: Path) -> None:
    (tree / "photos" / "out").mkdir()
    (tree / "photos" / "out" / "a.png").touch()
    with_out = found("photos", recursive=True)
    without = found("photos", recursive=True, avoid="photos/out")
    assert set(with_out) - set(without) == {"photos/out/a.png"}
    assert "photos/out/a.png" not in found("photos/**/*.png", avoid="photos/out")
    # unless the user says so
    assert found("photos/out", avoid="photos/out") == {"photos/out/a.png": "a.png"}
    assert "photos/a.png" in found("photos", avoid="photos")


@pytest.mark.skipif(os.name == "nt", reason="Windows needs rights for links")
def test_links_that_go_round_end(tree: Path) -> None:
    (tree / "photos" / "sub" / "round").symlink_to(tree / "photos", target_is_directory=True)
    assert len(found("photos", recursive=True)) == 5


def test_a_link_that_leads_nowhere_is_named_as_one(tree: Path) -> None:
    (tree / "round.jpg").symlink_to("round.jpg")
    with pytest.raises(UsageError, match=r"round\.jpg is a link to round\.jpg, which leads to nothing"):
        find_sources([str(tree / "round.jpg")])


def test_standard_input() -> None:
    [source] = find_sources(["-"])
    assert source.path is None
    assert source.name == "standard input"
    with pytest.raises(UsageError, match="once"):
        find_sources(["-", "-"])


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nowhere.jpg", "There is no file or folder nowhere.jpg"),
        ("empty", "There is no photo in the folder empty (-r looks"),
        ("photos/*.gif", "No photo matches the pattern photos/*.gif"),
        ("photos/*.txt", "No photo matches the pattern photos/*.txt"),
    ],
)
def test_an_argument_that_means_nothing(tree: Path, argument: str, message: str) -> None:
    with pytest.raises(MasksegError) as caught:
        find_sources(["photos", argument])
    assert str(caught.value).startswith(message)


def test_an_empty_tree(tree: Path) -> None:
    with pytest.raises(MasksegError, match=r"There is no photo in the folder empty\.$"):
        find_sources(["empty"], recursive=True)


def test_a_folder_that_fills_later(tree: Path) -> None:
    assert find_sources(["empty", "empty/*.jpg"], may_be_empty=True) == []
    with pytest.raises(MasksegError, match="There is no file or folder nowhere"):
        find_sources(["nowhere"], may_be_empty=True)


def test_what_is_there_instead_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("films/a.mp4", b"\0\0\0\x18ftypisom"), ("photos/a.jpg", b""), ("dog.jpg", b"")):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(data)
    for argument, says in (
        ("films", r"inside it too\); for what is there: maskseg video films\.$"),
        ("dgo.jpg", r"There is no file or folder dgo\.jpg \(did you mean dog\.jpg\?\)\.$"),
        ("gone/dog.jpg", r"There is no file or folder gone.dog\.jpg \(there is no folder gone\)\.$"),
        ("cat.bmp", r"There is no file or folder cat\.bmp\.$"),
    ):
        with pytest.raises(MasksegError, match=says):
            find_sources([argument])
    with pytest.raises(MasksegError, match=r"for what is there: maskseg image photos\.$"):
        find_videos(["photos"])
