"""`maskseg image`: photos in, outlined photos out."""

from __future__ import annotations

from typing import Any

import click

from maskseg_cli.cli.feature_options import feature_options
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options, ray_options, result_options
from maskseg_cli.cli.parameters import Number, Whole
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.picture_formats import NAMES


@click.command(cls=SectionedCommand)
@click.argument("sources", nargs=-1, required=True)
@section("Photos and results")
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="A file for one photo, a folder for several (made if needed), - for standard output. Without it the "
    "result is written beside the photo as NAME_maskseg.EXT.",
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
    type=Whole(1, 100),
    default=95,
    show_default=True,
    help="Quality of JPEG and WebP results, 1 to 100.",
)
@click.option(
    "--strip-metadata",
    is_flag=True,
    help="Leave out date, camera, colour profile and resolution, which results otherwise keep.",
)
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    help="Also write everything that was found as COCO JSON, with masks; - for standard output.",
)
@click.option(
    "--summary",
    "summary_path",
    metavar="FILE",
    help="Also write the result of each photo, with its objects by class: a table (.csv) or .json.",
)
@click.option(
    "--watch", "watching", is_flag=True, help="Continue with photos as they arrive in the folders; Ctrl-C ends."
)
@click.option(
    "--batch",
    type=Whole(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Consecutive photos of equal size that the network takes at once; the results are the same.",
)
@click.option(
    "--timeout",
    type=Number(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Time for reading one photo, which fails after that; 0 for no limit.",
)
@click.option("--show", is_flag=True, help="Show each result in a window: any key for the next, q ends.")
@ray_options
@model_options
@drawing_options
@feature_options("photos")
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
    strip_metadata: bool,
    json_path: str | None,
    summary_path: str | None,
    watching: bool,
    batch: int,
    timeout: float,
    show: bool,
    model: ModelOptions,
    drawing: dict[str, Any],
    features: dict[str, Any],
    quiet: bool,
    **cluster: Any,
) -> None:
    """Find the objects in photos and draw their outlines.

    SOURCES are files, folders, patterns in quotes, or - for standard input; JPEG, PNG, WebP, BMP and TIFF; after
    pip install 'maskseg[heif]' also HEIC and AVIF.

    \b
    maskseg image photo.jpg
    maskseg image photos/ -r -o results/ --json results.json
    maskseg image "photos/*.jpg" -o results/ --classes person,dog
    maskseg image - -o - < photo.jpg > result.jpg
    maskseg image inbox/ -o results/ --watch --skip-existing
    maskseg image photos/ -r -o results/ --json results.json --ray auto

    A photo is turned upright as its EXIF orientation says, 16 bits become 8, transparent parts are laid on
    white. Results keep the photo's date, camera, colour profile and resolution, but not its place.
    Files called NAME_maskseg.EXT in folders are results of earlier runs and are not taken as photos.
    """
    with loading():
        from maskseg_cli.pipeline.images import process_images

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        summary = process_images(
            sources,
            output,
            recursive=recursive,
            overwrite=overwrite,
            skip_existing=skip_existing,
            format=format_name,
            quality=quality,
            strip_metadata=strip_metadata,
            json=json_path,
            summary=summary_path,
            watch=watching,
            batch=batch,
            timeout=timeout,
            show=show,
            **cluster,
            model=model,
            **drawing,
            **features,
            reporter=reporter,
            stop=StopSignals(),
        )
    if summary.failed:
        raise click.exceptions.Exit(1)
