"""Options of the network: how they reach `load_model`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.inference import loading
from maskseg_cli.inference.engine_options import calls_at_once
from maskseg_cli.inference.loading import load_model, load_predictor
from maskseg_cli.inference.model_options import ModelOptions, overrides_of
from maskseg_cli.reporter import Reporter
from tests.cli.fake_model import DOG, PERSON, BlobEngine, open_blob_engine, scene


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any, MaskRCNNConfig]]:
    """Weights, labels and config of each engine that is opened."""
    calls: list[tuple[Any, Any, MaskRCNNConfig]] = []

    def open_engine(weights: Any, labels: Any, configure: Any, *_: Any) -> tuple[BlobEngine, tuple[str, ...]]:
        calls.append((weights, labels, configure(LITE)))
        return open_blob_engine(weights, labels, configure)

    monkeypatch.setattr(loading, "open_engine", open_engine)
    return calls


def test_nothing_said(loaded: list) -> None:
    predictor = load_predictor(ModelOptions())
    assert loaded == [("lite", None, LITE.replace(detection_voting_floor=LITE.detection_min_confidence))]
    assert (predictor.class_ids, predictor.max_detections, predictor.tta, predictor.batch) == (None, None, False, 1)
    assert predictor.class_names == COCO_CLASSES


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


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_classes_are_checked_before_the_network_is_loaded(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        pytest.fail("the network is loaded")

    monkeypatch.setattr("maskseg_cli.inference.openvino_engine._choose_stages", fail)
    monkeypatch.setattr("maskseg_cli.model.tensorflow_start.import_tensorflow", fail)
    with pytest.raises(UsageError, match="no class 'xyz'"):
        load_predictor(ModelOptions(classes="person,xyz", engine=engine))


def test_tensorflow_is_announced_because_it_takes_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Began(Exception):  # noqa: N818
        pass

    def begin() -> None:
        raise Began

    said: list[str] = []
    reporter = Reporter()
    monkeypatch.setattr(reporter, "say", said.append)
    monkeypatch.setattr("maskseg_cli.model.tensorflow_start.import_tensorflow", begin)
    with pytest.raises(Began):
        load_predictor(ModelOptions(engine="tensorflow"), reporter=reporter)
    assert len(said) == 1
    assert "with TensorFlow; this takes some seconds" in said[0]


@pytest.mark.parametrize(("model", "config"), [("coco", LITE), ("lite", COCO)])
def test_weights_of_another_network(model: str, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "open_engine", lambda *_: (BlobEngine(config), COCO_CLASSES))
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


def test_several_views_and_batches(loaded: list) -> None:
    predictor = load_predictor(ModelOptions(tta=True), batch=3)
    assert (predictor.tta, predictor.batch) == (True, 3)


def test_a_limit_is_not_used_up_by_classes_that_are_not_wanted(loaded: list) -> None:
    options = ModelOptions(max_detections=1, classes="dog")
    predictor = load_predictor(options)
    assert overrides_of(options)["detection_max_instances"] == 100
    assert loaded[0][2].detection_max_instances == 100
    assert predictor(scene()).class_id.tolist() == [DOG]


def test_a_list_of_pictures_and_of_classes(loaded: list) -> None:
    predictor = load_predictor(ModelOptions(classes=["person"]))
    found = predictor([scene(), np.zeros((8, 8, 3), np.uint8)])
    assert [one.class_id.tolist() for one in found] == [[PERSON], []]
    assert all(one.seconds is not None and one.seconds > 0 for one in found)


def test_unknown_class(loaded: list) -> None:
    with pytest.raises(UsageError, match="zebra"):
        load_predictor(ModelOptions(classes="zebre"))


def test_the_size_of_the_network_decides_how_many_threads_call_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, calls in ((1, 1), (2, 2), (16, 4), (None, 1)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert calls_at_once(LITE) == calls
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert calls_at_once(COCO) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "400"}, "size is a whole number or none, not '400'"),
        ({"size": 400.5}, "size is a whole number or none, not 400.5"),
        ({"min_score": "0.5"}, "min_score is a number or none, not '0.5'"),
        ({"min_score": 80}, r"min_score is a number from 0 to 1, not 80 \(80 % is 0\.8\)\."),
        ({"max_detections": "5"}, "max_detections is a whole number"),
        ({"max_detections": 0}, "max_detections is at least 1, not 0"),
        ({"threads": "2"}, "threads is a whole number"),
    ],
)
def test_a_number_of_another_kind_is_told_under_its_own_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_model("lite", **options)
    with pytest.raises(UsageError, match=message):
        ModelOptions(**options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": None}, r"weights is a name such as lite or the path of a weights file, not None\."),
        ({"weights": ""}, r"weights is a name such as lite or the path of a weights file, not ''\."),
        ({"weights": ["lite"]}, r"not list\."),
        ({"config": "mine.toml"}, r"options by name, not 'mine\.toml'; .*read_config_file reads a file"),
        ({"labels": 5}, r"labels is a file of class names or a list of names, not 5\."),
        ({"tta": "no"}, r"tta is yes or no, not 'no'\."),
        ({"size": 10**30}, r"size is at most 2147483647: 1000000000000000000000000000000\."),
        ({"threads": 2**40}, "threads is at most 2147483647"),
        ({"device": "cuda"}, r"not 'cuda' \(did you mean gpu\?\)\."),
        ({"device": "CPU"}, r"not 'CPU' \(did you mean cpu\?\)\."),
        ({"precision": "fp16"}, r"not 'fp16' \(did you mean bfloat16\?\)\."),
        ({"precison": "int8"}, r"There is no option 'precison' \(did you mean precision\?\)\."),
        ({"scores": 0.5}, r"There is no option 'scores' \(did you mean min_score"),
        ({"confidence": 0.5}, r"There is no option 'confidence' \(did you mean detection_min_confidence\?\)\."),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_loaded(
    arguments: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskseg_cli.inference.openvino_engine._choose_stages", lambda *_: pytest.fail("it is loaded"))
    with pytest.raises(UsageError, match=message):
        load_model(**arguments)
