"""Targets of the box and mask heads, against the rules written as loops."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.inference.unmolding import paste_with_border
from maskseg_cli.training.detection_targets import DetectionTargets, cell_masks, corner_masks, detection_targets
from tests.training import naive

SEED = tf.constant([3, 4])
CONFIGS = {
    "normalized": COCO.replace(mask_shape=(4, 6)),
    "pixels": LITE.replace(mask_shape=(4, 6)),
}


def details(boxes: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks, weights, and which of the objects have a mask."""
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, 2, (len(boxes), 5, 7)).astype(np.float32)
    return masks, rng.uniform(0.2, 1, len(boxes)).astype(np.float32), rng.integers(0, 2, len(boxes)).astype(bool)


def targets(
    proposals: np.ndarray, boxes: np.ndarray, class_ids: Any, config: MaskRCNNConfig, seed: Any = SEED
) -> DetectionTargets:
    found = detection_targets(
        proposals.astype(np.float32),
        boxes.astype(np.float32).reshape(-1, 4),
        np.array(class_ids, np.int32),
        *details(boxes),
        config,
        tf.constant(seed),
    )
    count = len(found.rois)
    assert [tuple(part.shape) for part in found] == [
        (count, 4), (count,), (count, 4), (count, *config.mask_shape), (count,), (count,)
    ]  # fmt: skip
    return DetectionTargets(*(part.numpy() for part in found))


def soft_mask(
    mask: np.ndarray, roi: np.ndarray, box: np.ndarray, shape: tuple[int, int], config: MaskRCNNConfig
) -> Any:
    """The mini mask's value in each cell of a region, before it becomes 0 or 1; NaN just at the edge of the box."""
    last = naive.last_pixel(config.box_frame)
    result = np.zeros(shape)
    for cell in np.ndindex(*shape):
        places, outside, edge = [], False, False
        for axis in (0, 1):
            size, box_size = roi[axis + 2] - roi[axis] + last, box[axis + 2] - box[axis] + last
            cells, mini = shape[axis], mask.shape[axis]
            if config.roi_align == "corners":
                share = (roi[axis] + size * cell[axis] / (cells - 1) - box[axis]) / box_size
                places.append(share * (mini - 1))
            else:
                share = (roi[axis] + size * (cell[axis] + 0.5) / cells - box[axis]) / box_size
                places.append(min(max(share * mini - 0.5, 0), mini - 1))
            outside |= not 0 <= share <= 1
            edge |= min(abs(share), abs(share - 1)) < 1e-5
        if edge:
            result[cell] = np.nan
        elif not outside:
            (y, x), (top, left) = places, (int(places[0]), int(places[1]))
            block = np.pad(mask, ((0, 1), (0, 1)))[top : top + 2, left : left + 2]
            result[cell] = np.array([top + 1 - y, y - top]) @ block @ np.array([left + 1 - x, x - left])
    return result


@pytest.mark.parametrize("frame", CONFIGS)
@pytest.mark.parametrize("from_boxes", [False, True])
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), limit=st.integers(3, 90), ratio=st.sampled_from([0.2, 0.33, 0.5, 1.0]))
def test_all_regions_follow_the_rules(frame: str, from_boxes: bool, seed: int, limit: int, ratio: float) -> None:
    boxes, class_ids, proposals = naive.scene(seed, frame)
    proposals = np.concatenate([proposals, np.zeros((5, 4), np.float32)])
    config = CONFIGS[frame].replace(use_box_rois=from_boxes, train_rois_per_image=limit, roi_positive_ratio=ratio)
    masks, weights, has_mask = details(boxes)
    found = targets(proposals, boxes, class_ids, config)

    last = naive.last_pixel(frame)
    rows = np.flatnonzero(class_ids > 0)
    candidates = [*proposals[:-5], *(boxes[rows] if from_boxes else [])]
    owner: dict[bytes, int | None] = {}
    for box in candidates:
        overlap = [naive.iou(box, boxes[row], last) for row in rows]
        if overlap and max(overlap) >= 0.5:
            owner[box.tobytes()] = int(rows[np.argmax(overlap)])
        elif not naive.ignored(box, boxes[class_ids < 0], last):
            owner[box.tobytes()] = None
    positives = sum(row is not None for row in owner.values())
    share = int(limit * ratio)
    chosen = min(positives, share)
    background = limit - share if chosen == 0 else int(np.float32(1 / ratio) * np.float32(chosen)) - chosen
    shown = found.class_ids > 0
    assert shown.sum() == chosen
    assert shown[:chosen].all()
    assert (~shown).sum() == min(background, len(owner) - positives)
    assert len(found.rois) <= limit
    assert len({roi.tobytes() for roi in found.rois}) == len(found.rois)
    for i, roi in enumerate(found.rois):
        row = owner[roi.tobytes()]
        if row is None:
            assert (found.class_ids[i], found.weights[i], found.mask_weights[i]) == (0, 1, 0)
            assert not found.deltas[i].any()
            assert not found.masks[i].any()
            continue
        assert found.class_ids[i] == class_ids[row]
        assert found.weights[i] == weights[row]
        assert found.mask_weights[i] == weights[row] * has_mask[row]
        wanted = np.divide(naive.encode(roi, boxes[row], last), config.bbox_std_dev)
        np.testing.assert_allclose(found.deltas[i], wanted, rtol=1e-3, atol=1e-3)
        soft = soft_mask(masks[row], roi, boxes[row], config.mask_shape, config)
        sure = np.abs(soft - 0.5) > 1e-3
        np.testing.assert_array_equal(found.masks[i][sure], (soft > 0.5)[sure])
        assert np.isin(found.masks[i], (0, 1)).all()


def test_the_seed_decides_the_choice() -> None:
    boxes, class_ids, proposals = naive.scene(11, "pixels")
    config = CONFIGS["pixels"].replace(train_rois_per_image=12)

    def chosen(*seed: int) -> bytes:
        return targets(proposals, boxes, class_ids, config, seed).rois.tobytes()

    assert chosen(1, 2) == chosen(1, 2)
    assert len({chosen(1, i) for i in range(8)}) > 4


def test_the_first_regions_are_a_fair_sample_of_the_objects() -> None:
    # the first few, which the mask head takes, must not be the best proposals alone
    boxes = np.array([[20, 20, 99, 99]])
    proposals = np.array([[20 + shift, 20, 99 + shift, 99] for shift in range(20)])
    config = CONFIGS["pixels"].replace(use_box_rois=False)
    first = {targets(proposals, boxes, [1], config, (i, 0)).rois[0, 0] for i in range(40)}
    assert len(first) > 12


@pytest.mark.parametrize("frame", CONFIGS)
@pytest.mark.parametrize("class_ids", [[], [0, 0]], ids=["no boxes", "padding only"])
def test_a_picture_without_objects_gives_background(frame: str, class_ids: list[int]) -> None:
    proposals = naive.random_boxes(np.random.default_rng(0), 300, naive.EXTENT[frame], (0.1, 0.5))
    config = CONFIGS[frame].replace(train_rois_per_image=128)
    found = targets(proposals, np.zeros((len(class_ids), 4)), class_ids, config)
    assert len(found.rois) == 128 - 42
    assert not found.class_ids.any()
    assert not found.mask_weights.any()


def test_without_proposals_there_is_nothing() -> None:
    assert len(targets(np.zeros((7, 4)), np.zeros((0, 4)), [], CONFIGS["normalized"]).rois) == 0
    assert len(targets(np.zeros((0, 4)), np.zeros((2, 4)), [0, 0], CONFIGS["pixels"]).rois) == 0


def test_nothing_is_learned_from_crowds() -> None:
    boxes, proposals = np.array([[0, 0, 199, 199]]), np.array([[10, 10, 14, 14], [0, 0, 190, 190]])
    assert len(targets(proposals, boxes, [-3], CONFIGS["pixels"]).rois) == 0
    # but an object in a crowd is one
    both, kept = np.concatenate([boxes, [[10, 10, 14, 14]]]), CONFIGS["pixels"].replace(use_box_rois=False)
    found = targets(proposals, both, [-3, 5], kept)
    assert found.class_ids.tolist() == [5]
    assert found.rois.tolist() == [[10, 10, 14, 14]]


def test_boxes_without_area_are_no_regions() -> None:
    config = CONFIGS["normalized"].replace(use_box_rois=True)
    found = targets(np.array([[0.1, 0.1, 0.4, 0.4]]), np.array([[0.2, 0.2, 0.2, 0.3]]), [1], config)
    assert found.class_ids.tolist() == [0]
    assert np.isfinite(found.deltas).all()


def test_no_share_of_objects_leaves_background() -> None:
    proposals = np.array([[0, 0, 9, 9], [50, 50, 99, 99]])
    config = CONFIGS["pixels"].replace(roi_positive_ratio=0, use_box_rois=False)
    assert targets(proposals, np.array([[0, 0, 9, 9]]), [1], config).rois.tolist() == [[50, 50, 99, 99]]


