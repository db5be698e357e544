"""The activations of layers as heat maps, with their share of dead channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inspection.image.layer_maps import LayerMap
from maskseg_cli.inspection.image.photo_canvas import PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import heat_scale

#: Longer side of a heat map's picture in pixels.
_SIDE = 460

#: A channel is dead where it varies over the photo by less than this share of the layer's most varied channel.
DEAD = 1e-4


class LayerFigures(NamedTuple):
    """What is counted of a layer, over the photo without its padding.

    Attributes:
        channels: of the layer.
        dead: those that hardly vary.
        least, mean, most: of all values.
    """

    channels: int
    dead: int
    least: float
    mean: float
    most: float


def activations_step(trace: NetworkTrace, layers: Sequence[LayerMap]) -> Step:
    """Means over the channels on the photo, one picture a layer, and a table."""
    panels, rows, figures = [], [], {}
    for layer in layers:
        inner = within_photo(trace, layer.values)
        found = layer_figures(inner)
        rows_here, columns, _ = inner.shape
        mean = inner.mean(axis=2)
        low, high = float(mean.min()), float(mean.max())
        canvas = PhotoCanvas(trace.image, _SIDE)
        height, width = trace.image.shape[:2]
        scaled = (mean - low) / max(high - low, 1e-12)
        canvas.heat(scaled.astype(np.float32), np.array([0, 0, width, height], np.float32), 0.85)
        share = found.dead / found.channels
        caption = (
            f"{layer.name}: {columns} x {rows_here} cells, mean of {found.channels:,} channels, {low:.3g} to "
            f"{high:.3g}; {share:.0%} of the channels are dead."
        )
        panels.append(Panel(layer.name.replace("_", "-").lower(), canvas.picture, caption))
        numbers = (f"{value:.3g}" for value in (found.least, found.mean, found.most))
        cells = f"{layer.values.shape[1]} x {layer.values.shape[0]}"
        rows.append((layer.name, cells, f"{found.channels:,}", f"{found.dead:,}", f"{share:.0%}", *numbers))
        figures[layer.name] = {
            "rows": layer.values.shape[0],
            "columns": layer.values.shape[1],
            **found._asdict(),
        }
    sentence = (
        "What layers of the network make of the photo, computed in float32: the mean over all channels, each picture "
        "with its own scale. A channel that hardly varies over the photo (by less than "
        f"{DEAD:g} of what the layer's most varied channel does) is called dead: it says nothing about this photo. A "
        "few are usual; many in a trained network mean that its training went wrong."
        if layers
        else "The layers of this network cannot be read: its engine gives the results of its stages alone."
    )
    titles = ("Layer", "Cells", "Channels", "Dead", "Share", "Least", "Mean", "Most")
    content = heat_scale("least", "most", "Mean activation") + table(titles, rows) if layers else ""
    return Step("activations", "Activations", sentence, tuple(panels), content, {"layers": figures}, columns=2)


def within_photo(trace: NetworkTrace, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cells of a map (rows, columns, channels) that lie on the photo, not on the padding; at least one."""
    parts = []
    for axis in (0, 1):
        first, last = trace.molded.window[axis], trace.molded.window[axis + 2]
        cells, length = values.shape[axis], trace.input_size[axis]
        start = min(int(first * cells / length + 0.5), cells - 1)
        parts.append(slice(start, max(start + 1, int(np.ceil(last * cells / length)))))
    return values[parts[0], parts[1]]


def layer_figures(values: NDArray[np.float32]) -> LayerFigures:
    """Counts the dead channels of a map (rows, columns, channels), of at least one cell.

    Example:
        >>> layer_figures(np.float32([[[0, 1, 5], [0, 2, 5]]])).dead
        2
    """
    spread = values.max(axis=(0, 1)) - values.min(axis=(0, 1))
    dead = int((spread <= DEAD * spread.max(initial=0)).sum())
    extremes = (float(values.min()), float(values.mean(dtype=np.float64)), float(values.max()))
    return LayerFigures(values.shape[2], dead, *extremes)
