"""Intersection over union of masks that are kept as crops, one of them moved; it costs what the overlap costs."""

from __future__ import annotations

import numpy as np

from maskseg_cli.detections import MaskCrop

#: Pixels of an overlap that are looked at, about; of larger ones only every n-th row and column.
_PIXELS = 20_000


def mask_iou(first: MaskCrop, second: MaskCrop, areas: tuple[int, int], moved: tuple[int, int] = (0, 0)) -> float:
    """Intersection over union of two masks.

    Args:
        first: is moved by `moved` before.
        second: stays.
        areas: pixels of both, which the caller keeps because counting them costs more than the overlap.
        moved: (rows, columns) by which `first` is moved.

    Example:
        >>> import numpy as np
        >>> square = MaskCrop(0, 0, np.ones((2, 2), bool))
        >>> mask_iou(square, square, (4, 4)), mask_iou(square, square, (4, 4), (0, 1))
        (1.0, 0.3333333333333333)
    """
    if not all(areas):
        return 0.0
    top, left = first.top + moved[0], first.left + moved[1]
    y1, y2 = max(top, second.top), min(top + first.bitmap.shape[0], second.top + second.bitmap.shape[0])
    x1, x2 = max(left, second.left), min(left + first.bitmap.shape[1], second.left + second.bitmap.shape[1])
    if y1 >= y2 or x1 >= x2:
        return 0.0
    pixels = (y2 - y1) * (x2 - x1)
    step = max(1, min(round((pixels / _PIXELS) ** 0.5), y2 - y1, x2 - x1))
    y1, x1 = y1 + step // 2, x1 + step // 2  # in the middle of the cells that the points stand for
    a = first.bitmap[y1 - top : y2 - top : step, x1 - left : x2 - left : step]
    b = second.bitmap[y1 - second.top : y2 - second.top : step, x1 - second.left : x2 - second.left : step]
    common = int(np.count_nonzero(a & b))
    if step > 1:
        common = round(common / max(1, a.size) * pixels)
    return min(1.0, common / max(1, areas[0] + areas[1] - common))
