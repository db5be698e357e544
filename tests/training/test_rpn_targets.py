"""Targets of the region-proposal network, against the rules written as loops."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.boxes import decode_boxes
from maskseg_cli.training.rpn_targets import rpn_targets
from tests.training import naive

SEED = tf.constant([3, 4])
CONFIGS = {"normalized": COCO, "pixels": LITE}


def window(frame: str) -> np.ndarray:
    return np.array([0, 0, naive.EXTENT[frame], naive.EXTENT[frame]], np.float32)


def rules(
    anchors: np.ndarray, boxes: np.ndarray, class_ids: np.ndarray, frame: str, ignore_outside: bool
) -> tuple[np.ndarray, dict[int, int]]:
    """Every anchor's answer before any is left out by chance, and the box of each object."""
    last, edge = naive.last_pixel(frame), naive.EXTENT[frame]
    objects, regions = boxes[class_ids > 0], boxes[class_ids < 0]
    table = np.array([[naive.iou(anchor, box, last) for box in objects] for anchor in anchors])
    table = table.reshape(len(anchors), len(objects))
    usable = [not ignore_outside or (min(a) >= 0 and max(a) <= edge) for a in anchors]
    match = np.zeros(len(anchors), int)
    for i in range(len(anchors)):
        best = table[i].max(initial=0)
        if usable[i] and best >= 0.7:
            match[i] = 1
        elif usable[i] and best < 0.3 and not naive.ignored(anchors[i], regions, last):
            match[i] = -1
    for column in table.T:
        inside = [i for i in range(len(anchors)) if usable[i] and column[i] > 0]
        candidates = inside or [i for i in range(len(anchors)) if column[i] > 0]
        if candidates:
            match[max(candidates, key=lambda i: column[i])] = 1
    return match, {i: int(table[i].argmax()) for i in np.flatnonzero(match == 1)}


