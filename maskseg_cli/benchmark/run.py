"""`run_benchmark`: measures the stages of a photo and the start of the program, for one network or for several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from maskseg_cli.benchmark.contestants import contestants, distinct
from maskseg_cli.benchmark.figures import stage_figures, start_figures
from maskseg_cli.benchmark.interleaving import WARM_UP, interleaved
from maskseg_cli.benchmark.machine import describe_machine, describe_versions, is_busy
from maskseg_cli.benchmark.photo import BenchmarkPhoto, read_photo
from maskseg_cli.benchmark.stages import PhotoStages
from maskseg_cli.benchmark.startup import measure_start
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.leftovers import temporary_folder
from maskseg_cli.reporter import Reporter


def run_benchmark(
    model: ModelOptions | None = None,
    photo: str | Path | None = None,
    *,
    against: Sequence[str] = (),
    rounds: int = 15,
    starts: int = 3,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Measures, turn by turn in one run, what each network needs; does what `maskseg bench` does.

    Args:
        model: chooses the network.
        photo: a file; None: a sample of 600 x 400 pixels.
        against: the same network in other engines: "tensorflow", "openvino:int8".
        rounds: how often the photo is done, two more that do not count left out.
        starts: how often a new process is started; 0: not at all.
        reporter: takes messages and progress.

    Returns:
        what `report.to_text` shows, ready for JSON: "machine", "versions", "photo", "rounds", "starts", and "networks",
        the chosen one first, each with its "name", "objects", "stages_ms", "network_parts_ms" and "start". All times
        have "median", "low" and "high" (quartiles). The chosen network has "ratios" too: by the name of each other one,
        what part of that one's time it takes.

    Raises:
        MasksegError: the photo or the weights cannot be read.
        UsageError: an engine or an option that is not possible.
    """
    reporter = reporter or Reporter()
    chosen = contestants(model or ModelOptions(), against)
    measured = read_photo(None if photo is None else Path(photo))
    machine = describe_machine()
    if is_busy(machine):
        reporter.say(
            f"Other work is running on this machine (load average {machine['load_average']} on {machine['cores']} "
            "cores): times are longer than usual; ratios suffer less."
        )
    predictors = [load_predictor(options, reporter=reporter) for options in chosen]
    names = distinct([predictor.engine.name for predictor in predictors])
    stages = {name: PhotoStages(one, measured) for name, one in zip(names, predictors, strict=True)}
    with reporter.progress(WARM_UP + rounds, "round", "stages") as done:
        times = interleaved({name: one.run for name, one in stages.items()}, rounds, done=done)
    networks: list[dict[str, Any]] = stage_figures(times)
    if starts:
        started = _starts(dict(zip(names, chosen, strict=True)), measured, starts, reporter)
        for network, figures in zip(networks, start_figures(started), strict=True):
            network.update(figures)
    height, width = measured.decode().shape[:2]
    return {
        "machine": machine,
        "versions": describe_versions(),
        "photo": {"name": measured.name, "width": width, "height": height, "bytes": len(measured.data)},
        "rounds": rounds,
        "starts": starts,
        "networks": networks,
    }


def _starts(
    options: dict[str, ModelOptions], photo: BenchmarkPhoto, starts: int, reporter: Reporter
) -> dict[str, list[dict[str, float]]]:
    """Steps of the starts of each network, by its name."""
    with temporary_folder() as folder:
        path = folder / f"photo{photo.suffix}"
        path.write_bytes(photo.data)
        calls = {name: partial(measure_start, one, path) for name, one in options.items()}
        with reporter.progress(starts, "round", "starts") as done:
            return interleaved(calls, starts, warm_up=0, done=done)
