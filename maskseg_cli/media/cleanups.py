"""What has to be removed if the program ends at once, such as at the second Ctrl-C."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

#: Functions that remove what is being written now, in the order of their registration.
_cleanups: dict[Callable[[], object], None] = {}


def register_cleanup(cleanup: Callable[[], object]) -> None:
    """Makes `remove_unfinished` call a function that removes unfinished output, until `unregister_cleanup`.

    Args:
        cleanup: called in a signal handler, perhaps while another thread writes: it must not wait for a lock.
    """
    _cleanups[cleanup] = None


def unregister_cleanup(cleanup: Callable[[], object]) -> None:
    """Undoes `register_cleanup`; nothing happens if the function is not registered."""
    _cleanups.pop(cleanup, None)


def remove_unfinished() -> None:
    """Removes all output that is being written now, for a program that is about to exit without further clean-up."""
    # The newest first: a temporary file that is gone can no longer be renamed to one of a folder's files.
    for cleanup in reversed(list(_cleanups)):
        with contextlib.suppress(OSError):
            cleanup()