def test_a_whole_box_as_region_gives_its_mini_mask_back() -> None:
    mask = np.random.default_rng(1).integers(0, 2, (1, 6, 8)).astype(np.float32)
    pixel_box, share_box = np.float32([[3, 5, 40, 47]]), np.float32([[0.1, 0.2, 0.5, 0.9]])
    np.testing.assert_array_equal(cell_masks(mask, pixel_box, pixel_box, [0], (6, 8), 1.0), mask)
    np.testing.assert_array_equal(corner_masks(mask, share_box, share_box, [0], (6, 8)), mask)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_a_pasted_target_is_the_objects_mask_in_the_region(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = (160, 200)
    whole = np.zeros(size, np.uint8)
    centre, axes = rng.integers(70, 90, 2), rng.integers(25, 55, 2)
    cv2.ellipse(whole, centre.tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, 1, -1)
    x, y, w, h = cv2.boundingRect(whole)
    mini = cv2.resize(whole[y : y + h, x : x + w].astype(np.float32), (112, 112), interpolation=cv2.INTER_LINEAR)
    box = np.float32([[y, x, y + h - 1, x + w - 1]])
    # somewhat larger than the box: a mask that is cut off would fade out at the cut when it is pasted
    growth = rng.uniform(0, 0.3, 4) * min(h, w) * [-1, -1, 1, 1]
    roi = np.round(box + growth).astype(np.float32).clip(0, [159, 199] * 2)
    target = cell_masks(mini[None], roi, box, [0], (24, 24), 1.0)[0].numpy()

    top, left, bottom, right = (roi[0] + [0, 0, 1, 1]).astype(int)
    pasted = paste_with_border(target, roi[0] + [0, 0, 1, 1], size, 1).full(*size)
    inside = np.zeros(size, bool)
    inside[top:bottom, left:right] = whole[top:bottom, left:right] > 0
    assert (pasted & inside).sum() / (pasted | inside).sum() > 0.94
    # no shift: what is too much and what is missing cancel out, to a quarter of a cell
    ys, xs = np.nonzero(pasted)
    real_ys, real_xs = np.nonzero(inside)
    assert abs(ys.mean() - real_ys.mean()) < (bottom - top) / 24 / 4
    assert abs(xs.mean() - real_xs.mean()) < (right - left) / 24 / 4


def test_no_gradient_flows_through_the_regions() -> None:
    boxes, class_ids, proposals = naive.scene(11, "pixels")
    variable = tf.Variable(proposals)
    with tf.GradientTape() as tape:
        found = detection_targets(variable + 0.0, boxes, class_ids, *details(boxes), CONFIGS["pixels"], SEED)
        total = tf.reduce_sum(found.rois) + tf.reduce_sum(found.deltas) + tf.reduce_sum(found.masks)
    assert len(found.rois)
    assert tape.gradient(total, variable) is None


@pytest.mark.parametrize("frame", CONFIGS)
def test_works_in_a_graph_for_any_number_of_boxes_and_proposals(frame: str) -> None:
    config = CONFIGS[frame]
    signature = [
        tf.TensorSpec((None, 4)),
        tf.TensorSpec((None, 4)),
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((None, None, None)),
        tf.TensorSpec((None,)),
        tf.TensorSpec((None,), tf.bool),
    ]

    @tf.function(input_signature=signature)
    def in_a_graph(*arguments: tf.Tensor) -> DetectionTargets:
        return detection_targets(*arguments, config, SEED)

    counts = set()
    for seed in range(8):
        boxes, class_ids, proposals = naive.scene(seed, frame)
        counts.add(len(boxes))
        arguments = (proposals, boxes, class_ids, *details(boxes))
        for part, eager in zip(in_a_graph(*arguments), detection_targets(*arguments, config, SEED), strict=True):
            np.testing.assert_allclose(part, eager, rtol=1e-4, atol=1e-5)
    assert len(counts) > 2


def test_what_shows_a_doubtful_object_is_neither_object_nor_background() -> None:
    boxes = np.array([[0, 0, 40, 40], [100, 100, 140, 140], [200, 200, 240, 240]], np.float32)
    near = boxes + np.float32([0, 0, 4, 4])
    elsewhere = np.float32([[300, 300, 340, 340]])
    masks, _, has_mask = details(boxes)
    config = CONFIGS["pixels"].replace(use_box_rois=True, train_rois_per_image=90, roi_positive_ratio=0.2)
    found = detection_targets(
        tf.constant(np.concatenate([near, elsewhere])),
        tf.constant(boxes),
        tf.constant([1, 2, -1]),
        masks,
        tf.constant([0.6, 0.0, 1.0]),
        has_mask,
        config,
        tf.constant([1, 2]),
    )
    shown = {tuple(roi): class_id for roi, class_id in zip(found.rois.numpy(), found.class_ids.numpy(), strict=True)}
    assert shown == {tuple(near[0]): 1, tuple(boxes[0]): 1, tuple(elsewhere[0]): 0}
    np.testing.assert_allclose(found.weights, [0.6, 0.6, 1.0])
