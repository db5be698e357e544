"""Arrays in PyTorch's axes and order come out in those of our network, value by value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.checkpoints.pytorch.families.layouts import for_all_classes, kernel, swap_deltas, to_our_layout
from maskseg_cli.config.torch_presets import DETECTRON2

SIDES = st.integers(1, 4)


@given(SIDES, SIDES, SIDES, SIDES)
def test_kernels_of_convolutions(out: int, inputs: int, height: int, width: int) -> None:
    theirs = np.arange(out * inputs * height * width, dtype=np.float32).reshape(out, inputs, height, width)
    ours = kernel(theirs, None)
    assert ours.shape == (height, width, inputs, out)
    for index in np.ndindex(*theirs.shape):
        o, i, y, x = index
        assert ours[y, x, i, o] == theirs[index]


@given(SIDES, SIDES, SIDES, st.integers(0, 1000))
def test_a_dense_layer_becomes_a_convolution_over_the_map_that_was_flattened_channel_first(
    out: int, channels: int, side: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-9, 9, (out, channels * side * side)).astype(np.float32)
    pooled = rng.integers(-9, 9, (side, side, channels)).astype(np.float32)
    flattened = pooled.transpose(2, 0, 1).ravel()  # as torch.flatten sees (C, H, W)
    convolved = np.einsum("yxi,yxio->o", pooled, kernel(weights, side))
    assert convolved.tolist() == (weights @ flattened).tolist()


def test_dense_layers_stay_dense_or_become_convolutions_of_one_cell() -> None:
    theirs = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert kernel(theirs, None).tolist() == theirs.T.tolist()
    assert kernel(theirs, 1)[0, 0].tolist() == theirs.T.tolist()


@given(st.integers(1, 6), st.integers(1, 3))
def test_deltas_are_swapped_within_each_box_and_back(boxes: int, inputs: int) -> None:
    theirs = np.arange(4 * boxes * inputs).reshape(4 * boxes, inputs)
    ours = swap_deltas(theirs)
    assert (
        ours[4 * (boxes - 1) :].tolist()
        == theirs[[4 * boxes - 3, 4 * boxes - 4, 4 * boxes - 1, 4 * boxes - 2]].tolist()
    )
    assert np.array_equal(swap_deltas(ours), theirs)


def test_outputs_of_all_classes() -> None:
    own = np.array([1, 2, 3])
    assert for_all_classes(own, 1, 3) is own
    assert for_all_classes(own, 1, 4).tolist() == [0, 1, 2, 3]  # none for the background
    assert for_all_classes(np.array([5, 6, 7, 8]), 4, 3).tolist() == [5, 6, 7, 8] * 3  # any class
    assert for_all_classes(np.array([5]), 1, 2).tolist() == [0, 5]


def test_the_background_moves_to_the_front() -> None:
    config = DETECTRON2.replace(num_classes=3, rpn_anchor_ratios=(1, 2))
    arrays = {
        "mrcnn_class_logits/kernel": np.array([[10.0, 11], [20, 21], [90, 91]]),  # two classes, then the background
        "mrcnn_class_logits/bias": np.array([1.0, 2, 9]),
        "mrcnn_bbox_fc/kernel": np.arange(8.0)[:, None],
        "mrcnn_bbox_fc/bias": np.arange(8.0),
        "mrcnn_mask/kernel": np.array([[1.0], [2]])[:, :, None, None],
        "mrcnn_mask/bias": np.array([1.0, 2]),
        "rpn_bbox_pred/bias": np.arange(8.0),
        "rpn_class_raw/bias": np.array([4.0, 5]),
        "bn_conv1/gamma": np.array([7.0]),
    }
    ours = to_our_layout(arrays, config, "last", "xywh")
    assert ours["mrcnn_class_logits/kernel"].tolist() == [[90, 10, 20], [91, 11, 21]]
    assert ours["mrcnn_class_logits/bias"].tolist() == [9, 1, 2]
    assert ours["mrcnn_bbox_fc/bias"].tolist() == [0, 0, 0, 0, 1, 0, 3, 2, 5, 4, 7, 6]
    assert ours["mrcnn_bbox_fc/kernel"].tolist() == [ours["mrcnn_bbox_fc/bias"].tolist()]
    assert ours["mrcnn_mask/kernel"].ravel().tolist() == [0, 1, 2]
    assert ours["mrcnn_mask/bias"].tolist() == [0, 1, 2]
    assert ours["rpn_bbox_pred/bias"].tolist() == [1, 0, 3, 2, 5, 4, 7, 6]
    assert ours["rpn_class_raw/bias"].tolist() == [4, 5]
    assert ours["bn_conv1/gamma"].tolist() == [7]


@pytest.mark.parametrize(("background", "expected"), [("last", [1, 0, 3, 2]), ("first", [0, 1, 2, 3])])
def test_two_logits_of_an_anchor_are_background_and_object(background: str, expected: list[int]) -> None:
    config = DETECTRON2.replace(rpn_logits=2, rpn_anchor_ratios=(1, 2))
    ours = to_our_layout({"rpn_class_raw/bias": np.arange(4)}, config, background, "xywh")  # type: ignore[arg-type]
    assert ours["rpn_class_raw/bias"].tolist() == expected


def test_boxes_in_our_order_stay() -> None:
    ours = to_our_layout({"mrcnn_bbox_fc/bias": np.arange(8)}, DETECTRON2.replace(num_classes=2), "first", "yxhw")
    assert ours["mrcnn_bbox_fc/bias"].tolist() == list(range(8))
