"""The secret from which the page's cookies are made, so that nobody can guess one."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

_LENGTH = 32


def page_secret(folder: Path) -> bytes:
    """The secret of this user's pages: made once, so that a browser keeps its access when the program starts again.

    Args:
        folder: the cache; where nothing can be kept in it, the secret is a new one each time.

    Returns:
        32 bytes.
    """
    path, made = folder / "page-secret", secrets.token_bytes(_LENGTH)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(made)
        kept = path.read_bytes() if path.is_file() else b""
        if len(kept) == _LENGTH:
            return kept
    return made
