"""Checks of what `process_images` would write besides the photos, before any work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from maskseg_cli.errors import UsageError
from maskseg_cli.export.coco_sink import journal_path
from maskseg_cli.job import Job
from maskseg_cli.media.outputs import check_extra_output, check_json_name, existing_file, refuse_existing
from maskseg_cli.media.picture_formats import FORMAT_OF, TRANSPARENT
from maskseg_cli.media.same_file import same_name
from maskseg_cli.standard_streams import binary_stdout


def check_transparent(jobs: Sequence[Job]) -> None:
    """Checks that all results can be transparent.

    Raises:
        UsageError: one cannot.
    """
    for job in jobs:
        kind = FORMAT_OF.get((job.suffix or ".png").lower(), "")
        if not job.done and kind not in TRANSPARENT:
            raise UsageError(
                f"{job.target or 'standard output'} cannot be transparent: {kind} has no such pixels; write PNG, "
                "WebP or TIFF (--format png)."
            )


def check_streams(jobs: Sequence[Job], to_stdout: bool) -> None:
    """Checks that standard output gets one thing only; `to_stdout` says that JSON goes there."""
    writes_picture = any(job.target is None for job in jobs)
    if to_stdout or writes_picture:
        binary_stdout()
    if writes_picture:
        if to_stdout:
            raise UsageError("Picture and JSON cannot both go to standard output: give -o or --json a file.")
        if sys.stdout.isatty():
            raise UsageError("A picture is not written to a terminal: redirect it (> result.jpg) or give -o a file.")


def check_reports(json: Path | None, summary: Path | None, jobs: Sequence[Job], others: Sequence[Path] = ()) -> None:
    """Checks the names of these files before any work.

    Args:
        others: files of the run's features.

    Raises:
        UsageError: one is an input, a result, or another one of them.
        MasksegError: the folder of one cannot be written.
    """
    if json is not None and summary is not None and same_name(json, summary):
        raise UsageError(f"--json and --summary would both write {json}: name two files.")
    check_further_files([path for path in (json, summary) if path is not None], others, jobs)
    check_json_name(json)


def check_further_files(files: Sequence[Path], others: Sequence[Path], jobs: Sequence[Job]) -> None:
    """Checks files that a run writes besides its results; `others` are those of its features.

    Raises:
        UsageError, MasksegError: as `check_reports`.
    """
    for number, path in enumerate(others):
        if any(same_name(path, other) for other in (*files, *others[:number])):
            raise UsageError(f"{path} would be written twice: name two files.")
    for path in (*files, *others):
        check_extra_output(path, jobs)


def refuse_reports(json: Path | None, summary: Path | None, others: Sequence[Path] = ()) -> None:
    """Refuses files that exist, and what a stopped run has left of the JSON.

    Raises:
        MasksegError: there is one.
    """
    for path in (json, summary, *others, None if json is None else journal_path(json)):
        if path is not None and existing_file(path) is not None:
            refuse_existing([path])
