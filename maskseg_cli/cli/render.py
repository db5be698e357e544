"""`maskseg render`: draws what `--save-detections` has saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from maskseg_cli.cli.feature_options import feature_options, options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, result_options
from maskseg_cli.cli.parameters import Number, Whole
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.errors import UsageError
from maskseg_cli.export.saved_choice import SavedChoice
from maskseg_cli.media.picture_formats import NAMES
from maskseg_cli.media.same_file import same_name
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.video.video_formats import EncodeOptions

#: Options that only photos, or only videos, have; `reading` and `writing` are the videos' too.
_PHOTOS = ("quality", "strip_metadata", "summary", "timeout")
_NETWORK = ("reading_batch",)
_VIDEOS = ("mp4", "mov", "mkv", "avi", "webm", "gif")


@click.command(cls=SectionedCommand)
@click.argument("file")
@click.argument("sources", nargs=-1, required=True)
@section("Results")
@click.option("--output", "-o", metavar="PATH", help="As for `maskseg image` and `maskseg video`.")
@result_options("source")
@click.option("--json", metavar="FILE", help="As for `maskseg image` and `maskseg video`.")
@click.option("--show", is_flag=True, help="Show each result in a window; q ends.")
@section("Photos")
@click.option("--quality", type=Whole(1, 100), default=95, show_default=True, help="Quality of JPEG and WebP results.")
@click.option("--strip-metadata", is_flag=True, help="Leave out date, camera, colour profile and resolution.")
@click.option("--summary", metavar="FILE", help="Also write the result of each photo, as a table (.csv) or .json.")
@click.option("--timeout", type=Number(min=0), default=60, show_default=True, help="Seconds for reading one photo.")
@options_of("reading", ReadingOptions, "Which frames", build=dict)
@section("Format of the results")
@click.option("--format", type=click.Choice([*NAMES, *_VIDEOS]), help="As for `maskseg image` and `maskseg video`.")
@options_of("encoding", EncodeOptions, "Format of the results", build=dict)
@options_of("choice", SavedChoice, "Which objects", build=dict)
@drawing_options
@feature_options("photos", "video", network=False)
@message_options
@click.pass_context
def render(
    ctx: click.Context,
    file: str,
    sources: tuple[str, ...],
    reading: dict[str, Any],
    encoding: dict[str, Any],
    choice: dict[str, Any],
    drawing: dict[str, Any],
    features: dict[str, Any],
    quiet: bool,
    **results: Any,
) -> None:
    """Draw what an earlier run found, without the network.

    FILE is what --save-detections of `maskseg image` or `maskseg video` wrote. SOURCES are the same photos or videos,
    which may have been moved.

    \b
    maskseg video in.mp4 -o all.mp4 --save-detections f.maskseg
    maskseg render f.maskseg in.mp4 -o people.mp4 --classes person
    maskseg render f.maskseg in.mp4 -o masks.mp4 --no-boxes --end 1:30

    The results are those of a direct run with the same options. What is not said is as in the first run.
    """
    with loading():
        from maskseg_cli.export.saved_detections import SavedDetections
    saved = SavedDetections(file)
    _refuse_others(ctx, saved.kind)
    for name in ("output", "json", "summary"):
        if results[name] not in (None, "-") and same_name(Path(results[name]), Path(file)):
            raise UsageError(f"{file} is an input: inputs are never overwritten.")
    photos = {name: results.pop(name) for name in _PHOTOS}
    arguments = {**results, "model": saved, **choice, **drawing, **features}
    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        arguments |= {"reporter": reporter, "stop": StopSignals()}
        if saved.kind == "photos":
            with loading():
                from maskseg_cli.pipeline.images import process_images
            failed = bool(process_images(sources, **photos, **arguments).failed)
        else:
            with loading():
                from maskseg_cli.pipeline.videos import process_videos
            failed = bool(process_videos(sources, **reading, **encoding, **arguments).failures)
    if failed:
        raise click.exceptions.Exit(1)


def _refuse_others(ctx: click.Context, kind: str) -> None:
    """Refuses options that only the other kind of source has.

    Raises:
        UsageError: there is one.
    """
    for one in ctx.command.params:
        name = str(one.name)
        videos = name.startswith(("reading_", "encoding_"))
        wrong = videos if kind == "photos" else name in _PHOTOS
        if wrong and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"{max(one.opts, key=len)} is not for {kind}, of which the saved detections are.")


render.params = [one for one in render.params if one.name not in _NETWORK]
