"""Noticing photos that arrive in a folder, each when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from maskseg_cli.media.file_type import special_kind
from maskseg_cli.media.header import read_header
from maskseg_cli.media.input_files import Source

#: Seconds without a change after which a file that looks complete counts as written.
SETTLED = 1.0

#: Seconds without a change after which an incomplete file is handed over all the same, to be named as broken.
GIVEN_UP = 10.0


@dataclass
class _Seen:
    """What is known of one file: size, time of the last change and inode when it was looked at, and since when."""

    mark: tuple[int, int, int]
    since: float
    handled: bool = False


@dataclass
class FolderWatch:
    """Tells which photos have arrived or changed since it was last asked.

    It compares the folder's contents with what it knows, which also works on network drives, where the system
    reports no changes.

    Args:
        find: lists the photos that are there now.
        clock: seconds, for how long a file has been seen unchanged.
        now: seconds since 1970, which times of change are compared with.

    Attributes:
        waiting: whether a photo is there that is not complete yet.

    Example:
        >>> watch = FolderWatch(lambda: find_sources(["photos"], may_be_empty=True))  # doctest: +SKIP
        >>> watch.arrived()                                                           # doctest: +SKIP
        [Source(path=PosixPath('photos/a.jpg'), relative=PurePosixPath('a.jpg'), alone=False)]
    """

    find: Callable[[], Iterable[Source]]
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    waiting: bool = False
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def arrived(self) -> list[Source]:
        """The photos that are complete and were not told of before, or have changed since, in the order of `find`.

        A file is complete when its picture has an end and it has not changed for `SETTLED` seconds; a file that was
        renamed or moved into the folder has its end, and its last change is past, at once. One that stays without an
        end for `GIVEN_UP` seconds is told of too.

        Raises:
            MasksegError: what is watched cannot be read (any more); from `find`.
        """
        self.waiting = False
        found = {str(source.path): source for source in self.find() if source.path is not None}
        for name in self._seen.keys() - found.keys():
            del self._seen[name]  # a file of this name that comes again is another one
        return [source for name, source in found.items() if self._is_ready(name)]

    def _is_ready(self, name: str) -> bool:
        try:
            status = os.stat(name)
        except OSError:  # gone again
            return False
        mark = (status.st_size, status.st_mtime_ns, status.st_ino)
        seen = self._seen.get(name)
        if seen is None or seen.mark != mark:
            seen = self._seen[name] = _Seen(mark, self.clock())
        if seen.handled:
            return False
        watched = self.clock() - seen.since
        # Writing sets both times; renaming, and giving a copy its original's time, only the time of the inode.
        moved = status.st_ctime_ns > status.st_mtime_ns
        quiet = moved or max(watched, self.now() - status.st_mtime) >= SETTLED
        seen.handled = watched >= GIVEN_UP or (quiet and is_complete(Path(name)))
        self.waiting = self.waiting or not seen.handled
        return seen.handled


def is_complete(path: Path) -> bool:
    """Whether the file holds a picture to its end, as far as its format can tell.

    A pipe or device is not waited for.
    """
    try:
        if special_kind(path) is not None:
            return True
        header = read_header(path.read_bytes())
    except OSError:
        return False
    return header is not None and header.complete
