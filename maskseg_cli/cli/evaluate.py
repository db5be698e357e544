"""`maskseg evaluate`: COCO's average precision on annotated photos."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maskseg_cli.cli.options import message_options, model_options_with, via_attribute_option
from maskseg_cli.cli.parameters import Whole
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.config import SCORE_FLOOR
from maskseg_cli.datasets.problems import pictures_left_out
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.model_options import ModelOptions, for_measuring
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.outputs import check_file_writable, check_json_name, existing_file

if TYPE_CHECKING:
    from maskseg_cli.evaluation import Evaluation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=SectionedCommand)
@section("Photos and results")
@click.argument("annotations", type=click.Path(exists=True, path_type=Path))
@click.argument("images", type=_FOLDER, required=False)
@click.option("--output", "-o", type=_NEW_FILE, metavar="FILE", help="Write the figures as JSON, 0 to 1.")
@click.option("--results", type=_NEW_FILE, metavar="FILE", help="Write all detections in COCO's result format.")
@click.option(
    "--from-results",
    type=_FILE,
    metavar="FILE",
    help="Score such a file; no network runs, IMAGES is only needed where ANNOTATIONS lacks sizes.",
)
@via_attribute_option
@click.option("--limit", type=Whole(min=1), metavar="N", help="Only the first N photos.")
@click.option("--per-class", "by_class", is_flag=True, help="Show a line for each class.")
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@model_options_with(f"{SCORE_FLOOR:g}", unused=("min_score",))
@message_options
@click.pass_context
def evaluate(
    ctx: click.Context,
    annotations: Path,
    images: Path | None,
    output: Path | None,
    results: Path | None,
    from_results: Path | None,
    via_attribute: str | None,
    limit: int | None,
    by_class: bool,
    overwrite: bool,
    model: ModelOptions,
    quiet: bool,
) -> None:
    """Measure box and mask AP on annotated photos.

    ANNOTATIONS is a file of COCO, VIA or labelme, IMAGES the folder of its photos. Classes are matched by name,
    in either spelling (motorbike, motorcycle). Every object with a score of at least 0.01 counts (--min-score
    changes that), up to 100 a photo. Classes of ANNOTATIONS that the network does not know count with AP 0,
    unless --classes chooses others.

    \b
    maskseg evaluate instances_val2017.json val2017 --output metrics.json
    """
    if from_results is not None and (limit is not None or model != ModelOptions()):
        raise UsageError("--from-results runs no network: give it no --limit and no option of a model.")
    if from_results is None and images is None:
        raise UsageError("IMAGES is missing: name the folder of the photos.")
    _check_names((output, results), (annotations, from_results))
    settings: dict[str, Any] = {"annotations": annotations.name}
    with FileLocks((output, results)):
        _check_outputs((output, results), overwrite)
        if from_results is not None:
            with loading():
                from maskseg_cli.evaluation import score_results

            evaluation = score_results(annotations, from_results, images, via_attribute, TerminalReporter(quiet))
        else:
            assert images is not None
            evaluation, used = _run(annotations, images, via_attribute, model, limit, quiet)
            settings |= used
        # Shown first: the disk may be full or gone by now.
        _show(evaluation, by_class, from_results, quiet)
        _write(evaluation, output, results, settings)
    if evaluation.failures or pictures_left_out(evaluation.dataset.problems):
        ctx.exit(1)


def _run(
    annotations: Path, images: Path, via_attribute: str | None, model: ModelOptions, limit: int | None, quiet: bool
) -> tuple[Evaluation, dict[str, Any]]:
    with loading():
        from maskseg_cli.evaluation import CocoDataset
        from maskseg_cli.evaluation import evaluate as measure
        from maskseg_cli.inference.loading import load_predictor

    reporter = TerminalReporter(quiet)
    # Before the network is loaded, which takes seconds.
    dataset = CocoDataset.read(annotations, images, attribute=via_attribute, reporter=reporter)
    dataset.require_objects()
    with loading():
        predictor = load_predictor(for_measuring(model), reporter=reporter)
    start = time.perf_counter()
    evaluation = measure(
        predictor,
        dataset,
        images,
        limit=limit,
        class_ids=predictor.class_ids,
        progress=lambda records: _progress(records, quiet),
    )
    floor = predictor.config.detection_min_confidence
    if not quiet:
        each = (time.perf_counter() - start) / len(evaluation.dataset.images)
        click.echo(f"Score floor {floor:g}; {each:.2f} s a photo with {predictor.engine.name}.", err=True)
        if floor > SCORE_FLOOR:
            click.echo(f"A score floor above {SCORE_FLOOR} lowers AP.", err=True)
    used = {
        "weights": Path(model.weights or model.model or "lite").name,
        "tta": model.tta,
        "tiles": model.tiles,
        "engine": predictor.engine.name,
        "config": predictor.config.to_dict(),
    }
    return evaluation, used


def _progress(records: Sequence[Any], quiet: bool) -> Iterable[Any]:
    from tqdm import tqdm

    return tqdm(records, unit="photo", file=sys.stderr, disable=quiet or not sys.stderr.isatty())


def _check_names(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    given = [path.resolve() for path in outputs if path is not None]
    if len(set(given)) < len(given):
        raise UsageError("--output and --results name the same file.")
    for path in given:
        if path in [file.resolve() for file in inputs if file is not None]:
            raise UsageError(f"{path} is an input: it is not overwritten.")
    for named, option in zip(outputs, ("--output", "--results"), strict=True):
        check_json_name(named, option)


def _check_outputs(outputs: Sequence[Path | None], overwrite: bool) -> None:
    for path in outputs:
        if path is not None and existing_file(path) and not overwrite:
            raise MasksegError(f"{path} exists: --overwrite replaces it.")
        check_file_writable(path)


def _write(evaluation: Evaluation, output: Path | None, results: Path | None, settings: dict[str, Any]) -> None:
    from maskseg_cli.evaluation.report import per_class
    from maskseg_cli.media.atomic_file import write_atomic

    if results is not None:
        write_atomic(results, json.dumps(evaluation.results, separators=(",", ":")).encode())
    if output is not None:
        document = {**evaluation.metrics, "per_class": per_class(evaluation), "settings": settings}
        write_atomic(output, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


def _show(evaluation: Evaluation, by_class: bool, from_results: Path | None, quiet: bool) -> None:
    from maskseg_cli.evaluation.report import class_table, remarks, table

    click.echo(table(evaluation))
    if by_class:
        click.echo("\n" + class_table(evaluation))
    for line in remarks(evaluation, from_results, quiet):
        click.echo(line, err=True)
