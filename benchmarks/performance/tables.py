"""The figures as Markdown, each for one part of docs/performance.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.model_card.tables import table
from maskseg_cli.benchmark.machine import is_busy
from maskseg_cli.benchmark.stages import CALL, STAGES, WHOLE
from maskseg_cli.benchmark.startup import STEPS

Figures = dict[str, Any]


def machine(part: Figures) -> str:
    """The machine, the versions and the load, in words."""
    here = part["machine"]
    memory = "" if here["memory_gb"] is None else f" and {here['memory_gb']:.0f} GB of memory"
    versions = ", ".join(f"{name} {version}" for name, version in part["versions"].items())
    return f"{here['processor']}, {here['cores']} cores{memory}, {here['system']}; {versions}.{_other_work(part)}"


def stages(part: Figures) -> str:
    """Milliseconds of each stage in each engine, and the ratios."""
    networks = part["networks"]
    ratios = networks[0].get("ratios", {})
    names = [network["name"] for network in networks]
    rows = []
    for stage in (*STAGES, WHOLE, CALL):
        label = f"**{stage}**" if stage in (WHOLE, CALL) else stage
        cells = [_with_quartiles(network["stages_ms"][stage]) for network in networks]
        rows.append([label, *cells, *(_ratio(ratios[name][stage]) for name in ratios)])
        if stage == "network":
            inner = dict.fromkeys(name for network in networks for name in network["network_parts_ms"])
            for name in inner:
                found = [network["network_parts_ms"].get(name) for network in networks]
                cells = ["-" if one is None else _with_quartiles(one) for one in found]
                rows.append([f"· {name}", *cells, *("" for _ in ratios)])
    return table(["milliseconds", *names, *(f"time of {name}" for name in ratios)], rows)


def start(part: Figures) -> str:
    """Seconds of the steps of a start, and memory."""
    networks = [network for network in part["networks"] if "start_s" in network]
    if not networks:
        return ""
    ratios = networks[0].get("start_ratios", {})
    rows = [
        [step, *(f"{network['start_s'][step]['median']:.2f}" for network in networks)]
        + [_ratio(ratios[name].get(step)) for name in ratios]
        for step in STEPS
    ]
    if all("peak_mb" in network for network in networks):
        peaks = [f"{network['peak_mb']['median']:.0f}" for network in networks]
        rows.append(["peak memory, MB", *peaks, *(_ratio(ratios[name].get("peak memory")) for name in ratios)])
    names = [network["name"] for network in networks]
    return table(["seconds", *names, *(f"of {name}" for name in ratios)], rows)


def sizes(part: Figures) -> str:
    """Milliseconds of each stage by the size of the photo."""
    columns = ["megapixels", *STAGES, WHOLE, "peak memory, MB"]
    rows = [
        [f"{step['megapixels']:g}", *(_ms(step["stages_ms"][stage]) for stage in (*STAGES, WHOLE)), _mb(step)]
        for step in part["steps"]
    ]
    return f"{table(columns, rows)}\n\n{_made(part)}"


def objects(part: Figures) -> str:
    """Milliseconds of the stages that depend on the number of objects."""
    shown = ("network", "paste", "draw", "encode", WHOLE)
    rows = [[str(step["objects"]), *(_ms(step["stages_ms"][stage]) for stage in shown)] for step in part["steps"]]
    for row, step in zip(rows, part["steps"], strict=True):
        head = step["network_parts_ms"].get("mask head")
        row.insert(2, "-" if head is None else _ms(head))
    return f"{table(['objects', 'network', 'of it the mask head', *shown[1:]], rows)}\n\n{_made(part)}"


def batches(part: Figures) -> str:
    """Milliseconds a call and a photo."""
    rows = [
        [str(step["batch"]), _with_quartiles(step["call_ms"]), _with_quartiles(step["photo_ms"])]
        for step in part["steps"]
    ]
    return f"{table(['batch', 'a call, ms', 'a photo, ms'], rows)}\n\n{_made(part)}"


def lengths(part: Figures) -> str:
    """Seconds, frames a second and memory by the length of the video."""
    rows = [
        [f"{step['frames']:,}", f"{step['seconds']:.1f}", f"{step['frames'] / step['seconds']:.1f}", _mb(step)]
        for step in part["steps"]
    ]
    first, last = part["steps"][0], part["steps"][-1]
    text = f"`{part['engine']}`; the start is part of each time.{_other_work(part)}"
    if last["frames"] > first["frames"] and last["seconds"] > first["seconds"]:
        speed = (last["frames"] - first["frames"]) / (last["seconds"] - first["seconds"])
        text += f" Without it, between the shortest and the longest video: {speed:.1f} frames a second."
    return f"{table(['frames', 'seconds', 'frames a second', 'peak memory, MB'], rows)}\n\n{text}"


#: Name of the part of the document -> part of the figures, and how it is made.
TABLES: dict[str, tuple[str, Callable[[Figures], str]]] = {
    "performance-machine": ("photo", machine),
    "performance-stages": ("photo", stages),
    "performance-start": ("photo", start),
    "performance-size": ("size", sizes),
    "performance-objects": ("objects", objects),
    "performance-batch": ("batch", batches),
    "performance-length": ("length", lengths),
}


def made_tables(figures: Figures) -> dict[str, str]:
    """Name -> Markdown, of the parts that have been measured."""
    parts = figures["parts"]
    return {name: make(parts[part]) for name, (part, make) in TABLES.items() if part in parts}


def _made(part: Figures) -> str:
    rounds = part["rounds"]
    return f"`{part['engine']}`, medians of {rounds} {'round' if rounds == 1 else 'rounds'}.{_other_work(part)}"


def _other_work(part: Figures) -> str:
    """A sentence where the machine was busy when the part was begun."""
    load = part["machine"]["load_average"]
    if not is_busy(part["machine"]):
        return ""
    return f" Other work was running (load average {load:.1f}): times are longer than on a machine that is free."


def _ms(figures: Figures) -> str:
    return _digits(figures["median"])


def _with_quartiles(figures: Figures) -> str:
    return f"{_digits(figures['median'])} ({_digits(figures['low'])} to {_digits(figures['high'])})"


def _digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _mb(step: Figures) -> str:
    return "-" if step["peak_mb"] is None else f"{step['peak_mb']:.0f}"
