"""What the region-proposal network says of the anchors: scores by map, the best and the worst, and their refinement."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.proposals import best_indices
from maskseg_cli.inspection.image.anchors_step import level_color
from maskseg_cli.inspection.image.photo_canvas import NARROW, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import Level, NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFates
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key, heat_scale

#: Anchors that are drawn.
BEST, WORST, REFINED = 40, 20, 20


def objectness_step(trace: NetworkTrace, fates: ProposalFates) -> Step:
    """Heat maps of objectness by map; the best and the worst anchors; the best ones before and after their deltas."""
    scores = trace.objectness
    best, worst = best_indices(scores, BEST), best_indices(-scores, WORST)
    total = len(scores)
    panels = [
        _anchors_panel(trace, "best", best, f"The best {some_of(len(best), total, 'anchor')}"),
        _anchors_panel(trace, "worst", worst, f"The worst {some_of(len(worst), total, 'anchor')}"),
        _refined_panel(trace, fates, best[:REFINED]),
    ]
    rows = []
    for number, level in enumerate(trace.levels):
        own = scores[level.start : level.end]
        panels.append(_heat_panel(trace, level, number))
        counts = [f"{int((own >= least).sum()):,}" for least in (0.9, 0.5, 0.1)]
        rows.append((level.name, f"{len(own):,}", *counts, f"{own.max(initial=0):.3f}", f"{own.mean():.4f}"))
    sentence = (
        "The region-proposal network gives each anchor a score, how likely an object of any class lies there "
        "(objectness, 0 to 1), and deltas that move and stretch it onto the object. The heat maps show the best score "
        "in each cell: an object that is dark on all maps is hardly ever found."
    )
    titles = ("Map", "Anchors", "0.9 or more", "0.5 or more", "0.1 or more", "Best", "Mean")
    content = heat_scale("0", "1", "Objectness in the heat maps") + table(titles, rows, "Anchors by objectness")
    figures = {
        "best": _records(trace, fates, best),
        "worst": _records(trace, fates, worst),
        "by_level": {
            level.name: {
                "best": round(float(scores[level.start : level.end].max(initial=0)), 6),
                "half_or_more": int((scores[level.start : level.end] >= 0.5).sum()),
            }
            for level in trace.levels
        },
    }
    return Step("objectness", "Scores of the anchors", sentence, tuple(panels), content, figures, columns=2)


def cell_scores(trace: NetworkTrace, level: Level) -> NDArray[np.float32]:
    """The best objectness of each cell's anchors, float32 (rows, columns)."""
    own = trace.objectness[level.start : level.end]
    return own.reshape(level.rows, level.columns, level.per_cell).max(axis=2)


def grid_area(trace: NetworkTrace, level: Level) -> NDArray[np.float32]:
    """What the cells of a map cover, float32 (4,), x1 y1 x2 y2 in pixels of the photo.

    A cell reaches half a step from the centres of its anchors.
    """
    places = [level.start, level.end - level.per_cell]
    first, last = trace.to_photo(trace.anchors[places]).astype(np.float64)
    low, high = (first[:2] + first[2:]) / 2, (last[:2] + last[2:]) / 2
    steps = np.array([level.columns - 1, level.rows - 1])
    top, left, bottom, right = trace.molded.window
    zoom = np.array(trace.image.shape[1::-1]) / np.array([right - left, bottom - top])
    step = np.where(steps > 0, (high - low) / np.maximum(steps, 1), level.stride * zoom)
    return np.concatenate([low - step / 2, high + step / 2]).astype(np.float32)


def _anchors_panel(trace: NetworkTrace, name: str, anchors: NDArray[np.int64], words: str) -> Panel:
    boxes = trace.to_photo(trace.anchors[anchors])
    canvas = PhotoCanvas(trace.image, NARROW, boxes)
    numbers_of = [trace.levels.index(trace.level_of(int(anchor))) for anchor in anchors]
    canvas.boxes(boxes, [level_color(number) for number in numbers_of])
    scores = trace.objectness[anchors]
    caption = f"{words}, before refinement; objectness {scores.min():.3g} to {scores.max():.3g}."
    return Panel(name, canvas.picture, caption, _keys(trace, numbers_of))


def _refined_panel(trace: NetworkTrace, fates: ProposalFates, anchors: NDArray[np.int64]) -> Panel:
    boxes = trace.to_photo(trace.anchors[anchors])
    canvas = PhotoCanvas(trace.image, NARROW, boxes)
    numbers_of = [trace.levels.index(trace.level_of(int(anchor))) for anchor in anchors]
    colors = [level_color(number) for number in numbers_of]
    canvas.boxes(boxes, colors, 1, dashed=True)
    canvas.boxes(trace.to_photo(fates.boxes[anchors]), colors)
    keys = (Key("anchor", (128, 128, 128), dashed=True), Key("moved by its deltas, clipped", (128, 128, 128)))
    caption = f"The best {len(anchors)} anchors (dashed) and where their deltas move them (solid)."
    return Panel("refined", canvas.picture, caption, (*keys, *_keys(trace, numbers_of)))


def _heat_panel(trace: NetworkTrace, level: Level, number: int) -> Panel:
    canvas = PhotoCanvas(trace.image, NARROW)
    cells = cell_scores(trace, level)
    canvas.heat(cells, grid_area(trace, level))
    caption = f"{level.name}, {level.columns} x {level.rows} cells: the best objectness is {cells.max():.3f}."
    return Panel(f"heat-{level.name.replace(' ', '-').lower()}", canvas.picture, caption)


def _keys(trace: NetworkTrace, used: list[int]) -> tuple[Key, ...]:
    return tuple(Key(level.name, level_color(n)) for n, level in enumerate(trace.levels) if n in used)


def _records(trace: NetworkTrace, fates: ProposalFates, anchors: NDArray[np.int64]) -> list[dict[str, Any]]:
    boxes, refined = numbers(trace.to_photo(trace.anchors[anchors])), numbers(trace.to_photo(fates.boxes[anchors]))
    return [
        {
            "anchor": int(anchor),
            "level": trace.level_of(int(anchor)).name,
            "objectness": round(float(trace.objectness[anchor]), 6),
            "box": box,
            "refined_box": after,
        }
        for anchor, box, after in zip(anchors, boxes, refined, strict=True)
    ]
