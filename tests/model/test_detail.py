"""The detail path: the heads of the small network look at the map of stride 8, too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.checkpoints import Checkpoint, apply_checkpoint, read_checkpoint, write_checkpoint
from maskseg_cli.config import COCO, MASK_RCNN2GO, MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.engine import Segmented
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training.start import assign_start
from tests.model.random_weights import fill

PLAIN = MASK_RCNN2GO.replace(num_classes=4, post_nms_rois_inference=8, detection_min_confidence=0.01)
DETAIL = PLAIN.replace(detail=True)
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 96, 128, 3)).astype(np.float32)


def made(config: MaskRCNNConfig) -> MaskRCNN:
    model = MaskRCNN(config)
    for seed, stage in enumerate(model.stages):
        fill(stage, seed)
    return model


def arrays(model: MaskRCNN) -> dict[str, np.ndarray]:
    return {name: np.asarray(variable) for name, variable in model.named_variables().items()}


def run(model: MaskRCNN) -> Segmented:
    windows = np.array([[0, 0, 95, 127]], np.float32)
    return TensorFlowEngine(model).run(IMAGE, AnchorCache(model.config)(96, 128), windows)


def joined(plain: MaskRCNN, kernels: Mapping[str, float]) -> MaskRCNN:
    """A network with the detail path and the plain one's weights, the path's last kernels set to one value each."""
    model = MaskRCNN(DETAIL)
    fresh, absent = assign_start(Checkpoint(arrays(plain), PLAIN, None), model.named_variables())
    assert fresh == []
    assert absent == [
        f"{head}.detail.{part}" for head in ("box", "mask") for part in ("depthwise", "expand", "project")
    ]
    for head, value in kernels.items():
        kernel = model.named_variables()[f"{head}.detail.project/kernel"]
        kernel.assign(np.full(kernel.shape, value))
    return model


@pytest.fixture(scope="module")
def plain() -> MaskRCNN:
    return made(PLAIN)


def test_a_silent_path_changes_nothing(plain: MaskRCNN) -> None:
    before, after = run(plain), run(joined(plain, {"box": 0, "mask": 0}))
    assert len(before.scores) > 0
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_each_head_has_a_path_of_its_own(plain: MaskRCNN) -> None:
    before = run(plain)
    masks = run(joined(plain, {"box": 0, "mask": 0.5}))
    np.testing.assert_allclose(before.boxes, masks.boxes, atol=1e-4)
    assert np.abs(before.masks - masks.masks).max() > 1e-3
    heard = joined(plain, {"box": 0.5, "mask": 0})
    maps, region = heard.features(tf.constant(IMAGE)), tf.constant([[8.0, 8.0, 40.0, 72.0]])
    pooled = heard.pool_for_boxes(maps, region, tf.constant([0]), (96, 128))
    assert np.abs(heard.classify(pooled)[1] - plain.classify(pooled[0])[1]).max() > 1e-3


def test_what_the_heads_see() -> None:
    model = MaskRCNN(DETAIL)
    maps = model.features(tf.constant(IMAGE))
    assert [tuple(one.shape) for one in maps] == [(1, 6, 8, 128), (1, 12, 16, 48)]
    boxes, index = tf.constant([[8.0, 8.0, 40.0, 72.0]]), tf.constant([0])
    for pool, sizes in ((model.pool_for_boxes, (6, 6)), (model.pool_for_masks, (6, 12))):
        coarse, fine = pool(maps, boxes, index, (96, 128))
        assert (coarse.shape, fine.shape) == ((1, sizes[0], sizes[0], 128), (1, sizes[1], sizes[1], 48))
    # a map that counts its own columns is read at the columns of the box: 8..72 pixels are columns 1..9
    columns = tf.tile(tf.range(16.0)[None, None, :, None], (1, 12, 1, 48))
    fine = model.pool_for_boxes([maps[0], columns], boxes, index, (96, 128))[1]
    np.testing.assert_allclose(fine[0, 0, :, 0], 1 + 8 * (np.arange(6) + 0.5) / 6, atol=1e-4)


def test_a_fresh_path_only_whispers() -> None:
    model = MaskRCNN(DETAIL)
    head = model.box_head
    fine = np.random.default_rng(1).normal(0, 0.38, (8, 6, 6, 48)).astype(np.float32)
    path = keras.Model(head.inputs[1], head.get_layer("box.detail.project").output)
    answer = float(np.std(path(fine)))
    assert 0.01 < answer < 0.1


def test_files_keep_it(tmp_path: Path) -> None:
    model = made(DETAIL)
    path = tmp_path / "detail.npz"
    write_checkpoint(path, Checkpoint(arrays(model), DETAIL, ("background", "a", "b", "c")), "float32")
    read = read_checkpoint(path)
    assert read.config.detail
    again = MaskRCNN(read.config)
    apply_checkpoint(read, again.named_variables())
    np.testing.assert_array_equal(run(model).masks, run(again).masks)
    views = load_model(path, tta=True, size=96)
    plain = load_model(path, size=96)
    picture = IMAGE[0].astype(np.uint8)
    assert views(picture).image_size == plain(picture).image_size == (96, 128)


@pytest.mark.parametrize("other", [COCO, MASK_RCNN2GO.replace(box_head="fc")])
def test_other_networks_do_not_have_it(other: MaskRCNNConfig) -> None:
    with pytest.raises(UsageError, match="detail is for"):
        other.replace(detail=True)


def test_other_mask_heads_do_without() -> None:
    config = DETAIL.replace(mask_head="fcn", mask_pool_size=14, mask_shape=(28, 28))
    assert run(made(config)).masks.shape[1:] == (28, 28)
