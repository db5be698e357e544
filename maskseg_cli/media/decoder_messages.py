"""Collects what picture decoders write to standard error, so that our own messages can say it with the photo's name.

libjpeg and libpng write to file descriptor 2 and offer no other way through OpenCV: a JPEG whose data are damaged is
decoded half gray without an error, and only such a line tells.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import cv2

#: Lines of libjpeg, libpng and OpenCV's log; any other text was written by other code and is passed on.
_PREFIXES = (
    "Corrupt JPEG data",
    "Premature end of JPEG",
    "Invalid SOS parameters",
    "Inconsistent progression",
    "Warning: unknown JFIF",
    "Unsupported marker type",
    "Application transferred too",
    "libpng warning",
    "libpng error",
    "[ WARN:",
    "[ERROR:",
)
_START = rb"(?:" + rb"|".join(re.escape(prefix.encode()) for prefix in _PREFIXES) + rb")[^\n]*"
_LINE = re.compile(_START + rb"\n+")
_UNFINISHED = re.compile(_START + rb"\Z")

#: Bytes from which on the file is emptied.
_LARGEST_FILE = 1_000_000


@dataclass
class Messages:
    """What the decoders wrote.

    Attributes:
        text: their lines; complete when the block of `collect_messages` has ended. Unless the block was alone, they may
            be about another picture that was decoded at the same time.
    """

    text: str = ""


class _Collector:
    """Redirects file descriptor 2 into a file while at least one thread is inside."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: set[int] = set()  # threads
        self._alone: int | None = None  # the thread that must have no other beside it
        self._waiting = 0
        self._file: int | None = None
        self._real: int | None = None
        self._passed_on = 0
        self._log_level = 0

    def enter(self, alone: bool) -> int:
        """Begins to collect; returns the position in the file.

        Args:
            alone: wait until no other thread is inside, and let none in.
        """
        with self._changed:
            if alone:
                self._waiting += 1
                self._changed.wait_for(lambda: not self._inside)
                self._waiting -= 1
                self._alone = threading.get_ident()
            else:
                self._changed.wait_for(lambda: self._alone is None and not self._waiting)
            if not self._inside:
                self._begin()
            self._inside.add(threading.get_ident())
            return self._size()

    def leave(self, begin: int) -> str:
        """Ends collecting; returns the decoders' lines since `begin`, and passes on everything else."""
        with self._changed:
            if threading.get_ident() not in self._inside:  # forgotten
                return ""
            self._inside.remove(threading.get_ident())
            if not self._inside:
                self._end()  # before the file is read: no write to it begins any more
            end = self._size()
            if self._real is not None:
                self._pass_on(self._real, end)
            text = b"" if self._file is None else _read(self._file, begin, end)
            self._free()
        return "".join(line.decode("utf-8", "replace") for line in _LINE.findall(text))

    def forget(self, thread: int) -> None:
        """Gives up a thread that may never leave; what it writes from now on goes where it would go without us."""
        with self._changed:
            if thread not in self._inside:
                return
            self._inside.remove(thread)
            if not self._inside:
                self._end()
            self._free(thread)

    def _free(self, thread: int | None = None) -> None:
        """Lets waiting threads in after `thread`, or the caller's own, has left."""
        if not self._inside and self._real is not None:
            os.close(self._real)
            self._real = None
        if self._alone == (thread or threading.get_ident()):
            self._alone = None
        self._changed.notify_all()

    def pass_on_late(self) -> None:
        """Passes on what was written to the file after the last block had ended.

        A write to descriptor 2 that began within a block may end after it, in another thread.
        """
        with self._changed:
            if not self._inside:
                self._pass_on(2, self._size())

    def _pass_on(self, target: int, end: int) -> None:
        """Writes what is new in the file up to `end`, without the decoders' lines, to another descriptor."""
        new = b"" if self._file is None else _read(self._file, self._passed_on, end)
        held = _UNFINISHED.search(new) if self._inside else None  # another thread is writing the rest of that line
        new = new[: held.start()] if held else new
        self._passed_on += len(new)
        foreign = _LINE.sub(b"", new)
        if foreign:
            with contextlib.suppress(OSError):
                os.write(target, foreign)

    def _begin(self) -> None:
        self._log_level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            if sys.stderr is not None:
                sys.stderr.flush()
            self._real = os.dup(2)
            if self._file is None:
                with tempfile.TemporaryFile(buffering=0) as file:
                    self._file = os.dup(file.fileno())
                atexit.register(self.pass_on_late)
            self._pass_on(self._real, self._size())
            # Seldom, since a write that is still under way would be lost.
            if self._size() > _LARGEST_FILE:
                os.ftruncate(self._file, 0)
                os.lseek(self._file, 0, os.SEEK_SET)
                self._passed_on = 0
            os.dup2(self._file, 2)
        except (OSError, ValueError):  # no standard error at all
            if self._real is not None:
                os.close(self._real)
            self._real = None
            return
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

    def _end(self) -> None:
        cv2.utils.logging.setLogLevel(self._log_level)
        if self._real is None or self._file is None:
            return
        with contextlib.suppress(OSError):
            # A terminal that was lost in between is redirected by others: then descriptor 2 is no longer ours.
            if os.path.sameopenfile(2, self._file):
                os.dup2(self._real, 2)

    def _size(self) -> int:
        return 0 if self._file is None else os.fstat(self._file).st_size


def _read(file: int, begin: int, end: int) -> bytes:
    """A part of the file; the position stays at its end, where descriptor 2 writes."""
    if end <= begin:
        return b""
    if hasattr(os, "pread"):
        return os.pread(file, end - begin, begin)
    os.lseek(file, begin, os.SEEK_SET)
    try:
        return os.read(file, end - begin)
    finally:
        os.lseek(file, 0, os.SEEK_END)


_COLLECTOR = _Collector()


@contextlib.contextmanager
def collect_messages(alone: bool = False) -> Iterator[Messages]:
    """Keeps the lines of picture decoders from the terminal, and gives them to the caller.

    Whatever else is written to standard error in the block appears when a thread leaves it. Blocks of several threads
    may overlap.

    Args:
        alone: no other thread is in such a block at the same time, so that all lines are about the caller's picture.
    """
    messages = Messages()
    begin = _COLLECTOR.enter(alone)
    try:
        yield messages
    finally:
        messages.text = _COLLECTOR.leave(begin)


def forget_thread(thread: threading.Thread) -> None:
    """Ends the block of `collect_messages` of a thread that keeps a decoder busy, so that no other waits for it."""
    if thread.ident is not None:
        _COLLECTOR.forget(thread.ident)
