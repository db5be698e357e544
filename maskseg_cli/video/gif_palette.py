"""Reduces BGR pictures to the 256 colours of a GIF picture, chosen for each picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

#: GIF counts hundredths of a second.
CLOCK = Fraction(1, 100)

#: Ticks that a picture lasts at least: browsers show one of a single tick for ten.
SHORTEST = 2

#: Pixels from which a palette is computed.
_SAMPLE = 2**16


class PaletteConverter:
    """Reduces each picture to a palette of its own, its best 256 colours.

    By median cut: FFmpeg's `palettegen` and `paletteuse`. One palette for all would need a second pass or the whole
    video in memory; and drawn outlines, which cover few pixels, would lose their colours to the background. With
    ordered dithering, parts that do not move do not flicker.

    Args:
        width, height: of the pictures.
    """

    def __init__(self, width: int, height: int) -> None:
        graph = av.filter.Graph()
        self._source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("bgr24"), time_base=CLOCK)
        # Every n-th pixel is enough to find the colours, in a fraction of the time.
        part = max(1.0, (width * height / _SAMPLE) ** 0.5)
        few = graph.add("scale", f"{max(1, round(width / part))}:{max(1, round(height / part))}:flags=neighbor")
        split, colours = graph.add("split"), graph.add("palettegen", "stats_mode=single")
        use, self._sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4"), graph.add("buffersink")
        self._source.link_to(split)
        split.link_to(few, 0, 0)
        few.link_to(colours)
        split.link_to(use, 1, 0)
        colours.link_to(use, 0, 1)
        use.link_to(self._sink)
        graph.configure()
        self._graph = graph  # keeps the filters alive

    def __call__(self, image: NDArray[np.uint8], tick: int) -> Iterator[Any]:
        """Converts a picture.

        Args:
            image: uint8 (height, width, 3), BGR.
            tick: when it is shown, in `CLOCK`.
        """
        frame = av.VideoFrame.from_ndarray(image, "bgr24")
        frame.pts, frame.time_base = tick, CLOCK
        self._source.push(frame)
        while True:
            try:
                yield self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    def ahead(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Returns the picture: nothing is done before its time."""
        return image

    def label(self, context: Any) -> None:
        """Does nothing: a GIF does not describe its colours."""
