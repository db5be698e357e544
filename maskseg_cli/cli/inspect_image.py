"""`maskseg inspect image`: a photo's way through the network, step by step."""

from __future__ import annotations

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, model_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.inference.model_options import ModelOptions


@click.command("image", cls=SectionedCommand)
@click.argument("photo")
@section("Results")
@click.option(
    "--output", "-o", required=True, metavar="DIR", help="Folder for the pictures, index.html and trace.json."
)
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run.")
@model_options
@message_options
@click.pass_context
def inspect_image(
    ctx: click.Context, photo: str, output: str, overwrite: bool, model: ModelOptions, quiet: bool
) -> None:
    """Show each step of a photo through the network.

    Writes pictures of the anchors, their scores, the proposals, classes, boxes and masks, a page index.html that
    explains them, and the figures as trace.json.

    \b
    maskseg inspect image photo.jpg -o steps/
    maskseg inspect image photo.jpg -o steps/ --weights mask_rcnn_balloon.h5 --min-score 0.3
    """
    with loading():
        from maskseg_cli.inspection.image.inspect_image import inspect_image as run

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        run(photo, output, model=model, overwrite=overwrite, reporter=reporter)
