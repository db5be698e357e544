"""Photos that are planned folder by folder are those that are planned at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Job, Source
from maskseg_cli.pipeline.job_spool import JobSpool, has_undone
from maskseg_cli.pipeline.photo_plan import PhotoPlan
from maskseg_cli.pipeline.photo_planning import plan_photos
from maskseg_cli.reporter import Reporter

FILES = (
    "b.jpg",
    "a.png",
    "a.HEIC",
    "a.jpg",
    "x/1.jpg",
    "x/2_maskseg.jpg",
    "x/y/3.webp",
    "z/.4.jpg",
    "z/5.txt",
    "Z.JPG",
)


def plan(long: bool, folder: Path, output: Path | None, **options: bool) -> tuple[list[Job], int]:
    """The jobs, and how often their names were checked."""
    checked: list[int] = []

    def check(jobs: Sequence[Job]) -> None:
        checked.append(len(jobs))

    asked = PhotoPlan([str(folder)], None if output is None else str(output), recursive=True, **options)
    return list(plan_photos(asked, check, Reporter(), long=long)), len(checked)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "photos"


@pytest.mark.parametrize("output", [None, "out", "photos/out", "photos"])
def test_both_ways_give_the_same_jobs(folder: Path, tmp_path: Path, output: str | None) -> None:
    target = None if output is None else tmp_path / output
    options = {"skip_existing": True}
    if target is not None and target != folder:
        (target / "x").mkdir(parents=True)
        (target / "x" / "1.jpg").write_bytes(b"x")
    if target == folder:
        for long in (True, False):
            with pytest.raises(UsageError, match="inputs are never overwritten"):
                plan(long, folder, target, **options)
        return
    at_once, times = plan(False, folder, target, **options)
    by_folder, more = plan(True, folder, target, **options)
    assert by_folder == at_once
    assert len(at_once) >= 6
    assert times == 1
    assert more == (1 if output == "photos/out" else 3)


@pytest.mark.parametrize("long", [True, False])
def test_what_exists_or_is_missing_is_refused_in_both_ways(folder: Path, tmp_path: Path, long: bool) -> None:
    (tmp_path / "out/x").mkdir(parents=True)
    (tmp_path / "out/x/1.jpg").write_bytes(b"x")
    with pytest.raises(MasksegError, match=r"out/x/1\.jpg exists already"):
        plan(long, folder, tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MasksegError, match="There is no photo in the folder"):
        plan(long, tmp_path / "empty", tmp_path / "out")


def test_a_spool_gives_back_what_it_got() -> None:
    spool = JobSpool()
    name = os.fsdecode(b"\xff.jpg") if sys.platform != "win32" else "x.jpg"
    jobs = [
        Job(
            Source(Path("photos") / f"{n}{name}", PurePath(f"{n}{name}"), alone=False), Path(f"out/{n}"), ".jpg", n == 0
        )
        for n in range(2500)
    ]
    for begin in range(0, len(jobs), 700):
        spool.add(jobs[begin : begin + 700])
    assert (len(spool), spool.undone) == (2500, 2499)
    assert list(spool) == list(spool) == jobs
    assert has_undone(spool)
    assert not has_undone([jobs[0]])
