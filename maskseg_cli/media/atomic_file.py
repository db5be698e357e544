"""Writing a file so that what stands under its name is always whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from maskseg_cli.errors import MasksegError

#: Temporary files that are being written now.
_unfinished: set[Path] = set()


def remove_unfinished() -> None:
    """Removes the temporary files that are being written, for a program that ends in the middle, at once."""
    for temporary in list(_unfinished):
        with contextlib.suppress(OSError):
            temporary.unlink()


class GrowingFile:
    """A file that is written bit by bit under a temporary name and gets its own name when it is complete.

    Args:
        path: the final name; missing folders are made. A device or pipe (`/dev/stdout`) is written to as it stands.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        direct = self.path.exists() and not self.path.is_file() and not self.path.is_dir()
        if not direct:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        # Short and unlike any picture's name, so that no scan of the folder takes it for one.
        temporary = self.path.parent / f".maskseg-{secrets.token_hex(6)}.tmp"
        self._temporary = None if direct else temporary
        with self._named_errors():
            self._file = open(self._temporary or self.path, "wb")  # noqa: SIM115  closed by finish or discard
        if self._temporary is not None:
            _unfinished.add(self._temporary)

    @property
    def temporary(self) -> Path:
        """The name that the file has until it is complete; a device or pipe has its own."""
        return self._temporary or self.path

    def write(self, data: bytes) -> None:
        """Adds `data`.

        Raises:
            OSError: the disk is full, or the reader has gone; what was written before stays.
        """
        with self._named_errors():
            self._file.write(data)

    def finish(self) -> None:
        """Closes the file and gives it its name; what stood there is replaced.

        Raises:
            OSError: it cannot be; nothing is left behind, and what stood there stays.
        """
        try:
            with self._named_errors():
                self._file.close()
                if self._temporary is not None:
                    os.replace(self._temporary, self.path)
                    _unfinished.discard(self._temporary)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Removes what was written."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            _unfinished.discard(self._temporary)

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            error.filename = str(self.path)  # not the temporary name, which means nothing to anybody
            error.filename2 = None
            raise


def write_atomic(path: str | Path, data: bytes) -> None:
    """Writes `data` under a temporary name beside `path`, then renames; makes missing folders.

    Whatever interrupts it, `path` holds its old content or all of the new. A device or pipe (`/dev/stdout`)
    is written to as it stands.

    Raises:
        OSError: the folder cannot be written, or the disk is full; nothing is left behind.
    """
    file = GrowingFile(path)
    try:
        file.write(data)
        file.finish()
    except BaseException:
        file.discard()
        raise


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, for libraries that open the file themselves; renames it at the end.

    The block must have closed the file when it ends. After an error nothing is left behind, and a file that was there
    before is untouched. Missing folders are made.

    Raises:
        MasksegError: the folder or file cannot be written.
    """
    file: GrowingFile | None = None
    try:
        file = GrowingFile(path)
        yield file.temporary
        file.finish()
    except BaseException as error:
        if file is not None:
            file.discard()
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or str(error)
        if file is not None:
            reason = reason.replace(str(file.temporary), str(path))  # HDF5's messages name the file they were given
        raise MasksegError(f"{path} cannot be written: {reason}.") from error


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


def utf8(text: str) -> bytes:
    """UTF-8; the bytes of a file name that are no UTF-8, which Python keeps as lone surrogates, as JSON escapes.

    Example:
        >>> utf8('"a\\udcff.jpg"')
        b'"a\\\\udcff.jpg"'
    """
    return text.encode("utf-8", "backslashreplace")
