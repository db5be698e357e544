"""Reading photos ahead of the network, with bounded memory."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from maskseg_cli.media.header import read_header
from maskseg_cli.pipeline.workers import Workers

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Bytes of decoded photos that may wait for the network together; one photo may always wait.
BUDGET = 256 * 2**20

#: Bytes at the start of a file that nearly always hold the size of the picture.
_START = 2**16


def read_ahead(
    items: Iterable[Item],
    read: Callable[[Item], Result],
    estimate_bytes: Callable[[Item], int],
    workers: Workers,
    ahead: int = 4,
    budget: int = BUDGET,
    bytes_in_flight: Callable[[], int] = lambda: 0,
) -> Iterator[tuple[Item, Future[Result]]]:
    """Reads items in threads before they are asked for, and yields them in their order.

    Args:
        items: taken one by one, as room for them becomes free.
        read: called in a thread.
        estimate_bytes: the bytes that the result of reading an item will take; called before it is read.
        ahead: so many items at most are being read or wait.
        budget: bytes at most that they take together; an item that is larger than that is read by itself.
        bytes_in_flight: bytes of earlier results that the caller still keeps; they count too.

    Yields:
        each item and its future, which may not be done yet. The result counts as waiting until the next is asked for.

    Example:
        >>> with Workers(2) as workers:
        ...     [future.result() for _, future in read_ahead("abc", str.upper, lambda item: 1, workers)]
        ['A', 'B', 'C']
    """
    source = iter(items)
    waiting: deque[tuple[Item, Future[Result], int]] = deque()
    taken = 0
    following = _next_with_size(source, estimate_bytes)
    while waiting or following is not None:
        while following is not None and (
            not waiting or (len(waiting) < ahead and taken + bytes_in_flight() + following[1] <= budget)
        ):
            item, size = following
            waiting.append((item, workers.submit(read, item), size))
            taken += size
            following = _next_with_size(source, estimate_bytes)
        item, future, size = waiting.popleft()
        yield item, future
        taken -= size
        del future  # and with it the photo


def _next_with_size(source: Iterator[Item], estimate_bytes: Callable[[Item], int]) -> tuple[Item, int] | None:
    for item in source:
        return item, estimate_bytes(item)
    return None


def decoded_bytes(path: Path) -> int:
    """Bytes that a photo takes once it is decoded to BGR.

    The first bytes of its file say; where they do not, it is a guess. 0 for what cannot be read, and for a pipe, from
    which nothing may be taken.
    """
    with contextlib.suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                header = read_header(file.read(_START))
            if header is not None:
                return 3 * header.width * header.height or 12 * path.stat().st_size
    return 0
