"""`run_evaluation`: measures and writes what the options ask for; `maskseg evaluate` calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.config import SCORE_FLOOR
from maskseg_cli.datasets.annotation_file import own_pictures
from maskseg_cli.errors import UsageError
from maskseg_cli.evaluation.coco_ap import AveragePrecision
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.compared import Compared, compare_evaluations
from maskseg_cli.evaluation.evaluation_options import EvaluationOptions, check_names, check_writable_outputs
from maskseg_cli.evaluation.evaluator import Evaluation, boundary_precision, evaluate, score_results
from maskseg_cli.evaluation.other_results import OtherResults
from maskseg_cli.evaluation.report.report import WORST, write_evaluation_report
from maskseg_cli.evaluation.tables import per_class
from maskseg_cli.inference import loading
from maskseg_cli.inference.model_options import ModelOptions, for_measuring
from maskseg_cli.media import atomic_file
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.reporter import Reporter
from maskseg_cli.stop_token import StopToken


@dataclass(frozen=True)
class EvaluationRun:
    """What `run_evaluation` has measured.

    Attributes:
        evaluation: the result.
        settings: what it was measured with, ready for JSON: annotations, weights, engine, config and others.
        against: the other network on the same photos; None: there is none.
        boundary: boundary AP; None: no file was asked for that has it, or masks could not be measured.
    """

    evaluation: Evaluation
    settings: dict[str, Any]
    against: Compared | None = None
    boundary: AveragePrecision | None = None


def run_evaluation(
    annotations: str | Path,
    images: str | Path | None = None,
    options: EvaluationOptions | None = None,
    model: ModelOptions | None = None,
    reporter: Reporter | None = None,
    show: Callable[[EvaluationRun], None] = lambda run: None,
    stop: StopToken | None = None,
) -> EvaluationRun:
    """Measures a network, or a file of results, and writes the files that the options name.

    Args:
        annotations: a file or folder of a known format (`datasets.annotation_formats.FORMATS`).
        images: folder of the photos; a network needs it, but for a folder with its photos and for YOLO's data.yaml.
        options: what is read and written; None: nothing is written.
        model: which network runs; None: the default one.
        reporter: is shown messages and the progress.
        show: called with the result before files are written: the disk may be full or gone by then.
        stop: defers signals while libraries are loaded, which lose exceptions.

    Raises:
        UsageError: options that exclude each other, or a name that cannot be meant so.
        MasksegError: a file cannot be read or written, or nothing can be measured.

    Example:
        >>> options = EvaluationOptions(output="metrics.json")                               # doctest: +SKIP
        >>> run_evaluation("instances_val.json", "val", options).evaluation.metrics["segm"]  # doctest: +SKIP
    """
    options, model, reporter = options or EvaluationOptions(), model or ModelOptions(), reporter or Reporter()
    if images is None and options.from_results is None:
        images = own_pictures(annotations)
    check_sources(images, options, model)
    check_names(options, annotations)
    settings: dict[str, Any] = {"annotations": Path(annotations).name}
    with FileLocks(path for _, path in options.outputs()):
        check_writable_outputs(options)
        if options.from_results is not None:
            evaluation = score_results(
                annotations, options.from_results, images, options.via_attribute, reporter, options.format
            )
            other = _other(options, evaluation.dataset)
            settings["results"] = Path(options.from_results).name
        else:
            # Before the network is loaded, which takes seconds.
            dataset = CocoDataset.read(
                annotations, images, attribute=options.via_attribute, reporter=reporter, format=options.format
            )
            dataset.require_objects()
            other = _other(options, dataset)
            evaluation, used = _measure(dataset, images or "", options.limit, model, reporter, stop or StopToken())
            settings |= used
        against = None if other is None else _compared(evaluation, other, reporter)
        if other is not None:
            settings["against"] = other.path.name
        # It takes a few seconds for a hundred photos.
        boundary = boundary_precision(evaluation) if options.output or options.report else None
        run = EvaluationRun(evaluation, settings, against, boundary)
        show(run)
        _write(run, images, options)
    return run


def check_sources(images: str | Path | None, options: EvaluationOptions, model: ModelOptions) -> None:
    """Checks that there is one thing to measure, a network with photos or a file of results.

    Raises:
        UsageError: there is none, or there are two.
    """
    if options.from_results is not None and (options.limit is not None or model != ModelOptions()):
        raise UsageError("--from-results runs no network: give it no --limit and no option of a model.")
    if options.worst is not None and options.report is None:
        raise UsageError("--worst chooses photos of the report: add --report FILE.html.")
    if options.from_results is None and images is None:
        raise UsageError("IMAGES is missing: name the folder of the photos.")


def _other(options: EvaluationOptions, dataset: CocoDataset) -> OtherResults | None:
    return None if options.against is None else OtherResults.read(options.against, dataset)


def _compared(evaluation: Evaluation, other: OtherResults, reporter: Reporter) -> Compared:
    """The other network's results on the photos that were measured."""
    photos = len(evaluation.dataset.images)
    empty = other.without_result(evaluation)
    if empty:
        reporter.say(f"{other.path} has no result of {empty} of {photos} photos: nothing was found there.")
    return compare_evaluations(evaluation, other.score(evaluation), other.path.name, reporter)


def _measure(
    dataset: CocoDataset,
    images: str | Path,
    limit: int | None,
    model: ModelOptions,
    reporter: Reporter,
    stop: StopToken,
) -> tuple[Evaluation, dict[str, Any]]:
    """Runs the network; returns also the settings that it ran with."""
    with stop:
        predictor = loading.load_predictor(for_measuring(model), reporter=reporter)
    stop.raise_if_requested()

    def progress(records: Sequence[Any]) -> Iterator[Any]:
        with reporter.progress(len(records), "photo") as show_done:
            for number, record in enumerate(records, 1):
                yield record
                show_done(number)

    start = time.perf_counter()
    evaluation = evaluate(predictor, dataset, images, limit=limit, class_ids=predictor.class_ids, progress=progress)
    each = (time.perf_counter() - start) / len(evaluation.dataset.images)
    floor = predictor.config.detection_min_confidence
    reporter.say(f"Score floor {floor:g}; {each:.2f} s a photo with {predictor.engine.name}.")
    if floor > SCORE_FLOOR:
        reporter.say(f"A score floor above {SCORE_FLOOR} lowers AP.")
    used = {
        "weights": Path(model.weights or model.model or "lite").name,
        "tta": model.tta,
        "tiles": model.tiles,
        "engine": predictor.engine.name,
        "config": predictor.config.to_dict(),
    }
    return evaluation, used


def _write(run: EvaluationRun, images: str | Path | None, options: EvaluationOptions) -> None:
    evaluation = run.evaluation
    if options.results is not None:
        rows = json.dumps(evaluation.results, separators=(",", ":"))
        atomic_file.write_atomic(Path(options.results), rows.encode())
    if options.output is not None:
        boundary = None if run.boundary is None else run.boundary.figures
        document = {**evaluation.metrics, "boundary": boundary, "per_class": per_class(evaluation)}
        if run.against is not None:
            document["against"] = {**run.against.document, "per_class": per_class(run.against.evaluation)}
        text = json.dumps({**document, "settings": run.settings}, indent=2, ensure_ascii=False) + "\n"
        atomic_file.write_atomic(Path(options.output), text.encode())
    if options.report is not None:
        write_evaluation_report(
            evaluation,
            options.report,
            images,
            against=run.against,
            worst=WORST if options.worst is None else options.worst,
            boundary=run.boundary,
            settings=run.settings,
        )
