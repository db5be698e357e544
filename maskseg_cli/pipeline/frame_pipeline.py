"""`FramePipeline`: decodes frames, and runs the network on them, in threads of their own.

Small bounded channels lie between the threads, so a slow stage slows the others down and memory never grows. An
error in any stage ends the run with that error; the frames before it still come out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.channel import Channel
from maskseg_cli.pipeline.detecting import detect
from maskseg_cli.pipeline.ordered_queue import OrderedQueue
from maskseg_cli.pipeline.workers import Workers

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: Consecutive frames, and whether the network is run on each.
_Group = list[tuple[Frame, bool]]

#: Seconds that the threads get to end: the decoder may wait for a server, the network may be slow.
PATIENCE = 5.0

#: Bytes of frames that may wait for the network's results.
_BUDGET = 2**29


@dataclass
class StageTimes:
    """Seconds in which each stage was busy, waiting for other stages left out; of several workers, their sum."""

    decode: float = 0.0
    network: float = 0.0
    write: float = 0.0


@dataclass
class FramePipeline:
    """Frames in, frames with their detections out, in order: by iterating over it, or by `write`.

    Args:
        frames: taken in the decoding thread.
        predictor: the network, called in threads of its own with a list of at most `batch` pictures.
        write: called with one frame and its detections after the other, in a third thread; None: the caller iterates.
        every: the network is run on the first frame and on every n-th after it; those in between keep its result.
        batch: pictures that the network takes at once.
        workers: threads that call the network at the same time, with different frames; None: as many as it should have.
            With two, the one uses the cores while the other waits for its slowest part.
        ahead: frames that may wait between two stages; memory holds about `2 * ahead + workers * batch * every`
            frames, or half a gigabyte of them if that is less.

    Attributes:
        written: frames that have come out so far.
        times: how long each stage was busy.
        write_failed: whether `write` has raised an error.

    Example:
        >>> from fractions import Fraction
        >>> import numpy as np
        >>> frames = [Frame(np.zeros((4, 4, 3), np.uint8), i, Fraction(i), Fraction(1)) for i in range(3)]
        >>> class Nothing:
        ...     workers = 1
        ...     def __call__(self, images):
        ...         return [Detections.empty((4, 4)) for _ in images]
        >>> with FramePipeline(frames, Nothing(), every=2) as pipeline:
        ...     [(frame.index, frame.detected_in) for frame, _ in pipeline]
        [(0, 0), (1, 0), (2, 2)]
    """

    frames: Iterable[Frame]
    predictor: Predictor
    write: Callable[[Frame, Detections], None] | None = None
    every: int = 1
    batch: int = 1
    workers: int | None = None
    ahead: int = 4
    written: int = 0
    times: StageTimes = field(default_factory=StageTimes)
    write_failed: bool = False

    def __post_init__(self) -> None:
        self._workers = self.predictor.workers if self.workers is None else self.workers
        self._decoded: Channel[Frame] = Channel(max(self.ahead, self.batch))
        self._results: Channel[tuple[Frame, Detections]] = Channel(self.ahead)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []
        self._taken, self._all_taken = 0, False
        stages = [("decode", self._decode), ("network", self._run_network)]
        if self.write is not None:
            stages.append(("write", self._write))
        # Daemons: a decoder that waits for a dead server must not keep the program from ending.
        self._threads = [
            threading.Thread(target=self._guard, args=(work,), name=f"maskseg-{name}", daemon=True)
            for name, work in stages
        ]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the run early: frames that the network has been run on still come out, the others are dropped."""
        self._stopped.set()
        self._decoded.abort()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the last stage has ended, at most `timeout` seconds.

        Returns:
            whether it has.
        """
        self._threads[-1].join(timeout)
        return not self._threads[-1].is_alive()

    def join(self, timeout: float) -> bool:
        """Waits for all threads, after `stop` or `wait`, so that the source may be closed and the program may end.

        A thread that is still inside the decoder or the network when the program ends would abort it.

        Returns:
            False if one is still at work.
        """
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def complete(self) -> bool:
        """Whether all frames have come out, although `stop` may have been called."""
        return self._all_taken and self.written == self._taken and not self._errors

    @property
    def error(self) -> BaseException | None:
        """The first error of any stage."""
        return self._errors[0] if self._errors else None

    def __iter__(self) -> Iterator[tuple[Frame, Detections]]:
        """Yields the frames with their detections, where there is no `write`.

        Raises:
            BaseException: the first error of any stage, after the frames before it.
        """
        for frame, detections in self._results:
            self.written += 1
            yield frame, detections
        self.wait()
        if self.error is not None:
            raise self.error

    def __enter__(self) -> FramePipeline:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops the threads and waits for their end."""
        self.stop()
        self._results.abort()
        self.join(PATIENCE)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # raised again by the thread that waits
            self._errors.append(error)

    def _decode(self) -> None:
        try:
            for frame in _timed(self.frames, self._add_decode_time):
                if self._stopped.is_set() or not self._decoded.put(frame):
                    return
                self._taken += 1
            self._all_taken = True
        finally:
            self._decoded.close()

    def _add_decode_time(self, seconds: float) -> None:
        self.times.decode += seconds

    def _run_network(self) -> None:
        try:
            for one in self._with_detections():
                if not self._results.put(one):
                    return
        finally:
            self._decoded.abort()
            self._results.close()

    def _with_detections(self) -> Iterator[tuple[Frame, Detections]]:
        detections: Detections | None = None
        detected_in = 0
        for group, results in self._groups_with_results():
            for frame, detects in group:
                if detects:
                    detections, detected_in = next(results)
                assert detections is not None  # the network is run on the first frame
                yield replace(frame, detected_in=detected_in), detections

    def _groups_with_results(self) -> Iterator[tuple[_Group, Iterator[tuple[Detections, int]]]]:
        """Groups in their order with the network's results, while the workers run it on the next ones."""
        # One call more than there are workers, so that no worker is idle between two calls.
        queue: OrderedQueue[_Group] = OrderedQueue(self._workers, _BUDGET)
        with Workers(self._workers) as workers:
            for group in self._groups():
                frames = [frame for frame, detects in group if detects]
                future = workers.submit(self._predict, frames) if frames else _done([])
                queue.put(group, future, sum(frame.image.nbytes for frame, _ in group), calls=bool(frames))
                for first, result in queue.take():
                    yield first, iter(result.result())
            while queue.first is not None:
                if self._stopped.is_set() and queue.first.cancel():
                    return  # the network was not run on it
                first, result = next(queue.take(everything=True))
                yield first, iter(result.result())

    def _predict(self, frames: list[Frame]) -> list[tuple[Detections, int]]:
        before = time.perf_counter()
        detections = detect(self.predictor, frames)
        seconds = time.perf_counter() - before
        with self._lock:
            self.times.network += seconds
        return detections

    def _groups(self) -> Iterator[_Group]:
        """Consecutive frames, with at most `batch` for the network among them."""
        group: _Group = []
        count = 0
        for number, frame in enumerate(self._decoded):
            detects = number % self.every == 0
            group.append((frame, detects))
            count += detects
            if count in (0, self.batch):  # nothing to wait for, or a full batch
                yield group
                group, count = [], 0
        if group and not self._stopped.is_set():
            yield group

    def _write(self) -> None:
        assert self.write is not None
        try:
            for frame, detections in self._results:
                before = time.perf_counter()
                try:
                    self.write(frame, detections)
                except BaseException:
                    self.write_failed = True
                    raise
                self.times.write += time.perf_counter() - before
                self.written += 1
        finally:
            self._results.abort()
            self._decoded.abort()
            self._stopped.set()


def _done(result: list[tuple[Detections, int]]) -> Future[list[tuple[Detections, int]]]:
    future: Future[list[tuple[Detections, int]]] = Future()
    future.set_result(result)
    return future


def _timed(frames: Iterable[Frame], add: Callable[[float], None]) -> Iterator[Frame]:
    iterator = iter(frames)
    while True:
        before = time.perf_counter()
        try:
            frame = next(iterator)
        except StopIteration:
            return
        finally:
            add(time.perf_counter() - before)
        yield frame
