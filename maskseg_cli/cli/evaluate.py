"""`maskseg evaluate`: COCO's average precision on annotated photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.feature_options import options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, model_options_with
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.config import SCORE_FLOOR
from maskseg_cli.datasets.problems import pictures_left_out
from maskseg_cli.evaluation.evaluation_options import EvaluationOptions
from maskseg_cli.inference.model_options import ModelOptions

if TYPE_CHECKING:
    from maskseg_cli.evaluation.run import EvaluationRun


@click.command(cls=SectionedCommand)
@click.argument("annotations", type=click.Path(exists=True, path_type=Path))
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@options_of("evaluation", EvaluationOptions, "Photos and results")
@model_options_with(f"{SCORE_FLOOR:g}", unused=("min_score",))
@message_options
@click.pass_context
def evaluate(
    ctx: click.Context,
    annotations: Path,
    images: Path | None,
    evaluation: EvaluationOptions,
    model: ModelOptions,
    quiet: bool,
) -> None:
    """Measure box and mask AP on annotated photos.

    ANNOTATIONS is a file or folder of COCO, VIA, labelme, CVAT, YOLO or another format (docs/annotations.md), IMAGES
    the folder of its photos, if they are not in it. Classes are matched by name, in either spelling (motorbike,
    motorcycle). Every object with a score of at least 0.01 counts (--min-score
    changes that), up to 100 a photo. Classes of ANNOTATIONS that the network does not know count with AP 0,
    unless --classes chooses others.

    \b
    maskseg evaluate instances_val2017.json val2017 --output metrics.json
    """
    with loading():
        from maskseg_cli.evaluation.run import run_evaluation

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        done = run_evaluation(
            annotations,
            images,
            evaluation,
            model,
            reporter,
            show=lambda result: _show(result, evaluation, quiet),
            stop=StopSignals(),
        )
    if done.evaluation.failures or pictures_left_out(done.evaluation.dataset.problems):
        ctx.exit(1)


def _show(run: EvaluationRun, options: EvaluationOptions, quiet: bool) -> None:
    from maskseg_cli.evaluation.tables import against_lines, class_table, remarks, table

    click.echo(table(run.evaluation))
    if options.by_class:
        click.echo("\n" + class_table(run.evaluation))
    if run.against is not None:
        click.echo("\n" + against_lines(run.against))
    for line in remarks(run.evaluation, options.from_results, quiet):
        click.echo(line, err=True)
