"""The scripts in examples/, run on real photos with a network of nonsense, and with the real one."""

from __future__ import annotations

import csv
import io
import itertools
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.media.images import read_image
from tests.cli.video_running import facts
from tests.documents import PROJECT

EXAMPLES = PROJECT / "examples"


def run(name: str, *arguments: str | Path) -> int:
    """Runs an example in this process, where TensorFlow is loaded already; returns its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-image's photos, written by the example as a user starts it."""
    folder = tmp_path_factory.mktemp("sample") / "photos"
    script = EXAMPLES / "make_sample_photos.py"
    done = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(folder / f"{name}.jpg") for name in ("astronaut", "cat", "coffee")]
    return folder


def test_make_sample_photos(photos: Path) -> None:
    sizes = {path.stem: read_image(path).shape for path in photos.iterdir()}
    assert sizes == {"astronaut": (512, 512, 3), "cat": (300, 451, 3), "coffee": (400, 600, 3)}
    blue, _, red = read_image(photos / "coffee.jpg").reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue  # a brown table: the channels are in the right order


def test_segment_photo(photos: Path, lite_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("segment_photo.py", photos / "coffee.jpg", tmp_path / "outlined.png") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(" pixels  box " in line for line in lines)
    outlined = read_image(tmp_path / "outlined.png")
    assert (np.abs(outlined.astype(int) - read_image(photos / "coffee.jpg")) > 20).any(axis=2).mean() > 0.05


def test_count_objects(photos: Path, lite_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("count_objects.py", photos) == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == ["photo", "class", "count"]
    assert {row[0] for row in rows} == {"astronaut.jpg", "cat.jpg", "coffee.jpg"}
    assert all(int(count) > 0 for *_, count in rows)


def test_count_objects_goes_on_after_a_bad_file(
    photos: Path, lite_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "good.jpg").write_bytes((photos / "cat.jpg").read_bytes())
    assert run("count_objects.py", tmp_path) == 1
    output = capsys.readouterr()
    assert "bad.jpg" in output.err
    assert "good.jpg" in output.out


def test_cut_out(photos: Path, lite_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cut_out.py", photos / "coffee.jpg", tmp_path / "cuts") == 0
    written = sorted((tmp_path / "cuts").iterdir())
    assert written
    assert capsys.readouterr().out.splitlines() == list(map(str, written))
    photo = read_image(photos / "coffee.jpg")
    for path in written[:3]:
        cut = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        colours, alpha = cut[..., :3], cut[..., 3]
        assert set(np.unique(alpha)) <= {0, 255}
        assert alpha.any()
        # The colours are the photo's own, somewhere in it.
        assert cv2.matchTemplate(photo, colours, cv2.TM_SQDIFF_NORMED).min() < 1e-3


def test_with_the_real_network(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("count_objects.py", photos) == 0
    found = {(photo, name) for photo, name, _ in csv.reader(io.StringIO(capsys.readouterr().out))}
    assert {("cat.jpg", "cat"), ("astronaut.jpg", "person"), ("coffee.jpg", "cup"), ("coffee.jpg", "spoon")} <= found
    assert run("cut_out.py", photos / "coffee.jpg", tmp_path) == 0
    cup = cv2.imread(str(next(tmp_path.glob("*-cup.png"))), cv2.IMREAD_UNCHANGED)
    height, width = cup.shape[:2]
    assert 200 < height < 400
    assert 200 < width < 350
    assert cup[height // 2, width // 2, 3] == 255
    assert not cup[[0, 0], [0, -1], 3].any()


def test_make_sample_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "sample.mp4"
    assert run("make_sample_video.py", path) == 0
    assert capsys.readouterr().out == f"{path}\n"
    made = facts(path)
    assert len(made.frames) == 150
    assert made.duration == pytest.approx(6)
    assert made.frames[0].shape == (400, 600, 3)
    assert all((first != second).any() for first, second in itertools.pairwise(made.frames[10:40]))  # it glides
    blue, _, red = made.frames[149].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue  # the brown table at the end: the channels are in the right order
