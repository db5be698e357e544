"""COCO's run-length encoding of masks, made from crops without ever building the full-size mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop


def run_lengths(crop: MaskCrop, image_size: tuple[int, int]) -> NDArray[np.int64]:
    """Lengths of the runs of 0 and 1 in turn, starting with 0, down the columns of the full-size mask.

    The work grows with the crop's area, not with the picture's.

    Args:
        crop: lies inside the picture.
        image_size: (height, width) of the picture.

    Returns:
        int64 array; the lengths sum to height x width.
    """
    height, width = image_size
    columns = np.pad(crop.bitmap.T.astype(np.int8), ((0, 0), (1, 1)))
    edges = np.diff(columns, axis=1)

    def positions(sign: int) -> NDArray[np.int64]:
        column, row = np.nonzero(edges == sign)
        return (crop.left + column) * height + crop.top + row

    starts, ends = positions(1), positions(-1)
    # A run that reaches the bottom goes on where the next column starts at the top.
    joined = np.flatnonzero(ends[:-1] == starts[1:])
    starts, ends = np.delete(starts, joined + 1), np.delete(ends, joined)
    bounds = np.stack([starts, ends], axis=1).ravel()
    lengths = np.diff(np.concatenate([[0], bounds, [height * width]]))
    return lengths[:-1] if lengths.size > 1 and lengths[-1] == 0 else lengths


def encode(crop: MaskCrop, image_size: tuple[int, int]) -> dict[str, Any]:
    """COCO's compressed RLE of a mask, ready for JSON: ``{"size": [height, width], "counts": "..."}``.

    The same string as pycocotools makes of the full-size mask.
    """
    from pycocotools import mask as coco_mask

    height, width = image_size
    counts = run_lengths(crop, image_size).tolist()
    encoded = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": encoded["counts"].decode("ascii")}


def decode(rle: dict[str, Any]) -> MaskCrop:
    """The mask of a compressed RLE, cut down to its True pixels."""
    from pycocotools import mask as coco_mask

    return MaskCrop.from_full(coco_mask.decode(rle))
