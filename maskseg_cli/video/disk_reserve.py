"""A file that can still be finished when the disk is full, because it keeps some space for its end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from maskseg_cli.media.atomic_file import UnfinishedFile
from maskseg_cli.media.disk_errors import is_disk_full

_MEGABYTE = 2**20

#: The reserve grows by this many bytes.
_STEP = _MEGABYTE


class DiskReserve:
    """Disk space that is kept free by a file of its own; `release` deletes that file.

    Args:
        path: a file in the folder where space is kept.
    """

    def __init__(self, path: Path) -> None:
        self._unfinished = UnfinishedFile(path, ".reserve.tmp")
        self._size = 0
        self._released = False

    def grow(self, size: int) -> None:
        """Makes the reserve at least `size` bytes; nothing happens once it is released.

        Raises:
            OSError: there is no room for it.
        """
        if self._released or size <= self._size:
            return
        size = -(-size // _STEP) * _STEP
        with open(self._unfinished.temporary, "ab") as file:
            _allocate(file.fileno(), self._size, size - self._size)
        self._size = size

    def release(self) -> None:
        """Frees the space, for good."""
        self._released = True
        self._unfinished.discard()


class FileWithReserve:
    """A new file under a temporary name with a reserve of disk space, which is released when the disk is full.

    A container's index is at its end, and FFmpeg does not write to a file again after one failed write. So the
    write that finds the disk full releases the reserve and continues; `full` then says that the file must end soon.

    PyAV reads and writes it as a Python file object.

    Args:
        path: the final name, in whose folder the temporary files are made; missing folders are made.
        reserve: bytes to keep.

    Attributes:
        full: the reserve has been used.
        error: the error after which nothing more could be written, or None.

    Raises:
        OSError: the folder cannot be written, or has no room for the reserve.
    """

    def __init__(self, path: Path, reserve: int = 4 * _MEGABYTE) -> None:
        self.full = False
        self.error: OSError | None = None
        self._unfinished = UnfinishedFile(path)
        self._file = self._unfinished.open("w+b", buffering=0)
        self._reserve = DiskReserve(path)
        try:
            self._reserve.grow(reserve)
        except BaseException:
            self.discard()
            raise

    @property
    def temporary(self) -> Path:
        """The temporary name."""
        return self._unfinished.temporary

    def reserve(self, size: int) -> None:
        """Makes the reserve at least `size` bytes; where there is no room, it is released and `full` set.

        Raises:
            OSError: any other error.
        """
        try:
            self._reserve.grow(size)
        except OSError as error:
            if not is_disk_full(error):
                raise
            self._use_reserve()

    def write(self, data: bytes) -> int:
        """Writes all of `data`; when the disk is full for the first time, into the space of the reserve.

        Raises:
            OSError: it cannot be written. `error` keeps it, because FFmpeg reports it once only, later without reason.
        """
        left = memoryview(data)
        while left:
            try:
                left = left[self._file.write(left) :]
            except OSError as error:
                if not is_disk_full(error) or self.full:
                    error.filename = str(self._unfinished.path)
                    self.error = error
                    raise
                self._use_reserve()
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Reads; FFmpeg does so for some containers, where it changes what it has written."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to a position in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The position in the file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Always True."""
        return True

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._file.closed

    def close(self) -> None:
        """Closes the file and releases the reserve.

        Raises:
            OSError: what was written could not be stored after all; network folders report it this late.
        """
        self._reserve.release()
        if not self._file.closed:
            self._file.close()

    def rename(self, path: Path | None = None) -> None:
        """Closes the file and gives it its final name; a file that was there is replaced.

        Args:
            path: another name in the same folder instead.

        Raises:
            OSError: it cannot be closed or renamed.
        """
        self.close()
        self._unfinished.rename(path)

    def discard(self) -> None:
        """Removes what was written."""
        self._reserve.release()
        self._unfinished.discard()

    def _use_reserve(self) -> None:
        self.full = True
        self._reserve.release()


def _allocate(descriptor: int, start: int, size: int) -> None:
    """Allocates bytes of a file on the disk: by the system's call where there is one, else by writing to them."""
    if hasattr(os, "posix_fallocate"):
        with contextlib.suppress(NotImplementedError):
            try:
                os.posix_fallocate(descriptor, start, size)
                return
            except OSError as error:
                if is_disk_full(error):
                    raise
    os.lseek(descriptor, start, os.SEEK_SET)
    for _ in range(0, size, _MEGABYTE):
        os.write(descriptor, os.urandom(_MEGABYTE))  # random, so that no file system can compress it
    os.fsync(descriptor)
