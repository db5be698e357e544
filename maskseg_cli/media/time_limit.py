"""Ends the wait for a photo that takes too long to read: a crafted one keeps a decoder busy for minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from maskseg_cli.errors import MasksegError

Result = TypeVar("Result")

#: Seconds for reading and decoding one photo.
TIMEOUT = 60.0


def within(seconds: float, read: Callable[[], Result], name: str) -> Result:
    """Reads a photo, or gives up.

    No call interrupts a decoder, so the reading is done in a thread of its own. After the time it is left alone there:
    it ends with its own work or with the process.

    Args:
        seconds: to wait; 0 for no limit.
        read: reads the photo; its exceptions are raised here.
        name: of the photo, for the message.

    Raises:
        MasksegError: it took longer.
    """
    if not seconds:
        return read()
    results: list[Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(read())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, name="maskseg-read", daemon=True)
    thread.start()
    thread.join(min(seconds, threading.TIMEOUT_MAX))
    if results:
        return results[0]
    if errors:
        raise errors[0]
    from maskseg_cli.media.decoder_messages import forget_thread  # loads OpenCV, as `read` has done

    forget_thread(thread)
    raise MasksegError(f"{name} is left out: it could not be read within {seconds:g} seconds (--timeout).")
