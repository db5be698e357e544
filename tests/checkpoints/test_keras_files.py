"""Files that the installed Keras writes, and whether it reads ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint
from maskseg_cli.checkpoints.matterport import write_matterport
from maskseg_cli.config import COCO
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import assert_same, tiny_arrays, tiny_groups

keras = pytest.importorskip("keras")


def layer_for(name: str, weights: list[tuple[str, Any]], wrapped: bool) -> tuple[Any, Any, Any]:
    """A Keras layer with the shapes of these arrays, on request inside a TimeDistributed: input, output, layer."""
    shape = weights[0][1].shape
    inner = f"inside_{name}" if wrapped else name
    if weights[0][0].endswith("gamma:0"):
        layer, inputs = keras.layers.BatchNormalization(name=inner), (2, 2, shape[0])
    elif len(shape) == 2:
        layer, inputs = keras.layers.Dense(shape[1], name=inner), (shape[0],)
    elif name == "mrcnn_mask_deconv":
        layer, inputs = keras.layers.Conv2DTranspose(shape[2], shape[:2], name=inner), (2, 2, shape[3])
    else:
        layer = keras.layers.Conv2D(shape[3], shape[:2], padding="same", name=inner)
        inputs = (2, 2, shape[2])
    if wrapped:
        layer, inputs = keras.layers.TimeDistributed(layer, name=name), (1, *inputs)
    values = keras.Input(inputs)
    return values, layer(values), layer


@pytest.fixture(scope="module")
def model() -> Any:
    """All of Matterport's layers side by side, with its nested rpn_model and its TimeDistributed heads."""
    inputs, outputs, layers = [], [], []
    for group, weights in tiny_groups():
        if group == "rpn_model":
            parts = [layer_for(weights[i][0].split("/")[0], weights[i : i + 2], False) for i in (0, 2, 4)]
            nested = keras.Model([p[0] for p in parts], [p[1] for p in parts], name="rpn_model")
            values = [keras.Input(p[0].shape[1:]) for p in parts]
            inputs += values
            outputs += nested(values)
            layers += [p[2] for p in parts]
        else:
            wrapped = group.startswith("mrcnn_")
            value, output, layer = layer_for(group, weights, wrapped)
            inputs.append(value)
            outputs.append(output)
            layers.append(layer)
    model = keras.Model(inputs, outputs, name="mask_rcnn")
    arrays = tiny_arrays()
    for layer in layers:
        order = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
        layer.set_weights([arrays[f"{layer.name}/{w}"] for w in order if f"{layer.name}/{w}" in arrays])
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["whole_model.h5", "weights_only.weights.h5"])
def test_reads_what_keras_3_writes(tmp_path: Path, model: Any, name: str) -> None:
    save = model.save if name == "whole_model.h5" else model.save_weights
    save(tmp_path / name)
    checkpoint = read_checkpoint(tmp_path / name)
    assert_same(checkpoint.arrays, tiny_arrays())
    assert checkpoint.provenance["made_by"].startswith("Keras 3")


def test_a_keras_3_file_without_layer_names_is_named(tmp_path: Path, model: Any) -> None:
    path = tmp_path / "old.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "a") as file:
        for layer in file["layers"].values():
            inside = [layer["layer"]] if "layer" in layer else list(layer.get("layers", {}).values())
            for group in (layer, *inside):
                if "vars" in group:
                    group["vars"].attrs.pop("name", None)
    with pytest.raises(MasksegError, match="early Keras 3 without layer names"):
        read_checkpoint(path)


def test_a_keras_archive_is_named(tmp_path: Path, model: Any) -> None:
    model.save(tmp_path / "model.keras")
    with pytest.raises(MasksegError, match=r"whole Keras 3 model \(\.keras\)"):
        read_checkpoint(tmp_path / "model.keras")


@pytest.mark.parametrize("by_name", [True, False])
def test_keras_loads_the_file_that_we_write(tmp_path: Path, model: Any, by_name: bool) -> None:
    """By names as Matterport's loader does, and by order as Keras does without them."""
    before = model.get_weights()
    changed = {name: array + 1 for name, array in tiny_arrays().items()}
    path = tmp_path / "ours.h5"
    write_matterport(path, Checkpoint(changed, COCO.replace(backbone="resnet50", num_classes=3), None))
    try:
        if by_name:
            model.load_weights(path, by_name=True)
        else:
            from keras.src.legacy.saving import legacy_h5_format

            with h5py.File(path) as file:
                legacy_h5_format.load_weights_from_hdf5_group(file, model)
        for found, original in zip(model.get_weights(), before, strict=True):
            np.testing.assert_allclose(found, original + 1, rtol=1e-6)
    finally:
        model.set_weights(before)
