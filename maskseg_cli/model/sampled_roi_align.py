"""RoIAlign as PyTorch's libraries compute it: each box from its own level, samples inside the bins averaged.

torchvision takes 2 x 2 samples in each bin, detectron2 and mmdetection one for each cell that a bin covers. Positions
up to one cell beyond the centres of a map's outermost cells take these cells' values; further away a sample is 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from maskseg_cli.config.mask_rcnn_config import CANONICAL_LEVEL, CANONICAL_SIDE, MaskRCNNConfig

#: Boxes whose samples are computed at once: with 3 x 3 samples in each of 7 x 7 bins, 256 channels take 58 MB.
_CHUNK = 128


def box_levels(boxes: tf.Tensor, config: MaskRCNNConfig) -> tf.Tensor:
    """The level, 2..5, from which each box (N, 4) in pixels is taken, int32 (N,); boxes of no area get level 2.

    Args:
        config: roi_level, roi_level_epsilon.

    Example:
        >>> config = MaskRCNNConfig(roi_level="floor")
        >>> box_levels(tf.constant([[0.0, 0, 224, 224], [0, 0, 223, 223], [0, 0, 900, 900]]), config).numpy().tolist()
        [4, 3, 5]
    """
    sides = tf.sqrt(tf.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 0.0))
    solid = sides > 0
    # log2(1) where there is no area: log2(0) is -inf, whose cast to int32 differs between machines.
    level = (
        CANONICAL_LEVEL
        + tf.math.log(tf.where(solid, sides / CANONICAL_SIDE, 1.0)) / tf.math.log(2.0)
        + config.roi_level_epsilon
    )
    level = tf.floor(level) if config.roi_level == "floor" else tf.round(level)
    return tf.clip_by_value(tf.cast(tf.where(solid, level, 2.0), tf.int32), 2, 5)


def sampled_roi_align(
    maps: Sequence[tf.Tensor], boxes: tf.Tensor, image_index: tf.Tensor, pool_size: int, config: MaskRCNNConfig
) -> tf.Tensor:
    """Pools each box from its own level.

    Args:
        maps: P2..P5, each (B, h, w, c).
        boxes: float tensor (N, 4), half-open pixels of the image.
        image_index: int32 tensor (N,), the image in the batch that a box belongs to.
        pool_size: rows and columns of the result.
        config: backbone_strides, roi_aligned, roi_samples, roi_level, roi_level_epsilon.

    Returns:
        float tensor (N, pool_size, pool_size, c), in the order of `boxes`.
    """
    levels = box_levels(boxes, config)
    pooled, rows = [], []
    for level, (feature_map, stride) in enumerate(zip(maps, config.backbone_strides, strict=False), start=2):
        row = tf.where(levels == level)[:, 0]
        chosen = tf.gather(boxes, row) / float(stride)
        near = chosen[:, :2] - (0.5 if config.roi_aligned else 0.0)
        size = chosen[:, 2:] - chosen[:, :2]
        size = size if config.roi_aligned else tf.maximum(size, 1.0)
        part, order = _pool_level(feature_map, near, size, tf.gather(image_index, row), pool_size, config.roi_samples)
        pooled.append(part)
        rows.append(tf.gather(row, order))
    order = tf.math.invert_permutation(tf.cast(tf.concat(rows, axis=0), tf.int32))
    return tf.gather(tf.concat(pooled, axis=0), order)


def _pool_level(
    feature_map: tf.Tensor, near: tf.Tensor, size: tf.Tensor, image_index: tf.Tensor, pool_size: int, samples: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Pools boxes from one map.

    Args:
        feature_map: (B, h, w, c).
        near, size: float tensors (N, 2): first corner and sides, in cells; a position of 0 is a first cell's centre.
        image_index: (N,).
        samples: in each direction of a bin; 0: one for each cell.

    Returns:
        features (N, pool_size, pool_size, c), and the row of the arguments that each belongs to, int32 (N,).
    """
    padded = tf.pad(feature_map, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="SYMMETRIC")
    if samples:
        count = tf.fill(tf.shape(near), samples)
    else:
        count = tf.maximum(tf.cast(tf.math.ceil(size / pool_size), tf.int32), 1)
    # Boxes of equal numbers of samples lie together, and are computed together.
    key = count[:, 0] * 65536 + count[:, 1]
    order = tf.argsort(key, stable=True)
    key, near, size, image_index, count = (tf.gather(one, order) for one in (key, near, size, image_index, count))
    total = tf.shape(key)[0]

    def step(first: tf.Tensor, number: tf.Tensor, parts: tf.TensorArray) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        equal = tf.searchsorted(key, key[first : first + 1], side="right")[0]
        last = tf.minimum(equal, first + _CHUNK)
        rows = slice(first, last)
        part = _averages(padded, near[rows], size[rows], image_index[rows], pool_size, count[first])
        return last, number + 1, parts.write(number, part)

    shape = (pool_size, pool_size, feature_map.shape[-1])
    parts = tf.TensorArray(feature_map.dtype, 1, True, infer_shape=False, element_shape=(None, *shape))
    parts = parts.write(0, tf.zeros((0, *shape), feature_map.dtype))  # where there is no box
    start = (tf.constant(0), tf.constant(1), parts)
    _, _, parts = tf.while_loop(lambda first, *_: first < total, step, start, parallel_iterations=1)
    return parts.concat(), order


def _averages(
    padded: tf.Tensor, near: tf.Tensor, size: tf.Tensor, image_index: tf.Tensor, pool_size: int, samples: tf.Tensor
) -> tf.Tensor:
    """Features (n, p, p, c) of boxes with equal numbers of samples (2,): rows and columns of a bin."""
    grid = pool_size * samples
    steps = tf.cast(grid, tf.float32)
    # One cell further, because of the padding.
    first = near + size * (0.5 / steps) + 1.0
    last = near + size * ((steps - 0.5) / steps) + 1.0
    extent = tf.cast(tf.shape(padded)[1:3] - 1, tf.float32)
    crops = tf.concat([first / extent, last / extent], axis=1)
    fine = tf.image.crop_and_resize(padded, crops, image_index, grid)
    shape = tf.stack([tf.shape(fine)[0], pool_size, samples[0], pool_size, samples[1], tf.shape(fine)[3]])
    return tf.ensure_shape(
        tf.reduce_mean(tf.reshape(fine, shape), axis=(2, 4)), (None, pool_size, pool_size, padded.shape[-1])
    )
