"""Activations from OpenVINO's network, which has no names, are those of the named layers of Keras."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli import load_model
from maskseg_cli.inference.openvino_stages import OpenVinoStages
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.inspection.image.activations_step import layer_figures
from maskseg_cli.inspection.image.layer_maps import LayerMap, layer_maps
from tests.cli.fake_model import BlobEngine
from tests.inference.openvino_networks import CONFIGS, converted, images_of, network

LAYERS = {
    "lite": {"stem": 32, "block1_1": 32, "block2_2": 48, "block3_3": 96, "block3_6": 128},
    "resnet50_fcn": {
        **{"stem": 64, "C2": 256, "C3": 512, "C4": 1024, "C5": 2048},
        **dict.fromkeys(("P2", "P3", "P4", "P5", "P6"), 8),
    },
}


#: Largest difference, as a share of the largest value; the bundled lite of OpenVINO holds its weights in float16.
ROUNDING = {"lite": 5e-3, "resnet50_fcn": 2e-4}


def predictors(name: str) -> tuple[Predictor, Predictor]:
    """The same network in OpenVINO, as it is loaded, and in Keras."""
    if name == "lite":
        return load_model("lite"), load_model("lite", engine="tensorflow")
    config, model = CONFIGS[name], network(name)
    engine = StagedEngine(OpenVinoStages(converted(name, model), config), config)
    engine.read_network = lambda: converted(name)
    classes = ["BG", "circle", "square"]
    return Predictor(engine, classes), Predictor(TensorFlowEngine(model), classes)


@pytest.mark.parametrize("name", LAYERS)
def test_both_engines_give_the_same_maps(name: str) -> None:
    image = images_of(CONFIGS[name], 1)[0]
    both = predictors(name)
    openvino, keras = (layer_maps(one, image) for one in both)
    assert {one.name: one.values.shape[2] for one in keras} == LAYERS[name]
    assert [one.name for one in openvino] == [one.name for one in keras]
    for mine, theirs in zip(openvino, keras, strict=True):
        assert mine.values.shape == theirs.values.shape
        scale = np.abs(theirs.values).max()
        np.testing.assert_allclose(mine.values, theirs.values, atol=ROUNDING[name] * scale)
    # The maps that the network itself hands on are among them.
    by_name = {one.name: one.values for one in keras}
    own = ["block3_6", "block2_2"] if name == "lite" else ["P2", "P3", "P4", "P5", "P6"]
    for layer, values in zip(own, both[1].engine.model.features(image[None]), strict=True):  # type: ignore[attr-defined]
        np.testing.assert_allclose(by_name[layer], np.asarray(values)[0], atol=1e-4)


def test_an_engine_without_a_network_gives_no_maps() -> None:
    assert layer_maps(Predictor(BlobEngine(), ["BG", "blob"]), np.zeros((8, 8, 3), np.float32)) == []  # type: ignore[arg-type]


def test_dead_channels_are_those_that_do_not_vary() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(6, 5, 7)).astype(np.float32)
    values[:, :, 2], values[:, :, 4] = 0, 3.5
    values[:, :, 5] = 1 + 1e-6 * values[:, :, 0]
    found = layer_figures(LayerMap("C2", values).values)
    assert (found.channels, found.dead) == (7, 3)
    assert found.least == values.min()
    assert found.most == values.max()
    assert layer_figures(np.ones((1, 1, 3), np.float32)).dead == 3
