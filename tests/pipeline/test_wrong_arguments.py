"""Arguments that a program gets wrong: each is told under its own name, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli import SavedDetections, process_camera, process_images, process_video
from maskseg_cli.errors import UsageError
from maskseg_cli.media.images import write_image
from tests.cli.fake_model import use_blob_engine
from tests.cli.running import tree_of
from tests.cli.video_running import facts, film


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a photo and a film, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    write_image(tmp_path / "a.png", np.zeros((32, 48, 3), np.uint8))
    film(tmp_path / "in.mp4", frames=5)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": None}, "A source is a path or a list of paths, not None"),
        ({"sources": ""}, "A source is a path or a list of paths, not ''"),
        ({"sources": ["a.png", 5]}, "A source is a path or a list of paths, not 5"),
        ({"sources": b"a.png"}, "A source is a path or a list of paths, not b'a.png'"),
        ({"model": None}, "model is a name such as lite, a weights file or a loaded network, not None"),
        ({"format": "JPG"}, r"format is one of jpg, png, webp, bmp, tif, not 'JPG' \(did you mean jpg\?\)"),
        ({"quality": "95"}, "quality is a whole number, not '95'"),
        ({"quality": 101}, "quality is at most 100, not 101"),
        ({"batch": 0}, "batch is at least 1, not 0"),
        ({"timeout": -1}, "timeout is at least 0 seconds, not -1"),
        ({"timeout": float("nan")}, "timeout is a number, not nan"),
        ({"timeout": float("inf")}, "timeout is a number, not inf"),
        ({"overwrite": "no"}, "overwrite is yes or no, not 'no'"),
        ({"tta": "no"}, "tta is yes or no, not 'no'"),
        ({"effect": 5}, "effect is a text or a list of texts, not 5"),
        ({"effect": [None]}, r"effect is a text or a list of texts, not \[None\]"),
        ({"export": 5}, "export is a text or a list of texts, not 5"),
        ({"zone": 5}, "zone is a text or a list of texts, not 5"),
        ({"zone": [(0, 0, 1, 1)]}, "zone is a text or a list of texts"),
        ({"cutout": True}, "cutout is a path, not True"),
        ({"export": "csv", "export_dir": 5}, "export_dir is a path, not 5"),
        ({"style": 5}, "style is a path, not 5"),
        ({"report": 5}, "report is a path, not 5"),
        ({"sizes": True}, "sizes is a path, not True"),
        ({"counts": ["c.csv"]}, r"counts is a path, not \['c.csv'\]"),
        ({"refine": "yes"}, "refine is yes or no, not 'yes'"),
        ({"count": "no"}, "count is yes or no, not 'no'"),
    ],
    ids=str,
)
def test_photos(here: Path, arguments: dict[str, Any], message: str) -> None:
    before = tree_of(here)
    with pytest.raises(UsageError, match=message):
        process_images(**{"sources": "a.png", **arguments})
    assert tree_of(here) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": 0}, "every is at least 1, not 0"),
        ({"every": "2"}, "every is a whole number, not '2'"),
        ({"batch": 0}, "batch is at least 1, not 0"),
        ({"max_frames": 2**70}, "max_frames is at most 2147483647"),
        ({"start": "1:99"}, "'1:99' is no time"),
        ({"end": 1e30}, "is too late: at most 1000 hours"),
        ({"fps": "fast"}, "'fast' is no frame rate"),
        ({"fps": 0}, "0 frames a second cannot be written"),
        ({"crf": "low"}, "crf is a whole number or none, not 'low'"),
        ({"stream": -1}, "stream is at least 0, not -1"),
        ({"audio": "no"}, "sound is yes or no, not 'no'"),
    ],
    ids=str,
)
def test_videos(here: Path, arguments: dict[str, Any], message: str) -> None:
    before = tree_of(here)
    with pytest.raises(UsageError, match=message):
        process_video("in.mp4", **arguments)
    assert tree_of(here) == before


def test_times_and_rates_are_written_as_on_the_command_line(here: Path) -> None:
    process_video("in.mp4", "texts.mp4", start="0:00.1", fps="50")
    process_video("in.mp4", "numbers.mp4", start=0.1, fps=50.0)
    times = facts(here / "texts.mp4").times
    assert len(times) > 1
    assert times == facts(here / "numbers.mp4").times


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"duration": "5m"}, "'5m' is no time"),
        ({"width": "wide"}, "width is a whole number or none, not 'wide'"),
        ({"timeout": None}, "timeout is a number, not None"),
    ],
    ids=str,
)
def test_cameras(here: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        process_camera("in.mp4", **{"window": False, "duration": 1, **arguments})


def test_files_that_options_name_are_never_overwritten(here: Path) -> None:
    film(here / "sea.mp4", frames=3)
    write_image(here / "sea.png", np.zeros((32, 48, 3), np.uint8))
    Path("style.json").write_text("alpha = 0.2\n")
    process_video("in.mp4", "first.mp4", save_detections="found.json")
    saved = SavedDetections("found.json")
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    for run in (
        lambda: process_video("in.mp4", "sea.mp4", background="sea.mp4", overwrite=True),
        lambda: process_camera("in.mp4", window=False, record="sea.mp4", background="./sea.mp4", overwrite=True),
        lambda: process_images("a.png", "sea.png", background="sea.png", overwrite=True),
        lambda: process_images("a.png", "b.png", style="style.json", json="style.json", overwrite=True),
        lambda: process_video("in.mp4", "b.mp4", style="style.json", counts="style.json", overwrite=True),
        lambda: process_video("in.mp4", "b.mp4", model=saved, json="found.json", overwrite=True),
        lambda: process_images("a.png", "b.png", labels="style.json", json="style.json", overwrite=True),
    ):
        with pytest.raises(UsageError, match="inputs are never overwritten"):
            run()
    assert {path.name: path.read_bytes() for path in here.iterdir() if path.name in before} == before
