"""Measures the figures of the model card, prints them as tables, and writes them into the documents."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.model_card import precisions, report, sections, tables
from benchmarks.model_card.accuracy import SIZES
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset

COCO_FOLDER = sections.PROJECT.parent / "shared" / "data" / "coco"
FIGURES = Path(__file__).with_name("figures.json")
QUICK_PHOTOS, QUICK_TIMED, QUICK_SIZES = 6, 2, (256, 400)


class Bar:
    """One progress bar for the whole run, in photos, on stderr."""

    def __init__(self, total: int) -> None:
        self._bar = tqdm(total=total, unit="photo", file=sys.stderr, disable=not sys.stderr.isatty())

    def __call__(self, label: str, items: Sequence[Any]) -> Iterable[Any]:
        self._bar.set_postfix_str(label)
        for item in items:
            yield item
            self._bar.update()

    def close(self) -> None:
        self._bar.close()


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_card", description=__doc__)
    parser.add_argument("--weights", default="lite", help="the model of the card (default: the bundled one)")
    parser.add_argument("--start", metavar="FILE", help="the weights that its training began with")
    parser.add_argument("--annotations", type=Path, default=COCO_FOLDER / "instances_val.json")
    parser.add_argument("--images", type=Path, default=COCO_FOLDER / "val")
    parser.add_argument(
        "--training",
        type=Path,
        nargs=2,
        metavar=("JSON", "FOLDER"),
        default=(COCO_FOLDER / "instances_train.json", COCO_FOLDER / "train"),
        help="annotated photos of the training, on which the part search counts shown objects, too",
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--parts", nargs="+", choices=report.PARTS, help="measure these only (default: all)")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only the first N photos; such figures are not filled in"
    )
    parser.add_argument("--timed-photos", type=int, default=20, metavar="N")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="times that each timed photo counts")
    parser.add_argument("--quick", action="store_true", help="a few photos and sizes, to see that it runs")
    parser.add_argument("--output", type=Path, default=None, metavar="JSON", help=f"all figures ({FIGURES.name} here)")
    parser.add_argument("--tables-only", action="store_true", help="measure nothing: read --output")
    parser.add_argument("--fill", action="store_true", help="write the tables into README.md, weights/ and docs/")
    options = parser.parse_args(arguments)
    if options.quick:
        options.limit = options.limit or QUICK_PHOTOS
        options.timed_photos, options.rounds, options.sizes = QUICK_TIMED, 1, list(QUICK_SIZES)
    if options.fill and options.limit and not options.tables_only:
        parser.error("--fill needs figures of all photos: leave out --limit and --quick")
    if options.output is None:
        if options.limit and not options.tables_only:
            parser.error("name a file for figures of a few photos with --output")
        options.output = FIGURES
    if not options.tables_only and not options.annotations.is_file():
        parser.error(f"there is no file {options.annotations}: name one with --annotations and --images")
    return options


def plan_of(options: argparse.Namespace) -> report.Plan:
    """The arguments as a plan.

    Raises:
        MasksegError: a file is missing, or is no annotation file.
    """
    trained = options.training[0].is_file()
    return report.Plan(
        weights=report.resolve(options.weights),
        dataset=CocoDataset.read(options.annotations),
        images=options.images,
        start=report.resolve(options.start) if options.start else None,
        training=(CocoDataset.read(options.training[0]), options.training[1]) if trained else None,
        sizes=tuple(sorted(set(options.sizes))),
        limit=options.limit,
        timed_photos=options.timed_photos,
        rounds=options.rounds,
    )


def photos_to_do(plan: report.Plan, parts: Sequence[str]) -> int:
    """How many photos the bar will count, if the default size is one of the sizes."""
    photos = len(plan.dataset.images[: plan.limit])
    training = 0 if plan.training is None else len(plan.training[0].images[: plan.limit])
    timed = min(plan.timed_photos, photos)
    counts = {
        "accuracy": len(plan.sizes) * photos,
        "misses": photos,
        "tta": photos,
        "search": (3 if "accuracy" in parts else 4) * photos + 2 * training,
        "start": (len(plan.sizes) + 1) * photos,
        "precisions": len(precisions.WAYS) * photos + timed,
        "speed": timed,
    }
    return sum(counts[part] for part in parts)


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """The figures, measured now or read from the file.

    Raises:
        MasksegError: a file is missing or broken, or a part needs a file that was not named.
    """
    if options.tables_only:
        figures = report.read_figures(options.output)
        if not figures:
            raise MasksegError(f"There is no file {options.output}.")
        return figures
    plan = plan_of(options)
    parts = plan.parts if options.parts is None else tuple(part for part in report.PARTS if part in options.parts)
    for part in parts:
        if part not in plan.parts:
            raise MasksegError(f"The part {part} needs a file: --start.")
    bar = Bar(photos_to_do(plan, parts))
    try:
        return report.run(plan, parts, options.output, bar)
    finally:
        bar.close()


def show(made: dict[str, str]) -> None:
    """Prints the tables."""
    for name, text in made.items():
        print(f"{name}\n\n{text}\n")


def fill(made: dict[str, str]) -> None:
    """Writes the tables into the documents, and names those that have changed.

    Raises:
        MasksegError: the marks of a document do not match.
    """
    for file in sections.documents():
        if sections.fill(file, made):
            print(file.relative_to(sections.PROJECT))


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    try:
        figures = measured(options)
        made = tables.parts(figures)
        if options.fill and not figures["complete"]:
            raise MasksegError(f"{options.output} holds figures of a few photos only: they are not filled in.")
        (fill if options.fill else show)(made)
    except MasksegError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(f"Stopped; the parts that were done are in {options.output}.")
    missing = [name for name in tables.TABLES if name not in made]
    if missing:
        print(f"No figures for: {', '.join(missing)}.", file=sys.stderr)


if __name__ == "__main__":
    main()
