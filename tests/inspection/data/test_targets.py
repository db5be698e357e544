"""Shown targets against those that a training step computes from training/inputs.py."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.inference.molding import mold, molded_window
from maskseg_cli.inspection.data.anchor_targets import count_targets, empty_molded, picture_targets, scaled_sizes
from maskseg_cli.inspection.data.network import random_proposals
from maskseg_cli.inspection.data.roi_targets import region_targets
from maskseg_cli.inspection.data.survey import take_survey
from maskseg_cli.inspection.input_picture import input_picture
from maskseg_cli.inspection.photo_boxes import input_boxes
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.training.inputs import batch_inputs
from maskseg_cli.training.rpn_targets import OBJECT_IOU, rpn_targets

SMALL = {"num_classes": 4, "image_min_dim": 64, "image_max_dim": 128, "rpn_train_anchors_per_image": 64}
CONFIGS = {
    "fit": LITE.replace(**SMALL),
    "square": COCO.replace(**SMALL),
    "inside": COCO.replace(**SMALL, rpn_ignore_outside=True),
    "few": LITE.replace(**SMALL, max_gt_instances=1),
}
SOURCE = ShapesSource(2, (60, 90), seed=2)


@pytest.mark.parametrize("name", ["fit", "inside", "few"])  # test_training_step.py has the square
def test_anchors_are_those_of_a_training_step(name: str) -> None:
    config, anchors_of = CONFIGS[name], AnchorCache(CONFIGS[name])
    survey = take_survey(SOURCE)
    for number in range(len(SOURCE)):
        example, rows = SOURCE[number], survey.rows_of(number)
        batch = {key: tf.constant(array[0]) for key, array in batch_inputs([example], config).items()}
        height, width = batch["image"].shape[:2]
        seed = (7, number)
        anchors = anchors_of(height, width)
        expected = rpn_targets(
            tf.constant(anchors),
            batch["boxes"],
            batch["class_ids"],
            config,
            tf.constant(seed),
            batch["window"],
            batch["weights"],
        )
        found = picture_targets(
            survey.boxes[rows],
            survey.class_ids[rows],
            survey.weights[rows],
            tuple(survey.sizes[number]),
            config,
            anchors_of,
            seed,
        )
        assert np.array_equal(found.match, expected.match.numpy())
        assert np.array_equal(found.boxes, batch["boxes"].numpy())
        assert np.array_equal(found.anchors, anchors)


def test_the_best_anchor_is_that_of_all_pairs() -> None:
    config, survey = CONFIGS["fit"], take_survey(SOURCE)
    found = count_targets(survey, [0, 1], config, seed=1)
    assert found.images.tolist() == [0, 1]
    assert len(found.rows) == len(found.best_iou) == len(found.sizes)
    height, width = batch_inputs([SOURCE[0]], config)["image"].shape[1:3]
    anchors = AnchorCache(config)(height, width)
    molded = empty_molded(60, 90, (height, width), config)
    boxes = batch_inputs([SOURCE[0]], config)["boxes"][0]
    pairs = [input_boxes(one, molded, config) for one in (boxes, anchors)]
    near = np.maximum(pairs[0][:, None, :2], pairs[1][None, :, :2])
    far = np.minimum(pairs[0][:, None, 2:], pairs[1][None, :, 2:])
    shared = np.clip(far - near, 0, None).prod(axis=2)
    areas = [(one[:, 2:] - one[:, :2]).prod(axis=1) for one in pairs]
    iou = shared / (areas[0][:, None] + areas[1][None] - shared)
    assert found.best_iou[: len(boxes)] == pytest.approx(iou.max(axis=1), abs=1e-5)
    assert np.array_equal(found.sizes, scaled_sizes(survey, config)[found.rows])
    assert (found.positives > 0).all()
    assert (found.positives + found.negatives <= 64).all()
    assert 0 < OBJECT_IOU < 1


@pytest.mark.parametrize("name", ["fit", "square"])
def test_regions_are_refined_to_the_objects(name: str) -> None:
    config = CONFIGS[name]
    inputs = {key: array[0] for key, array in batch_inputs([SOURCE[1]], config).items()}
    proposals = random_proposals(inputs, config, seed=3)
    assert (proposals[:, :2] >= inputs["window"][:2] - 1e-6).all()
    assert (proposals[:, 2:] <= inputs["window"][2:] + 1e-6).all()
    found = region_targets(inputs, proposals, config)
    shown = found.class_ids > 0
    assert 0 < found.positives == shown.sum() < len(found.class_ids)
    distance = np.abs(found.refined[shown][:, None] - inputs["boxes"][None]).max(axis=2).min(axis=1)
    assert distance == pytest.approx(0, abs=1e-3)
    assert np.array_equal(found.refined[~shown], found.rois[~shown]) or np.allclose(
        found.refined[~shown], found.rois[~shown], atol=1e-4
    )
    assert found.masks.shape[1:] == config.mask_shape
    assert found.masks[shown].any(axis=(1, 2)).all()
    assert found.objects == len(inputs["boxes"])
    assert 0 <= found.unmatched <= found.objects


def test_objects_that_no_proposal_shows_are_counted() -> None:
    config = CONFIGS["fit"]
    inputs = {key: array[0] for key, array in batch_inputs([SOURCE[1]], config).items()}
    nothing = np.zeros((5, 4), np.float32)
    assert region_targets(inputs, nothing, config).unmatched == len(inputs["boxes"])
    assert region_targets(inputs, inputs["boxes"], config).unmatched == 0


@pytest.mark.parametrize("mode", ["fit", "square", "pad64", "none"])
@pytest.mark.parametrize("size", [(60, 90), (200, 31), (64, 128)])
def test_the_window_is_that_of_molding(mode: str, size: tuple[int, int]) -> None:
    config: MaskRCNNConfig = COCO.replace(**SMALL, image_resize_mode=mode)
    molded = mold(np.zeros((*size, 3), np.uint8), config)
    assert molded_window(*size, config) == molded.window
    empty = empty_molded(*size, molded.image.shape[:2], config)
    assert (empty.window, empty.scale, empty.original_shape) == (molded.window, molded.scale, molded.original_shape)


@pytest.mark.parametrize("preset", [LITE, COCO])
def test_the_input_is_shown_as_the_photo_was(preset: MaskRCNNConfig) -> None:
    config = preset.replace(image_resize_mode="none")
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    given = image[:, :, ::-1] if config.channel_order == "RGB" else image
    assert np.array_equal(input_picture(mold(np.ascontiguousarray(given), config).image, config), image)


def test_padding_is_black_where_the_window_is_known() -> None:
    config = COCO.replace(**SMALL, image_resize_mode="square")
    image = np.random.default_rng(0).integers(1, 256, (60, 90, 3), np.uint8)
    molded = mold(image, config)
    top, left, bottom, right = molded.window
    shown = input_picture(molded.image, config, molded.window)
    assert np.array_equal(shown[top:bottom, left:right], input_picture(molded.image, config)[top:bottom, left:right])
    assert shown[top:bottom, left:right].any(axis=2).all()
    assert shown.any(axis=2).sum() == (bottom - top) * (right - left) < shown.shape[0] * shown.shape[1]
