"""Validation during training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.datasets.shapes import make_coco
from maskseg_cli.errors import MasksegError
from maskseg_cli.training.layer_selection import select_layers
from maskseg_cli.training.validation import Validation

from .tiny import CONFIG, NAMES, shrink, tiny_model, values


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    return make_coco(tmp_path, count=3, size=64, seed=1)


def test_it_measures_on_a_network_of_its_own(annotations: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)
    model = tiny_model()
    layers = select_layers(model, "heads")
    before = values(model)
    validation = Validation(CONFIG, NAMES, annotations, annotations.parent)
    arrays = {name: array * 0.5 for name, array in before.items()}
    figures = validation(arrays)
    assert set(figures) == {"box AP", "mask AP"}
    assert all(0 <= value <= 1 for value in figures.values())
    # the network in training keeps its weights, its options and its trainable layers
    for name, array in values(model).items():
        np.testing.assert_array_equal(array, before[name])
    assert model.config == CONFIG
    assert [
        layer.name for stage in model.stages for layer in stage.layers if layer.trainable and layer.weights
    ] == layers
    # and the other one has the weights that were given: also the next time, when its graph is there already
    validation({name: array * 0.25 for name, array in before.items()})
    for name, array in values(validation.network).items():
        np.testing.assert_array_equal(array, before[name] * 0.25)
    assert validation.network.config.detection_min_confidence == 0.01


def test_missing_pictures_are_found_before_the_training(annotations: Path) -> None:
    (annotations.parent / "images/shapes_00001.png").unlink()
    with pytest.raises(MasksegError, match=r"1 of the 3 pictures of .* are not in .*: images/shapes_00001\.png first"):
        Validation(CONFIG, NAMES, annotations, annotations.parent)


def test_other_classes_are_found_before_the_training(annotations: Path) -> None:
    with pytest.raises(MasksegError, match="no class in common"):
        Validation(CONFIG, ("background", "a", "b", "c"), annotations, annotations.parent)
