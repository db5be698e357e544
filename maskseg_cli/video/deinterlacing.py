"""Deinterlaces frames whose odd and even rows were recorded at two different times."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Generic, TypeVar

import av

Label = TypeVar("Label")


class Deinterlacer(Generic[Label]):
    """Deinterlaces the frames that are marked as interlaced (FFmpeg's bwdif filter), and returns all others unchanged.

    One frame out for each frame in, in the same order; its time is that of the first field. A video without
    interlaced frames costs nothing and is not delayed; else each frame is returned one call later.
    """

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._labels: deque[Label] = deque()
        self._count = 0

    def push(self, frame: av.VideoFrame, label: Label) -> list[tuple[av.VideoFrame, Label]]:
        """Adds the next frame with a label of any type; returns the finished frames, each with its label."""
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None and not frame.interlaced_frame:
            return [(frame, label)]
        done = self.flush() if self._shape != shape else []
        if self._graph is None:
            self._graph, self._shape = _graph(frame), shape
        # The filter needs increasing times; the true ones are in the label.
        frame.pts, frame.time_base = self._count, Fraction(1, 1000)
        self._count += 1
        self._labels.append(label)
        self._graph.vpush(frame)
        return done + self._pull()

    def flush(self) -> list[tuple[av.VideoFrame, Label]]:
        """Returns the frames that are still in the filter, after the last one."""
        if self._graph is None:
            return []
        self._graph.vpush(None)
        done = self._pull()
        self._graph, self._shape = None, None
        self._labels.clear()
        return done

    def _pull(self) -> list[tuple[av.VideoFrame, Label]]:
        assert self._graph is not None
        done = []
        while self._labels:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            done.append((frame, self._labels.popleft()))
        return done


def _graph(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    if hasattr(graph, "threads"):  # PyAV 18
        graph.threads = 1
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    graph.link_nodes(
        source, graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced"), graph.add("buffersink")
    )
    graph.configure()
    return graph
