"""Detects photos that are added to a folder, each when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from maskseg_cli.job import Source
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.header import read_header

#: Seconds without a change after which a file that looks complete counts as written.
SETTLE_SECONDS = 1.0

#: Seconds without a change after which an incomplete file is returned too, so that it is reported as broken.
GIVE_UP_SECONDS = 10.0


@dataclass
class _FileState:
    """The state of one file: (size in bytes, mtime in ns, inode), since when it is so, and whether it was returned."""

    version: tuple[int, int, int]
    since: float
    returned: bool = False


@dataclass
class FolderWatch:
    """Finds the photos that are new or changed since the last call.

    It compares the folder's contents with those of the last call, which also works on network drives, where the
    system reports no changes.

    Args:
        find: lists the photos that exist now.
        clock: seconds of a monotonic clock, for how long a file has not changed.
        now: seconds since 1970, to compare with the files' times of change.

    Attributes:
        waiting: whether a photo exists that is not complete yet.

    Example:
        >>> watch = FolderWatch(lambda: find_sources(["photos"], may_be_empty=True))  # doctest: +SKIP
        >>> watch.arrived()                                                           # doctest: +SKIP
        [Source(path=PosixPath('photos/a.jpg'), relative=PurePosixPath('a.jpg'), alone=False)]
    """

    find: Callable[[], Iterable[Source]]
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    waiting: bool = False
    _seen: dict[str, _FileState] = field(default_factory=dict)

    def arrived(self) -> list[Source]:
        """The photos that are complete and new, or changed since they were returned, in the order of `find`.

        A file is complete when its picture has an end and it has not changed for `SETTLE_SECONDS`; a file that was
        renamed or moved into the folder and has an end is complete at once. A file that stays without an end for
        `GIVE_UP_SECONDS` is returned too.

        Raises:
            MasksegError: a folder cannot be read (any more); from `find`.
        """
        self.waiting = False
        found = {str(source.path): source for source in self.find() if source.path is not None}
        for name in self._seen.keys() - found.keys():
            del self._seen[name]  # a new file of this name is another photo
        return [source for name, source in found.items() if self._is_ready(name)]

    def _is_ready(self, name: str) -> bool:
        try:
            status = os.stat(name)
        except OSError:  # removed meanwhile
            return False
        version = (status.st_size, status.st_mtime_ns, status.st_ino)
        seen = self._seen.get(name)
        if seen is None or seen.version != version:
            seen = self._seen[name] = _FileState(version, self.clock())
        if seen.returned:
            return False
        unchanged = self.clock() - seen.since
        # Writing sets both times; renaming, and giving a copy the time of its original, sets only the inode's time.
        moved = status.st_ctime_ns > status.st_mtime_ns
        settled = moved or max(unchanged, self.now() - status.st_mtime) >= SETTLE_SECONDS
        seen.returned = unchanged >= GIVE_UP_SECONDS or (settled and is_complete(Path(name)))
        self.waiting = self.waiting or not seen.returned
        return seen.returned


def is_complete(path: Path) -> bool:
    """Whether a file holds a complete picture, as far as its format shows; always True for a pipe or device."""
    try:
        if special_file_type(path) is not None:
            return True
        header = read_header(path.read_bytes())
    except OSError:
        return False
    return header is not None and header.complete
