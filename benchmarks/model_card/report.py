"""Measures one part of the model card after the other, and keeps the figures of all parts in one JSON file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import figure_file
from benchmarks.model_card import accuracy, misses, precisions, search, speed
from benchmarks.model_card.accuracy import Figures, Progress
from maskseg_cli import __version__, load_model
from maskseg_cli.checkpoints import find_weights, read_checkpoint
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.datasets.picture_files import find_photo
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import read_image

#: What can be measured, in this order.
PARTS = ("accuracy", "misses", "tta", "search", "start", "precisions", "speed")


@dataclass(frozen=True)
class Plan:
    """What to measure, and on what.

    Attributes:
        weights: the model of the card.
        dataset, images: the photos to measure on.
        start: the weights that its training began with.
        training: annotated photos of the training and their folder, on which the part `search` counts, too.
        sizes: of the tables.
        limit: only so many photos; None: all.
        timed_photos: how many of them are timed.
        rounds: counted rounds of each timed photo.
    """

    weights: Path
    dataset: CocoDataset
    images: Path
    start: Path | None = None
    training: tuple[CocoDataset, Path] | None = None
    sizes: tuple[int, ...] = accuracy.SIZES
    limit: int | None = None
    timed_photos: int = 20
    rounds: int = 2

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that can be measured with these files."""
        return tuple(part for part in PARTS if part != "start" or self.start is not None)


def facts(weights: Path) -> Figures:
    """What a weights file is."""
    checkpoint = read_checkpoint(weights)
    return {
        "file": weights.name,
        "bytes": weights.stat().st_size,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "dtype": checkpoint.stored_dtype,
        "parameters": checkpoint.parameters,
        "classes": checkpoint.config.num_classes - 1,
        "default_size": accuracy.size_of(checkpoint.config),
    }


def setting(plan: Plan) -> Figures:
    """What all figures of one file have in common; figures of another setting must not stand beside them."""
    photos = plan.dataset.images[: plan.limit]
    chosen = plan.dataset.select(image["id"] for image in photos)
    return {
        "model": facts(plan.weights),
        "annotations": plan.dataset.path.name,
        "photos": len(photos),
        "objects": sum(not annotation["iscrowd"] for annotation in chosen.annotations),
        "complete": plan.limit is None or plan.limit >= len(plan.dataset.images),
    }


def read_figures(path: Path) -> Figures:
    """Figures that were measured before; {} where there are none.

    Raises:
        MasksegError: the file is not one of ours.
    """
    return figure_file.read_figures(path, "model", "a model card")


