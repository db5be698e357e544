"""What can be known to go wrong with an output before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.outputs import check_writable
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
        options: the user's choices.
        sources: what is read; addresses (http://...) are no files and are passed over.
        overwrite: an output that exists is to be replaced.

    Returns:
        what will be written.

    Raises:
        UsageError: an unknown extension or codec, or the output is an input.
        MasksegError: the folder cannot be written, the output exists, or its encoder is missing.
    """
    output = format_for(path, options)
    target = Path(path)
    if output.is_folder:
        pattern = frame_pattern(path, output.suffix)
        check_writable(pattern.parent)
        taken = first_frame(pattern)
        for source in sources:
            if Path(source) == pattern or _meet(pattern, source):
                raise UsageError(f"The frames would overwrite the input {source}; inputs are never overwritten.")
        if taken is not None and not overwrite:
            raise MasksegError(f"{taken} exists already: --overwrite replaces the frames in its folder.")
        return output
    for source in sources if target.exists() else ():
        if _same_file(target, source):
            raise UsageError(f"The output {target} is the input {source}; inputs are never overwritten.")
    if os.path.lexists(target) and not target.is_file():
        raise UsageError(f"{target} is no file that can be replaced: a video needs a file of its own.")
    if target.exists() and not overwrite:
        raise MasksegError(f"{target} exists already: --overwrite replaces it.")
    check_writable(target.parent)
    return output


def first_frame(pattern: Path) -> Path | None:
    """A file that is there already under the name of one of the frames of a printf pattern."""
    return next(iter(_frames(str(pattern))), None)


def _frames(pattern: str) -> list[Path]:
    try:
        return numbered_pictures(pattern)
    except MasksegError:  # there is none, or no such folder
        return []


def _meet(pattern: Path, source: str | Path) -> bool:
    """Whether frames would be written over what is read."""
    if not _same_file(pattern.parent, Path(source).parent):
        return False
    read = _frames(str(source)) if is_sequence(str(source)) else [Path(source)]
    return bool({frame.name for frame in _frames(str(pattern))} & {file.name for file in read})


def _same_file(target: Path, source: str | Path) -> bool:
    # The file system itself says what is one file: links and other spellings of a name included.
    try:
        return target.exists() and os.path.samefile(target, source)
    except (OSError, ValueError):
        return False
