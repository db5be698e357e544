"""The writer of all files: each appears under its final name only when it is complete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.cleanups import register_cleanup as register_cleanup
from maskseg_cli.media.cleanups import remove_unfinished as remove_unfinished
from maskseg_cli.media.cleanups import unregister_cleanup as unregister_cleanup
from maskseg_cli.media.leftovers import remove_leftovers, temporary_name
from maskseg_cli.media.same_file import is_stream
from maskseg_cli.standard_streams import binary_stdout


class UnfinishedFile:
    """A temporary name in the folder of a file's final name; `rename` or `discard` ends it.

    Until then `cleanups.remove_unfinished` removes the file. What killed processes have left in the folder is removed.

    Args:
        path: the final name; missing folders are made.
        suffix: of the temporary name.

    Attributes:
        path: the final name.
        temporary: the temporary name. There is no such file before `open`, or before other code creates it.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, path: str | Path, suffix: str = ".tmp") -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self.path.parent)
        # Hidden, and without the suffix of a picture or video: no search of the folder finds it.
        self.temporary = self.path.parent / temporary_name(suffix)
        self._file: IO[bytes] | None = None
        register_cleanup(self._remove)

    def open(self, mode: str = "wb", buffering: int = -1) -> IO[bytes]:
        """Opens the temporary file; arguments as for the built-in `open`.

        Raises:
            OSError: it cannot be created; its `filename` is the final name.
        """
        try:
            with _errors_name(self.path):
                self._file = open(self.temporary, mode, buffering)  # noqa: SIM115  closed by rename or discard
        except BaseException:
            self.discard()
            raise
        return self._file

    def rename(self, path: Path | None = None) -> None:
        """Closes the file and gives it its final name; a file that was there is replaced.

        Args:
            path: another name in the same folder instead.

        Raises:
            OSError: it cannot be closed or renamed; `discard` must still be called.
        """
        with _errors_name(self.path):
            if self._file is not None:
                self._file.close()
            os.replace(self.temporary, path or self.path)
        unregister_cleanup(self._remove)

    def discard(self) -> None:
        """Closes and removes the temporary file; nothing happens after `rename`."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        with contextlib.suppress(OSError):
            self.temporary.unlink()
        unregister_cleanup(self._remove)

    def _remove(self) -> None:
        # Not closed first: closing a buffered file waits for the thread that is writing to it.
        try:
            self.temporary.unlink(missing_ok=True)
        except OSError:  # Windows does not remove a file that is open
            self.discard()


class GrowingFile:
    """A file that is written in pieces and appears under its name when it is complete.

    Args:
        path: the final name; missing folders are made. A device or pipe (`/dev/stdout`) is written to directly.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._unfinished = None if is_stream(self.path) else UnfinishedFile(self.path)
        if self._unfinished is not None:
            self._file = self._unfinished.open()
        else:
            self._file = open(self.path, "ab")  # noqa: SIM115  closed by finish or discard

    def write(self, data: bytes) -> None:
        """Appends `data`.

        Raises:
            OSError: the disk is full, or the reader of a pipe is gone; what was written before stays.
        """
        with _errors_name(self.path):
            self._file.write(data)

    def finish(self, path: Path | None = None) -> None:
        """Closes the file and gives it its name; a file that was there is replaced.

        Args:
            path: another name in the same folder instead.

        Raises:
            OSError: that is not possible; nothing is left behind, and a file that was there stays.
        """
        try:
            if self._unfinished is not None:
                self._unfinished.rename(path)
            else:
                with _errors_name(self.path):
                    self._file.close()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Removes what was written."""
        if self._unfinished is not None:
            self._unfinished.discard()
        else:
            with contextlib.suppress(OSError):
                self._file.close()


@contextlib.contextmanager
def _errors_name(path: Path) -> Iterator[None]:
    """Makes errors name the final file: users do not know the temporary name."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def write_atomic(path: str | Path, data: bytes) -> None:
    """Writes a file in one step: `path` holds its old content or all of `data`, whatever interrupts the write.

    Missing folders are made. A device or pipe (`/dev/stdout`) is written to directly.

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
    before is untouched. Missing folders are made. A device or pipe is yielded itself.

    Raises:
        MasksegError: the folder or file cannot be written.
    """
    unfinished: UnfinishedFile | None = None
    try:
        if is_stream(Path(path)):
            yield Path(path)
            return
        unfinished = UnfinishedFile(path)
        yield unfinished.temporary
        unfinished.rename()
    except BaseException as error:
        if unfinished is not None:
            unfinished.discard()
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or str(error)
        if unfinished is not None:
            reason = reason.replace(str(unfinished.temporary), str(path))  # HDF5's messages name the file they got
        raise MasksegError(f"{path} cannot be written: {reason}.") from error


def write_stdout(data: bytes) -> None:
    """Writes all of `data` to standard output.

    Raises:
        MasksegError: it is closed.
        OSError: the reader of a pipe is gone.
    """
    stream = binary_stdout()
    # With PYTHONUNBUFFERED, which containers often set, a write to a pipe takes only what fits into it.
    left = memoryview(data)
    while left:
        written = stream.write(left)
        left = left[written:]
    stream.flush()


def utf8(text: str) -> bytes:
    """Encodes as UTF-8; bytes of a file name that are not UTF-8 (lone surrogates in Python) become JSON escapes.

    Example:
        >>> utf8('"a\\udcff.jpg"')
        b'"a\\\\udcff.jpg"'
    """
    return text.encode("utf-8", "backslashreplace")
