"""`maskseg inspect image`: a photo's way through the network, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, model_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.printable import printable

if TYPE_CHECKING:
    from maskseg_cli.inspection.image.spot_story import SpotStory


@click.command("image", cls=SectionedCommand)
@click.argument("photo")
@section("Results")
@click.option(
    "--output", "-o", required=True, metavar="DIR", help="Folder for the pictures, index.html and trace.json."
)
@click.option(
    "--point",
    "points",
    multiple=True,
    metavar="X,Y",
    help="Say why something was found at this pixel of the photo, or why not; may be repeated.",
)
@click.option(
    "--box", "boxes", multiple=True, metavar="X1,Y1,X2,Y2", help="The same for the object in this box; may be repeated."
)
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run.")
@model_options
@message_options
@click.pass_context
def inspect_image(
    ctx: click.Context,
    photo: str,
    output: str,
    points: tuple[str, ...],
    boxes: tuple[str, ...],
    overwrite: bool,
    model: ModelOptions,
    quiet: bool,
) -> None:
    """Show each step of a photo through the network.

    Writes pictures of the anchors, their scores, the proposals, classes, boxes and masks, a page index.html that
    explains them, and the figures as trace.json. With --point and --box it says, on standard output too, why an
    object was found there or missed: which boxes were about it, where each was dropped and for which other one.
    One run of the network is shown: --tta and --tiles are refused.

    \b
    maskseg inspect image photo.jpg -o steps/
    maskseg inspect image photo.jpg -o steps/ --point 412,180
    maskseg inspect image photo.jpg -o steps/ --weights balloon.h5 --min-score 0.3
    """
    with loading():
        from maskseg_cli.inspection.image.inspect_image import inspect_image as run

    def show(story: SpotStory) -> None:
        click.echo(printable(f"{story.spot.words}: {story.verdict} {story.advice}".strip()))

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        run(photo, output, model=model, points=points, boxes=boxes, show=show, overwrite=overwrite, reporter=reporter)
