"""`MadeFiles`: what a conversion makes, so that nothing of it stays where it does not come to its end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class MadeFiles:
    """Files that are about to be made, and the folders that are made for them.

    As a context manager it removes them after an error or an interrupt in its block. Files and folders that were there
    before stay, also files that have been replaced.

    Example:
        >>> made = MadeFiles()                                                   # doctest: +SKIP
        >>> with made:                                                           # doctest: +SKIP
        ...     made.expect(Path("out/a.xml"))
        ...     write_all()
    """

    def __init__(self) -> None:
        self._files: list[Path] = []
        self._folders: set[Path] = set()
        self._there: set[Path] = set()

    def expect(self, path: Path) -> None:
        """Notes a file before it is made; one that is there already is not noted."""
        if os.path.lexists(path):
            return
        self._files.append(path)
        for folder in path.parents:
            if folder in self._there or folder in self._folders:
                break
            if os.path.lexists(folder):
                self._there.add(folder)
                break
            self._folders.add(folder)

    def remove(self) -> None:
        """Removes the files and, as far as they are empty then, the folders."""
        for path in self._files:
            with contextlib.suppress(OSError):
                path.unlink()
        for folder in sorted(self._folders, key=lambda one: len(one.parts), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def __enter__(self) -> MadeFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.remove()
