"""`maskseg video`: videos in, outlined videos out."""

from __future__ import annotations

from typing import Any

import click

from maskseg_cli.cli.feature_options import feature_options, options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options, ray_options, result_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.printable import printable
from maskseg_cli.video.video_formats import EncodeOptions


@click.command(cls=SectionedCommand)
@click.argument("sources", nargs=-1, required=True)
@section("Videos and results")
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="A file for one video, a folder for several (made if needed), or single frames (frames/%06d.png). Without "
    "it the result is written beside the video as NAME_maskseg.EXT.",
)
@result_options("video")
@options_of("reading", ReadingOptions, "Which frames", build=dict)
@section("Format of the results")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["mp4", "mov", "mkv", "avi", "webm", "gif", "png", "jpg"]),
    help="Format of the results; png and jpg are folders of single frames. Otherwise the source's own.",
)
@options_of("encoding", EncodeOptions, "Format of the results", build=dict)
@section("Videos and results")
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    help="Also write what was found, masks too, as JSON lines: one a frame, with its time; - for standard output.",
)
@click.option("--show", is_flag=True, help="Show the frames in a window as they are done; q ends.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing: show what would be done, and how long it takes on this machine."
)
@model_options
@drawing_options
@feature_options("video")
@ray_options
@message_options
@click.pass_context
def video(
    ctx: click.Context,
    sources: tuple[str, ...],
    output: str | None,
    recursive: bool,
    overwrite: bool,
    skip_existing: bool,
    reading: dict[str, Any],
    format_name: str | None,
    encoding: dict[str, Any],
    json_path: str | None,
    show: bool,
    dry_run: bool,
    model: ModelOptions,
    drawing: dict[str, Any],
    features: dict[str, Any],
    ray: str | None,
    ray_workers: int | None,
    quiet: bool,
) -> None:
    """Find the objects in videos and draw their outlines.

    SOURCES are videos in any format that FFmpeg reads (MP4, MOV, AVI, MKV, WebM, GIF ...), folders, patterns in
    quotes, numbered pictures (frames/%05d.png), and addresses of streams (http, https, rtsp).

    \b
    maskseg video in.mp4 -o out.avi
    maskseg video in.mp4 -o out.mp4 --start 1:30 --end 2:00 --every 3
    maskseg video holidays/ -r -o results/ --format mp4
    maskseg video in.mp4 --dry-run

    The size, the length, the times of the frames and the sound stay. Ctrl-C keeps the video made so far as
    NAME.partial.EXT; a second Ctrl-C stops at once. Existing videos are never changed.
    """
    with loading():
        from maskseg_cli.pipeline.videos import process_videos

    arguments: dict[str, Any] = {
        "recursive": recursive,
        "overwrite": overwrite,
        "skip_existing": skip_existing,
        "model": model,
        **drawing,
        **features,
        "format": format_name,
        **reading,
        **encoding,
    }
    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        if dry_run:
            from maskseg_cli.pipeline.estimate import estimate_videos

            for line in estimate_videos(sources, output, reporter=reporter, **arguments):
                click.echo(printable(line))
            return
        stop = StopSignals()
        arguments |= {
            "json": json_path,
            "show": show,
            "ray": ray,
            "ray_workers": ray_workers,
            "reporter": reporter,
            "stop": stop,
        }
        summary = process_videos(sources, output, **arguments)
    if summary.failures:
        raise click.exceptions.Exit(1)
