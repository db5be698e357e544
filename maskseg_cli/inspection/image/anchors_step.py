"""The anchors of each feature map: how many, how large, and those of the cell in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.palettes import palette_color
from maskseg_cli.inspection.image.photo_canvas import WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers
from maskseg_cli.inspection.network_trace import Level, NetworkTrace
from maskseg_cli.messages import counted
from maskseg_cli.model.anchors import cell_anchor_sizes
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key


def level_color(number: int) -> Color:
    """The colour of the n-th feature map in all pictures."""
    return palette_color("okabe-ito", number)


def anchors_step(trace: NetworkTrace) -> Step:
    """A table of the maps with their anchors, and a picture of the middle cell's anchors."""
    sizes = cell_anchor_sizes(trace.config)
    cells = [centre_cell(trace, level) for level in trace.levels]
    canvas = PhotoCanvas(trace.image, WIDE, trace.to_photo(trace.anchors[np.concatenate(cells)]))
    rows = []
    figures = []
    for number, (level, own, anchors) in reversed(list(enumerate(zip(trace.levels, sizes, cells, strict=True)))):
        boxes = trace.to_photo(trace.anchors[anchors])
        canvas.boxes(boxes, [level_color(number)] * len(boxes))
        x, y = (boxes[0, :2] + boxes[0, 2:]) / 2
        canvas.point(float(x), float(y), level_color(number))
        count = level.end - level.start
        scales, ratios = np.sqrt(own.prod(axis=1)), own[:, 1] / own[:, 0]
        rows.append(
            (
                level.name,
                level.stride,
                f"{level.columns} x {level.rows}",
                level.per_cell,
                f"{count:,}",
                _spread(scales),
                _spread(ratios),
            )
        )
        figures.append(
            {
                "name": level.name,
                "stride": level.stride,
                "columns": level.columns,
                "rows": level.rows,
                "anchors_per_cell": level.per_cell,
                "anchors": count,
                "heights_and_widths": numbers(own),
                "centre_cell": [{"anchor": int(a), "box": box} for a, box in zip(anchors, numbers(boxes), strict=True)],
            }
        )
    rows.reverse()
    figures.reverse()
    total, drawn = len(trace.anchors), sum(map(len, cells))
    sentence = (
        f"The network judges {counted(total, 'fixed box', ',')}, the anchors: the same set in each cell of "
        f"{counted(len(trace.levels), 'feature map')}. An object is found through an anchor that is about as large and "
        "of about the same shape; where none is, it is easily missed."
    )
    keys = tuple(Key(f"{level.name}, stride {level.stride}", level_color(n)) for n, level in enumerate(trace.levels))
    caption = (
        f"The {drawn} anchors of the cell nearest to the photo's centre on each map; the dot is the cell's own place. "
        "Gray: outside the photo."
    )
    titles = ("Map", "Stride (px)", "Cells", "Anchors a cell", "Anchors", "Scales (px)", "Width : height")
    content = table(titles, rows, "Pixels are those of the network's input.")
    panel = Panel("centre-cell", canvas.picture, caption, keys)
    return Step("anchors", "Anchors", sentence, (panel,), content, {"anchors": total, "levels": figures})


def centre_cell(trace: NetworkTrace, level: Level) -> NDArray[np.int64]:
    """The anchors, int64 (per_cell,), of the cell whose place is nearest to the centre of the photo."""
    firsts = trace.anchors[level.start : level.end : level.per_cell].astype(np.float64)
    centres = (firsts[:, :2] + firsts[:, 2:]) / 2
    middle = (trace.window[:2].astype(np.float64) + trace.window[2:]) / 2
    nearest = int(((centres - middle) ** 2).sum(axis=1).argmin())
    return level.start + nearest * level.per_cell + np.arange(level.per_cell)


def _spread(values: NDArray[np.float64]) -> str:
    """A few different values in words, or the least and the greatest of many."""
    different = sorted({f"{value:.3g}" for value in values}, key=float)
    return ", ".join(different) if len(different) <= 4 else f"{different[0]} to {different[-1]}"
