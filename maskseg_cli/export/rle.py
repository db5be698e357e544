"""Masks as COCO's run-length code, made from the crop: the cost follows the object, not the picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from maskseg_cli.detections import MaskCrop


def run_lengths(mask: MaskCrop, height: int, width: int) -> list[int]:
    """Lengths of runs of 0 and 1 in turn, 0 first, down the columns of the picture (COCO's uncompressed RLE).

    Example:
        >>> run_lengths(MaskCrop(1, 0, np.ones((1, 2), bool)), height=3, width=2)
        [1, 1, 2, 1, 1]
    """
    h, w = mask.bitmap.shape
    bitmap = mask.bitmap
    if h < height:  # a row of zeros, which the picture has too, ends each run at its column's foot
        bitmap = np.concatenate([bitmap, np.zeros((1, w), dtype=bool)])
    flat = np.concatenate([[False], bitmap.ravel(order="F"), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    column, row = np.divmod(changes, max(1, bitmap.shape[0]))
    starts_and_ends = (mask.left + column) * height + mask.top + row
    lengths = np.diff(np.concatenate([[0], starts_and_ends, [height * width]]))
    # A mask that reaches the picture's last pixel has no run of 0 after it.
    return [int(n) for n in (lengths[:-1] if lengths[-1] == 0 else lengths)]


def encode_rle(mask: MaskCrop, height: int, width: int) -> dict[str, Any]:
    """COCO's compressed RLE, ready for JSON.

    Returns:
        {"size": [height, width], "counts": str}, which pycocotools decodes to uint8 (height, width).
    """
    from pycocotools import mask as coco_mask

    lengths = run_lengths(mask, height, width)
    [rle] = coco_mask.frPyObjects([{"size": [height, width], "counts": lengths}], height, width)
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}
