"""Writing a file that is made in parts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskseg_cli.media.atomic_file import GrowingFile, write_stdout


def write_parts(path: Path | None, parts: Iterable[bytes]) -> None:
    """Writes `parts` one after the other into a file that appears when it is complete. None is standard output.

    Raises:
        OSError: it cannot be written; nothing half-written is left.
    """
    if path is None:
        for part in parts:
            write_stdout(part)
        return
    file = GrowingFile(path)
    try:
        for part in parts:
            file.write(part)
        file.finish()
    except BaseException:
        file.discard()
        raise
