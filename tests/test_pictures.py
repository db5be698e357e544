"""The pictures of README.md and docs/: each is shown somewhere, shows something, and is what the scripts make now."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from docs import make_pictures
from maskseg_cli import Predictor, load_model
from maskseg_cli.media.images import decode_image, encode_image
from maskseg_cli.messages import describe
from tests.documents import PAGES, PROJECT, README

IMAGES = PROJECT / "docs" / "images"
PICTURES = sorted(path for path in IMAGES.iterdir() if path.suffix in (".jpg", ".png"))
MADE = json.loads((IMAGES / "found.json").read_text(encoding="utf-8"))

#: Largest mean difference of pixels between two pictures of the same things.
CLOSE = 1.0


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def distance(made: np.ndarray, name: str) -> float:
    """Mean difference between a picture that was made now and the file of this name."""
    kept = read(IMAGES / name)
    coded = decode_image(encode_image(np.asarray(made, np.uint8), ".jpg", quality=85))
    assert coded.shape == kept.shape
    return float(np.abs(coded.astype(int) - kept).mean())


@pytest.fixture(scope="module")
def model() -> Predictor:
    model = load_model()
    if model.engine.name != MADE["engine"]:
        pytest.skip(f"the pictures were made with {MADE['engine']}; here it is {model.engine.name}")
    return model


def test_the_pages_show_pictures_that_exist_and_no_picture_is_left_over() -> None:
    card = PROJECT / "weights" / "README.md"
    shown = {
        (page.parent / target).resolve()
        for page in (README, card, *PAGES)
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert {path for path in shown if not path.is_file()} == set()
    assert {path for path in IMAGES.iterdir() if path.suffix != ".json"} - shown == set()


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_no_picture_is_black_or_empty(path: Path) -> None:
    assert read(path).std() > 20


def test_the_photos_are_those_of_make_demo_with_what_is_found_in_them(model: Predictor) -> None:
    photos = make_pictures.photos()
    found = {name: model(photo) for name, photo in photos.items()}
    assert {name: describe(one.names) for name, one in found.items()} == MADE["photos"]
    coffee = photos["coffee"], found["coffee"]
    assert distance(make_pictures.first_picture(photos, found), "outlined.jpg") < CLOSE
    assert distance(make_pictures.parts(*coffee), "parts.jpg") < CLOSE
    assert distance(make_pictures.alphas(*coffee), "alpha.jpg") < CLOSE
    assert distance(make_pictures.own_labels(*coffee), "labels.jpg") < CLOSE
    assert distance(make_pictures.styles(model, photos["coffee"]), "styles.jpg") < CLOSE
    assert distance(make_pictures.redrawn(model, photos["astronaut"]), "render.jpg") < CLOSE


def test_the_bars_show_the_figures_of_the_model_card() -> None:
    assert distance(make_pictures.ap_of_classes(), "ap-classes.jpg") < CLOSE
