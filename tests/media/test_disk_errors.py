"""What errors of writing say about the disk."""

from __future__ import annotations

import errno

import pytest

from maskseg_cli.media.disk_errors import is_disk_full, is_disk_unwritable


@pytest.mark.parametrize(
    ("name", "full", "unwritable"),
    [
        ("ENOSPC", True, True),
        ("EDQUOT", True, True),
        ("EFBIG", True, False),  # other files can still be written
        ("EROFS", False, True),
        ("EIO", False, False),
    ],
)
def test_each_error_has_one_meaning(name: str, full: bool, unwritable: bool) -> None:
    if not hasattr(errno, name):
        pytest.skip("this system has no such error")
    error = OSError(getattr(errno, name), "cannot write")
    assert (is_disk_full(error), is_disk_unwritable(error)) == (full, unwritable)


def test_other_exceptions_say_nothing_of_the_disk() -> None:
    for other in (None, ValueError(errno.ENOSPC), OSError("no number")):
        assert not is_disk_full(other)
        assert not is_disk_unwritable(other)
