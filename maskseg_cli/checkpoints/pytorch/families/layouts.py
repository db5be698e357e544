"""Brings arrays from PyTorch's axes and a library's order of outputs to those of `MaskRCNN`.

PyTorch's kernels are (out, in, h, w), (in, out, h, w) for transposed convolutions and (out, in) for dense layers; ours
are (h, w, in, out), (h, w, out, in) and (in, out). What the outputs are (classes, numbers of boxes) is changed first,
along the first axis of PyTorch's kernel and of the bias.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig

Array = NDArray[Any]

#: Position in (dx, dy, dw, dh) of our (dy, dx, dh, dw), and the other way round.
_SWAPPED = (1, 0, 3, 2)

#: Dense layers there, convolutions here.
_FULLY_CONNECTED = re.compile(r"mrcnn_class_conv\d+")


def to_our_layout(
    arrays: Mapping[str, Array],
    config: MaskRCNNConfig,
    background: Literal["first", "last"],
    deltas: Literal["xywh", "yxhw"],
) -> dict[str, Array]:
    """Converts all arrays; most results are views.

    Args:
        arrays: "layer/weight" -> array in PyTorch's axes.
        config: with the sizes that the arrays have.
        background: where the background is in the file's class logits. Boxes and masks of files that have it last may
            lack it.
        deltas: the order of the numbers of a box in the file.
    """
    found = {}
    for key, array in arrays.items():
        layer, _, weight = key.rpartition("/")
        if layer in ("rpn_bbox_pred", "mrcnn_bbox_fc") and deltas == "xywh":
            array = swap_deltas(array)
        if layer == "rpn_class_raw" and config.rpn_logits == 2 and background == "last":
            array = array.reshape(-1, 2, *array.shape[1:])[:, ::-1].reshape(array.shape)
        if layer == "mrcnn_class_logits" and background == "last":
            array = np.roll(array, 1, axis=0)
        if layer == "mrcnn_bbox_fc":
            array = for_all_classes(array, 4, config.num_classes)
        if layer == "mrcnn_mask":
            array = for_all_classes(array, 1, config.num_classes)
        if weight == "kernel":
            side = config.pool_size if layer == "mrcnn_class_conv1" else 1
            array = kernel(array, side if _FULLY_CONNECTED.fullmatch(layer) else None)
        found[key] = array
    return found


def kernel(array: Array, side: int | None) -> Array:
    """A kernel of four or two dimensions in our axes.

    Args:
        array: (out, in, h, w), (in, out, h, w) of a transposed convolution, or (out, in).
        side: a dense layer becomes a convolution over the whole map, of so many rows and columns, that its input was
            flattened from, channel first: (out, c * side * side) -> (side, side, c, out). None: it stays dense.
    """
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if side is None:
        return array.T
    return array.reshape(len(array), -1, side, side).transpose(2, 3, 1, 0)


def swap_deltas(array: Array) -> Array:
    """(dx, dy, dw, dh) -> (dy, dx, dh, dw) and back, in each four of the first axis.

    Example:
        >>> swap_deltas(np.arange(8)).tolist()
        [1, 0, 3, 2, 5, 4, 7, 6]
    """
    if len(array) % 4:
        return array
    return array.reshape(-1, 4, *array.shape[1:])[:, _SWAPPED].reshape(array.shape)


def for_all_classes(array: Array, each: int, classes: int) -> Array:
    """Outputs for every class and the background, from those of the classes alone or of any class.

    The background's are never read: they are zero where the file has none.

    Args:
        array: (n * each, ...), where n is `classes`, one less, or 1 for a network whose boxes or masks do not depend on
            the class.
        each: outputs of a class.
        classes: with the background.
    """
    if len(array) == each * (classes - 1):
        return np.concatenate([np.zeros((each, *array.shape[1:]), array.dtype), array])
    return np.concatenate([array] * classes) if len(array) == each else array
