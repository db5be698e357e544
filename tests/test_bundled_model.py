"""The bundled weights of `lite`: their file, their model card, and what they find in photos that everybody has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from benchmarks.model_card.precisions import int8_digest
from benchmarks.model_card.report import facts, read_figures
from benchmarks.model_card.sections import UNMEASURED, content, documents, names
from benchmarks.model_card.tables import parts as made_tables
from maskseg_cli import Detections, Predictor, load_model
from maskseg_cli.checkpoints import find_weights, read_checkpoint
from maskseg_cli.checkpoints.assign import expected_shapes
from maskseg_cli.checkpoints.comparison import compare, non_finite
from maskseg_cli.classes import COCO_CLASSES, read_labels
from tests.documents import PROJECT

FOLDER = PROJECT / "weights"
BUNDLED = sorted(FOLDER.glob("maskseg-lite-coco*.npz"))

FIGURES = PROJECT / "benchmarks" / "model_card" / "figures.json"

pytestmark = pytest.mark.skipif(not BUNDLED, reason="the weights of lite are not in weights/ yet")

#: Photo -> class -> the object's outline, drawn by hand on the photo: x, y in pixels. The helmet is not the person's;
#: the cup has its handle and not the saucer.
OUTLINES = {
    "astronaut": {
        "person": (
            *((235, 16), (262, 22), (285, 42), (300, 72), (301, 100), (290, 125), (276, 137), (266, 150), (258, 172)),
            *((280, 190), (300, 218), (305, 240), (330, 255), (345, 285), (355, 310), (362, 348), (335, 360)),
            *((310, 380), (290, 410), (280, 450), (278, 511), (45, 511), (30, 470), (19, 400), (25, 340), (40, 290)),
            *((60, 250), (95, 215), (113, 205), (115, 185), (125, 165), (145, 152), (183, 147), (182, 132)),
            *((172, 122), (158, 100), (154, 70), (170, 48), (190, 33), (210, 20)),
        )
    },
    "coffee": {
        "cup": (
            *((290, 18), (230, 25), (195, 45), (175, 80), (172, 110), (178, 150), (183, 185), (200, 215), (213, 232)),
            *((200, 262), (195, 285), (203, 302), (220, 306), (240, 300), (258, 285), (285, 285), (315, 280)),
            *((335, 262), (345, 245), (370, 215), (390, 175), (405, 135), (409, 110), (403, 80), (385, 55)),
            *((355, 35), (320, 22)),
        ),
        "spoon": (
            *((398, 70), (410, 66), (424, 75), (418, 95), (405, 140), (392, 190), (385, 225), (385, 238), (400, 255)),
            *((406, 280), (398, 305), (380, 320), (357, 325), (338, 315), (327, 295), (327, 272), (335, 255)),
            *((350, 245), (365, 240), (378, 215), (383, 200), (395, 160), (408, 120), (403, 95)),
        ),
    },
    "cat": {
        "cat": (
            *((40, 0), (35, 50), (35, 110), (0, 135), (0, 299), (240, 299), (255, 280), (290, 270), (315, 240)),
            *((320, 215), (340, 190), (360, 150), (362, 120), (355, 85), (350, 72), (370, 50), (385, 20), (400, 0)),
        )
    },
}
LOADERS = {"astronaut": data.astronaut, "coffee": data.coffee, "cat": data.chelsea}
OBJECTS = [(photo, name) for photo, outlines in OUTLINES.items() for name in outlines]

#: Least overlap (IoU) of a mask with the outline. The thin handle of the spoon is less than a cell of its mask.
GOOD = {"person": 0.85, "cat": 0.8, "cup": 0.7, "spoon": 0.5}


@pytest.fixture(scope="module")
def model() -> Predictor:
    return load_model(BUNDLED[-1])


@pytest.fixture(scope="module")
def found(model: Predictor) -> dict[str, Detections]:
    """What is found in each photo at the default settings."""
    return {name: model(np.ascontiguousarray(load()[:, :, ::-1])) for name, load in LOADERS.items()}


def drawn(photo: str, name: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The hand-drawn outline as a mask (height, width)."""
    canvas = np.zeros(size, np.uint8)
    cv2.fillPoly(canvas, [np.array(OUTLINES[photo][name], np.int32)], 1)
    return canvas.astype(bool)


def test_the_file_is_small_and_of_float16() -> None:
    path = BUNDLED[-1]
    checkpoint = read_checkpoint(path)
    assert path.stat().st_size <= 8_000_000
    assert (checkpoint.kind, checkpoint.stored_dtype) == ("maskseg", "float16")
    with np.load(path) as archive:
        kernels = [archive[name].dtype for name in archive.files if name.endswith("/kernel")]
    assert set(kernels) == {np.dtype(np.float16)}


