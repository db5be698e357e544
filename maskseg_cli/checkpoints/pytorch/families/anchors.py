"""Anchors: from the boxes of one cell that a file has, and a guess from their number alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.records import RefusedError
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.cell_anchors import anchor_options, rounded

#: Maps of a pyramid, and the anchors' scales on them.
LEVELS = 5
_SCALES = (32.0, 64.0, 128.0, 256.0, 512.0)


def from_cell_anchors(levels: Sequence[NDArray[Any]]) -> dict[str, Any]:
    """Options for the anchors around the first cell of each level.

    Args:
        levels: for each level float (A, 4), x1 y1 x2 y2 about 0, 0.

    Returns:
        rpn_anchor_scales and rpn_anchor_ratios, or rpn_anchor_sizes where all levels have the same anchors.

    Raises:
        RefusedError, UsageError: no anchors, or others than these options describe.
    """
    boxes = [np.asarray(level, np.float64) for level in levels]
    if any(level.ndim != 2 or level.shape[-1] != 4 or level.shape != boxes[0].shape for level in boxes):
        raise RefusedError("is damaged: its cell_anchors are not of the shape (anchors, 4).")
    sides = [level[:, 2:] - level[:, :2] for level in boxes]
    if not all(np.isfinite(level).all() and (level > 0).all() for level in sides):
        raise RefusedError("is damaged: it has cell_anchors without an area.")
    if not all(np.allclose(level[:, :2], -level[:, 2:], atol=1e-3) for level in boxes):
        raise RefusedError("has anchors that do not lie about the corner of their cell, as those of maskseg do.")
    if len(levels) not in (1, LEVELS):
        raise RefusedError(f"has anchors for {len(levels)} maps, and maskseg's pyramid has {LEVELS}.")
    pairs = [[(width, height) for width, height in level.tolist()] for level in sides]
    return anchor_options(pairs * (LEVELS if len(pairs) == 1 else 1))


def guessed_anchors(config: MaskRCNNConfig, count: int, order: Literal["ratio", "scale"]) -> tuple[dict[str, Any], str]:
    """Options for a number of anchors in a cell about which nothing else is known, and the sentence for the user.

    Fifteen are five scales by three ratios on every level, as torchvision's network with MobileNet has; else the ratios
    are a factor of two apart about 1.

    Args:
        config: the family's.
        count: anchors in a cell.
        order: see `Family`.
    """
    if count == len(_SCALES) * len(config.rpn_anchor_ratios):
        pairs = [(scale, ratio) for ratio in config.rpn_anchor_ratios for scale in _SCALES]
        if order == "scale":
            pairs = [(scale, ratio) for scale in _SCALES for ratio in config.rpn_anchor_ratios]
        sizes = tuple((rounded(scale / ratio**0.5), rounded(scale * ratio**0.5)) for scale, ratio in pairs)
        options: dict[str, Any] = {"rpn_anchor_sizes": sizes}
        text = "the scales 32, 64, 128, 256 and 512 by the ratios 2, 1 and 0.5 on every level (rpn_anchor_sizes)"
    else:
        ratios = tuple(rounded(2 ** ((count - 1) / 2 - index)) for index in range(count))
        if config.rpn_anchor_ratios[0] < config.rpn_anchor_ratios[-1]:
            ratios = ratios[::-1]
        options = {"rpn_anchor_ratios": ratios}
        text = f"the ratios width / height {', '.join(f'{ratio:g}' for ratio in ratios)} (rpn_anchor_ratios)"
    return options, (
        f"The network has {count} anchors in each cell, and the file does not say which: {text} are taken. Set those "
        "of the training, or boxes will be wrong."
    )
