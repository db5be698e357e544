"""Photos that are in the network side by side: order, errors, stop and memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.predictions import PhotoPredictions
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.stop_token import StopToken
from tests.cli.fake_model import scene

#: Seconds after which a test has failed.
PATIENCE = 10.0

BYTES = scene().nbytes


class Gate:
    """A network whose calls wait until the test lets them go; a photo is known by its first value."""

    def __init__(self, broken: int = -1) -> None:
        self.broken = broken
        self.begun: list[int] = []
        self.most = 0
        self._inside = 0
        self._changed = threading.Condition()
        self._open: set[int] = set()

    def __call__(self, images: list[np.ndarray]) -> list[Any]:
        number = int(images[0][0, 0, 0])
        with self._changed:
            self.begun.append(number)
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: number in self._open, PATIENCE)
            self._inside -= 1
        if number == self.broken:
            raise ValueError(number)
        return [number]

    def let(self, *numbers: int) -> None:
        with self._changed:
            self._open.update(numbers)
            self._changed.notify_all()

    def wait_for(self, *numbers: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: set(numbers) <= set(self.begun), PATIENCE), self.begun


def photos(count: int, unreadable: int = -1) -> Iterator[tuple[Any, Future[Frame]]]:
    for number in range(count):
        future: Future[Frame] = Future()
        if number == unreadable:
            future.set_exception(OSError("cut off"))
        else:
            image = scene()
            image[0, 0, 0] = number
            future.set_result(Frame(image))
        yield number, future


def results_of(
    predictions: PhotoPredictions, source: Iterator[tuple[Any, Future[Frame]]]
) -> tuple[threading.Thread, list[Any], threading.Event]:
    """Takes the results in a thread: (number, what was found or the error). The event is set by the first one."""
    results: list[Any] = []
    came = threading.Event()

    def take() -> None:
        for one in predictions.results(source):
            results.append((one.job, one.detections if one.error is None else one.error))
            came.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread, results, came


def test_results_keep_the_order_of_the_photos_whichever_takes_longest() -> None:
    gate = Gate()
    with Workers(2) as workers:
        thread, found, _ = results_of(PhotoPredictions(gate, workers, 2), photos(6))  # type: ignore[arg-type]
        gate.let(1, 2, 3, 4, 5)
        gate.wait_for(0, 1, 2)  # the second worker goes on
        assert found == []
        gate.let(0)
        thread.join(PATIENCE)
    assert found == [(number, number) for number in range(6)]
    assert gate.most == 2


def test_an_error_of_one_photo_is_its_result_in_its_turn() -> None:
    gate = Gate(broken=1)
    gate.let(*range(5))
    with Workers(2) as workers:
        thread, found, _ = results_of(PhotoPredictions(gate, workers, 2), photos(5, unreadable=3))  # type: ignore[arg-type]
        thread.join(PATIENCE)
    assert [number for number, _ in found] == list(range(5))
    kinds = [type(answer) for _, answer in found]
    assert kinds == [int, ValueError, int, OSError, int]


def test_a_stop_keeps_the_calls_that_have_begun_and_begins_no_more() -> None:
    gate = Gate()
    stop = StopToken()
    with Workers(2) as workers:
        calls = PhotoPredictions(gate, workers, 2, stop=stop)  # type: ignore[arg-type]
        thread, found, _ = results_of(calls, photos(9))
        gate.wait_for(0, 1)
        stop.request()
        gate.let(*range(9))
        thread.join(PATIENCE)
    assert found == [(0, 0), (1, 1)]
    assert sorted(gate.begun) == [0, 1]


def test_a_stop_does_not_wait_for_a_photo_that_is_being_read() -> None:
    stop = StopToken()
    never: Future[Frame] = Future()
    gate = Gate()
    gate.let(0)
    with Workers(2) as workers:
        calls = PhotoPredictions(gate, workers, 2, stop=stop)  # type: ignore[arg-type]
        thread, found, came = results_of(calls, iter([*photos(1), (1, never)]))
        assert came.wait(PATIENCE)  # a result does not wait for the next photo either
        assert found == [(0, 0)]
        stop.request()
        thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(("beside", "together"), [(0, 1), (BYTES, 2), (10 * BYTES, 3)])
def test_photos_are_taken_only_as_far_as_memory_reaches(
    beside: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large ones go alone; of small ones two are in the network and one waits, however many there are."""
    monkeypatch.setattr("maskseg_cli.pipeline.predictions._PARALLEL_BYTES", beside)
    gate = Gate()
    taken: list[int] = []

    def source() -> Iterator[tuple[Any, Future[Frame]]]:
        for number, future in photos(9):
            taken.append(number)
            yield number, future

    with Workers(2) as workers:
        calls = PhotoPredictions(gate, workers, 2)  # type: ignore[arg-type]
        thread, found, _ = results_of(calls, source())
        gate.wait_for(*range(min(2, together)))
        time.sleep(0.1)
        assert len(taken) == together
        assert calls.bytes_in_flight == together * BYTES
        gate.let(*range(9))
        thread.join(PATIENCE)
    assert len(found) == 9
    assert calls.bytes_in_flight == 0
    assert gate.most == min(2, together)