def test_the_file_is_whole_and_says_what_it_is() -> None:
    checkpoint = read_checkpoint(BUNDLED[-1])
    assert compare(checkpoint.arrays, expected_shapes(checkpoint.config)).problems() == []
    assert non_finite(checkpoint.arrays) == []
    assert checkpoint.class_names == COCO_CLASSES
    assert checkpoint.config.num_classes == len(COCO_CLASSES) == 81
    assert (checkpoint.config.name, checkpoint.config.backbone) == ("lite", "mobile")
    assert read_labels(FOLDER / "coco_labels.txt") == COCO_CLASSES
    told = " ".join(checkpoint.provenance.values())
    assert "Mask R-CNN2Go" in told
    assert "Apache" in told
    assert not re.search(r"(^|\s)(/|[A-Z]:\\)", told), "a path of the machine that it was trained on"


def test_lite_means_the_bundled_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASKSEG_HOME", str(tmp_path))
    assert find_weights("lite") in BUNDLED


@pytest.mark.parametrize(("photo", "name"), OBJECTS)
def test_it_finds_each_object_once_with_its_outline(found: dict[str, Detections], photo: str, name: str) -> None:
    detections = found[photo]
    rows = [i for i, one in enumerate(detections.names) if one == name]
    assert len(rows) == 1, f"{photo}: {detections.names}"
    mask, truth = detections.mask[rows[0]], drawn(photo, name, detections.image_size)
    overlap = (mask & truth).sum() / (mask | truth).sum()
    assert overlap >= GOOD[name], f"{name}: IoU {overlap:.2f}"
    ys, xs = np.nonzero(truth)
    true_box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
    box = detections.xyxy[rows[0]]
    near, far = np.maximum(box[:2], true_box[:2]), np.minimum(box[2:], true_box[2:])
    shared = np.prod(np.clip(far - near, 0, None))
    union = np.prod(box[2:] - box[:2]) + np.prod(true_box[2:] - true_box[:2]) - shared
    assert shared / union >= 0.6, f"{name}: box {box.tolist()}, by hand {true_box.tolist()}"


def test_it_finds_little_else(found: dict[str, Detections]) -> None:
    wrong = {
        photo: sorted(set(detections.names) - set(OUTLINES[photo]) - {"dining table", "tie", "bowl"})
        for photo, detections in found.items()
    }
    assert sum(map(len, wrong.values())) <= 1, wrong


def test_the_same_photo_gives_the_same_answer(model: Predictor, found: dict[str, Detections]) -> None:
    again = model(np.ascontiguousarray(data.coffee()[:, :, ::-1]))
    np.testing.assert_array_equal(again.xyxy, found["coffee"].xyxy)
    np.testing.assert_array_equal(again.mask, found["coffee"].mask)


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """The figures that are kept with the benchmarks."""
    assert FIGURES.is_file(), "python -m benchmarks.model_card --fill measures them"
    return read_figures(FIGURES)


def test_the_figures_of_int8_are_those_of_this_file(figures: dict[str, Any]) -> None:
    again = "measure again: python -m benchmarks.model_card --parts precisions speed --start START.npz --fill"
    assert figures["precisions"]["int8_sha256"] == int8_digest(BUNDLED[-1]), again


def test_the_figures_are_those_of_this_file(figures: dict[str, Any]) -> None:
    assert figures["model"] == facts(BUNDLED[-1])
    assert figures["complete"], "measured on some of the photos only"
    assert figures["photos"] >= 100
    assert not re.search(r'": "[^"]*/', FIGURES.read_text(encoding="utf-8")), "a path of the machine"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_documents_hold_the_tables_of_these_figures(path: Path, figures: dict[str, Any]) -> None:
    text, tables = path.read_text(encoding="utf-8"), made_tables(figures)
    for name in names(text):
        assert content(text, name) != UNMEASURED, f"{path.name}: {name} has no figures"
        if name in tables:
            assert content(text, name) == tables[name], f"{path.name}: {name} is not what figures.json says"


def test_the_model_keeps_what_was_asked_of_it(figures: dict[str, Any]) -> None:
    default = figures["accuracy"]["sizes"][str(figures["model"]["default_size"])]
    assert default["bbox"]["AP"] >= 0.304
    assert default["segm"]["AP"] >= 0.280
    first, *others = figures["precisions"]["ways"]
    assert [way["precision"] for way in others] == ["float32", "bfloat16", "int8"]
    for way, most in zip(others, (0.001, 0.005, 0.01), strict=True):
        for kind in ("bbox", "segm"):
            assert abs(way[kind]["AP"] - first[kind]["AP"]) <= most, (way["precision"], kind)
    assert figures["speed"]["to_start"]["default"]["whole"] <= 1.3
    assert figures["speed"]["to_start"]["default"]["network"] <= 1.3


def test_links_of_the_card_lead_somewhere() -> None:
    card = FOLDER / "README.md"
    text = card.read_text(encoding="utf-8")
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("https://"):
            assert (FOLDER / target).is_file(), target
