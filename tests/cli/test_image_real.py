"""`maskseg image` with the real network on real photos."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.images import read_image, write_image

from .running import run


@pytest.fixture(scope="module")
def lite(shared: Path) -> str:
    pytest.importorskip("maskseg_cli.inference.predictor")
    return str(shared / "weights" / "lite-init.npz")


def test_real_photos(lite: str, shared: Path, tmp_path: Path) -> None:
    photos = [str(shared / "photos" / name) for name in ("dog.jpg", "horses.jpg")]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "maskseg_cli",
            "image",
            *photos,
            "-o",
            str(tmp_path / "out"),
            "--weights",
            lite,
        ]
        + ["--json", str(tmp_path / "r.json")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    dog, horses, objects, summary = done.stderr.splitlines()
    assert "1 dog" in dog
    assert "1 bicycle" in dog
    assert "horses" in horses
    assert objects.startswith("In all: ")
    assert " horses" in objects
    assert summary == "2 of 2 photos done."
    assert done.stdout == ""
    data = json.loads((tmp_path / "r.json").read_bytes())
    names = {category["id"]: category["name"] for category in data["categories"]}
    assert len(names) == 80
    found = {(a["image_id"], names[a["category_id"]]) for a in data["annotations"]}
    assert {(1, "dog"), (1, "bicycle"), (2, "horse")} <= found
    for name in ("dog.jpg", "horses.jpg"):
        drawn, photo = read_image(tmp_path / "out" / name), read_image(shared / "photos" / name)
        assert drawn.shape == photo.shape
        assert 0.05 < (np.abs(drawn.astype(int) - photo) > 40).any(axis=2).mean() < 0.9


def test_options_reach_the_real_network(lite: str, shared: Path, tmp_path: Path) -> None:
    from maskseg_cli.inference.loading import load_predictor

    photo = read_image(shared / "photos" / "dog.jpg")
    predictor = load_predictor(
        ModelOptions(weights=lite, size=320, min_score=0.05, max_detections=5, classes="dog,truck,car")
    )
    assert (predictor.config.image_min_dim, predictor.config.image_max_dim) == (320, 640)
    assert predictor.config.detection_min_confidence == 0.05
    found = predictor(photo)
    assert 1 <= len(found) <= 5
    assert set(found.names) <= {"dog", "truck", "car"}
    assert "dog" in found.names


def test_a_photo_without_objects(lite: str, tmp_path: Path) -> None:
    write_image(tmp_path / "black.png", np.zeros((400, 300, 3), np.uint8))
    result = run(str(tmp_path / "black.png"), "--weights", lite)
    assert ": nothing found ->" in result.stderr
    assert not read_image(tmp_path / "black_maskseg.png").any()
