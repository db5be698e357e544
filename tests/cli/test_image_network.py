"""Photos that are in the network side by side: order, errors, stop and memory."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.config import COCO
from maskseg_cli.inference.model_options import Segmenter
from maskseg_cli.media.images import write_image
from maskseg_cli.pipeline import predictions as image_network
from maskseg_cli.pipeline.photos import Photo
from maskseg_cli.pipeline.predictions import NetworkCalls
from maskseg_cli.pipeline.workers import Workers

from .fake_model import BlobPredictor, scene
from .running import run, tree_of

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

    def __call__(self, image: np.ndarray) -> Any:
        number = int(image[0, 0, 0])
        with self._changed:
            self.begun.append(number)
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: number in self._open, PATIENCE)
            self._inside -= 1
        if number == self.broken:
            raise ValueError(number)
        return number

    def let(self, *numbers: int) -> None:
        with self._changed:
            self._open.update(numbers)
            self._changed.notify_all()

    def wait_for(self, *numbers: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: set(numbers) <= set(self.begun), PATIENCE), self.begun


def photos(count: int, unreadable: int = -1) -> Iterator[tuple[Any, Future[Photo]]]:
    for number in range(count):
        future: Future[Photo] = Future()
        if number == unreadable:
            future.set_exception(OSError("cut off"))
        else:
            image = scene()
            image[0, 0, 0] = number
            future.set_result(Photo(image, ".png"))
        yield number, future


def asked(calls: NetworkCalls, source: Iterator[tuple[Any, Future[Photo]]]) -> tuple[threading.Thread, list[Any]]:
    """Takes the answers in a thread: (number, what was found or the error)."""
    told: list[Any] = []

    def take() -> None:
        for group in calls.answers(source):
            told.extend((job, answer.found if answer.error is None else answer.error) for job, _, answer in group)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread, told


def test_the_first_photo_is_told_of_first_though_it_takes_longest() -> None:
    gate = Gate()
    with Workers(2) as workers:
        thread, told = asked(NetworkCalls(gate, workers, 2), photos(6))  # type: ignore[arg-type]
        gate.let(1, 2, 3, 4, 5)
        gate.wait_for(0, 1, 2)  # the second worker goes on
        assert told == []
        gate.let(0)
        thread.join(PATIENCE)
    assert told == [(number, number) for number in range(6)]
    assert gate.most == 2


def test_an_error_of_one_is_its_own_answer_in_its_turn() -> None:
    gate = Gate(broken=1)
    gate.let(*range(5))
    with Workers(2) as workers:
        thread, told = asked(NetworkCalls(gate, workers, 2), photos(5, unreadable=3))  # type: ignore[arg-type]
        thread.join(PATIENCE)
    assert [number for number, _ in told] == list(range(5))
    kinds = [type(answer) for _, answer in told]
    assert kinds == [int, ValueError, int, OSError, int]


def test_a_stop_keeps_what_the_network_has_seen_and_begins_nothing_more() -> None:
    gate = Gate()
    stop = threading.Event()
    with Workers(2) as workers:
        calls = NetworkCalls(gate, workers, 2, stop_requested=stop.is_set)  # type: ignore[arg-type]
        thread, told = asked(calls, photos(9))
        gate.wait_for(0, 1)
        stop.set()
        gate.let(*range(9))
        thread.join(PATIENCE)
    assert told == [(0, 0), (1, 1)]
    assert sorted(gate.begun) == [0, 1]


def test_a_stop_does_not_wait_for_a_photo_that_is_being_read() -> None:
    stop = threading.Event()
    never: Future[Photo] = Future()
    gate = Gate()
    gate.let(0)
    with Workers(2) as workers:
        calls = NetworkCalls(gate, workers, 2, stop_requested=stop.is_set)  # type: ignore[arg-type]
        thread, told = asked(calls, iter([*photos(1), (1, never)]))
        for _ in range(1000):
            if told:  # an answer does not wait for the next photo either
                break
            time.sleep(PATIENCE / 1000)
        assert told == [(0, 0)]
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(("beside", "together"), [(0, 1), (BYTES, 2), (10 * BYTES, 3)])
def test_photos_are_taken_only_as_far_as_memory_reaches(
    beside: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large ones go alone; of small ones two are in the network and one waits, however many there are."""
    monkeypatch.setattr(image_network, "_BESIDE", beside)
    gate = Gate()
    taken: list[int] = []

    def source() -> Iterator[tuple[Any, Future[Photo]]]:
        for number, future in photos(9):
            taken.append(number)
            yield number, future

    with Workers(2) as workers:
        calls = NetworkCalls(gate, workers, 2)  # type: ignore[arg-type]
        thread, told = asked(calls, source())
        gate.wait_for(*range(min(2, together)))
        time.sleep(0.1)
        assert len(taken) == together
        assert calls.held == together * BYTES
        gate.let(*range(9))
        thread.join(PATIENCE)
    assert len(told) == 9
    assert calls.held == 0
    assert gate.most == min(2, together)


def meeting(patch: pytest.MonkeyPatch, wait: float) -> Callable[[], int]:
    """Makes each call of the stand-in wait for another one; tells how many met one."""
    inside = threading.Condition()
    count, met = 0, 0
    original = BlobPredictor.__call__

    def call(self: BlobPredictor, image: np.ndarray) -> Any:
        nonlocal count, met
        with inside:
            count += 1
            inside.notify_all()
            met += inside.wait_for(lambda: count > 1, wait)
        found = original(self, image)
        with inside:
            count -= 1
        return found

    patch.setattr(BlobPredictor, "__call__", call)
    patch.setattr("os.cpu_count", lambda: 2)
    return lambda: met


def test_two_photos_are_in_a_small_network_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    met = meeting(monkeypatch, 2.0)
    result = run("in", "-o", "out", "--summary", "s.csv")
    assert met() >= 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()[:4]] == [
        str(Path("in", f"{i}.png")) for i in range(4)
    ]
    rows = list(csv.DictReader((here / "s.csv").open(encoding="utf-8", newline="")))
    assert all(float(row["seconds"]) > 0 for row in rows)
    assert tree_of(here / "out") == [f"{i}.png" for i in range(4)]


def test_a_large_network_takes_one_after_the_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    met = meeting(monkeypatch, 0.1)
    monkeypatch.setattr(BlobPredictor, "config", COCO)
    run("in", "-o", "out")
    assert met() == 0
    assert len(tree_of(here / "out")) == 4


def test_the_size_of_the_network_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = Segmenter(BlobPredictor())  # type: ignore[arg-type]
    for cores, calls in ((1, 1), (2, 2), (16, 4), (None, 1)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert segmenter.workers == calls
    monkeypatch.setattr(BlobPredictor, "config", COCO)
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert segmenter.workers == 1
