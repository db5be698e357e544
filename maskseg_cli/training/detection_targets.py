"""Targets of the box and mask heads: regions of interest sampled from the proposals of one picture.

Fast R-CNN (https://arxiv.org/abs/1504.08083), section 2.3, and Mask R-CNN (https://arxiv.org/abs/1703.06870),
section 3, with Matterport's rules for crowds and sampling.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.boxes import encode_boxes
from maskseg_cli.training.matching import best_object, in_ignored_region, overlaps, random_choice

#: The least IoU with a box at which a region of interest shows its object.
OBJECT_IOU = 0.5


class DetectionTargets(NamedTuple):
    """Regions of interest, objects first (in random order), and the targets of the heads for each.

    Attributes:
        rois: float32 (R, 4) in the network's frame; R is at most train_rois_per_image.
        class_ids: int32 (R,), 0 background.
        deltas: float32 (R, 4), divided by bbox_std_dev; zeros for background.
        masks: float32 (R, h, w) of 0 and 1, mask_shape over each region; zeros for background.
        weights: float32 (R,), the weight of the object, 1 for background.
        mask_weights: float32 (R,), the same for objects that have a mask, else 0.
    """

    rois: tf.Tensor
    class_ids: tf.Tensor
    deltas: tf.Tensor
    masks: tf.Tensor
    weights: tf.Tensor
    mask_weights: tf.Tensor


def detection_targets(
    proposals: tf.Tensor,
    boxes: tf.Tensor,
    class_ids: tf.Tensor,
    masks: tf.Tensor,
    weights: tf.Tensor,
    has_mask: tf.Tensor,
    config: MaskRCNNConfig,
    seed: tf.Tensor,
) -> DetectionTargets:
    """Chooses regions of interest from the proposals and matches them with the objects of one picture.

    A region belongs to the object with which its IoU is highest, if that is at least 0.5; to the background if it is
    below and the region is not near a crowd or ignored region. Objects make up at most roi_positive_ratio of
    train_rois_per_image; where they are fewer, the background is reduced to the same ratio, as Matterport's is. A
    picture in which no region shows an object (Matterport skips it) gets as much background as a full one.

    No gradient flows back through the regions.

    Args:
        proposals: float32 tensor (P, 4) in the network's frame; rows of zeros are padding.
        boxes: float32 tensor (G, 4) in the same frame; G may be 0.
        class_ids: int32 tensor (G,): > 0 object, < 0 crowd or ignored region, 0 padding.
        masks: float32 tensor (G, mh, mw), 0..1, each over its box.
        weights: float32 tensor (G,), how much each object counts; a region that shows nothing but an object of
            weight 0, which is doubtful, is neither object nor background.
        has_mask: bool or float tensor (G,), whether an object has a mask or only a box.
        config: box_frame, bbox_std_dev, mask_shape, roi_align, train_rois_per_image, roi_positive_ratio,
            use_box_rois.
        seed: int32 tensor (2,) of the random choice.
    """
    last_pixel = LAST_PIXEL[config.box_frame]
    is_object = (class_ids > 0) & (weights > 0)
    objects = tf.boolean_mask(boxes, is_object)
    doubtful = tf.boolean_mask(boxes, (class_ids > 0) & (weights <= 0))
    regions = tf.boolean_mask(boxes, class_ids < 0)
    candidates = tf.stop_gradient(tf.boolean_mask(proposals, tf.reduce_any(proposals != 0, axis=1)))
    if config.use_box_rois:
        solid = tf.reduce_all(objects[:, 2:] - objects[:, :2] + last_pixel > 0, axis=1)
        candidates = tf.concat([candidates, tf.boolean_mask(objects, solid)], axis=0)

    iou = overlaps(candidates, objects, last_pixel)
    positive = tf.reduce_any(iou >= OBJECT_IOU, axis=1)
    hidden = in_ignored_region(candidates, regions, last_pixel)
    hidden |= tf.reduce_any(overlaps(candidates, doubtful, last_pixel) >= OBJECT_IOU, axis=1)
    negative = ~positive & ~hidden
    seeds = tf.unstack(tf.random.split(seed, 2))
    limit = int(config.train_rois_per_image * config.roi_positive_ratio)
    positives = random_choice(positive, limit, seeds[0])
    negatives = random_choice(negative, _background_count(tf.size(positives), limit, config), seeds[1])

    rois = tf.gather(candidates, positives)
    matched = tf.gather(best_object(iou), positives)
    matched_boxes = tf.gather(objects, matched)
    deltas = encode_boxes(rois, matched_boxes, last_pixel) / tf.constant(config.bbox_std_dev, tf.float32)
    matched = tf.gather(tf.cast(tf.where(is_object)[:, 0], tf.int32), matched)  # rows among all boxes
    sampling = corner_masks if config.roi_align == "corners" else cell_masks
    roi_masks = sampling(masks, rois, matched_boxes, matched, config.mask_shape, last_pixel)
    roi_weights = tf.gather(tf.cast(weights, tf.float32), matched)
    mask_weights = roi_weights * tf.cast(tf.gather(has_mask, matched), tf.float32)

    gap = tf.size(negatives)
    return DetectionTargets(
        tf.concat([rois, tf.gather(candidates, negatives)], axis=0),
        tf.pad(tf.cast(tf.gather(class_ids, matched), tf.int32), [(0, gap)]),
        tf.pad(deltas, [(0, gap), (0, 0)]),
        tf.pad(roi_masks, [(0, gap), (0, 0), (0, 0)]),
        tf.pad(roi_weights, [(0, gap)], constant_values=1.0),
        tf.pad(mask_weights, [(0, gap)]),
    )


def _background_count(positives: tf.Tensor, limit: int, config: MaskRCNNConfig) -> tf.Tensor:
    """The number of background regions for a number of regions that show objects."""
    full = config.train_rois_per_image - limit
    if limit == 0:
        return tf.constant(full)
    kept = tf.cast(1.0 / config.roi_positive_ratio * tf.cast(positives, tf.float32), tf.int32) - positives
    return tf.where(positives > 0, kept, full)


def corner_masks(
    masks: tf.Tensor,
    rois: tf.Tensor,
    boxes: tf.Tensor,
    index: tf.Tensor,
    shape: tuple[int, int],
    last_pixel: float = 0.0,
) -> tf.Tensor:
    """Matterport's mask targets: the first and last cells' values are those at the region's corners.

    Args:
        masks: float32 tensor (G, mh, mw), 0..1, each over its box.
        rois: float32 tensor (R, 4).
        boxes: float32 tensor (R, 4), the box of the object that each region shows.
        index: int32 tensor (R,), the row of `masks` of that object.
        shape: rows and columns of the result.
        last_pixel: what is added to y2 - y1 for the height (`LAST_PIXEL` of the frame).

    Returns:
        float32 tensor (R, *shape) of 0 and 1, rounded; 0 outside the object's box.
    """
    near = tf.tile(boxes[:, :2], [1, 2])
    size = tf.tile(boxes[:, 2:] - boxes[:, :2] + last_pixel, [1, 2])
    crops = tf.image.crop_and_resize(masks[..., None], (rois - near) / size, index, shape)
    return tf.round(crops[..., 0])


def cell_masks(
    masks: tf.Tensor,
    rois: tf.Tensor,
    boxes: tf.Tensor,
    index: tf.Tensor,
    shape: tuple[int, int],
    last_pixel: float = 0.0,
) -> tf.Tensor:
    """Mask targets at the centres of the cells: cell j's is y1 + (j + 0.5) * height / rows.

    Masks are pasted in the same way, and a mini mask's values have the same positions. Arguments and result as in
    `corner_masks`, except that a value of exactly 0.5 becomes 1, as it does when a mask is pasted.
    """
    rows, columns = (
        _interpolation(rois[:, axis::2], boxes[:, axis::2], shape[axis], tf.shape(masks)[1 + axis], last_pixel)
        for axis in (0, 1)
    )
    sampled = tf.einsum("rim,rmn,rjn->rij", rows, tf.gather(masks, index), columns)
    return tf.cast(sampled >= 0.5, tf.float32)


def _interpolation(
    spans: tf.Tensor, box_spans: tf.Tensor, cells: int, mini_cells: tf.Tensor, last_pixel: float
) -> tf.Tensor:
    """Weights of the mini mask's cells in each of the region's cells along one axis, float32 (R, cells, mini_cells).

    Between the centres of the outer cells and the box's edge the outer values are used; outside the box weights are 0.
    """
    size = spans[:, 1:] - spans[:, :1] + last_pixel
    centres = spans[:, :1] + size * ((tf.range(cells, dtype=tf.float32) + 0.5) / cells)
    share = (centres - box_spans[:, :1]) / (box_spans[:, 1:] - box_spans[:, :1] + last_pixel)
    count = tf.cast(mini_cells, tf.float32)
    position = tf.clip_by_value(share * count - 0.5, 0.0, count - 1.0)
    weights = tf.nn.relu(1.0 - tf.abs(position[..., None] - tf.range(count)))
    return tf.where(((share >= 0) & (share <= 1))[..., None], weights, 0.0)
