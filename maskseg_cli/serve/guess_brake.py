"""`GuessBrake`: how often somebody may try a token."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum

#: Seconds for each wrong token of an address in the long run.
PAUSE = 1.0

#: Wrong tokens that an address may give at once, as somebody who mistypes does.
_AT_ONCE = 3

#: Wrong tokens within `PAUSE` from all addresses, after which only addresses that have once given the right one count.
_MOST = 5

#: Addresses to remember, at most.
_REMEMBERED = 4096


class Guess(Enum):
    """Result of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_SOON = "too soon"


class GuessBrake:
    """Compares a token with the right one, but seldom after wrong ones, however many connections are used.

    A token that comes too soon is not compared at all, so its answer tells nothing. Nobody waits for another address.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_until: dict[str, float] = {}  # network of an address -> time that its wrong tokens have cost
        self._known: set[str] = set()
        self._wrong: deque[float] = deque(maxlen=_MOST)

    def try_token(self, address: str, is_right: Callable[[], bool]) -> Guess:
        """Compares a token unless it comes too soon.

        Args:
            address: of the other computer.
            is_right: compares, in microseconds.
        """
        network, now = _network(address), self._clock()
        with self._lock:
            crowded = len(self._wrong) == _MOST and now - self._wrong[0] < PAUSE
            paid_until = max(now, self._paid_until.get(network, now))
            too_many = paid_until - now > (_AT_ONCE - 1) * PAUSE
            if too_many or (crowded and network not in self._known):
                return Guess.TOO_SOON
            if is_right():
                if len(self._known) < _REMEMBERED:
                    self._known.add(network)
                return Guess.RIGHT
            if len(self._paid_until) >= _REMEMBERED:
                self._paid_until = {one: until for one, until in self._paid_until.items() if until > now}
            self._paid_until[network] = paid_until + PAUSE
            self._wrong.append(now)
            return Guess.WRONG


def _network(address: str) -> str:
    """One computer can take each of the addresses of an IPv6 network of 64 bits."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
