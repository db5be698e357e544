"""`Ledger`: the blocks of work of a run, handed out to workers, and which attempts were lost with a worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

#: Times that workers may begin an item, each ending the process, before the item counts as failed.
ITEM_ATTEMPTS = 2

#: Starts of workers beyond their number, without a block finished in between, after which the run is given up.
_VAIN_STARTS = 6


@dataclass
class _Block:
    """A block that is not finished: its items, and what became of attempts to do it.

    Attributes:
        items: pickled.
        attempts: how often a worker began it.
        begun: number of an item -> how often a worker began it alone.
        done: number of an item -> its pickled results, of attempts that were lost later.
        under_way: whether a worker has it.
    """

    items: bytes
    attempts: int = 0
    begun: dict[int, int] = field(default_factory=dict)
    done: dict[int, bytes] = field(default_factory=dict)


class Ledger:
    """Lives in a process of its own as an actor of Ray, whose methods run as coroutines of one thread.

    Blocks are put in and taken out in order; at most `window` of them are in it that are not finished, so that neither
    its memory nor that of Ray's queues grows with their number.

    Args:
        window: blocks.
        workers: processes that take them.
    """

    def __init__(self, window: int, workers: int) -> None:
        self._window = window
        self._blocks: dict[int, _Block] = {}
        self._put = 0
        self._finished = 0
        self._closed = False
        self._stopped = False
        self._spare_starts = workers + _VAIN_STARTS
        self._changed = asyncio.Condition()

    async def put(self, number: int, items: bytes) -> bool:
        """Takes the next block, as soon as there is room for it; False where the run is stopped."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._stopped or len(self._blocks) < self._window)
            if self._stopped:
                return False
            self._blocks[number] = _Block(items)
            self._put = number + 1
            self._changed.notify_all()
            return True

    async def close(self) -> None:
        """Ends the list: there are no more blocks than were put in."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def wait_for(self, number: int) -> bool:
        """Waits until a block is there; False if there will be none of this number."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or self._stopped or number < self._put)
            return number < self._put

    async def start(self) -> bool:
        """Called by each worker process before it loads anything; False: too many have ended without any work."""
        self._spare_starts -= 1
        return self._spare_starts >= 0

    async def begin(self, number: int) -> tuple[bytes, int, dict[int, bytes]] | None:
        """Hands a block to a worker.

        Returns:
            items, the number of this attempt from 1, and results of earlier attempts; None where there is nothing to
            do, because the run is stopped or the block is finished.
        """
        block = self._blocks.get(number)
        if block is None or self._stopped:
            return None
        block.attempts += 1
        return block.items, block.attempts, block.done

    async def begin_item(self, number: int, item: int) -> bool:
        """Called before an item is done alone; False: so many workers have ended with it that it counts as failed."""
        block = self._blocks[number]
        if block.begun.get(item, 0) >= ITEM_ATTEMPTS:
            return False
        block.begun[item] = block.begun.get(item, 0) + 1
        return True

    async def end_item(self, number: int, item: int, results: bytes) -> None:
        """Keeps the results of an item that was done alone, in case the worker is lost before the block is finished."""
        self._blocks[number].done[item] = results

    async def finish(self, number: int) -> None:
        """Forgets a block."""
        async with self._changed:
            self._blocks.pop(number, None)
            self._spare_starts += 1
            self._changed.notify_all()

    async def stop(self) -> None:
        """Ends the run: no block is begun any more."""
        async with self._changed:
            self._stopped = True
            self._changed.notify_all()

    async def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped
