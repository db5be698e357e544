"""The bounded queue in front of the network."""

from __future__ import annotations

import threading

import pytest

from maskseg_cli.service.work_queue import QueueFullError, WorkQueue


def test_what_waits_shares_a_call_and_cancelled_values_free_their_place() -> None:
    go, calls = threading.Event(), []

    def work(values):
        calls.append(list(values))
        go.wait(5)
        return [ValueError("three") if value == 3 else value * 2 for value in values]

    with WorkQueue(work, threads=1, places=4, batch=3) as queue:
        first = queue.submit(0)
        while not calls:
            pass
        futures = [queue.submit(value) for value in (1, 2, 3)]
        with pytest.raises(QueueFullError):
            queue.submit(4)
        assert futures[0].cancel()
        futures.append(queue.submit(5))
        go.set()
        assert [first.result(5), futures[1].result(5), futures[3].result(5)] == [0, 4, 10]
        with pytest.raises(ValueError, match="three"):
            futures[2].result(5)
    assert calls == [[0], [2, 3, 5]]


def test_closing_cancels_what_waits() -> None:
    queue: WorkQueue[int, int] = WorkQueue(lambda values: list(values), threads=0, places=2)
    future = queue.submit(1)
    queue.close()
    assert future.cancelled()
    with pytest.raises(QueueFullError):
        queue.submit(2)
