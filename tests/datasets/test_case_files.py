"""Files that other people's programs wrote: what the sound file gives, or a sentence that names the fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import score_results

SAME = ["01a", "01b", "01d", "03a", "04b", "04d", "05a", "07a", "07b", "13c", "15a", "17c", "17d", "14d", "iscrowd"]

REFUSED = {
    "11_zip": "ZIP archive",
}

#: Files of other programs -> the box of the one object in them, a disc.
OTHER_PROGRAMS = {"20c": [2, 1, 5, 4], "20e": [11, 10, 50, 49]}

WILD = ("wild_nan", "wild_null", "wild_1e8", "wild_1e300", "rle_overrun")


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("needs the folder cases, which is not part of the project")
    return folder


def file_of(cases: Path, name: str) -> Path:
    [path] = (cases / "annotations").glob(f"{name}*")
    return path


def trained(path: Path, cases: Path) -> list[Any]:
    source = open_source(path, cases / "imgs")
    examples = [source[index] for index in range(len(source))]
    return [source.class_names, *((one.class_ids.tolist(), one.boxes.round(3).tolist()) for one in examples)]


@pytest.mark.parametrize("name", SAME)
def test_the_same_as_the_sound_file(cases: Path, name: str) -> None:
    path = file_of(cases, name)
    assert trained(path, cases) == trained(file_of(cases, "00"), cases)
    metrics = score_results(path, file_of(cases, "results_rle_ok"), cases / "imgs").metrics
    assert (metrics["bbox"]["AP"], metrics["segm"]["AP"]) == pytest.approx((1, 1))


@pytest.mark.parametrize("name", REFUSED)
def test_other_formats_are_named(cases: Path, name: str) -> None:
    path = file_of(cases, name)
    with pytest.raises(MasksegError, match=REFUSED[name]):
        trained(path, cases)
    with pytest.raises(MasksegError, match=REFUSED[name]):
        score_results(path, file_of(cases, "results_rle_ok"))


@pytest.mark.parametrize("name", OTHER_PROGRAMS)
def test_files_of_other_programs(cases: Path, name: str) -> None:
    assert trained(file_of(cases, name), cases) == [("background", "disc"), ([1], [OTHER_PROGRAMS[name]])]


@pytest.mark.parametrize("name", WILD)
def test_wild_numbers_are_named(cases: Path, name: str) -> None:
    path = file_of(cases, name)
    [problem] = open_source(path, cases / "imgs").problems
    assert problem.names == ("annotation 1 of p1.jpg",)
    with pytest.raises(MasksegError, match=r"annotation 1 of p1\.jpg has .*: correct it, or leave it out"):
        score_results(path, file_of(cases, "results_rle_ok"))


@pytest.mark.parametrize("name", ["results_nan_score", "results_null_polygon"])
def test_wild_results_are_named(cases: Path, name: str) -> None:
    with pytest.raises(MasksegError, match="result 1 has "):
        score_results(file_of(cases, "00"), file_of(cases, name))


def test_a_file_of_darwin(cases: Path) -> None:
    """Its one polygon has a single point."""
    path = file_of(cases, "20f")
    assert {"outline", "no-objects"} <= {problem.kind for problem in open_source(path, cases / "imgs").problems}
    with pytest.raises(MasksegError, match=r"annotation 1 of p1\.jpg has an outline that is no polygon"):
        score_results(path, file_of(cases, "results_rle_ok"), cases / "imgs")


def test_a_file_of_labelme(cases: Path) -> None:
    source = open_source(file_of(cases, "20a"), cases / "imgs")
    assert source.class_names == ("background", "disc")
    assert source[0].boxes.tolist() == [[11, 10, 50, 49]]  # of the pixels whose centre is inside the triangle
