"""The plots of docs/performance.md, from the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.performance.charts import Axis, Series, line_chart
from maskseg_cli.benchmark.stages import STAGES, WHOLE

Figures = dict[str, Any]

#: Times shorter than this, in milliseconds, are drawn as this on a logarithmic axis.
SHORTEST_MS = 0.1


def plots(figures: Figures) -> dict[str, str]:
    """Name of the file -> its text, for every part that has been measured."""
    return {
        f"performance-{part}.svg": draw(figures["parts"][part])
        for part, draw in _PLOTS.items()
        if part in figures["parts"]
    }


def size_plot(part: Figures) -> str:
    """Milliseconds of each stage by megapixels."""
    steps = part["steps"]
    ticks = tuple(step["megapixels"] for step in steps)
    lines = _stage_lines([(step["megapixels"], step) for step in steps], SHORTEST_MS)
    x = Axis("size of the photo, megapixels", logarithmic=True, ticks=ticks)
    return line_chart(f"One photo by its size, {part['engine']}", x, Axis("milliseconds", logarithmic=True), lines)


def objects_plot(part: Figures) -> str:
    """Milliseconds of the stages that depend on the objects, by their number."""
    steps = [(step["objects"], step) for step in part["steps"]]
    lines = _stage_lines(steps, 0, ("network", "paste", "draw", WHOLE))
    masks = [(count, step["network_parts_ms"].get("mask head")) for count, step in steps]
    if all(figures is not None for _, figures in masks):
        points = tuple((count, figures["median"]) for count, figures in masks)
        lines.insert(1, Series("mask head alone", points))
    x = Axis("objects in the picture")
    return line_chart(f"One picture by its objects, {part['engine']}", x, Axis("milliseconds"), lines)


def batch_plot(part: Figures) -> str:
    """Milliseconds a photo by the number of photos that the network takes at once."""
    steps = part["steps"]
    lines = [Series("a photo", tuple((step["batch"], step["photo_ms"]["median"]) for step in steps))]
    ticks = tuple(step["batch"] for step in steps)
    x = Axis("photos that the network takes at once", logarithmic=True, ticks=ticks)
    return line_chart(f"Time a photo by batch, {part['engine']}", x, Axis("milliseconds a photo"), lines)


def length_plot(part: Figures) -> str:
    """Seconds and memory of `maskseg video` by the number of frames."""
    steps = part["steps"]
    ticks = tuple(step["frames"] for step in steps)
    lines = [Series("seconds", tuple((step["frames"], step["seconds"]) for step in steps))]
    if all(step["peak_mb"] is not None for step in steps):
        lines.append(Series("memory, MB", tuple((step["frames"], step["peak_mb"]) for step in steps)))
    x = Axis("frames in the video", logarithmic=True, ticks=ticks)
    y = Axis("seconds; megabytes of memory", logarithmic=True)
    return line_chart(f"maskseg video by the video's length, {part['engine']}", x, y, lines)


_PLOTS: dict[str, Callable[[Figures], str]] = {
    "size": size_plot,
    "objects": objects_plot,
    "batch": batch_plot,
    "length": length_plot,
}


def _stage_lines(
    steps: Sequence[tuple[float, Figures]], shortest: float, stages: Sequence[str] = (*STAGES, WHOLE)
) -> list[Series]:
    return [
        Series(stage, tuple((x, max(shortest, step["stages_ms"][stage]["median"])) for x, step in steps))
        for stage in stages
    ]
