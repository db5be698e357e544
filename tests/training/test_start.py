"""Initial weights of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, write_checkpoint
from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import MasksegError
from maskseg_cli.training.choices import Choices, DataChoice
from maskseg_cli.training.setup import network_config
from maskseg_cli.training.start import assign_start, find_start
from maskseg_cli.training.training_options import TrainingOptions

from .tiny import CONFIG, tiny_model, values


def other_weights(num_classes: int = 4) -> dict[str, np.ndarray]:
    """Weights of a network like the tiny one, but for its number of classes; every value is 7."""
    model = tiny_model()
    arrays = {name: np.full(array.shape, 7, np.float32) for name, array in values(model).items()}
    if num_classes != 4:
        for name in list(arrays):
            layer, weight = name.split("/")
            per_class = {"box.class_logits": 1, "box.deltas": 4, "mask.logits": 1}.get(layer)
            if per_class:
                shape = (*arrays[name].shape[:-1], per_class * num_classes)
                arrays[f"{layer}/{weight}"] = np.full(shape, 7, np.float32)
    return arrays


def test_all_layers_of_the_same_network() -> None:
    model = tiny_model()
    checkpoint = Checkpoint(other_weights(), CONFIG, None)
    assert assign_start(checkpoint, model.named_variables()) == ([], [])
    assert all((array == 7).all() for array in values(model).values())


def test_layers_of_another_number_of_classes_start_fresh_and_are_named() -> None:
    model = tiny_model()
    before = values(model)
    checkpoint = Checkpoint(other_weights(num_classes=81), CONFIG.replace(num_classes=81), None)
    fresh, absent = assign_start(checkpoint, model.named_variables())
    assert fresh == ["box.class_logits", "box.deltas", "mask.logits"]
    assert absent == []
    for name, array in values(model).items():
        wanted = before[name] if name.split("/")[0] in fresh else np.full_like(array, 7)
        np.testing.assert_array_equal(array, wanted, err_msg=name)


def test_a_layer_starts_fresh_as_a_whole() -> None:
    model = tiny_model()
    before = values(model)
    arrays = other_weights()
    arrays["rpn.logits/kernel"] = np.full((1, 1, 9, 15), 7, np.float32)
    assert assign_start(Checkpoint(arrays, CONFIG, None), model.named_variables())[0] == ["rpn.logits"]
    np.testing.assert_array_equal(values(model)["rpn.logits/bias"], before["rpn.logits/bias"])


def test_a_backbone_alone_leaves_the_other_layers_fresh(tmp_path: Path) -> None:
    arrays = {name: array for name, array in other_weights().items() if name.startswith("trunk.")}
    model = tiny_model()
    fresh, absent = assign_start(Checkpoint(arrays, CONFIG, None), model.named_variables())
    assert fresh == []
    assert {"rpn.logits", "box.class_logits", "mask.logits"} <= set(absent)
    assert not [name for name in absent if name.startswith("trunk.")]


def test_weights_of_which_nothing_fits_are_refused() -> None:
    model = tiny_model()
    checkpoint = Checkpoint({"conv1/kernel": np.zeros((7, 7, 3, 64), np.float32)}, COCO, None)
    with pytest.raises(MasksegError, match="No layer of the initial weights fits"):
        assign_start(checkpoint, model.named_variables())


def test_random_weights_of_either_family() -> None:
    assert find_start("random", "lite").config == LITE
    start = find_start("random", "coco")
    assert (start.config, start.checkpoint, start.source) == (COCO, None, "random weights")


def test_a_file_brings_its_own_config(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    write_checkpoint(path, Checkpoint(other_weights(), CONFIG, ("background", "a", "b", "c")), "float32")
    start = find_start(str(path))
    assert start.config == CONFIG
    assert start.checkpoint is not None
    assert start.checkpoint.class_names == ("background", "a", "b", "c")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(MasksegError, match=r"nowhere\.npz"):
        find_start("nowhere.npz")


def test_the_number_of_classes_comes_from_the_data() -> None:
    start = find_start("random", "lite")
    choices = Choices([DataChoice("balloons/train.json")], overrides={"train_bn": True}, size=320)
    config = network_config(choices, start, 2)
    assert (config.num_classes, config.name, config.train_bn) == (2, "train", True)
    assert (config.image_min_dim, config.image_max_dim) == (320, 640)
    assert network_config(choices, start, LITE.num_classes).name == "lite"


@pytest.mark.parametrize(
    "wrong",
    [{"batch": 0}, {"accumulate": 0}, {"evaluate_every": 0}, {"steps_per_epoch": 0}, {"schedule": "up"}, {"ema": 1.0}],
)
def test_training_options_that_make_no_sense(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(MasksegError):
        TrainingOptions(tmp_path, **wrong)
