"""The feature map from which each proposal is pooled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config.mask_rcnn_config import CANONICAL_LEVEL, CANONICAL_SIDE, DETAIL_STRIDE
from maskseg_cli.inference.roi_positions import pyramid_levels
from maskseg_cli.inference.sampled_pooling import box_levels
from maskseg_cli.inspection.image.anchors_step import level_color
from maskseg_cli.inspection.image.photo_canvas import WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key

#: Proposals that are drawn.
_MOST = 60


def roi_levels(trace: NetworkTrace) -> NDArray[np.int32]:
    """The number of the map (0 is the finest that has anchors) that each proposal is pooled from, int32 (P,).

    It is computed by the functions that the pooling calls.
    """
    kind = trace.config.roi_align
    if kind == "corners":
        return np.asarray(pyramid_levels(trace.proposals, *trace.input_size) - 2, np.int32)
    if kind == "samples":
        return box_levels(trace.proposals, trace.config) - 2
    return np.zeros(len(trace.proposals), np.int32)


def roi_levels_step(trace: NetworkTrace) -> Step:
    """Proposals in the colours of their maps, and a table."""
    levels = roi_levels(trace)
    real = np.flatnonzero(trace.proposal_anchors >= 0)
    shown = real[:_MOST]
    boxes = trace.to_photo(trace.proposals)
    canvas = PhotoCanvas(trace.image, WIDE, boxes[shown])
    canvas.boxes(boxes[shown], [level_color(int(level)) for level in levels[shown]])
    rows, counts = [], {}
    sides = np.sqrt(np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1))
    config = trace.config
    used = trace.levels[:4] if config.roi_align in ("corners", "samples") else trace.levels[:1]
    for number, level in enumerate(used):
        own = real[levels[real] == number]
        counts[level.name] = len(own)
        share = len(own) / max(1, len(real))
        size = f"{sides[own].min():.0f} to {sides[own].max():.0f}" if len(own) else ""
        rows.append((level.name, level.stride, f"{len(own):,}", f"{share:.0%}", size))
    pooled = f"{config.pool_size} x {config.pool_size}"
    if len(used) > 1:
        how = "rounded down" if config.roi_align == "samples" and config.roi_level == "floor" else "rounded"
        sentence = (
            f"RoIAlign takes a grid of {pooled} cells of features for each proposal, from the map that fits its size: "
            f"level {CANONICAL_LEVEL} + log2(side / {CANONICAL_SIDE} px), {how}, from 2 to 5, with the side in pixels "
            "of the network's input. Small proposals come from fine maps."
        )
    else:
        sentence = f"RoIAlign takes a grid of {pooled} cells of features for each proposal, from the network's one map."
        if config.detail:
            sentence += f" It takes a second grid from the map of stride {DETAIL_STRIDE}, for small objects."
    keys = tuple(Key(level.name, level_color(n)) for n, level in enumerate(used) if counts[level.name])
    caption = f"{some_of(len(shown), len(real), 'proposal')} in the colours of their maps."
    figures = {
        "counts": counts,
        "proposals": [
            {"proposal": int(row), "level": used[levels[row]].name, "box": box}
            for row, box in zip(shown, numbers(boxes[shown]), strict=True)
        ],
    }
    titles = ("Map", "Stride (px)", "Proposals", "Share", "Side in the photo (px)")
    panel = Panel("levels", canvas.picture, caption, keys)
    return Step("roi-levels", "Maps of the proposals", sentence, (panel,), table(titles, rows), figures)
