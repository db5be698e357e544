"""The U-Net mask head: shapes, receptive field, training, and the networks that have it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.model.mask_head import build_fcn_mask_head
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.model.unet_mask_head import PREFIX, build_unet_mask_head

#: A small network of each family with this head.
RESNET = COCO.replace(
    backbone="resnet50",
    num_classes=3,
    mask_head="unet",
    top_down_pyramid_size=32,
    image_min_dim=64,
    image_max_dim=128,
    post_nms_rois_inference=20,
    detection_min_confidence=0.0,
    detection_max_instances=4,
)
MOBILE = LITE.replace(
    num_classes=3,
    mask_head="unet",
    mask_pool_size=7,
    mask_shape=(14, 14),
    image_min_dim=64,
    image_max_dim=128,
    detection_min_confidence=0.0,
    detection_max_instances=4,
)


@pytest.mark.parametrize("pool_size", [1, 6, 7, 14])
@pytest.mark.parametrize("channels", [4, 10])
def test_twice_as_many_rows_and_columns(pool_size: int, channels: int) -> None:
    head = build_unet_mask_head(channels, num_classes=3, pool_size=pool_size)
    logits = head(np.ones((2, pool_size, pool_size, channels), np.float32))
    assert logits.shape == (2, 2 * pool_size, 2 * pool_size, 3)
    for i in range(1, 7):
        doubled = 2 if i in (2, 3) else 1
        assert head.get_layer(f"{PREFIX}conv{i}").filters == doubled * channels
    assert head.get_layer(f"{PREFIX}pool").output.shape[1] == (pool_size + 1) // 2


def test_parameters_as_documented() -> None:
    assert build_unet_mask_head(256, 81).count_params() == 7_698_769
    assert build_fcn_mask_head(256, COCO).count_params() == 2_647_633
    assert build_unet_mask_head.__globals__["__doc__"].count("7,698,769 parameters, the other 2,647,633") == 1


def test_no_transposed_convolution_and_no_checkerboard() -> None:
    """Uniform input gives uniform output away from the edges, which transposed convolutions with overlaps do not."""
    keras.utils.set_random_seed(1)
    head = build_unet_mask_head(8, num_classes=2, pool_size=32)
    assert not [layer for layer in head.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    features = np.broadcast_to(np.random.default_rng(0).normal(size=8), (1, 32, 32, 8)).astype(np.float32)
    inner = head(features).numpy()[0, 24:40, 24:40]
    assert np.abs(inner).max() > 1e-3
    np.testing.assert_allclose(inner, np.broadcast_to(inner[:1, :1], inner.shape), atol=1e-5)
    transposed = build_fcn_mask_head(8, COCO.replace(num_classes=2, mask_pool_size=32))(features).numpy()[
        0, 24:40, 24:40
    ]
    assert np.ptp(transposed[..., 0]) > 1e-4, "the other head does draw one before it is trained"


def test_the_skip_connection_carries_what_pooling_loses() -> None:
    """Two inputs with the same maxima in each 2 x 2 block give different logits."""
    keras.utils.set_random_seed(2)
    head = build_unet_mask_head(4, num_classes=2, pool_size=6)
    lower = keras.Model(head.input, head.get_layer(f"{PREFIX}pool").output)
    for i in (1, 2):  # the two convolutions before the pooling pass everything on
        kernel = np.zeros(head.get_layer(f"{PREFIX}conv{i}").kernel.shape, np.float32)
        for channel in range(4):
            kernel[1, 1, channel, channel] = 1
        head.get_layer(f"{PREFIX}conv{i}").kernel.assign(kernel)
    one, other = np.zeros((1, 6, 6, 4), np.float32), np.zeros((1, 6, 6, 4), np.float32)
    one[:, ::2, ::2], other[:, 1::2, 1::2] = 1, 1
    np.testing.assert_array_equal(lower(one), lower(other))
    assert np.abs(head(one).numpy() - head(other).numpy()).max() > 1e-3


def test_every_weight_learns() -> None:
    keras.utils.set_random_seed(3)
    head = build_unet_mask_head(6, num_classes=2, pool_size=8)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4, 8, 8, 6)).astype(np.float32)
    # The mask to learn: where the first channel is positive, at twice the size.
    target = (features[..., :1] > 0).repeat(2, 1).repeat(2, 2).repeat(2, 3).astype(np.float32)

    def loss() -> tf.Tensor:
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, head(features, training=True)))

    with tf.GradientTape() as tape:
        first = loss()
    variables = [weight.value for weight in head.trainable_variables]
    gradients = tape.gradient(first, variables)
    for weight, gradient in zip(head.trainable_variables, gradients, strict=True):
        assert gradient is not None, weight.path
        # batch normalisation in training takes away what the bias before it adds
        if not (weight.name == "bias" and "conv" in weight.path):
            assert np.abs(gradient).max() > 0, weight.path
    optimizer = keras.optimizers.Adam(0.01)
    for _ in range(30):
        with tf.GradientTape() as tape:
            value = loss()
        optimizer.apply_gradients(zip(tape.gradient(value, variables), head.trainable_variables, strict=True))
    assert loss() < 0.5 * first


@pytest.mark.parametrize("config", [RESNET, MOBILE], ids=["resnet", "mobile"])
def test_in_a_network(config: object) -> None:
    keras.utils.set_random_seed(4)
    model = MaskRCNN(config)  # type: ignore[arg-type]
    names = {name.split("/")[0] for name in model.named_variables()}
    parts = {f"{kind}{i}" for kind in ("conv", "bn") for i in range(1, 7)} | {"logits"}
    assert {name for name in names if "mask" in name} == {PREFIX + part for part in parts}
    for name, variable in model.named_variables().items():
        if name.split("/")[0] in ("rpn.deltas", "box.deltas", "rpn_bbox_pred", "mrcnn_bbox_fc"):
            variable.assign(0 * variable)  # boxes are the anchors
        elif name in ("trunk.stem/kernel", "conv1/kernel"):  # whose input reaches 255
            variable.assign(variable / 255)
        elif name in ("box.class_logits/bias", "mrcnn_class_logits/bias"):
            variable.assign([-5, 0, 0])
    predictor = Predictor(TensorFlowEngine(model), ("background", "a", "b"))
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    found = predictor(image)
    assert len(found) > 0
    assert found.mask.shape == (len(found), 64, 96)


@pytest.mark.parametrize(
    ("config", "changes", "side"),
    [
        (LITE, {"mask_head": "unet"}, 12),
        (COCO, {"mask_head": "unet", "mask_pool_size": 7}, 14),
        (COCO, {"mask_shape": (56, 56)}, 28),
        (LITE, {"mask_pool_size": 7}, 28),
    ],
)
def test_masks_of_another_size_than_the_head_gives(config: object, changes: dict, side: int) -> None:
    with pytest.raises(UsageError, match=f"the masks are {side} x {side} cells, but mask_shape says"):
        MaskRCNN(config.replace(**changes))  # type: ignore[attr-defined]
