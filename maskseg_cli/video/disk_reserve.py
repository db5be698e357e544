"""A file that can still be finished when the disk is full, because it keeps some room for its end."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_MEGABYTE = 2**20

#: The reserve grows by this.
_STEP = _MEGABYTE


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that there is no room left: on the disk, in the quota, or by the system's limit."""
    return isinstance(error, OSError) and error.errno in _FULL


class ReservedFile:
    """A new file under a temporary name, and beside it a reserve that gives its room back when the disk is full.

    A container's index comes at its end, and FFmpeg never writes again to a file that has refused once. So the
    write that meets the full disk deletes the reserve and goes on; `full` then tells the writer to end soon.

    Args:
        path: the final name, in whose folder the temporary ones are made; missing folders are made.
        reserve: bytes to keep.

    Attributes:
        temporary: the file's name for now.
        full: the reserve has been used.
        error: what ended the writing for good.

    Raises:
        OSError: the folder cannot be written, or has no room for the reserve.
    """

    def __init__(self, path: Path, reserve: int = 4 * _MEGABYTE) -> None:
        self.path = path
        self.full = False
        self.error: OSError | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        name = path.parent / f".maskseg-{secrets.token_hex(6)}"
        self.temporary, self._reserve = name.with_suffix(".tmp"), name.with_suffix(".reserve.tmp")
        self._reserved = 0
        self._file = open(self.temporary, "w+b", buffering=0)  # noqa: SIM115  closed by close
        try:
            self._grow(reserve)
        except BaseException:
            self.discard()
            raise

    def reserve(self, size: int) -> None:
        """Makes the reserve at least `size` bytes; where there is no room, it is given back and `full` set."""
        try:
            self._grow(size)
        except OSError as error:
            if not is_disk_full(error):
                raise
            self._give_up_reserve()

    def write(self, data: bytes) -> int:
        """Writes all of `data`; the first time that there is no room, into that of the reserve."""
        left = memoryview(data)
        while left:
            try:
                left = left[self._file.write(left) :]
            except OSError as error:
                if not is_disk_full(error) or self.full:
                    error.filename = str(self.path)
                    self.error = error  # FFmpeg says it once only, and later no more than that there was one
                    raise
                self._give_up_reserve()
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Reads; FFmpeg asks for it when it looks back."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to a place in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Always."""
        return True

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._file.closed

    def close(self) -> None:
        """Closes the file, gives back the reserve.

        Raises:
            OSError: what was written could not be stored after all, as network folders say this late.
        """
        with contextlib.suppress(OSError):
            self._reserve.unlink()
        if not self._file.closed:
            self._file.close()

    def rename(self, path: Path | None = None) -> None:
        """Closes the file and gives it its final name; what stood there is replaced.

        Args:
            path: another name in the same folder.
        """
        self.close()
        os.replace(self.temporary, path or self.path)

    def discard(self) -> None:
        """Removes what was written."""
        with contextlib.suppress(OSError):
            self.close()
        with contextlib.suppress(OSError):
            self.temporary.unlink()

    def _grow(self, size: int) -> None:
        if self.full or size <= self._reserved:
            return
        size = -(-size // _STEP) * _STEP
        with open(self._reserve, "ab") as file:
            _allocate(file.fileno(), self._reserved, size - self._reserved)
        self._reserved = size

    def _give_up_reserve(self) -> None:
        self.full = True
        with contextlib.suppress(OSError):
            self._reserve.unlink()


def _allocate(descriptor: int, start: int, size: int) -> None:
    """Takes room on the disk: really, where the system can, else by writing to it."""
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
        os.write(descriptor, os.urandom(_MEGABYTE))  # which no file system can compress away
    os.fsync(descriptor)
