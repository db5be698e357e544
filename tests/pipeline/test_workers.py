"""Threads that keep the order: nothing is lost, and nothing hangs."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.images import encode_image
from maskseg_cli.pipeline.read_ahead import decoded_bytes, read_ahead
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.pipeline.write_behind import WriteBehind


def test_an_error_waits_in_its_future() -> None:
    with Workers(1) as workers:
        wrong, right = workers.submit(int, "x"), workers.submit(int, "7")
        with pytest.raises(ValueError, match="invalid literal"):
            wrong.result(5)
        assert right.result(5) == 7


def test_closing_waits_for_a_call_under_way_but_not_for_ever() -> None:
    stuck = threading.Event()
    workers = Workers(1)
    thread = workers.submit(threading.current_thread).result(5)
    running, never = workers.submit(stuck.wait), workers.submit(int, "7")
    while not running.running():
        time.sleep(0.001)
    workers.close(patience=0.05)
    with pytest.raises(CancelledError):
        never.result(5)
    stuck.set()
    assert running.result(5)
    thread.join(5)
    assert not thread.is_alive()
    with Workers(1) as workers:
        slow = workers.submit(time.sleep, 0.05)
        while not slow.running():
            time.sleep(0.001)
    assert slow.done()


def test_without_threads_the_caller_does_it() -> None:
    with Workers(0) as workers:
        assert workers.submit(threading.current_thread).result() is threading.current_thread()
        assert isinstance(workers.submit(int, "x").exception(), ValueError)


@settings(max_examples=40)
@given(
    weights=st.lists(st.integers(0, 12), max_size=30),
    ahead=st.integers(1, 6),
    threads=st.integers(0, 3),
)
def test_reading_ahead_keeps_order_and_bounds(weights: list[int], ahead: int, threads: int) -> None:
    lock = threading.Lock()
    waiting: list[int] = []
    most = [0, 0]

    def read(item: tuple[int, int]) -> int:
        with lock:
            waiting.append(item[1])
            most[0] = max(most[0], len(waiting))
            if len(waiting) > 1:
                most[1] = max(most[1], sum(waiting))
        return item[0]

    seen = []
    with Workers(threads) as workers:
        items = list(enumerate(weights))
        for item, future in read_ahead(items, read, lambda item: item[1], workers, ahead, budget=10):
            seen.append(future.result(5))
            with lock:
                waiting.remove(item[1])
    assert seen == list(range(len(weights)))
    assert most[0] <= ahead
    assert most[1] <= 10


def test_items_are_taken_only_as_room_becomes_free() -> None:
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    with Workers(2) as workers:
        results = read_ahead(items(), str, lambda _: 1, workers, ahead=3)
        assert next(results)[1].result(5) == "0"
        assert len(taken) <= 4


def test_what_the_caller_still_keeps_leaves_less_room() -> None:
    begun: list[int] = []
    kept = 0
    with Workers(0) as workers:
        results = read_ahead(
            range(6), begun.append, lambda _: 1, workers, ahead=4, budget=4, bytes_in_flight=lambda: kept
        )
        next(results)
        assert begun == [0, 1, 2, 3]
        kept = 2
        next(results)
        next(results)
        assert begun == [0, 1, 2, 3]  # the last of them, and two that are kept
        kept = 9
        next(results)
        assert next(results)[0] == 4  # one may always
        assert begun == [0, 1, 2, 3, 4]


@settings(max_examples=40)
@given(prepare_ms=st.lists(st.integers(0, 3), min_size=1, max_size=12), threads=st.integers(0, 4))
def test_results_are_written_in_order_whatever_is_ready_first(prepare_ms: list[int], threads: int) -> None:
    written: list[int] = []
    with Workers(threads) as workers:
        results: WriteBehind[int] = WriteBehind(workers, behind=5)
        taken = []
        for i, ms in enumerate(prepare_ms):

            def prepare(i: int = i, ms: int = ms) -> int:
                time.sleep(ms / 1000)
                return i

            results.put(i, 1, prepare, written.append)
            taken += _waited(results.take())
        taken += _waited(results.take(everything=True))
    assert written == taken == list(range(len(prepare_ms)))


def _waited(pairs) -> list[int]:
    done = []
    for item, future in pairs:
        future.result(5)
        done.append(item)
    return done


def test_one_error_stops_nothing_and_a_full_disk_everything() -> None:
    written: list[str] = []

    def write(name: str) -> None:
        if name == "broken":
            raise OSError(5, "Input/output error")
        if name == "full":
            raise OSError(28, "No space left on device")
        written.append(name)

    with Workers(3) as workers:
        results: WriteBehind[str] = WriteBehind(workers)
        for name in ("a", "broken", "b", "full", "c"):
            results.put(name, 1, lambda name=name: name, write)
        errors = {name: future.exception(5) for name, future in results.take(everything=True)}
    assert written == ["a", "b"]
    assert [name for name, error in errors.items() if is_disk_unwritable(error)] == ["full"]
    assert isinstance(errors["c"], MasksegError)
    assert errors["a"] is errors["b"] is None


def test_too_much_under_way_is_waited_for() -> None:
    gate = threading.Event()
    with Workers(1) as workers:
        results: WriteBehind[str] = WriteBehind(workers, behind=10, budget=5)
        results.put("a", 3, gate.wait, lambda _: None)
        assert list(results.take()) == []
        results.put("b", 3, gate.wait, lambda _: None)
        taken: queue.SimpleQueue[str] = queue.SimpleQueue()
        thread = threading.Thread(target=lambda: [taken.put(item) for item, _ in results.take()], daemon=True)
        thread.start()
        with pytest.raises(queue.Empty):
            taken.get(timeout=0.1)  # it waits for the first one
        gate.set()
        assert taken.get(timeout=10) == "a"
        thread.join(10)
        rest = [item for item, _ in results.take(everything=True)]
    assert [*[taken.get() for _ in range(taken.qsize())], *rest] == ["b"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_the_weight_of_a_photo_is_known_before_it_is_read(suffix: str, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    (tmp_path / f"a{suffix}").write_bytes(encode_image(image, suffix))
    weight = decoded_bytes(tmp_path / f"a{suffix}")
    assert weight == image.nbytes or (suffix == ".tif" and weight >= image.nbytes)


def test_what_has_no_weight(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    assert decoded_bytes(tmp_path / "a.jpg") == 0
    assert decoded_bytes(tmp_path / "nowhere.jpg") == 0
    (tmp_path / "head.jpg").write_bytes(cv2.imencode(".jpg", np.zeros((9, 9, 3), np.uint8))[1].tobytes()[:30])
    assert decoded_bytes(tmp_path / "head.jpg") == 12 * 30
