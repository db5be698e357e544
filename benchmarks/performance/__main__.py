"""Measures how the cost of maskseg grows, draws the plots, and writes the tables of docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import figure_file
from benchmarks.model_card import sections
from benchmarks.performance.growth import PARTS, Plan
from benchmarks.performance.plots import plots
from benchmarks.performance.tables import made_tables
from maskseg_cli.benchmark.machine import describe_machine, describe_versions
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.progress import ProgressReporter

FIGURES = Path(__file__).with_name("figures.json")

#: Few steps and rounds, to see that everything runs.
QUICK: dict[str, Any] = {
    "rounds": 3,
    "starts": 1,
    "megapixels": (0.1, 1, 12),
    "objects": (0, 10, 100),
    "batches": (1, 4),
    "frames": (30, 90),
}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), help="measure these only (default: all)")
    parser.add_argument("--missing", action="store_true", help="only parts that the file has no figures of")
    parser.add_argument("--against", nargs="*", default=["tensorflow"], metavar="ENGINE[:PRECISION]")
    parser.add_argument("--model", help="lite (the default), coco, or a weights file")
    parser.add_argument("--quick", action="store_true", help="few steps and rounds, to see that it runs")
    parser.add_argument(
        "--output", type=Path, default=FIGURES, metavar="JSON", help=f"all figures ({FIGURES.name} here)"
    )
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="for the plots (default: docs/images with --fill)"
    )
    parser.add_argument("--tables-only", action="store_true", help="measure nothing: read --output")
    parser.add_argument("--fill", action="store_true", help="write plots and tables into docs/")
    return parser.parse_args(arguments)


def read_figures(path: Path) -> dict[str, Any]:
    """Figures that were measured before; without parts where there is no file.

    Raises:
        MasksegError: the file is not one of ours.
    """
    return figure_file.read_figures(path, "parts", "the performance") or {"parts": {}}


def measure(plan: Plan, parts: Sequence[str], path: Path, quick: bool = False) -> dict[str, Any]:
    """Measures these parts; the file is written after each one, and keeps the others.

    Raises:
        MasksegError: the weights cannot be read, or a command failed.
    """
    figures = read_figures(path)
    reporter = ProgressReporter(sys.stderr.isatty())
    for part in parts:
        before = {"machine": describe_machine(), "versions": describe_versions(), "quick": quick}
        figures["parts"][part] = {**before, **PARTS[part](plan, reporter)}
        write_atomic(path, (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode())
    return figures


def write(figures: dict[str, Any], images: Path | None, fill: bool) -> None:
    """Writes the plots into a folder, and fills or prints the tables.

    Raises:
        MasksegError: there are figures of few rounds, which are not filled in.
    """
    quick = [part for part, found in figures["parts"].items() if found["quick"]]
    if fill and quick:
        raise MasksegError(f"Figures of few rounds are not filled in: measure {', '.join(quick)} without --quick.")
    if images is None and fill:
        images = sections.PROJECT / "docs" / "images"
    if images is not None:
        for name, text in plots(figures).items():
            write_atomic(images / name, text.encode())
            print(images / name)
    made = made_tables(figures)
    if fill:
        for file in sections.documents():
            if sections.fill(file, made):
                print(file.relative_to(sections.PROJECT))
    else:
        for name, text in made.items():
            print(f"{name}\n\n{text}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    try:
        figures = read_figures(options.output)
        if not options.tables_only:
            parts = [part for part in PARTS if options.parts is None or part in options.parts]
            if options.missing:
                parts = [part for part in parts if part not in figures["parts"]]
            steps = QUICK if options.quick else {}
            plan = Plan(ModelOptions(model=options.model), tuple(options.against), **steps)
            figures = measure(plan, parts, options.output, options.quick)
        write(figures, options.images, options.fill)
    except MasksegError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(f"Stopped; the parts that were done are in {options.output}: --missing measures the others.")


if __name__ == "__main__":
    main()
