"""Locks beside the files that a run writes, so that no second run writes them at the same time."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.cleanups import register_cleanup, unregister_cleanup
from maskseg_cli.media.process_tag import is_gone, this_process
from maskseg_cli.media.same_file import is_stream

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: End of the name of every lock file.
LOCK_SUFFIX = ".maskseg-lock"

#: Longest name, in bytes, that a lock file takes over; file systems allow 255 bytes.
_LONGEST = 200

#: The byte that is locked on Windows, behind the text: a locked byte cannot be read there.
_LOCKED_BYTE = 1 << 20

#: Errors of file systems that have no locks, such as some network drives.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class FileLock:
    """Keeps other processes from writing a file or folder, from its creation until `release`.

    The system locks a hidden file `.NAME.maskseg-lock` beside it, which holds the number of the process; for a folder
    in a place that cannot be written it is `.maskseg-lock` inside. The system ends the lock with the process, however
    that ends, also on network drives that have locks; so a file that was left behind locks nothing. On drives without
    locks the process named in the file counts, if it runs on this computer. No lock is needed, and none is made, for
    a device or pipe, and where no file can be made.

    Args:
        path: the file or folder, which may not exist yet. Missing folders are made, and removed again if they are empty
            at the end.
        folder: `path` is a folder.

    Raises:
        MasksegError: another process writes it; the message names both.
    """

    def __init__(self, path: Path, folder: bool = False) -> None:
        self._file: IO[bytes] | None = None
        self._made: list[Path] = []
        if is_stream(path) or (path.exists() and path.is_dir() != folder):
            return
        self._lock = lock_file(path, folder)
        parents = (self._lock.parent, *self._lock.absolute().parent.parents)
        self._made = [one for one in parents if not one.exists()]
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            self._file = _open_locked(self._lock)
        except _HeldError as held:
            remedy = "wait until it is done, or name another folder" if folder else "wait until it is done"
            raise MasksegError(f"{path} is being written by {held}: {remedy}.") from None
        except OSError:  # a read-only folder, a full disk: what is written there later fails by itself
            self._remove_made()
            return
        register_cleanup(self._remove)
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(f"{this_process()} {socket.gethostname()}\n".encode())
            self._file.flush()

    def release(self) -> None:
        """Ends the lock and removes its file; nothing happens the second time."""
        if self._file is None:
            return
        if sys.platform == "win32":  # which removes no open file
            self._file.close()
        self._remove()
        # Removed before it is unlocked: else another process could lock the file that is about to be removed.
        self._file.close()
        self._file = None
        unregister_cleanup(self._remove)

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._lock.unlink()
        self._remove_made()

    def _remove_made(self) -> None:
        for folder in self._made:
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


class FileLocks:
    """Several locks; use it in a `with` block, which ends them all.

    Args:
        paths: files to lock at once; None among them are left out.

    Raises:
        MasksegError: as `FileLock`; none of the files is locked then.
    """

    def __init__(self, paths: Iterable[Path | None] = ()) -> None:
        self._locks: dict[Path, FileLock] = {}
        try:
            for path in paths:
                if path is not None:
                    self.take(path)
        except BaseException:
            self.release_all()
            raise

    def take(self, path: Path, folder: bool = False) -> None:
        """Locks one more file; nothing happens if it is locked by this object already.

        Raises:
            MasksegError: as `FileLock`.
        """
        if path not in self._locks:
            self._locks[path] = FileLock(path, folder)

    def release(self, path: Path) -> None:
        """Ends the lock of a file, if there is one."""
        lock = self._locks.pop(path, None)
        if lock is not None:
            lock.release()

    def release_all(self) -> None:
        """Ends all locks."""
        while self._locks:
            self._locks.popitem()[1].release()

    def __enter__(self) -> FileLocks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release_all()


def lock_file(path: Path, folder: bool = False) -> Path:
    """The lock file of a file or folder."""
    if folder:
        path = Path(os.path.abspath(path))
        if path.parent == path or (path.parent.is_dir() and not os.access(path.parent, os.W_OK)):
            return path / LOCK_SUFFIX
    name, encoded = path.name, os.fsencode(path.name)
    if len(encoded) > _LONGEST:
        name = hashlib.sha256(encoded).hexdigest()[:32]
    return path.with_name(f".{name}{LOCK_SUFFIX}")


def remove_stale_lock(path: Path) -> None:
    """Removes a lock file whose process has ended; nothing happens to any other one.

    Raises:
        OSError: it cannot be opened or removed.
    """
    if path.is_symlink() or not path.is_file():
        return
    with path.open("r+b") as file:
        if is_gone(_owner(file)[0]) and _try_lock(file) and _is_at(file, path):
            path.unlink()


class _HeldError(Exception):
    """The file is locked; the message says by whom."""


def _open_locked(path: Path) -> IO[bytes]:
    """Opens and locks a lock file.

    Raises:
        _HeldError: another process holds it.
        OSError: it cannot be made.
    """
    while True:
        file = _open(path)
        try:
            tag, host = _owner(file)
            try:
                locked = _try_lock(file)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                locked = not tag or is_gone(tag) or host != socket.gethostname()
            if not locked:
                tag, host = _named_owner(file)
                number = tag.rpartition("-")[2]
                where = f" on {host}" if host and host != socket.gethostname() else ""
                process = f" (process {number}{where})" if number else ""
                raise _HeldError(f"another maskseg{process}")
            # A process that ends may remove the file between our opening and locking it: then there is another one.
            if _is_at(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _open(path: Path) -> IO[bytes]:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.fdopen(os.open(path, flags, 0o666), "r+b")
    except PermissionError:  # it is another user's; it can be locked all the same
        return os.fdopen(os.open(path, flags & ~(os.O_RDWR | os.O_CREAT)), "rb")


def _owner(file: IO[bytes]) -> tuple[str, str]:
    """Tag and computer of the process that wrote a lock file; empty where it does not say."""
    file.seek(0)
    words = file.read(500).decode("utf-8", "replace").split()
    file.seek(0)
    if len(words) != 2 or not words[0].rpartition("-")[2].isdecimal():
        return "", ""
    return words[0], words[1]


def _named_owner(file: IO[bytes]) -> tuple[str, str]:
    """As `_owner`; waits a moment for a process that has just locked the file and not yet written its name."""
    for _ in range(10):
        owner = _owner(file)
        if owner[0]:
            break
        time.sleep(0.02)
    return owner


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _try_lock(file: IO[bytes]) -> bool:
    """Locks an open file; False if another process, or another part of this one, has locked it.

    Raises:
        OSError: the file system has no locks (`_NO_LOCKS`), or another error.
    """
    try:
        if sys.platform == "win32":
            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True
