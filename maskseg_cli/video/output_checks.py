"""Checks whether an output can be written, before any work is done."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.outputs import check_writable, refuse_inputs
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.media.same_file import same_file
from maskseg_cli.video.video_formats import EncodeOptions, OutputFormat, format_for, frame_pattern
from maskseg_cli.video.video_sources import is_sequence, numbered_pictures


def check_output(
    path: str | Path,
    options: EncodeOptions | None = None,
    sources: Sequence[str | Path] = (),
    overwrite: bool = False,
) -> OutputFormat:
    """Checks that `path` can be written.

    Args:
        path: the output as the user wrote it.
        options: the user's options.
        sources: the inputs; addresses (http://...) are no files and are ignored.
        overwrite: an output that exists will be replaced.

    Returns:
        the format of the output.

    Raises:
        UsageError: an unknown extension or codec, or an input would be overwritten.
        MasksegError: the folder cannot be written, the output exists, or its encoder is missing.
    """
    output = format_for(path, options)
    target = Path(path)
    if output.is_folder:
        pattern = frame_pattern(path, output.suffix)
        check_writable(pattern.parent)
        taken = first_frame(pattern)
        for source, used in itertools.product(sources, (pattern, partial_path(pattern))):
            if Path(source) == used or _overwrites(used, source):
                raise UsageError(f"The frames would overwrite the input {source}; inputs are never overwritten.")
        if taken is not None and not overwrite:
            raise MasksegError(f"{taken} exists already: --overwrite replaces the frames in its folder.")
        return output
    refuse_inputs([target, partial_path(target)], sources)
    if os.path.lexists(target) and not target.is_file():
        raise UsageError(f"{target} is no file that can be replaced: a video needs a file of its own.")
    if target.exists() and not overwrite:
        raise MasksegError(f"{target} exists already: --overwrite replaces it.")
    check_writable(target.parent)
    return output


def first_frame(pattern: Path) -> Path | None:
    """An existing file with the name of one of the frames of a printf pattern, or None."""
    return next(iter(_frames(str(pattern))), None)


def _frames(pattern: str) -> list[Path]:
    try:
        return numbered_pictures(pattern)
    except MasksegError:  # no frame or no such folder
        return []


def _overwrites(pattern: Path, source: str | Path) -> bool:
    """Whether frames would have the names of files that are read."""
    if not same_file(pattern.parent, Path(source).parent):
        return False
    read = _frames(str(source)) if is_sequence(str(source)) else [Path(source)]
    return bool({frame.name for frame in _frames(str(pattern))} & {file.name for file in read})
