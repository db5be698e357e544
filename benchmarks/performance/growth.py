"""The measurements: how time and memory grow with one quantity at a time, at maskseg's default options."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from benchmarks.performance.scenes import clip, mosaic, photo_of, video_of
from maskseg_cli.benchmark import command_child
from maskseg_cli.benchmark.figures import stage_figures
from maskseg_cli.benchmark.interleaving import interleaved, seconds_of
from maskseg_cli.benchmark.model_words import words_of
from maskseg_cli.benchmark.photo import as_photo, sample_photo
from maskseg_cli.benchmark.run import run_benchmark
from maskseg_cli.benchmark.stages import PhotoStages, StageTimes
from maskseg_cli.benchmark.startup import run_child
from maskseg_cli.benchmark.statistics import spread_of
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.reporter import Reporter

Figures = dict[str, Any]

#: Lowest score of the objects that are counted out for `objects`: low, so that a hundred are found.
FLOOR = 0.005


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often.

    Attributes:
        model: chooses the network.
        against: engines to compare with, in the part "photo".
        rounds, starts: of the part "photo"; the other parts have a third of the rounds, one at least.
        megapixels, objects, batches, frames: the steps of each part.
    """

    model: ModelOptions = field(default_factory=ModelOptions)
    against: tuple[str, ...] = ("tensorflow",)
    rounds: int = 30
    starts: int = 3
    megapixels: tuple[float, ...] = (0.1, 0.3, 1, 3, 12, 24, 50)
    objects: tuple[int, ...] = (0, 1, 5, 10, 20, 50, 100)
    batches: tuple[int, ...] = (1, 2, 4, 8)
    frames: tuple[int, ...] = (30, 100, 300, 1000)

    @property
    def few(self) -> int:
        """Rounds of the parts with many steps."""
        return max(1, self.rounds // 3)


def measure_photo(plan: Plan, reporter: Reporter) -> Figures:
    """What `maskseg bench` measures."""
    return run_benchmark(plan.model, against=plan.against, rounds=plan.rounds, starts=plan.starts, reporter=reporter)


def measure_sizes(plan: Plan, reporter: Reporter) -> Figures:
    """Stages of a photo of each size, and the most memory of `maskseg image` with it."""
    predictor = load_predictor(plan.model)
    photos = {megapixels: photo_of(megapixels) for megapixels in plan.megapixels}
    calls = {f"{size:g}": PhotoStages(predictor, photo).run for size, photo in photos.items()}
    steps = _staged("megapixels", plan.megapixels, calls, max(1, plan.few // 2), reporter)
    with tempfile.TemporaryDirectory() as name, reporter.progress(len(photos), "start", "memory") as done:
        for number, (step, photo) in enumerate(zip(steps, photos.values(), strict=True)):
            file = Path(name, photo.name)
            file.write_bytes(photo.data)
            step["peak_mb"] = _command(["image", str(file), "-o", str(Path(name, "out.jpg"))], plan, Path(name))[1]
            file.unlink()
            Path(name, "out.jpg").unlink()
            done(number + 1)
    return {"engine": predictor.engine.name, "rounds": max(1, plan.few // 2), "steps": steps}


def measure_objects(plan: Plan, reporter: Reporter) -> Figures:
    """Stages of one picture in which the network is told to find so many objects."""
    predictor = load_predictor(plan.model)
    stages = PhotoStages(predictor, as_photo("mosaic.jpg", mosaic()))

    def run(count: int) -> StageTimes:
        predictor.set_options(
            detection_min_confidence=FLOOR if count else 1.0,
            detection_duplicate_threshold=None,
            detection_max_instances=max(1, count),
        )
        return stages.run()

    calls = {str(count): partial(run, count) for count in plan.objects}
    steps = _staged("wanted", plan.objects, calls, plan.few, reporter)
    return {"engine": predictor.engine.name, "rounds": plan.few, "steps": steps}


def measure_batches(plan: Plan, reporter: Reporter) -> Figures:
    """One call of the predictor for several photos of equal size, which the network takes at once."""
    predictor = load_predictor(plan.model)
    image = sample_photo().decode()

    def seconds(batch: int) -> float:
        predictor.batch = batch
        return seconds_of(lambda: predictor([image] * batch))

    calls = {str(batch): partial(seconds, batch) for batch in plan.batches}
    with reporter.progress(2 + plan.few, "round", "batch") as done:
        times = interleaved(calls, plan.few, done=done)
    steps = []
    for batch in plan.batches:
        call = [1000 * one for one in times[str(batch)]]
        steps.append({"batch": batch, "call_ms": _spread(call), "photo_ms": _spread([one / batch for one in call])})
    return {"engine": predictor.engine.name, "rounds": plan.few, "steps": steps}


def measure_lengths(plan: Plan, reporter: Reporter) -> Figures:
    """`maskseg video`, in a process of its own, on videos of each length: time and most memory."""
    steps = []
    with tempfile.TemporaryDirectory() as name, reporter.progress(sum(plan.frames), "frame", "videos") as done:
        folder = Path(name)
        with redirect_stdout(StringIO()):
            clip(folder / "clip.mp4")
        for number, frames in enumerate(plan.frames):
            source = video_of(frames, folder / "clip.mp4", folder)
            result = folder / "out.mp4"
            seconds, peak = _command(["video", str(source), "-o", str(result), "--overwrite"], plan, folder)
            steps.append({"frames": frames, "seconds": round(seconds, 2), "peak_mb": peak})
            done(sum(plan.frames[: number + 1]))
    # The engine may differ from that of single photos: several frames are in the network at the same time.
    return {"engine": load_predictor(plan.model, throughput=True).engine.name, "steps": steps}


#: Part -> how it is measured, in this order.
PARTS: dict[str, Callable[[Plan, Reporter], Figures]] = {
    "photo": measure_photo,
    "size": measure_sizes,
    "objects": measure_objects,
    "batch": measure_batches,
    "length": measure_lengths,
}


def _staged(
    quantity: str, values: Sequence[float], calls: dict[str, Callable[[], StageTimes]], rounds: int, reporter: Reporter
) -> list[Figures]:
    """Figures of each step, with its value under the name of the quantity."""
    with reporter.progress(1 + rounds, "round", quantity) as done:
        times = interleaved(calls, rounds, warm_up=1, done=done)
    keys = ("objects", "stages_ms", "network_parts_ms")
    return [
        {quantity: value, **{key: figures[key] for key in keys}}
        for value, figures in zip(values, stage_figures(times), strict=True)
    ]


def _command(words: list[str], plan: Plan, folder: Path) -> tuple[float, float | None]:
    """Seconds and peak megabytes of a command in a process of its own."""
    command = [*words, "--quiet", *words_of(plan.model)]
    seconds, report = run_child(command_child.__name__, folder / "report.json", command)
    peak = report["peak_mb"]
    return seconds, None if peak is None else round(peak, 1)


def _spread(values: Sequence[float]) -> Figures:
    return {name: round(value, 3) for name, value in spread_of(values)._asdict().items()}
