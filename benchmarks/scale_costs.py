"""Measures the rates of whole commands here, and computes what a million photos and a thousand hours of video take.

    python -m benchmarks.scale_costs [--photos FOLDER] [--video FILE] [--rounds 3] [--kinds ...] [--fill]
    python -m benchmarks.scale_costs --tables-only [--price 0.4] [--rates lite=21 ...]

A rate is that of a command between two lengths of its work, so that the start is left out; the kinds take turns. The
figures are kept in benchmarks/scale_figures.json, and `--fill` writes the tables of docs/scale.md. `--tables-only
--rates` computes with rates of your own, such as those of a GPU; `--price` is that of one machine (node) for an hour.
`--simulation` takes what `benchmarks/ray_scale.py names` printed, for the plot of the leader's memory.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import skimage.data

from benchmarks import figure_file
from benchmarks.engines import random_weights
from benchmarks.model_card import sections
from benchmarks.model_card.tables import table
from benchmarks.performance.charts import Axis, Series, line_chart
from maskseg_cli.benchmark.machine import describe_machine, describe_versions
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import write_image

SHARED = Path(__file__).resolve().parents[2] / "shared"
FIGURES = Path(__file__).with_name("scale_figures.json")
PLOT = Path(__file__).resolve().parents[1] / "docs" / "images" / "scale-memory.svg"

#: Names of the parts of docs/scale.md that are made.
TABLES = ("scale-machine", "scale-photos", "scale-videos")

MILLION = 1_000_000
HOURS, RATE = 1000, 30  # of the video, and its frames a second


@dataclass(frozen=True)
class Kind:
    """One command whose rate is measured.

    Attributes:
        label: its row in the tables.
        video: of a video, else of photos.
        words: options besides the output.
        random: backbone of a network with made weights in place of lite.
        lengths: photos or frames of the two runs, between which the rate is taken.
    """

    label: str
    video: bool
    words: tuple[str, ...]
    random: str | None
    lengths: tuple[int, int]


KINDS = {
    "lite": Kind("`lite`, outlined photos", False, (), None, (20, 100)),
    "lite-exports": Kind(
        "`lite`, `--json`, `--export labelme`",
        False,
        ("--export", "labelme", "--json", "out.json"),
        None,
        (20, 100),
    ),
    "resnet101": Kind("ResNet-101 at 1024 pixels", False, (), "resnet101", (2, 12)),
    "video": Kind("`lite`, each frame", True, (), None, (60, 300)),
    "video-every": Kind("`lite`, `--every 5`", True, ("--every", "5"), None, (60, 300)),
}

#: Cluster -> its nodes of two cores as measured; a larger node counts as several of these.
CLUSTERS = {"this machine": 1, "10 nodes": 10, "100 nodes": 100}


def seconds_of(kind: Kind, length: int, source: Path, weights: Path | None, folder: Path) -> float:
    """Seconds of the whole command.

    Args:
        source: the video, or the folder from which the first photos are taken, again and again if it has fewer.
        weights: of a network in place of lite.
        folder: for what is read and written.
    """
    work = Path(tempfile.mkdtemp(dir=folder))
    words = [str(work / word) if word.endswith(".json") else word for word in kind.words]
    if weights is not None:
        words += ["--weights", str(weights)]
    if kind.video:
        words = ["video", str(source), "-o", str(work / "out.mp4"), "--max-frames", str(length), *words]
    else:
        photos = work / "photos"
        photos.mkdir()
        names = sorted(path for path in source.iterdir() if path.suffix.lower() in (".jpg", ".png"))
        for number, path in zip(range(length), itertools.cycle(names), strict=False):
            shutil.copyfile(path, photos / f"{number}{path.suffix}")
        words = ["image", str(photos), "-o", str(work / "out"), *words]
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "maskseg_cli", *words, "-q"], check=True)
    seconds = time.perf_counter() - began
    shutil.rmtree(work)
    return seconds


def measure(names: Sequence[str], photos: Path, video: Path, rounds: int, folder: Path) -> dict[str, float]:
    """Name of a kind -> photos or frames a second, the median of the rounds."""
    weights = {name: random_weights(name, folder) for name in {KINDS[one].random for one in names} if name}
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name in names:
            kind = KINDS[name]
            source, network = video if kind.video else photos, weights.get(kind.random or "")
            short, long = (seconds_of(kind, length, source, network, folder) for length in kind.lengths)
            if number:  # before that a network may have to be converted
                rates[name].append((kind.lengths[1] - kind.lengths[0]) / max(long - short, 1e-6))
        print(f"round {number} of {rounds}", file=sys.stderr)
    return {name: round(statistics.median(found), 2) for name, found in rates.items()}


def duration(hours: float) -> str:
    """0.5 -> "30 minutes"; 30 -> "30 hours"; 100 -> "4.2 days".

    Example:
        >>> [duration(hours) for hours in (0.05, 0.5, 30, 100, 2500)]
        ['3.0 minutes', '30 minutes', '30 hours', '4.2 days', '104 days']
    """
    value, unit = (60 * hours, "minutes") if hours < 2 else (hours, "hours") if hours < 72 else (hours / 24, "days")
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def made_tables(figures: dict[str, Any], price: float | None = None) -> dict[str, str]:
    """The tables of docs/scale.md by the names of their parts.

    Args:
        figures: "rates", "machine" and "versions"; "efficiency": what part of the sum of the rates of single workers a
            cluster reaches, as measured with two.
        price: of a node for an hour; None: hours of nodes in its place.
    """
    rates, efficiency = figures["rates"], figures["efficiency"]
    here = figures["machine"]
    tables = {
        "scale-machine": f"{here['processor']}, {here['cores']} cores, {here['system']}; "
        + ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
        + f"; load average {here['load_average']} before the run."
    }
    for part, is_video, unit, amount in (
        ("scale-photos", False, "photos a second", MILLION),
        ("scale-videos", True, "frames a second", HOURS * 3600 * RATE),
    ):
        rows = []
        for name in (name for name in rates if is_video == (name.startswith("video"))):
            hours = {
                cluster: amount / rates[name] / nodes / (1 if nodes == 1 else efficiency) / 3600
                for cluster, nodes in CLUSTERS.items()
            }
            node_hours = hours["100 nodes"] * 100
            cost = f"{node_hours:,.0f}" if price is None else f"{price * node_hours:,.2f}"
            label = KINDS[name].label if name in KINDS else name
            rows.append([label, f"{rates[name]:g}", *map(duration, hours.values()), cost])
        tables[part] = table(["", unit, *CLUSTERS, "hours of nodes" if price is None else "price"], rows)
    return tables


def read_simulation(path: Path) -> list[list[float]]:
    """[names, seconds, megabytes] of the lines of a simulation, from the first block that was done.

    Raises:
        MasksegError: the file has no such lines.
    """
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    found = [[float(cell) for cell in cells[1:4]] for cells in lines if cells[0] == "done" and len(cells) == 4]
    if not found:
        raise MasksegError(f"{path} is no output of benchmarks/ray_scale.py names.")
    return found


def memory_plot(simulation: Sequence[Sequence[float]]) -> str:
    """Megabytes of the leader by the millions of names that are done, as SVG."""
    points = tuple((names / MILLION, megabytes) for names, _, megabytes in simulation)
    x, y = Axis("millions of photos done"), Axis("megabytes of memory")
    return line_chart("The leader of a run on a cluster", x, y, [Series("resident", points)])


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_costs", description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="folder (default: COCO's beside the checkout, or scikit-image's)")
    parser.add_argument("--video", type=Path, help="default: the one beside the checkout")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--efficiency", type=float, help="of a cluster, as benchmarks.ray_scale measures it")
    parser.add_argument("--simulation", type=Path, metavar="FILE", help="what benchmarks/ray_scale.py names printed")
    parser.add_argument("--output", type=Path, default=FIGURES, metavar="JSON")
    parser.add_argument("--tables-only", action="store_true", help="measure nothing: read --output")
    parser.add_argument("--rates", nargs="+", metavar="NAME=RATE", help="with --tables-only: instead of those measured")
    parser.add_argument("--price", type=float, help="of a node for an hour")
    parser.add_argument("--fill", action="store_true", help="write the tables into docs/")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    figures = figure_file.read_figures(options.output, "rates", "a run on many machines")
    if not options.tables_only:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            photos = options.photos or SHARED / "data" / "coco" / "val"
            if not photos.is_dir():
                photos = folder / "samples"
                photos.mkdir()
                for sample in ("astronaut", "coffee", "chelsea"):
                    write_image(photos / f"{sample}.jpg", getattr(skimage.data, sample)()[:, :, ::-1])
            video = options.video or SHARED / "videos" / "car-detection.mp4"
            with av.open(str(video)):  # a wrong name is reported before all else
                pass
            before = {"machine": describe_machine(), "versions": describe_versions()}
            rates = measure(options.kinds, photos, video, options.rounds, folder)
        figures = {"efficiency": 1.0, **figures, **before, "rates": {**figures.get("rates", {}), **rates}}
    if not figures:
        raise MasksegError(f"There is no {options.output}: measure without --tables-only.")
    if options.efficiency is not None:
        figures["efficiency"] = options.efficiency
    if options.simulation is not None:
        figures["simulation"] = read_simulation(options.simulation)
    if not options.tables_only or options.efficiency is not None or options.simulation is not None:
        write_atomic(options.output, (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode())
    if options.rates:
        pairs = (one.rpartition("=") for one in options.rates)
        figures = {**figures, "rates": {name: float(rate) for name, _, rate in pairs}}
        if not all(rate > 0 and math.isfinite(rate) for rate in figures["rates"].values()):
            raise MasksegError("--rates: a rate is a number above 0.")
    made = made_tables(figures, options.price)
    if options.fill:
        for file in sections.documents():
            if sections.fill(file, made):
                print(file.relative_to(sections.PROJECT))
        if "simulation" in figures:
            write_atomic(PLOT, memory_plot(figures["simulation"]).encode())
    else:
        print("\n\n".join(made.values()))


if __name__ == "__main__":
    try:
        main()
    except (MasksegError, ValueError) as error:
        sys.exit(f"Error: {error}")
