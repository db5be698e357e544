"""Options for anchors that are described by their sides, as PyTorch's libraries do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from maskseg_cli.errors import UsageError

#: (width, height) of each anchor of a cell, in pixels.
Sides = Sequence[tuple[float, float]]

_LEAST, _MOST = 0.1, 1e5
_TOLERANCE = 1e-4


def anchor_options(levels: Sequence[Sides]) -> dict[str, Any]:
    """rpn_anchor_scales and rpn_anchor_ratios; or rpn_anchor_sizes where all levels have the same anchors.

    Args:
        levels: the sides of one cell's anchors on each map, in the order of the network's outputs; all of one length.

    Raises:
        UsageError: other anchors than these options describe.

    Example:
        >>> anchor_options([[(32, 32), (16, 64)], [(64, 64), (32, 128)]])
        {'rpn_anchor_scales': (32.0, 64.0), 'rpn_anchor_ratios': (1.0, 0.25)}
    """
    if not all(_LEAST <= side <= _MOST for level in levels for side in _flat(level)):
        raise UsageError(f"The sides of anchors lie between {_LEAST:g} and {_MOST:g} pixels.")
    scales = [[math.sqrt(width * height) for width, height in level] for level in levels]
    ratios = [[width / height for width, height in level] for level in levels]
    if all(_equal(level, level[:1] * len(level)) for level in scales) and all(
        _equal(level, ratios[0]) for level in ratios
    ):
        return {
            "rpn_anchor_scales": tuple(rounded(level[0]) for level in scales),
            "rpn_anchor_ratios": tuple(rounded(ratio) for ratio in ratios[0]),
        }
    if all(_equal(_flat(level), _flat(levels[0])) for level in levels):
        return {"rpn_anchor_sizes": tuple((rounded(height), rounded(width)) for width, height in levels[0])}
    raise UsageError("The anchors have several scales on each level of the pyramid, and maskseg has one on each.")


def rounded(value: float) -> float:
    """A positive number without the digits that float32 has not.

    Example:
        >>> rounded(31.9999996), rounded(0.49999998), rounded(0.3333333)
        (32.0, 0.5, 0.3333333333333333)
    """
    whole = round(1 / value)
    return 1 / whole if whole and abs(1 / whole - value) < 1e-6 * value else float(f"{value:.6g}")


def _flat(level: Sides) -> list[float]:
    return [side for sides in level for side in sides]


def _equal(values: Sequence[float], others: Sequence[float]) -> bool:
    return len(values) == len(others) and all(
        math.isclose(one, other, rel_tol=_TOLERANCE) for one, other in zip(values, others, strict=True)
    )
