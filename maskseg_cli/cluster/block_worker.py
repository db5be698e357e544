"""`BlockWorker`: what a worker process does with blocks of items; Ray Data calls it with their numbers."""

from __future__ import annotations

import os
import pickle
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from maskseg_cli import __version__
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.stop_token import StopToken

#: Seconds between two questions of a busy worker whether the run is to end.
_STOP_CHECK = 0.5


class Work(Protocol):
    """What is done with the items of a block, in a worker process."""

    def __call__(self, items: Sequence[Any], stop: StopToken, again: bool) -> list[Any]:
        """Does items in order.

        Args:
            stop: where a stop is requested, the rest of the items is left out.
            again: a worker that was lost may have done some of them already.

        Returns:
            results, at most one an item, in their order.
        """
        ...

    def lost(self, item: Any) -> Any:
        """The result of an item that ends each worker process that begins it."""
        ...


@dataclass(frozen=True)
class BlockResult:
    """What a worker gives back.

    Attributes:
        number: of the block.
        results: of its items; fewer where the run was stopped.
        attempts: how many workers began the block; all but the last were lost.
        node: name of the machine.
        problem: why this worker cannot work at all.
    """

    number: int
    results: list[Any]
    attempts: int = 1
    node: str = ""
    problem: str | None = None


class BlockWorker:
    """Does blocks; a block that was begun before by a worker that was lost is done item by item.

    Args:
        ledger: the actor that holds the blocks.
        make: called once with `arguments`: loads what the work needs.
        folder: from which relative paths are meant.
        version: of maskseg in the program that began the run.
    """

    def __init__(
        self, ledger: Any, make: Callable[..., Work], arguments: Mapping[str, Any], folder: str, version: str
    ) -> None:
        self._ledger = ledger
        self._problem: str | None = None
        self._work: Work | None = None
        self._node = platform.node()
        try:
            if not self._ask("start"):
                raise MasksegError("The worker processes end while they start: look at their logs in Ray's folder.")
            if version != __version__:
                raise MasksegError(f"maskseg is {__version__} there and {version} here: install the same version.")
            if os.path.isdir(folder):
                os.chdir(folder)
            self._work = make(**arguments)
        except Exception as error:  # an exception of a constructor would have Ray begin it again and again
            self._problem = explain(error)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Does the blocks of a batch.

        Args:
            batch: "block" -> numbers.

        Returns:
            "block" -> the same numbers, "result" -> a pickled `BlockResult` each.
        """
        numbers = [int(number) for number in batch["block"]]
        results = []
        for number in numbers:
            results.append(pickle.dumps(self._do(number)))
            self._ask("finish", number)
        return {"block": numbers, "result": results}

    def _do(self, number: int) -> BlockResult:
        if self._problem is not None or self._work is None:
            return BlockResult(number, [], 1, self._node, self._problem)
        begun = self._ask("begin", number)
        if begun is None:
            return BlockResult(number, [], 1, self._node)
        data, attempts, done = begun
        items = pickle.loads(data)
        with _RequestedStop(self._ledger) as stop:
            if attempts == 1:
                results = self._work(items, stop, again=False)
            else:
                results = self._one_by_one(self._work, number, items, stop, done)
        return BlockResult(number, results, attempts, self._node)

    def _one_by_one(
        self, work: Work, number: int, items: Sequence[Any], stop: StopToken, done: Mapping[int, bytes]
    ) -> list[Any]:
        results: list[Any] = []
        for place, item in enumerate(items):
            if place in done:
                results += pickle.loads(done[place])
                continue
            if stop.requested:
                break
            if self._ask("begin_item", number, place):
                found = work([item], stop, again=True)
                self._ask("end_item", number, place, pickle.dumps(found))
                results += found
            else:
                results.append(work.lost(item))
        return results

    def _ask(self, method: str, *arguments: Any) -> Any:
        import ray

        return ray.get(getattr(self._ledger, method).remote(*arguments))


class _RequestedStop(StopToken):
    """A stop token that asks the ledger, in a thread, while its block lasts."""

    def __init__(self, ledger: Any) -> None:
        super().__init__()
        self._ledger = ledger
        self._ended = threading.Event()

    def __enter__(self) -> _RequestedStop:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _watch(self) -> None:
        import ray

        while not self._ended.wait(_STOP_CHECK):
            try:
                if ray.get(self._ledger.stopped.remote()):
                    self.request()
                    return
            except Exception:  # the ledger is gone, and so is the run
                self.request()
                return
