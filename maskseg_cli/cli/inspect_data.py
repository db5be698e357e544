"""`maskseg inspect data`: what is in a data set, and what training makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskseg_cli.cli.feature_options import options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, via_attribute_option
from maskseg_cli.cli.parameters import Annotations
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.inspection.data.options import DataOptions
from maskseg_cli.printable import printable


@click.command(cls=SectionedCommand)
@click.argument("annotations", type=Annotations(exists=True))
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@section("Results")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Gets index.html, data.json, problems.csv, pictures.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier inspection there.")
@options_of("options", DataOptions, "What is shown", build=dict)
@section("Data")
@via_attribute_option
@message_options
@click.pass_context
def data(
    ctx: click.Context,
    annotations: str,
    images: Path | None,
    output: Path,
    options: dict[str, Any],
    quiet: bool,
    **given: Any,
) -> None:
    """Look into a data set: photos with masks, statistics, bad records, training targets.

    ANNOTATIONS is a file or folder of a known format and IMAGES the folder of its photos, as for `maskseg train`; or
    the word shapes. FOLDER gets index.html, which explains every picture, data.json, problems.csv and the pictures.

    \b
    maskseg inspect data instances_train.json train -o look
    maskseg inspect data shapes -o look
    """
    with loading():
        from maskseg_cli.inspection.data.inspect_data import inspect_data

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        found = inspect_data(annotations, images, output, reporter=reporter, **given, **options)
    for line in () if quiet else found.summary():
        click.echo(printable(line))
    if found.left_out:
        ctx.exit(1)
