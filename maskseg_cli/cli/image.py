"""`maskseg image`: photos in, outlined photos out."""

from __future__ import annotations

import contextlib
import errno
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maskseg_cli.cli.main import DEBUG, explain
from maskseg_cli.cli.options import (
    ModelOptions,
    Segmenter,
    drawing_options,
    load_predictor,
    message_options,
    model_options,
)
from maskseg_cli.drawing.options import DrawingOptions
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.formats import NAMES
from maskseg_cli.media.outputs import Job, check_extra_output, plan_outputs, refuse_existing
from maskseg_cli.media.sources import find_sources

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections
    from maskseg_cli.export.coco_json import CocoExport
    from maskseg_cli.media.window import Window

#: Failed photos that the summary lists by name.
_LISTED = 10

#: Errors of writing that the next photo would only repeat.
_HOPELESS = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="A file for one photo, a folder for several (made if needed), - for standard output. Without it the "
    "result stands beside the photo as NAME_maskseg.EXT.",
)
@click.option("--recursive", "-r", is_flag=True, help="Look into the folders inside a folder too.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist; photos themselves never.")
@click.option("--skip-existing", is_flag=True, help="Leave out photos whose result exists: goes on with a stopped run.")
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

    A photo is turned upright as its EXIF orientation says, 16 bits become 8, transparent parts are laid on
    white, and results hold no metadata. Files called NAME_maskseg.EXT in folders are results of earlier runs
    and are not taken as photos.
    """
    avoid = Path(output) if output not in (None, "-") else None
    jobs = plan_outputs(find_sources(sources, recursive, avoid), output, format_name, overwrite, skip_existing)
    json_file = Path(json_path) if json_path not in (None, "-") else None
    _check_streams(jobs, json_path)
    if json_file is not None:
        check_extra_output(json_file, jobs)
        if json_file.is_file() and not (overwrite or skip_existing):
            refuse_existing([json_file])
    import cv2  # noqa: F401  a missing system library is told before the network is loaded

    with contextlib.ExitStack() as stack:
        window = None
        if show:
            from maskseg_cli.media.window import Window

            window = stack.enter_context(Window())
        if json_path is None and all(job.done for job in jobs):
            run = Run(jobs, quiet=quiet)
        else:
            segmenter = load_predictor(model)
            run = Run(jobs, segmenter, drawing, quality, quiet, bool(ctx.meta.get(DEBUG)), window)
            if json_path is not None:
                run.collect_into(json_file if skip_existing else None)
        try:
            run.process()
        except BaseException:
            if run.done and run.dataset is not None:  # what was found before the stop is not lost
                _write_json(run.dataset, json_file)
            raise
        if run.dataset is not None:
            _write_json(run.dataset, json_file)
    run.summarize()
    if run.failed:
        raise click.exceptions.Exit(1)


def _check_streams(jobs: list[Job], json_path: str | None) -> None:
    to_stdout = any(job.target is None for job in jobs)
    if to_stdout and json_path == "-":
        raise UsageError("Picture and JSON cannot both go to standard output: give -o or --json a file.")
    if to_stdout and sys.stdout.isatty():
        raise UsageError("A picture is not written to a terminal: redirect it (> result.jpg) or give -o a file.")


def _write_json(dataset: CocoExport, path: Path | None) -> None:
    from maskseg_cli.media.files import write_atomic, write_stdout

    data = dataset.to_json().encode()
    if path is None:
        write_stdout(data)
    else:
        write_atomic(path, data)


@dataclass
class Run:
    """One pass over the photos."""

    jobs: list[Job]
    segmenter: Segmenter | None = None
    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    quality: int = 95
    quiet: bool = False
    debug: bool = False
    window: Window | None = None
    dataset: CocoExport | None = None
    failed: list[str] = field(default_factory=list)
    done: int = 0
    kept: int = 0

    def collect_into(self, earlier: Path | None) -> None:
        """Gathers detections for the JSON, going on with the file of a stopped run if there is one."""
        from maskseg_cli.export.coco_json import CocoExport, read_dataset

        assert self.segmenter is not None
        self.dataset = CocoExport(self.segmenter.class_names)
        if earlier is not None and earlier.is_file():
            again = {_file_name(job) for job in self.jobs if not job.done}
            self.dataset.add_from(read_dataset(earlier, self.segmenter.class_names), without=again)

    def process(self) -> None:
        """Does all photos; one that fails is named and the rest still done.

        Raises:
            MasksegError: there is one photo only, and it failed; or nothing more can be written.
        """
        listed = {entry["file_name"] for entry in self.dataset.images} if self.dataset else set()
        for job, say in self._with_progress():
            if job.done and (self.dataset is None or _file_name(job) in listed):
                self.kept += 1
                continue
            try:
                found, picture = self._do(job)
            except Exception as error:
                if len(self.jobs) == 1:
                    raise
                self.failed.append(job.source.name)
                if self.debug:
                    say("".join(traceback.format_exception(error)).rstrip())
                say(f"Error: {_about(job, explain(error))}")
                if isinstance(error, OSError) and error.errno in _HOPELESS:
                    raise MasksegError(f"Stopped after {self.done} of {len(self.jobs)} photos.") from error
                continue
            self.done += 1
            if not self.quiet:
                say(self._line(job, found))
            if self.window is not None and not self.window.show(picture):
                break

    def _with_progress(self) -> Iterator[tuple[Job, Any]]:
        """Each job, with a function that writes a line without breaking the bar."""
        from tqdm import tqdm

        hidden = self.quiet or len(self.jobs) == 1 or not sys.stderr.isatty()
        with tqdm(self.jobs, unit="photo", file=sys.stderr, disable=hidden, dynamic_ncols=True) as bar:

            def say(line: str) -> None:
                tqdm.write(line, file=sys.stderr)

            for job in bar:
                yield job, say

    def _do(self, job: Job) -> tuple[Detections, Any]:
        """Reads, segments, draws and writes one photo; returns what was found and the drawn picture."""
        from maskseg_cli.drawing import draw
        from maskseg_cli.media.files import write_atomic, write_stdout
        from maskseg_cli.media.formats import SUFFIX_OF
        from maskseg_cli.media.header import picture_format
        from maskseg_cli.media.images import decode_image, encode_image, read_image

        assert self.segmenter is not None
        suffix = job.suffix
        if job.source.path is None:
            data = sys.stdin.buffer.read()
            photo = decode_image(data, "Standard input")
            suffix = suffix or SUFFIX_OF[picture_format(data[:32]) or "PNG"]
        else:
            photo = read_image(job.source.path)
        found = self.segmenter(photo)
        picture = draw(photo, found, self.drawing)
        if not job.done:
            encoded = encode_image(picture, suffix or ".png", self.quality)
            if job.target is None:
                write_stdout(encoded)
            else:
                write_atomic(job.target, encoded)
        if self.dataset is not None:
            self.dataset.add(_file_name(job), found)
        return found, picture

    def _line(self, job: Job, found: Detections) -> str:
        from maskseg_cli.export.words import describe

        arrow = "" if job.target is None or job.done else f" -> {job.target}"
        return f"{job.source.name}: {describe(found)}{arrow}"

    def summarize(self) -> None:
        """Says at the end how many photos were done, and lists the failed ones."""
        if len(self.jobs) == 1 and not self.kept:
            return
        parts = [f"{self.done} of {len(self.jobs)} photos done"]
        if self.kept:
            parts.append(f"{self.kept} there already")
        if self.failed:
            names = ", ".join(self.failed[:_LISTED])
            more = f" and {len(self.failed) - _LISTED} more" if len(self.failed) > _LISTED else ""
            parts.append(f"{len(self.failed)} failed: {names}{more}")
        if self.failed or not self.quiet:
            click.echo(", ".join(parts) + ".", err=True)


def _file_name(job: Job) -> str:
    """The photo's name in the JSON: its place below the folder that the user named."""
    return job.source.relative.as_posix()


def _about(job: Job, message: str) -> str:
    return message if job.source.name in message else f"{job.source.name}: {message}"
