"""`maskseg image`: photos in, outlined photos out."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options, result_options, with_batch
from maskseg_cli.cli.stop_signals import StopSignals
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.export.run_reports import check_reports, finish_reports, open_journal
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.atomic_file import remove_unfinished
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.outputs import Job, plan_outputs
from maskseg_cli.media.picture_formats import NAMES
from maskseg_cli.pipeline.images import Run
from maskseg_cli.pipeline.watching import WatchedPhotos, watch


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="A file for one photo, a folder for several (made if needed), - for standard output. Without it the "
    "result stands beside the photo as NAME_maskseg.EXT.",
)
@result_options("photo")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(NAMES),
    help="Format of the results; otherwise the photo's own.",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    default=95,
    show_default=True,
    help="Quality of JPEG and WebP results, 1 to 100.",
)
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    help="Also write all that was found as COCO JSON, with masks; - for standard output.",
)
@click.option(
    "--summary",
    "summary_path",
    metavar="FILE",
    help="Also write what became of each photo, with its objects by class: a table (.csv) or .json.",
)
@click.option("--watch", "watching", is_flag=True, help="Go on with photos as they arrive in the folders; Ctrl-C ends.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Neighbours of equal size that the network takes at once; the results are the same.",
)
@click.option("--show", is_flag=True, help="Show each result in a window: any key goes on, q ends.")
@model_options
@drawing_options
@message_options
@click.pass_context
def image(
    ctx: click.Context,
    sources: tuple[str, ...],
    output: str | None,
    recursive: bool,
    overwrite: bool,
    skip_existing: bool,
    format_name: str | None,
    quality: int,
    json_path: str | None,
    summary_path: str | None,
    watching: bool,
    batch: int,
    show: bool,
    model: ModelOptions,
    drawing: DrawingOptions,
    quiet: bool,
) -> None:
    """Find the objects in photos and draw their outlines.

    SOURCES are files, folders, patterns in quotes, or - for standard input; JPEG, PNG, WebP, BMP and TIFF.

    \b
    maskseg image photo.jpg
    maskseg image photos/ -r -o results/ --json results.json
    maskseg image "photos/*.jpg" -o results/ --classes person,dog
    maskseg image - -o - < photo.jpg > result.jpg
    maskseg image inbox/ -o results/ --watch --skip-existing

    A photo is turned upright as its EXIF orientation says, 16 bits become 8, transparent parts are laid on
    white, and results hold no metadata. Files called NAME_maskseg.EXT in folders are results of earlier runs
    and are not taken as photos.
    """
    watched = None
    if watching:
        watched = WatchedPhotos(sources, output, recursive, format_name, overwrite, skip_existing)
    avoid = Path(output) if output not in (None, "-") else None
    found = find_sources(sources, recursive, avoid, may_be_empty=watching)
    jobs = plan_outputs(found, output, format_name, overwrite, skip_existing)
    json_file = Path(json_path) if json_path not in (None, "-") else None
    summary_file = None if summary_path is None else Path(summary_path)
    _check_streams(jobs, json_path)
    check_reports(json_file, summary_file, jobs, overwrite or skip_existing)
    import cv2  # noqa: F401  a missing system library is told before the network is loaded

    # A window and standard input wait in calls that only the usual Ctrl-C ends.
    threaded = not show and all(job.source.path is not None for job in jobs)
    alone = len(jobs) == 1 and not watching
    run = Run(drawing=drawing, quality=quality, batch=batch, threaded=threaded, quiet=quiet)
    run.endless = watching
    run.debug = bool(ctx.meta.get(DEBUG))
    run.summary = RunSummary(rows=summary_file is not None)
    class_names: tuple[str, ...] = ()
    with contextlib.ExitStack() as stack:
        if show:
            from maskseg_cli.media.window import Window

            run.window = stack.enter_context(Window())
        if watching or json_path is not None or not all(job.done for job in jobs):
            run.segmenter = load_predictor(with_batch(model, batch))
            class_names = run.segmenter.class_names
        if json_path is not None:
            run.journal = open_journal(json_file, class_names, skip_existing)
        stop = stack.enter_context(StopSignals(at_once=remove_unfinished)) if threaded and not alone else StopSignals()
        run.stop_requested = lambda: stop.requested
        ended: BaseException | None = None
        try:
            if watched is not None:
                watch(run, watched, run.stop_requested)
            else:
                run.process(jobs, alone)
            stop.raise_if_requested()
        except BaseException as error:
            ended = error
        finish_reports(run, ended, json_file, summary_file, class_names)
        interrupted = isinstance(ended, KeyboardInterrupt)
        if (ended is None or interrupted) and (len(jobs) > 1 or watching or run.summary.kept):
            _say_summary(run, None if watching else len(jobs))
        # Ctrl-C is how a watch ends; SIGTERM, which is one too, says what it is.
        if ended is not None and not (watching and type(ended) is KeyboardInterrupt):
            raise ended
    if run.summary.failed:
        raise click.exceptions.Exit(1)


def _say_summary(run: Run, photos: int | None) -> None:
    *found, counts = run.summary.lines(photos)
    if not run.quiet:
        for line in found:
            click.echo(line, err=True)
    if run.summary.failed or not run.quiet:
        click.echo(counts, err=True)


def _check_streams(jobs: list[Job], json_path: str | None) -> None:
    to_stdout = any(job.target is None for job in jobs)
    if to_stdout and json_path == "-":
        raise UsageError("Picture and JSON cannot both go to standard output: give -o or --json a file.")
    if to_stdout and sys.stdout.isatty():
        raise UsageError("A picture is not written to a terminal: redirect it (> result.jpg) or give -o a file.")
