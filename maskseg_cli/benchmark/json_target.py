"""`check_target`: whether the figures can be written where the user wants them."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.outputs import check_file_writable, check_json_name, existing_file, refuse_inputs


def check_target(path: Path, photo: str | None, overwrite: bool) -> None:
    """Checks the file of --json.

    Raises:
        UsageError: it is a folder, or the photo.
        MasksegError: it exists, or cannot be written.
    """
    refuse_inputs([path], [] if photo is None else [photo])
    check_json_name(path)
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file.")
    if existing_file(path) is not None and not overwrite:
        raise MasksegError(f"{path} exists already: --overwrite replaces it.")
    check_file_writable(path)
