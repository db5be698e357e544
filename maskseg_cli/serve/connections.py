"""`Connections`: who is connected to the page, and who has to make room."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

_One = TypeVar("_One", bound=Hashable)

#: Connections in all; browsers keep up to six each.
MAX_CONNECTIONS = 256

#: Connections that have not made a request with access to the camera yet; a browser makes it within milliseconds.
MAX_STRANGERS = 32

#: Seconds in which a new connection has to make such a request.
STRANGER_TIME = 5.0

#: Seconds between two requests, in which also the header of the next one has to come.
IDLE_TIME = 20.0


@dataclass
class _Connection:
    address: str
    since: float  # when it was made, or made its last request
    admitted: bool = False
    busy: bool = False


class Connections(Generic[_One]):
    """The open connections. A new one always gets a place as long as a stranger or an idle one can make room.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[_One, _Connection] = {}

    def add(self, connection: _One, address: str) -> tuple[bool, _One | None]:
        """Takes a new connection.

        Of strangers the one goes that has waited longest, of the address that holds most places: so one computer with
        hundreds of sockets shuts out only itself, and even there a browser has time for its request.

        Args:
            connection: the new one.
            address: of the other computer.

        Returns:
            whether it has a place; and one that has to be closed for it, or None.
        """
        strangers = [one for one, state in self._open.items() if not state.admitted]
        leaving = None
        if len(strangers) >= MAX_STRANGERS or (strangers and len(self._open) >= MAX_CONNECTIONS):
            places = Counter(self._open[one].address for one in strangers)
            leaving = min(strangers, key=lambda one: (-places[self._open[one].address], self._open[one].since))
        elif len(self._open) >= MAX_CONNECTIONS:
            idle = [one for one, state in self._open.items() if not state.busy]
            if not idle:
                return False, None
            leaving = min(idle, key=lambda one: self._open[one].since)
        if leaving is not None:
            del self._open[leaving]
        self._open[connection] = _Connection(address, self._clock())
        return True, leaving

    def begin(self, connection: _One) -> None:
        """Marks that a connection makes a request with access to the camera: it is no stranger, and busy."""
        if connection in self._open:
            self._open[connection].admitted = self._open[connection].busy = True

    def end(self, connection: _One) -> None:
        """Marks that a connection waits for its next request."""
        if connection in self._open:
            self._open[connection].busy, self._open[connection].since = False, self._clock()

    def remove(self, connection: _One) -> None:
        """Forgets a connection, which is being closed."""
        self._open.pop(connection, None)

    def overdue(self) -> list[_One]:
        """Strangers and idle connections whose time is over; they are forgotten and have to be closed."""
        now = self._clock()
        gone = [
            one
            for one, state in self._open.items()
            if not state.busy and now - state.since > (IDLE_TIME if state.admitted else STRANGER_TIME)
        ]
        for one in gone:
            del self._open[one]
        return gone

    def all(self) -> list[_One]:
        """All open connections."""
        return list(self._open)
