"""Dead and exploding filters are found, and healthy networks have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskseg_cli.checkpoints import Checkpoint, find_weights, read_checkpoint
from maskseg_cli.coco_classes import COCO_91_CLASSES
from maskseg_cli.config import COCO
from maskseg_cli.inspection.weights.filter_health import Finding, count_of, findings_of, outliers
from maskseg_cli.inspection.weights.filters import filter_norms, is_kernel, untrained_filters
from tests.checkpoints.tiny import tiny_arrays


def checkpoint_of(arrays: dict[str, np.ndarray], names: tuple[str, ...] | None = None) -> Checkpoint:
    return Checkpoint(arrays, COCO, names, kind="matterport")


def healthy(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, shape).astype(np.float32)


@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=4, max_side=6), elements=st.floats(-9, 9, width=32)
    )
)
def test_norms(kernel: np.ndarray) -> None:
    columns = kernel.astype(np.float64).reshape(-1, kernel.shape[-1])
    np.testing.assert_allclose(filter_norms("conv1/kernel", kernel), np.linalg.norm(columns, axis=0), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mrcnn_mask_deconv/kernel", (2, 2, 5, 3)), ("mask.upsample/kernel", (2, 2, 5, 3)),
     ("trunk.block1_0.depthwise/kernel", (3, 3, 5, 1))],
)  # fmt: skip
def test_filters_of_transposed_and_depthwise_kernels_lie_on_the_third_axis(name: str, shape: tuple[int, ...]) -> None:
    kernel = healthy(shape)
    kernel[:, :, 2] = 0
    norms = filter_norms(name, kernel)
    assert (norms == 0).nonzero()[0].tolist() == [2]
    assert [one.indices for one in findings_of(checkpoint_of({name: kernel}))] == [(2,)]


@given(
    st.lists(st.floats(0.2, 4), min_size=5, max_size=30),
    st.floats(1e-6, 1e6),
    st.sampled_from([0.0, 1e-5]),
    st.sampled_from([1e4, 1e7]),
)
def test_outliers_do_not_depend_on_the_scale(values: list[float], scale: float, low: float, high: float) -> None:
    sizes = np.array([low, *values, high]) * scale
    found = outliers(sizes)
    assert found["dead"].nonzero()[0].tolist() == [0]
    assert found["exploding"].nonzero()[0].tolist() == [len(sizes) - 1]
    assert not any(mask.any() for mask in outliers(sizes[1:-1]).values())


def test_most_filters_may_be_dead() -> None:
    sizes = np.array([0.0] * 20 + [1.0, 1.1])
    assert outliers(sizes)["dead"].sum() == 20
    assert outliers(np.zeros(4))["dead"].all()


def test_what_stands_out_is_named_with_its_index() -> None:
    kernel, gamma, variance = healthy((3, 3, 8, 16)), healthy((16,)) + 1, healthy((16,)) + 1
    kernel[..., 3] *= 1e-6
    kernel[..., 5] *= 1000
    gamma[7] = 1e-7
    variance[[1, 2, 4]] = 1e-12, 1e6, -1
    bias = healthy((16,))
    bias[9] = np.nan
    named = {
        "conv1/kernel": kernel,
        "conv1/bias": bias,
        "bn_conv1/gamma": gamma,
        "bn_conv1/moving_variance": variance,
    }
    found = findings_of(checkpoint_of(named))
    assert [(one.name, one.kind, one.indices) for one in found] == [
        ("conv1/kernel", "dead", (3,)),
        ("conv1/kernel", "exploding", (5,)),
        ("conv1/bias", "not finite", (9,)),
        ("bn_conv1/gamma", "dead", (7,)),
        ("bn_conv1/moving_variance", "variance negative", (4,)),
        ("bn_conv1/moving_variance", "variance huge", (2,)),
        ("bn_conv1/moving_variance", "variance near zero", (1,)),
    ]
    assert count_of(found, "dead") == 2


def test_a_filter_that_is_not_finite_is_neither_dead_nor_exploding() -> None:
    kernel = healthy((1, 1, 8, 16))
    kernel[0, 0, 0, 1], kernel[0, 0, 0, 2] = np.inf, np.nan
    assert [(one.kind, one.indices) for one in findings_of(checkpoint_of({"fpn_p2/kernel": kernel}))] == [
        ("not finite", (1, 2))
    ]


def test_the_background_and_classes_that_do_not_occur_are_not_judged() -> None:
    names = COCO_91_CLASSES
    unused = names.index("class 12 (not used)")
    kernels = {
        "mrcnn_class_logits/kernel": healthy((32, 91)),
        "mrcnn_bbox_fc/kernel": healthy((32, 364)),
        "mrcnn_mask/kernel": healthy((1, 1, 32, 91)),
    }
    kernels["mrcnn_class_logits/kernel"][:, unused] = 0
    kernels["mrcnn_bbox_fc/kernel"][:, [0, 1, 2, 3, 4 * unused]] = 0
    kernels["mrcnn_mask/kernel"][..., [0, unused]] = 0
    assert findings_of(checkpoint_of(kernels, names)) == []
    # The background's score is trained.
    assert not untrained_filters("mrcnn_class_logits/kernel", 91, checkpoint_of(kernels, names))[0]
    kernels["mrcnn_class_logits/kernel"][:, 0] = 0
    kernels["mrcnn_bbox_fc/kernel"][:, 7] = 0
    found = findings_of(checkpoint_of(kernels, names))
    assert [(one.name, one.indices) for one in found] == [
        ("mrcnn_class_logits/kernel", (0,)),
        ("mrcnn_bbox_fc/kernel", (7,)),
    ]


def test_no_false_alarm_in_lite() -> None:
    assert findings_of(read_checkpoint(find_weights("lite"))) == []


def test_no_false_alarm_in_a_network_with_batch_normalisation() -> None:
    assert findings_of(checkpoint_of(tiny_arrays("resnet101"))) == []


def test_no_false_alarm_in_the_starting_weights(shared: Path) -> None:
    checkpoint = read_checkpoint(shared / "weights" / "lite-init.npz")
    assert (findings_of(checkpoint), len(checkpoint.arrays)) == ([], 162)


def test_words() -> None:
    assert Finding("a", "dead", (0, 1), 2).which == "all 2"
    assert Finding("a", "dead", (5,), 64).which == "5 of 64"
    assert not is_kernel("conv1/bias", np.zeros(3))