def run(plan: Plan, parts: Sequence[str], path: Path, progress: Progress) -> Figures:
    """Measures these parts; the file is written after each one, and keeps what other runs measured of the same model.

    Raises:
        MasksegError: a file is missing or broken.
    """
    common = setting(plan)
    figures = read_figures(path)
    if any(figures.get(key) != value for key, value in common.items()):
        figures = dict(common)
    figures["versions"] = _versions()
    measures: dict[str, Callable[[], Figures]] = {
        "accuracy": lambda: _accuracy(plan, progress),
        "misses": lambda: misses.measure(plan.weights, plan.dataset, plan.images, plan.limit, progress),
        "tta": lambda: _tta(plan, progress),
        "search": lambda: _search(plan, figures, progress),
        "start": lambda: _start(plan, progress),
        "precisions": lambda: _precisions(plan, progress),
        "speed": lambda: _speed(plan, progress),
    }
    for part in parts:
        figures[part] = measures[part]()
        write_atomic(path, (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode())
    return figures


def _versions() -> dict[str, str]:
    libraries = {name: importlib.metadata.version(name) for name in ("openvino", "tensorflow")}
    # OpenVINO's version goes on with its build: 2026.4.1-22500-...
    return {"maskseg": __version__, **{name: version.split("-")[0] for name, version in libraries.items()}}


def _accuracy(plan: Plan, progress: Progress) -> Figures:
    sizes = accuracy.measure_sizes(plan.weights, plan.sizes, plan.dataset, plan.images, plan.limit, progress)
    default = sizes[str(accuracy.size_of(read_checkpoint(plan.weights).config))]
    return {"per_class": default["per_class"], "sizes": _sizes_without_classes(sizes)}


def _start(plan: Plan, progress: Progress) -> Figures:
    """The starting weights at their own settings, and at those of the model's search: what is left is training."""
    assert plan.start is not None
    settings = accuracy.settings_like(read_checkpoint(plan.start).config, read_checkpoint(plan.weights).config)
    found = accuracy.measure_sizes(plan.start, plan.sizes, plan.dataset, plan.images, plan.limit, progress, settings)
    own = _default(plan.start, plan, progress, plan.start.name)
    return {**facts(plan.start), "settings": list(settings), "sizes": _sizes_without_classes(found), "own": own}


def _sizes_without_classes(sizes: dict[str, Figures]) -> dict[str, Figures]:
    return {size: accuracy.without_classes(figures) for size, figures in sizes.items()}


def _default(weights: Path, plan: Plan, progress: Progress, label: str, tta: bool = False) -> Figures:
    """A file's figures at its own default settings."""
    return accuracy.at_default(weights, plan.dataset, plan.images, plan.limit, progress, label, tta=tta)


def _tta(plan: Plan, progress: Progress) -> Figures:
    return _default(plan.weights, plan, progress, "six views", tta=True)


def _search(plan: Plan, figures: Figures, progress: Progress) -> Figures:
    if "accuracy" in figures:
        own = figures["accuracy"]["sizes"][str(figures["model"]["default_size"])]
    else:
        own = _default(plan.weights, plan, progress, plan.weights.name)
    others = {} if plan.training is None else {"training": plan.training}
    return search.measure(plan.weights, plan.dataset, plan.images, plan.limit, progress, own, others)


def _precisions(plan: Plan, progress: Progress) -> Figures:
    found = precisions.measure(
        plan.weights, plan.dataset, plan.images, plan.limit, progress, _timed_photos(plan), plan.rounds
    )
    return {"cores": _cores(), "load_average": _load(), **found}


def _timed_photos(plan: Plan) -> list[speed.Picture]:
    records = _spread(plan.dataset.images[: plan.limit], plan.timed_photos)
    return [read_image(find_photo(plan.images, record["file_name"])) for record in records]


def _cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _speed(plan: Plan, progress: Progress) -> Figures:
    photos, load = _timed_photos(plan), _load()
    files = _files(plan)
    predictors = _contestants(plan, files)
    times = speed.interleaved(predictors, photos, plan.rounds, lambda all_: progress("time", all_))
    default = str(accuracy.size_of(read_checkpoint(plan.weights).config))
    found: Figures = {
        "photos": len(photos),
        "rounds": plan.rounds,
        "cores": _cores(),
        "load_average": load,
        "engines": {name: predictors[f"{name} measuring"].engine.name for name in files},
        "median_ms": speed.median_ms(times),
        "to_default": {size: speed.ratio(times, f"model {size}", f"model {default}") for size in _sizes(plan)},
    }
    if plan.start is not None:
        usual = accuracy.size_of(read_checkpoint(plan.start).config)
        found["to_start"] = {size: speed.ratio(times, f"model {size}", f"start {size}") for size in _sizes(plan)}
        found["to_start"]["default"] = speed.ratio(times, f"model {default}", f"start {usual}")
        found["to_start"]["measuring"] = speed.ratio(times, "model measuring", "start measuring")
        found["start_default"] = usual
    return found


def _spread(records: Sequence[Any], count: int) -> list[Any]:
    """At most `count` of the records, evenly from all of them."""
    if len(records) <= count:
        return list(records)
    return [records[int(place)] for place in np.linspace(0, len(records) - 1, count)]


def _sizes(plan: Plan) -> list[str]:
    default = accuracy.size_of(read_checkpoint(plan.weights).config)
    return [str(size) for size in sorted({*plan.sizes, default})]


def _files(plan: Plan) -> dict[str, Path]:
    return {"model": plan.weights} | ({"start": plan.start} if plan.start else {})


def _contestants(plan: Plan, files: dict[str, Path]) -> dict[str, Predictor]:
    """The networks to time: "model 256" beside "start 256", and so on, at the settings of `maskseg image`; and both
    at the settings of `maskseg evaluate`. Each is computed as `maskseg` does by itself."""
    sizes = [int(size) for size in _sizes(plan)]
    sizes += [accuracy.size_of(read_checkpoint(path).config) for path in files.values()]
    found: dict[str, Predictor] = {}
    for size in sorted(set(sizes)):
        for name, path in files.items():
            config = read_checkpoint(path).config
            # a default of its own shape (another long side, say) is timed as it is
            usual = accuracy.size_of(config) == size
            found[f"{name} {size}"] = load_model(path, config=config if usual else with_size(config, size))
    for name, path in files.items():
        found[f"{name} measuring"] = accuracy.load_for_measuring(path, computed=accuracy.AUTO)
    return found


def resolve(name: str | Path) -> Path:
    """The file of a name (`lite`) or path.

    Raises:
        MasksegError: there is none.
    """
    return find_weights(name)


def silent(_: str, items: Sequence[Any]) -> Iterable[Any]:
    """A `Progress` that shows nothing."""
    return items
