"""The figures of `run_benchmark` as text for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from maskseg_cli.benchmark.machine import is_busy
from maskseg_cli.benchmark.stages import CALL, STAGES, WHOLE
from maskseg_cli.benchmark.startup import PEAK, STEPS
from maskseg_cli.messages import counted

#: Width of the first column.
_FIRST = 22

Row = tuple[str, list[str]]


def to_text(document: Mapping[str, Any]) -> str:
    """The whole report.

    Args:
        document: what `run_benchmark` returned.
    """
    networks = document["networks"]
    found = ", ".join(f"{network['objects']} by {network['name']}" for network in networks)
    photo = document["photo"]
    blocks = [
        "\n".join(_machine_lines(document)),
        f"{photo['name']}: {photo['width']} x {photo['height']} pixels; objects found: {found}.",
        "\n".join(_table(_stage_heading(document), networks, "ratios", _stage_rows(networks))),
    ]
    if document["starts"]:
        blocks.append("\n".join(_table(_start_heading(document), networks, "start_ratios", _start_rows(networks))))
    return "\n\n".join(blocks)


def _machine_lines(document: Mapping[str, Any]) -> list[str]:
    machine = document["machine"]
    memory = "" if machine["memory_gb"] is None else f", {machine['memory_gb']:.0f} GB of memory"
    lines = [
        f"{machine['processor']}, {counted(machine['cores'], 'core')}{memory}, {machine['system']}",
        ", ".join(f"{name} {version}" for name, version in document["versions"].items()),
    ]
    if machine["load_average"] is not None:
        busy = ": other work was running" if is_busy(machine) else ""
        lines.append(f"load average at the start {machine['load_average']:.2f}{busy}")
    return lines


def _stage_heading(document: Mapping[str, Any]) -> str:
    return f"One photo, milliseconds: median (and quartiles) of {counted(document['rounds'], 'round')}"


def _start_heading(document: Mapping[str, Any]) -> str:
    return f"Start, seconds: median (and quartiles) of {counted(document['starts'], 'start')}"


def _stage_rows(networks: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for stage in (*STAGES, WHOLE, CALL):
        rows.append((stage, [_cell(network["stages_ms"][stage], _milliseconds) for network in networks]))
        if stage == "network":
            parts = dict.fromkeys(part for network in networks for part in network["network_parts_ms"])
            for part in parts:
                cells = [network["network_parts_ms"].get(part) for network in networks]
                rows.append((f"  {part}", ["" if one is None else _cell(one, _milliseconds) for one in cells]))
    return rows


def _start_rows(networks: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = [
        (step, [_cell(network["start_s"][step], lambda value: f"{value:.2f}") for network in networks])
        for step in STEPS
    ]
    if all("peak_mb" in network for network in networks):
        rows.append((f"{PEAK}, MB", [_cell(network["peak_mb"], lambda value: f"{value:.0f}") for network in networks]))
    return rows


def _table(heading: str, networks: Sequence[Mapping[str, Any]], ratios: str, rows: Sequence[Row]) -> list[str]:
    """Lines of a table; a column for each network, and one for the ratio to each other one."""
    compared: Mapping[str, Mapping[str, float | None]] = networks[0].get(ratios, {})
    names = [str(network["name"]) for network in networks]
    width = max(24, *(len(name) + 2 for name in names))
    lines = [heading, " " * _FIRST + "".join(f"{name:>{width}}" for name in names)]
    if compared:
        lines[-1] += "".join(f"{_ratio_title(place, len(compared)):>{width}}" for place in range(len(compared)))
    for label, cells in rows:
        line = f"{label:{_FIRST}}" + "".join(f"{cell:>{width}}" for cell in cells)
        for stages in compared.values():
            ratio = stages.get(label.removesuffix(", MB"))
            line += f"{'' if ratio is None else f'{ratio:.2f}':>{width}}"
        lines.append(line.rstrip())
    return lines


def _ratio_title(place: int, count: int) -> str:
    return "ratio" if count == 1 else f"ratio to column {place + 2}"


def _cell(figures: Mapping[str, float], form: Callable[[float], str]) -> str:
    median, low, high = (form(figures[name]) for name in ("median", "low", "high"))
    return median if low == high else f"{median} ({low} to {high})"


def _milliseconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
