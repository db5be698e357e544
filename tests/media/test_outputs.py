"""The planned outputs of photos, and what is never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Job
from maskseg_cli.media import outputs, same_file
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.outputs import check_extra_output, plan_outputs

from .pictures import QUARTERS, Image, save

JPEG = save(Image.fromarray(QUARTERS), "JPEG")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.jpg", "photos/a.jpg", "photos/b.JPEG", "photos/sub/a.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(*arguments: str, recursive: bool = False, **options) -> list[Job]:
    return plan_outputs(find_sources(arguments, recursive), **options)


def targets(*arguments: str, **options) -> list[str | None]:
    return [job.target and job.target.as_posix() for job in plan(*arguments, **options)]


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        (["a.jpg"], {}, ["a_maskseg.jpg"]),
        (["photos"], {}, ["photos/a_maskseg.jpg", "photos/b_maskseg.JPEG"]),
        (["a.jpg"], {"format_name": "png"}, ["a_maskseg.png"]),
        (["a.jpg"], {"output": "x/y.png"}, ["x/y.png"]),
        (["a.jpg"], {"output": "x"}, ["x/a.jpg"]),
        (["a.jpg"], {"output": "x.jpg/"}, ["x.jpg/a.jpg"]),
        (["a.jpg"], {"output": "photos/sub/deep"}, ["photos/sub/deep/a.jpg"]),
        (["photos"], {"output": "out"}, ["out/a.jpg", "out/b.JPEG"]),
        (["photos"], {"output": "out.v2"}, ["out.v2/a.jpg", "out.v2/b.JPEG"]),
        (["photos"], {"output": "out", "format_name": "webp"}, ["out/a.webp", "out/b.webp"]),
        (["photos"], {"output": "out", "recursive": True}, ["out/a.jpg", "out/b.JPEG", "out/sub/a.jpg"]),
        (["a.jpg"], {"output": "-"}, [None]),
        (["-"], {}, [None]),
        (["-"], {"output": "x.png"}, ["x.png"]),
        (["-", "a.jpg"], {"output": "out"}, ["out/stdin.png", "out/a.jpg"]),
        (["a.jpg", "photos/a.jpg"], {"output": "out"}, ["out/a.jpg", "out/photos/a.jpg"]),
        (["photos/*.jpg"], {"output": "out"}, ["out/a.jpg"]),
    ],
)
def test_names(here: Path, arguments: list[str], options: dict, expected: list[str | None]) -> None:
    assert targets(*arguments, **options) == expected


def test_a_photo_without_a_suffix_gets_that_of_its_format(here: Path) -> None:
    for name in ("scan", "scan.2024"):
        (here / name).write_bytes(JPEG)
    assert targets("scan", "scan.2024") == ["scan_maskseg.jpg", "scan.2024_maskseg.jpg"]
    assert targets("scan", "scan.2024", output="out") == ["out/scan.jpg", "out/scan.2024.jpg"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["a.jpg"], {"output": "a.jpg"}, "The output a.jpg is the input a.jpg"),
        (["a.jpg"], {"output": "./photos/../a.jpg"}, "inputs are never overwritten"),
        (["a.jpg"], {"output": "."}, "inputs are never overwritten"),
        (["photos"], {"output": "photos"}, "inputs are never overwritten"),
        (["photos"], {"output": "out.jpg"}, "out.jpg names one picture; a folder is needed for 2 photos"),
        (["photos/sub"], {"output": "out.jpg"}, "a folder is needed for a folder of photos"),
        (["photos"], {"output": "a.jpg"}, "a.jpg is a file; a folder is needed"),
        (["a.jpg"], {"output": "x.gif"}, "x.gif ends in no picture format that can be written"),
        (["photos"], {"output": "-"}, "Standard output takes one photo, not 2"),
        (["a.jpg"], {"output": "x.png", "format_name": "jpg"}, "--format says jpg"),
        (["a.jpg"], {"overwrite": True, "skip_existing": True}, "contradict"),
    ],
)
def test_requests_that_make_no_sense(here: Path, arguments, options, message: str) -> None:
    options = {"overwrite": "skip_existing" not in options} | options
    with pytest.raises(UsageError) as caught:
        plan(*arguments, **options)
    assert message in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="Windows needs rights for links")
def test_an_input_is_not_overwritten_through_a_link(here: Path) -> None:
    (here / "soft.jpg").symlink_to(here / "a.jpg")
    (here / "hard.jpg").hardlink_to(here / "a.jpg")
    (here / "folder").symlink_to(here, target_is_directory=True)
    for output in ("soft.jpg", "hard.jpg", "folder/a.jpg"):
        with pytest.raises(UsageError, match=r"is the input a\.jpg"):
            plan("a.jpg", output=output, overwrite=True)
    with pytest.raises(UsageError, match=r"is the input soft.jpg"):
        plan("soft.jpg", output="a.jpg", overwrite=True)


def test_one_photo_is_not_overwritten_by_the_result_of_another(here: Path) -> None:
    (here / "photos" / "sub" / "b.JPEG").write_bytes(JPEG)
    with pytest.raises(UsageError, match="inputs are never overwritten"):
        plan("photos/a.jpg", "photos/sub/b.JPEG", output="photos/sub", overwrite=True)


def test_two_results_of_one_name(here: Path) -> None:
    (here / "photos" / "a.png").write_bytes(JPEG)
    with pytest.raises(UsageError, match=r"photos.a.jpg and photos.a.png would both be written to out.a.webp"):
        plan("photos", output="out", format_name="webp")
    assert len(plan("photos", output="out")) == 3


def test_names_that_differ_in_case_meet_where_the_file_system_takes_them_for_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "other").mkdir()
    (here / "other" / "A.JPG").write_bytes(JPEG)
    monkeypatch.setattr(same_file, "ignores_case", lambda _: False)
    assert targets("a.jpg", "other/A.JPG", output="out") == ["out/a.jpg", "out/A.JPG"]
    monkeypatch.setattr(same_file, "ignores_case", lambda _: True)
    with pytest.raises(UsageError, match="would both be written"):
        plan("a.jpg", "other/A.JPG", output="out")


def test_a_result_meets_any_earlier_one_of_its_name_not_only_the_first(here: Path) -> None:
    for name in ("A.PNG", "a.png"):
        (here / "photos" / name).write_bytes(JPEG)
    if len(list((here / "photos").iterdir())) < 5:
        pytest.skip("this file system takes A.PNG and a.png for one")
    with pytest.raises(UsageError, match=r"photos.a.jpg and photos.a.png would both be written to out.a.png"):
        plan("photos", output="out", format_name="png")


@pytest.mark.skipif(os.name == "nt", reason="Windows needs rights for links")
def test_results_meet_in_folders_that_are_one_through_a_link(here: Path) -> None:
    (here / "link").symlink_to(here / "photos", target_is_directory=True)
    with pytest.raises(UsageError, match="would both be written"):
        plan("photos/a.jpg", "link/a.jpg")
    assert len(plan("photos/a.jpg", "link/b.JPEG")) == 2


def test_the_file_system_is_asked_about_case(here: Path) -> None:
    (here / "Probe").mkdir()
    ignores = (here / "pROBE").exists()
    assert same_file.ignores_case(here / "Probe" / "x.jpg") == ignores


def test_what_exists_is_kept_replaced_or_refused(here: Path) -> None:
    (here / "out").mkdir()
    (here / "out" / "a.jpg").touch()
    with pytest.raises(
        MasksegError, match=r"out.a\.jpg exists already: --overwrite replaces, --skip-existing"
    ) as caught:
        plan("photos", output="out")
    assert not isinstance(caught.value, UsageError)
    assert [job.done for job in plan("photos", output="out", overwrite=True)] == [False, False]
    assert [job.done for job in plan("photos", output="out", skip_existing=True)] == [True, False]
    (here / "out" / "b.JPEG").touch()
    with pytest.raises(MasksegError, match=r"\(and 1 more\)"):
        plan("photos", output="out")


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there is no /dev/null here")
def test_a_device_is_an_output(here: Path) -> None:
    assert targets("a.jpg", output="/dev/null") == ["/dev/null"]


def test_a_file_in_place_of_a_folder(here: Path) -> None:
    with pytest.raises(MasksegError, match=r"a\.jpg is no folder"):
        plan("photos", output="a.jpg/out")


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise on Windows")
def test_a_folder_that_cannot_be_written_is_reported_first(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs.os, "access", lambda path, _: Path(path).name != "out")
    (here / "out").mkdir()
    with pytest.raises(MasksegError, match="cannot be written"):
        plan("photos", output="out/new")


def test_a_further_output_is_checked_too(here: Path) -> None:
    jobs = plan("photos", output="out")
    check_extra_output(here / "out" / "results.json", jobs)
    with pytest.raises(UsageError, match="inputs are never overwritten"):
        check_extra_output(Path("photos/a.jpg"), jobs)
    with pytest.raises(UsageError, match="would be the result of"):
        check_extra_output(Path("out/a.jpg"), jobs)
    with pytest.raises(UsageError, match="is a folder"):
        check_extra_output(Path("photos"), jobs)
