"""How long maskseg takes from nothing to a result, and its memory, each time in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import maskseg_cli
from maskseg_cli.benchmark import command_child, start_child
from maskseg_cli.benchmark.model_words import options_to_json, words_of
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.leftovers import temporary_folder

#: Seconds of a start: Python itself; modules; weights read and network made; what the first call of the network takes
#: longer than the second; from the start of the process to the first `Detections`, all of these and a call included;
#: and the whole command `maskseg image`, from its start to its end.
STEPS = ("Python", "import", "load", "compile", "first result", "maskseg image")

#: Most memory of that command, 10^6 bytes.
PEAK = "peak memory"


def measure_start(options: ModelOptions, photo: Path) -> dict[str, float]:
    """Starts two processes, one after the other: one that times its steps, and `maskseg image`.

    Args:
        options: choose the network.
        photo: a file.

    Returns:
        seconds by step (`STEPS`), and megabytes (`PEAK`) where the system says them.

    Raises:
        MasksegError: a process failed.
    """
    with temporary_folder() as folder:
        report, result = folder / "report.json", folder / f"result{photo.suffix}"
        _, steps = run_child(start_child.__name__, report, [str(time.time()), options_to_json(options), str(photo)])
        command = ["image", str(photo), "-o", str(result), "--quiet", *words_of(options)]
        seconds, whole = run_child(command_child.__name__, report, command)
    found: dict[str, float] = {**steps["seconds"], "maskseg image": seconds}
    if whole["peak_mb"] is not None:
        found[PEAK] = whole["peak_mb"]
    return found


def run_child(module: str, report: Path, arguments: Sequence[str]) -> tuple[float, dict[str, Any]]:
    """Runs a module of this package as a program.

    Args:
        report: the JSON file that it writes, its first argument.
        arguments: its others.

    Returns:
        seconds from its start to its end, and the report.

    Raises:
        MasksegError: it failed; the last line of its messages.
    """
    # The same maskseg as this one, wherever Python would find another.
    folders = [str(Path(maskseg_cli.__file__).parents[1]), os.environ.get("PYTHONPATH")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))}
    report.unlink(missing_ok=True)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, str(report), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise MasksegError(f"maskseg in a process of its own failed: {lines[-1] if lines else done.returncode}")
    return seconds, json.loads(report.read_bytes())
