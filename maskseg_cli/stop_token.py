"""`StopToken`: a request to stop a run, made by any thread and checked by the run at safe points."""

from __future__ import annotations

import threading
import time
from types import TracebackType

#: Seconds between two checks while waiting.
_STEP = 0.1


class StopToken:
    """Carries a request to stop; a run that sees it finishes what it has begun and returns.

    A run enters the token's `with` block while it can stop at safe points only. The base class does nothing there; see
    `cli.stop_signals.StopSignals`.

    Example:
        >>> stop = StopToken()
        >>> stop.requested
        False
        >>> stop.request()
        >>> stop.requested
        True
    """

    def __init__(self) -> None:
        self._requested = threading.Event()

    @property
    def requested(self) -> bool:
        """Whether the run should stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Asks the run to stop; any thread may call it, more than once."""
        self._requested.set()

    def wait(self, timeout: float) -> bool:
        """Sleeps for `timeout` seconds, or until a stop is requested.

        Returns:
            whether a stop was requested.
        """
        until = time.monotonic() + timeout
        # Steps, because a signal handler does not end the wait for a `threading.Event`.
        while not self.requested and (left := until - time.monotonic()) > 0:
            self._requested.wait(min(left, _STEP))
        return self.requested

    def __enter__(self) -> StopToken:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the block."""

    def raise_if_requested(self) -> None:
        """Ends the caller where a stop was requested by a signal.

        Raises:
            KeyboardInterrupt: Ctrl-C; subclasses for other signals (see `cli.stop_signals`). A stop that was requested
                by `request` raises nothing.
        """
