"""`maskseg video`: videos in, outlined videos out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import drawing_options, message_options, model_options, result_options, with_batch
from maskseg_cli.cli.video_options import ReadingOptions, WritingOptions, reading_options, writing_options
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.outputs import check_extra_output, refuse_existing
from maskseg_cli.video.video_outputs import means_folder, plan_videos


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="A file for one video, a folder for several (made if needed), or single frames (frames/%06d.png). Without "
    "it the result stands beside the video as NAME_maskseg.EXT.",
)
@result_options("video")
@reading_options
@writing_options
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    help="Also write what was found, masks too, as JSON lines: one a frame, with its time; - for standard output.",
)
@click.option("--show", is_flag=True, help="Show the frames in a window as they are done; q ends.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing: say what would be done, and how long it takes on this machine."
)
@model_options
@drawing_options
@message_options
@click.pass_context
def video(
    ctx: click.Context,
    sources: tuple[str, ...],
    output: str | None,
    recursive: bool,
    overwrite: bool,
    skip_existing: bool,
    reading: ReadingOptions,
    writing: WritingOptions,
    json_path: str | None,
    show: bool,
    dry_run: bool,
    model: ModelOptions,
    drawing: DrawingOptions,
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

    The size, the length, the times of the frames and the sound stay. Ctrl-C finishes the video made so far; a
    second Ctrl-C stops at once. Existing videos are never changed.
    """
    from maskseg_cli.pipeline.videos import VideoBatch
    from maskseg_cli.video.output_checks import check_output
    from maskseg_cli.video.video_formats import EncodeOptions
    from maskseg_cli.video.video_sources import find_videos

    avoid = Path(output) if output is not None and means_folder(output) else None
    found = find_videos(sources, recursive, avoid)
    jobs = plan_videos(found, output, writing.format, overwrite or (dry_run and not skip_existing), skip_existing)
    encoding = EncodeOptions(writing.codec, writing.crf, writing.fps, writing.fourcc, writing.audio)
    names = [one.name for one in found]
    for job in jobs:
        assert job.target is not None
        check_output(job.target, encoding, names, overwrite=True)  # existing ones are settled
    json_file = Path(json_path) if json_path not in (None, "-") else None
    if json_file is not None and not dry_run:
        check_extra_output(json_file, jobs)
        if json_file.is_file() and not (overwrite or skip_existing):
            refuse_existing([json_file])
    todo = [job for job in jobs if not job.done]
    if dry_run:
        from maskseg_cli.pipeline.estimate import estimate_all

        estimate_all(jobs, reading, encoding, lambda: load_predictor(with_batch(model, reading.batch)), drawing)
        return
    batch = VideoBatch(jobs, reading, encoding, drawing, quiet, bool(ctx.meta.get(DEBUG)), skip_existing)
    with contextlib.ExitStack() as stack:
        if show and todo:
            from maskseg_cli.media.live_window import LiveWindow

            advice = "leave out --show; the result is written to a file all the same"
            batch.window = stack.enter_context(LiveWindow(advice))
        if todo:
            batch.load(with_batch(model, reading.batch))
        batch.run(json_path)