@pytest.mark.parametrize("frame", CONFIGS)
@pytest.mark.parametrize("ignore_outside", [False, True])
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_all_anchors_follow_the_rules(frame: str, ignore_outside: bool, seed: int) -> None:
    boxes, class_ids, anchors = naive.scene(seed, frame)
    config = CONFIGS[frame].replace(rpn_ignore_outside=ignore_outside, rpn_train_anchors_per_image=10_000)
    match, deltas = rpn_targets(anchors, boxes, class_ids, config, SEED, window(frame))
    expected, owner = rules(anchors, boxes, class_ids, frame, ignore_outside)
    assert match.dtype == tf.int32
    np.testing.assert_array_equal(match, expected)
    objects, last = boxes[class_ids > 0], naive.last_pixel(frame)
    wanted = np.zeros((len(anchors), 4))
    for i, box in owner.items():
        wanted[i] = np.divide(naive.encode(anchors[i], objects[box], last), config.rpn_bbox_std_dev)
    np.testing.assert_allclose(deltas, wanted, rtol=1e-3, atol=1e-4)
    back = decode_boxes(anchors, deltas * tf.constant(config.rpn_bbox_std_dev), last_pixel=last)
    for i, box in owner.items():
        np.testing.assert_allclose(back[i], objects[box], atol=2e-5 * naive.EXTENT[frame])


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), limit=st.integers(1, 40))
def test_no_more_than_the_limit_and_half_of_them_objects(seed: int, limit: int) -> None:
    boxes, class_ids, anchors = naive.scene(seed, "pixels")
    config = LITE.replace(rpn_train_anchors_per_image=limit)
    match = rpn_targets(anchors, boxes, class_ids, config, SEED, window("pixels")).match.numpy()
    expected, _ = rules(anchors, boxes, class_ids, "pixels", True)
    positives, negatives = int((expected == 1).sum()), int((expected == -1).sum())
    chosen = min(positives, limit // 2)
    assert (match == 1).sum() == chosen
    assert (match == -1).sum() == min(negatives, limit - chosen)
    assert (expected[match != 0] == match[match != 0]).all()


def test_the_seed_decides_the_choice() -> None:
    boxes, class_ids, anchors = naive.scene(11, "pixels")
    config = LITE.replace(rpn_train_anchors_per_image=10)

    def chosen(seed: tuple[int, int]) -> bytes:
        return (
            rpn_targets(anchors, boxes, class_ids, config, tf.constant(seed), window("pixels")).match.numpy().tobytes()
        )

    assert chosen((1, 2)) == chosen((1, 2))
    assert len({chosen((1, i)) for i in range(8)}) > 4


def test_chance_treats_all_anchors_alike() -> None:
    anchors = naive.random_boxes(np.random.default_rng(0), 40, 200, (0.1, 0.2))
    config = LITE.replace(rpn_train_anchors_per_image=10, rpn_ignore_outside=False)
    nothing = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    counts = sum(
        rpn_targets(anchors, *nothing, config, tf.constant([i, 0]), window("pixels")).match.numpy() == -1
        for i in range(80)
    )
    assert counts.sum() == 800
    # 20 each, give or take five standard deviations
    assert counts.min() >= 1
    assert counts.max() <= 40


@pytest.mark.parametrize(
    ("boxes", "class_ids"),
    [
        (np.zeros((0, 4)), []),
        (np.zeros((3, 4)), [0, 0, 0]),
    ],
    ids=["no boxes", "padding only"],
)
def test_a_picture_without_objects_is_background(boxes: np.ndarray, class_ids: list[int]) -> None:
    anchors = AnchorCache(LITE)(320, 320)
    arguments = boxes.astype(np.float32), np.array(class_ids, np.int32)
    match, deltas = rpn_targets(anchors, *arguments, LITE, SEED, np.array([0, 0, 319, 319], np.float32))
    assert (match.numpy() == -1).sum() == 256
    assert (match.numpy() == 1).sum() == 0
    assert not deltas.numpy().any()


def test_a_picture_full_of_crowd_teaches_nothing() -> None:
    anchors = AnchorCache(LITE)(320, 320)
    whole = np.array([[0, 0, 319, 319]], np.float32)
    match, deltas = rpn_targets(anchors, whole, np.array([-1]), LITE, SEED, whole[0])
    assert not match.numpy().any()
    assert not deltas.numpy().any()


def test_a_small_anchor_in_a_large_region_is_no_background() -> None:
    # its IoU with the region is 1 / 1600
    anchors = np.array([[100, 100, 104, 104], [300, 300, 304, 304]], np.float32)
    region = np.array([[0, 0, 199, 199]], np.float32)
    match, _ = rpn_targets(anchors, region, np.array([-1]), LITE, SEED, np.array([0, 0, 399, 399], np.float32))
    assert match.numpy().tolist() == [0, -1]


@pytest.mark.parametrize("config", [COCO, LITE], ids=["coco", "lite"])
def test_a_box_of_one_pixel_gives_finite_targets(config: MaskRCNNConfig) -> None:
    box = np.array([[0.25, 0.25, 0.25, 0.25]], np.float32) * (1 if config is COCO else 320)
    anchors = AnchorCache(config)(320, 320)
    edge = np.array([0, 0, 1, 1], np.float32) * (1 if config is COCO else 319)
    match, deltas = rpn_targets(anchors, box, np.array([1]), config, SEED, edge)
    assert np.isfinite(deltas).all()
    assert (match.numpy() == 1).any() == (config is LITE)  # in the normalized frame it has no area


def test_anchors_across_the_edge_are_left_out_but_for_a_box_that_has_no_other() -> None:
    anchors = np.array([[-10, -10, 20, 20], [0, 0, 20, 20], [100, 190, 120, 215]], np.float32)
    boxes = np.array([[-2, -2, 20, 20], [100, 192, 120, 199]], np.float32)
    arguments = boxes, np.array([1, 1]), LITE
    match, _ = rpn_targets(anchors, *arguments, SEED, window("pixels"))
    assert match.numpy().tolist() == [0, 1, 1]
    match, _ = rpn_targets(anchors[:1], *arguments, SEED, window("pixels"))
    assert match.numpy().tolist() == [1]


def test_works_in_a_graph_for_any_number_of_boxes_and_anchors() -> None:
    def spec(*shape: int | None, dtype: tf.DType = tf.float32) -> tf.TensorSpec:
        return tf.TensorSpec(shape, dtype)

    signature = [spec(None, 4), spec(None, 4), spec(None, dtype=tf.int32), spec(2, dtype=tf.int32)]

    @tf.function(input_signature=signature)
    def in_a_graph(
        anchors: tf.Tensor, boxes: tf.Tensor, class_ids: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return rpn_targets(anchors, boxes, class_ids, LITE, seed, tf.constant(window("pixels")))

    counts = set()
    for seed in range(8):
        boxes, class_ids, anchors = naive.scene(seed, "pixels")
        counts.add(len(boxes))
        match, deltas = in_a_graph(anchors, boxes, class_ids, SEED)
        eager = rpn_targets(anchors, boxes, class_ids, LITE, SEED, window("pixels"))
        np.testing.assert_array_equal(match, eager.match)
        np.testing.assert_allclose(deltas, eager.deltas, rtol=1e-5, atol=1e-6)
    assert len(counts) > 2


def test_anchors_near_a_doubtful_object_are_neutral() -> None:
    boxes = np.array([[0, 0, 40, 40], [100, 100, 140, 140]], np.float32)
    apart = np.array([[20, 0, 60, 40], [120, 100, 160, 140], [110, 100, 150, 140], [300, 300, 340, 340]], np.float32)
    anchors = np.concatenate([boxes, apart])  # IoU of a third, a third, 0.6, none
    edge = np.array([0, 0, 399, 399], np.float32)

    def match(*weights: float) -> list[int]:
        given = tf.constant(weights)
        return rpn_targets(anchors, boxes, np.array([1, 1]), LITE, SEED, edge, given).match.numpy().tolist()

    assert match(1, 0) == [1, 0, 0, 0, 0, -1]
    assert match(1, 0.5) == [1, 1, 0, 0, 0, -1]
    assert match(0, 0) == [0, 0, 0, 0, 0, -1]
