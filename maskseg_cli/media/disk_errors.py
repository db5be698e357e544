"""What a failed write says about the disk: full, or not writable at all."""

from __future__ import annotations

import errno

#: No room on the disk; no room left in the user's quota (Windows has no such error).
_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

#: The file has the largest size that the file system or `ulimit -f` allows. Other files can still be written.
_FILE_TOO_LARGE = errno.EFBIG

#: The file system is mounted read-only, as Linux does by itself after an error of the disk.
_READ_ONLY = errno.EROFS


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error says that there is no room left for the file: on the disk, in the quota, or by a size limit."""
    return isinstance(error, OSError) and error.errno in {*_NO_SPACE, _FILE_TOO_LARGE}


def is_disk_unwritable(error: BaseException | None) -> bool:
    """Whether an error says that nothing more can be written, no other file either: the disk is full or read-only."""
    if not isinstance(error, OSError):
        return False
    return error.errno == _READ_ONLY or (is_disk_full(error) and error.errno != _FILE_TOO_LARGE)
