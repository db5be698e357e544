"""Writing a file so that what stands under its name is always whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path


def write_atomic(path: str | Path, data: bytes) -> None:
    """Writes `data` under a temporary name beside `path`, then renames; makes missing folders.

    Whatever interrupts it, `path` holds its old content or all of the new. A device or pipe (`/dev/stdout`)
    is written to as it stands.

    Raises:
        OSError: the folder cannot be written, or the disk is full; nothing is left behind.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short and unlike any picture's name, so that no scan of the folder takes it for one.
    temporary = path.parent / f".maskseg-{secrets.token_hex(6)}.tmp"
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # not the temporary name, which means nothing to anybody
            error.filename2 = None
        raise


def write_stdout(data: bytes) -> None:
    """Writes all of `data` to standard output.

    Raises:
        OSError: the reader has gone.
    """
    # With PYTHONUNBUFFERED, which containers often set, a write to a pipe takes only what fits into it.
    left = memoryview(data)
    while left:
        written = sys.stdout.buffer.write(left)
        left = left[written:]
    sys.stdout.buffer.flush()
