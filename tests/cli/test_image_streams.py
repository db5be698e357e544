"""`maskseg image` in pipes, in a window, and its JSON."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from maskseg_cli.media.images import write_image

from .fake_model import scene
from .running import ENVIRONMENT, PROGRAM, encoded, in_process, run, tree_of


def test_standard_input_and_output_in_a_pipe(tmp_path: Path) -> None:
    done = in_process("-", "-o", "-", input=encoded("PNG"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = Image.open(io.BytesIO(done.stdout))
    assert picture.format == "PNG"
    assert picture.size == (96, 64)
    assert done.stderr.decode().splitlines() == ["standard input: 1 person, 1 dog"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_large_pictures_go_whole_through_a_slow_pipe(unbuffered: str, tmp_path: Path) -> None:
    """An unbuffered standard output writes only as much as the pipe takes, 64 KB."""
    write_image(tmp_path / "a.bmp", scene(1000, 700))
    done = in_process("a.bmp", "-o", "-", cwd=tmp_path, unbuffered=unbuffered)
    assert Image.open(io.BytesIO(done.stdout)).size == (1000, 700)
    assert len(done.stdout) == (tmp_path / "a.bmp").stat().st_size


def test_streams_take_a_format(here: Path) -> None:
    result = run("-", "--format", "webp", stdin=encoded("JPEG"))
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "WEBP"
    result = run("-", stdin=encoded("JPEG"))
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "JPEG"
    run("-", "-o", "x.bmp", stdin=encoded("JPEG"))
    assert Image.open(here / "x.bmp").format == "BMP"
    write_image(here / "a.png", scene())
    result = run("a.png", "-o", "-")
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "PNG"


def test_broken_standard_input(here: Path) -> None:
    assert run("-", stdin=b"", code=1).stderr == "Error: Standard input is empty (0 bytes).\n"
    assert "Standard input is cut off" in run("-", stdin=encoded()[:600], code=1).stderr


def test_json_to_standard_output(here: Path) -> None:
    write_image(here / "a.png", scene())
    data = json.loads(run("a.png", "--json", "-").stdout)
    assert [image["file_name"] for image in data["images"]] == ["a.png"]
    assert (here / "a_maskseg.png").is_file()


def test_picture_and_json_do_not_mix(here: Path) -> None:
    write_image(here / "a.png", scene())
    assert "cannot both" in run("a.png", "-o", "-", "--json", "-", code=2).stderr


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    write_image(tmp_path / "a.bmp", np.zeros((2000, 2000, 3), np.uint8))
    process = subprocess.Popen(
        [*PROGRAM, "a.bmp", "-o", "-", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=30)
    assert process.returncode == 1
    assert b"Traceback" not in errors


class FakeWindow:
    shown = 0
    last = 2

    def __enter__(self) -> FakeWindow:
        FakeWindow.shown = 0
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, image: np.ndarray) -> bool:
        assert image.shape == (64, 96, 3)
        FakeWindow.shown += 1
        return FakeWindow.shown < FakeWindow.last


def test_show_ends_with_q(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.media import window

    monkeypatch.setattr(window, "Window", FakeWindow)
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    result = run("in", "-o", "out", "--show")
    assert FakeWindow.shown == 2
    assert result.stderr.endswith("2 of 3 photos done.\n")
    assert tree_of(here / "out") == ["a.png", "b.png"]


def test_q_ends_a_watch_too(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.media import window

    monkeypatch.setattr(window, "Window", FakeWindow)
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    result = run("in", "-o", "out", "--show", "--watch")
    assert result.stderr.endswith("2 photos done.\n")
    assert tree_of(here / "out") == ["a.png", "b.png"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are looked for on Linux only")
def test_show_without_a_display_names_the_way_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    write_image(here / "a.png", scene())
    result = run("a.png", "--show", code=1)
    assert result.stderr == (
        "Error: There is no display to show pictures on: leave out --show; the result is written to a file "
        "all the same.\n"
    )
    assert tree_of(here) == ["a.png"]


def test_the_json_is_what_pycocotools_reads(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "sub/b.png"):
        write_image(here / "in" / name, scene())
    run("in", "-r", "-o", "out", "--json", "out/r.json")
    coco = COCO("out/r.json")
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == ["a.png", "sub/b.png"]
    assert [category["name"] for category in coco.loadCats([1, 18, 90])] == ["person", "dog", "toothbrush"]
    assert len(coco.getCatIds()) == 80
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[2]))
    assert [a["category_id"] for a in annotations] == [1, 18]
    bright = scene().min(axis=2) > 200
    masks = [coco.annToMask(a) for a in annotations]
    assert (sum(masks) == bright).all()
    for a, mask in zip(annotations, masks, strict=True):
        assert a["iscrowd"] == 0
        assert a["area"] == mask.sum() == coco_mask.area(a["segmentation"])
        assert a["bbox"] == coco_mask.toBbox(a["segmentation"]).tolist()
        assert isinstance(a["segmentation"]["counts"], str)
    assert [a["score"] for a in annotations] == [0.9, 0.6]
