"""RoIAlign: a grid of features of fixed size for each region.

Mask R-CNN (https://arxiv.org/abs/1703.06870), section 3; the choice of the pyramid level is FPN's, eq. 1.
Both kinds are built on `tf.image.crop_and_resize`.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def pyramid_levels(boxes: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """The level, 2..5, from which each normalized box (N, 4) is taken: a 224-pixel box has level 4.

    Args:
        boxes: float tensor (N, 4), normalized.
        height, width: of the padded image, in pixels.

    Returns:
        int32 tensor (N,). Boxes of no area get level 2.

    Example:
        >>> boxes = tf.constant([[0.0, 0.0, 0.21875, 0.21875], [0.0, 0.0, 1.0, 1.0]])
        >>> pyramid_levels(boxes, tf.constant(1024), tf.constant(1024)).numpy().tolist()
        [4, 5]
    """
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    image_area = tf.cast(height * width, tf.float32)
    level = tf.math.log(tf.sqrt(area) / (224.0 / tf.sqrt(image_area))) / tf.math.log(2.0)
    # log(0) is -inf, whose cast to int32 differs between machines.
    level = tf.where(area > 0, tf.round(level), -2.0)
    return tf.clip_by_value(4 + tf.cast(level, tf.int32), 2, 5)


def pyramid_roi_align(
    maps: Sequence[tf.Tensor],
    boxes: tf.Tensor,
    image_index: tf.Tensor,
    image_shape: tuple[tf.Tensor, tf.Tensor],
    pool_size: int,
) -> tf.Tensor:
    """Matterport's pooling: each box from its own level, one sample per cell, first and last on the box's corners.

    Args:
        maps: P2..P5, each (B, h, w, c).
        boxes: float tensor (N, 4), normalized.
        image_index: int32 tensor (N,), the image in the batch that a box belongs to.
        image_shape: height and width of the padded image in pixels.
        pool_size: rows and columns of the result.

    Returns:
        float tensor (N, pool_size, pool_size, c), in the order of `boxes`; samples beyond the map are 0.
    """
    levels = pyramid_levels(boxes, *image_shape)
    pooled, rows = [], []
    for level, feature_map in enumerate(maps, start=2):
        row = tf.where(levels == level)[:, 0]
        rows.append(row)
        pooled.append(
            tf.image.crop_and_resize(
                feature_map, tf.gather(boxes, row), tf.gather(image_index, row), (pool_size, pool_size)
            )
        )
    order = tf.math.invert_permutation(tf.cast(tf.concat(rows, axis=0), tf.int32))
    return tf.gather(tf.concat(pooled, axis=0), order)


def bin_roi_align(
    feature_map: tf.Tensor,
    boxes: tf.Tensor,
    image_index: tf.Tensor,
    stride: int,
    pool_size: int,
    samples: int = 2,
    clamped: bool = False,
) -> tf.Tensor:
    """RoIAlign as in the paper: each bin is the average of samples x samples bilinear samples inside it.

    Positions on the map are pixels divided by the stride; a box has at least the size of one cell.

    Args:
        feature_map: float tensor (B, h, w, c).
        boxes: float tensor (N, 4), first and last pixels.
        image_index: int32 tensor (N,).
        stride: pixels per cell.
        pool_size: rows and columns of the result.
        samples: samples per bin in each direction.
        clamped: whether the values of the map's last cells are used up to one cell beyond their centres; else 0 is.

    Returns:
        float tensor (N, pool_size, pool_size, c).
    """
    near = boxes[:, :2] / stride
    size = tf.maximum(boxes[:, 2:] / stride - near, 1.0)
    grid = pool_size * samples
    first = near + size * (0.5 / grid)
    last = near + size * ((grid - 0.5) / grid)
    if clamped:
        feature_map = tf.pad(feature_map, [(0, 0), (0, 1), (0, 1), (0, 0)], mode="SYMMETRIC")
    # At least 1, for a map of a single row or column: there every sample lies on that row or column itself.
    extent = tf.cast(tf.maximum(tf.shape(feature_map)[1:3] - 1, 1), tf.float32)
    crops = tf.concat([first / extent, last / extent], axis=1)
    fine = tf.image.crop_and_resize(feature_map, crops, image_index, (grid, grid))
    return tf.nn.avg_pool2d(fine, samples, samples, "VALID")
