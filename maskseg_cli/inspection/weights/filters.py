"""The output filters of a kernel: their norms, and which of them are never trained."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.classes import is_unused
from maskseg_cli.inspection.weights.array_statistics import CHUNK

#: Layers whose kernel is (kh, kw, out, in): transposed convolutions, and depthwise ones with one filter a channel.
_OUT_IS_THIRD = re.compile(r".*(deconv|upsample|depthwise)/kernel")

#: The last layers of the heads: those with filters of each class, and how many filters a class has.
_OF_CLASSES = re.compile(
    r"(mrcnn_class_logits|mrcnn_mask|mrcnn_mask_unet_logits|box\.class_logits|mask\.logits)/kernel"
)
_OF_BOXES = re.compile(r"(mrcnn_bbox_fc|box\.deltas)/kernel")
_SCORES = re.compile(r"(mrcnn_class_logits|box\.class_logits)/kernel")


def is_kernel(name: str, array: NDArray[Any]) -> bool:
    """Whether an array is the kernel of a convolution or of a dense layer."""
    return name.endswith("/kernel") and array.ndim >= 2 and array.size > 0


def filter_norms(name: str, kernel: NDArray[Any]) -> NDArray[np.float64]:
    """The L2 norm of each output filter: of all weights that make one output channel.

    Args:
        name: of the array, which says how it lies.
        kernel: (kh, kw, in, out); (kh, kw, out, in) of a transposed convolution; (kh, kw, channels, 1) of a depthwise
            one; (in, out) of a dense layer.

    Returns:
        float64 (out,); NaN or infinite where a weight is.
    """
    if kernel.ndim == 4 and _OUT_IS_THIRD.fullmatch(name):
        kernel = np.moveaxis(kernel, 2, -1)
    rows = kernel.reshape(-1, kernel.shape[-1])
    squares = np.zeros(rows.shape[1])
    step = max(1, CHUNK // rows.shape[1])
    for start in range(0, len(rows), step):
        squares += np.square(rows[start : start + step].astype(np.float64)).sum(axis=0)
    return np.sqrt(squares)


def untrained_filters(name: str, count: int, checkpoint: Checkpoint) -> NDArray[np.bool_]:
    """Filters that training never changes, and about which a norm says nothing.

    Those are boxes and masks of the background, and everything of classes that the data do not have, such as the gaps
    in COCO's category ids.

    Args:
        name: of the kernel.
        count: of its filters.
        checkpoint: has the names of the classes.

    Returns:
        bool (count,).
    """
    found = np.zeros(count, bool)
    each = 4 if _OF_BOXES.fullmatch(name) else 1 if _OF_CLASSES.fullmatch(name) else 0
    if not each or count % each:
        return found
    names = checkpoint.class_names or ()
    for number in range(count // each):
        unused = number < len(names) and is_unused(names[number])
        background = number == 0 and not _SCORES.fullmatch(name)
        found[number * each : (number + 1) * each] = unused or background
    return found
