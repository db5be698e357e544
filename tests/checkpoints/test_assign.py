"""A network is loaded completely, or not at all and with every difference named."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, apply_checkpoint, compare, read_checkpoint
from maskseg_cli.checkpoints.comparison import non_finite
from maskseg_cli.config import COCO
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import assert_same, tiny_arrays


class Variable:
    """What a network's variable looks like from outside."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.value: np.ndarray | None = None

    def assign(self, value: np.ndarray) -> None:
        assert value.shape == self.shape
        self.value = value


def network(num_classes: int = 3, **sizes: Any) -> dict[str, Variable]:
    return {name: Variable(array.shape) for name, array in tiny_arrays(num_classes=num_classes, **sizes).items()}


def checkpoint(num_classes: int = 3, **sizes: Any) -> Checkpoint:
    config = COCO.replace(backbone="resnet50", num_classes=num_classes)
    arrays = tiny_arrays(num_classes=num_classes, **sizes)
    return Checkpoint(arrays, config, None, {"source_file": "w.h5"}, "matterport")


def test_every_variable_gets_its_array() -> None:
    variables = network()
    apply_checkpoint(checkpoint(), variables)
    assert_same({name: variable.value for name, variable in variables.items()}, tiny_arrays())


def refused(loaded: Checkpoint, variables: dict[str, Variable], **kwargs: object) -> str:
    """The message; and nothing may have been assigned."""
    with pytest.raises(MasksegError) as caught:
        apply_checkpoint(loaded, variables, **kwargs)
    assert all(variable.value is None for variable in variables.values())
    return str(caught.value)


def test_another_number_of_classes() -> None:
    message = refused(checkpoint(2), network(81))
    assert message.startswith("The weights file w.h5 does not fit the network: 6 arrays of the wrong shape (")
    assert "mrcnn_class_logits/kernel is 5 x 2, not 5 x 81" in message
    assert "and 3 more)" in message
    assert "The file has 2 classes (with the background) and the network 81" in message


def test_another_number_of_labels() -> None:
    message = refused(checkpoint(2), network(2), labels=["name"] * 81)
    assert "w.h5 has 2 classes and the labels file 81" in message
    apply_checkpoint(checkpoint(2), network(2), labels=["background", "balloon"])


def test_another_number_of_anchors() -> None:
    assert "The file has 5 anchors in each cell and the network 3: set rpn_anchor_ratios" in refused(
        checkpoint(anchors=5), network()
    )


def test_missing_left_over_and_wrong_arrays_in_one_message() -> None:
    loaded = checkpoint()
    for name in ("fpn_p2/kernel", "fpn_p2/bias", "fpn_p3/bias", "fpn_p4/bias"):
        del loaded.arrays[name]
    loaded.arrays["fpn_p7/kernel"] = np.zeros(3)
    loaded.arrays["conv1/bias"] = np.zeros(())
    message = refused(loaded, network())
    assert "1 array of the wrong shape (conv1/bias is a single number, not 4)" in message
    assert "4 arrays missing (fpn_p2/kernel, fpn_p2/bias, fpn_p3/bias and 1 more)" in message
    assert "1 array left over (fpn_p7/kernel)" in message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(value: float) -> None:
    loaded = checkpoint()
    loaded.arrays["res3b_branch2a/kernel"][0, 0, 0, 0] = value
    assert "not finite (NaN or infinity) in res3b_branch2a/kernel:" in refused(loaded, network())
    assert non_finite(loaded.arrays) == ["res3b_branch2a/kernel"]


def test_a_backbone_alone_and_another_backbone() -> None:
    alone = checkpoint()
    alone = dataclasses.replace(alone, arrays={k: v for k, v in alone.arrays.items() if k.startswith("res")})
    assert "ResNet-50 backbone alone" in refused(alone, network())
    message = refused(checkpoint(), network(backbone="resnet101"))
    assert "306 arrays missing (res4g_branch2a/kernel" in message
    assert "backbone is not whole, or another" in message


def test_compare_reports_without_raising() -> None:
    found = {"a": (1, 2), "b": np.zeros(3), "c": (4,)}
    report = compare(found, {"a": (1, 2), "b": (4,), "d": Variable((5,))})
    assert report.missing == ("d",)
    assert report.left_over == ("c",)
    assert report.mismatched == (("b", (3,), (4,)),)
    assert (report.matched, report.sound) == (1, False)
    assert compare({"a": (1,)}, {"a": (1,)}).sound


def test_loads_the_real_network(matterport_h5: Path) -> None:
    """End to end: each variable of a ResNet-50 network equals its array in the file."""
    pytest.importorskip("tensorflow")
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    loaded = read_checkpoint(matterport_h5)
    variables = MaskRCNN(loaded.config).named_variables()
    apply_checkpoint(loaded, variables)
    assert_same({name: variable.numpy() for name, variable in variables.items()}, loaded.arrays)


def test_the_real_network_names_another_number_of_classes(matterport_h5: Path) -> None:
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    loaded = read_checkpoint(matterport_h5)
    variables = MaskRCNN(loaded.config.replace(num_classes=81)).named_variables()
    with pytest.raises(MasksegError, match=r"The file has 4 classes .* and the network 81"):
        apply_checkpoint(loaded, variables)
