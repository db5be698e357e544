"""Options of the network: how they reach `load_model`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions, Segmenter, overrides_of

from .fake_model import DOG, PERSON, BlobPredictor, scene


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """What `load_model` was called with."""
    predictor = pytest.importorskip("maskseg_cli.inference.predictor")
    calls: list[tuple[Any, dict[str, Any]]] = []

    def load_model(weights: Any, **options: Any) -> BlobPredictor:
        calls.append((weights, options))
        return BlobPredictor()

    monkeypatch.setattr(predictor, "load_model", load_model)
    return calls


def test_nothing_said(loaded: list) -> None:
    segmenter = load_predictor(ModelOptions())
    assert loaded == [("lite", {"labels": None})]
    assert (segmenter.class_ids, segmenter.limit) == (None, None)
    assert segmenter.class_names == COCO_CLASSES
    assert segmenter.config is LITE


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        (ModelOptions(model="coco"), "coco"),
        (ModelOptions(model="my.h5"), "my.h5"),
        (ModelOptions(weights="my.npz"), "my.npz"),
        (ModelOptions(model="lite", weights="my.npz"), "my.npz"),
    ],
)
def test_which_weights(options: ModelOptions, weights: str, loaded: list) -> None:
    load_predictor(options)
    assert loaded[0][0] == weights


def test_two_files_are_one_too_many(loaded: list) -> None:
    with pytest.raises(UsageError, match="two files"):
        load_predictor(ModelOptions(model="a.h5", weights="b.h5"))
    assert loaded == []


@pytest.mark.parametrize(("model", "config"), [("coco", LITE), ("lite", COCO)])
def test_weights_of_another_network(model: str, config: Any, loaded: list, monkeypatch) -> None:
    monkeypatch.setattr(BlobPredictor, "config", config)
    with pytest.raises(UsageError, match=f"x.npz does not hold weights of the model {model}"):
        load_predictor(ModelOptions(model=model, weights="x.npz"))


def test_own_options_go_before_set_and_set_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("detection_min_confidence = 0.1\ndetection_nms_threshold = 0.1\nrpn_nms_threshold = 0.1\n")
    settings = ("detection_min_confidence=0.2", "detection_nms_threshold=0.2")
    options = ModelOptions(config=file, settings=settings, min_score=0.3, size=320, max_detections=7)
    assert overrides_of(options) == {
        "detection_min_confidence": 0.3,
        "detection_nms_threshold": 0.2,
        "rpn_nms_threshold": 0.1,
        "size": 320,
        "detection_max_instances": 7,
    }
    assert overrides_of(ModelOptions()) == {}


def test_several_views(loaded: list) -> None:
    load_predictor(ModelOptions(tta=True))
    assert loaded == [("lite", {"labels": None, "tta": True})]


def test_a_limit_is_not_used_up_by_classes_that_are_not_wanted() -> None:
    options = ModelOptions(max_detections=1, classes="dog")
    assert overrides_of(options)["detection_max_instances"] == 100
    segmenter = Segmenter(BlobPredictor(), [DOG], 1)  # type: ignore[arg-type]
    assert segmenter(scene()).class_id.tolist() == [DOG]


def test_a_list_of_pictures() -> None:
    segmenter = Segmenter(BlobPredictor(), [PERSON])  # type: ignore[arg-type]
    answers = segmenter([scene(), np.zeros((8, 8, 3), np.uint8)])
    assert [answer.class_id.tolist() for answer in answers] == [[PERSON], []]


def test_unknown_class(loaded: list) -> None:
    with pytest.raises(UsageError, match="zebra"):
        load_predictor(ModelOptions(classes="zebre"))
