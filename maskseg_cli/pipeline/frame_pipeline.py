"""The frame pipeline: decoding, the network, and drawing with encoding, each in a thread of its own.

Small bounded channels lie between the threads, so a slow stage slows the others down and memory never grows. An
error in any stage ends the run with that error; the frames before it are still written.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.channel import Channel
from maskseg_cli.pipeline.workers import Workers

#: BGR pictures, uint8 (H, W, 3), to what is in each of them.
Segment = Callable[[list[NDArray[np.uint8]]], list[Detections]]

#: Neighbouring frames, and whether the network looks at each.
_Group = list[tuple[Frame, bool]]

#: What the network says about a group, as soon as it has; None where it is not asked.
_Answer = Optional[Future[list[Detections]]]  # noqa: UP045  `|` of a class from before Python 3.11 fails at run time

#: Bytes of frames that may wait for the network's answers.
_BUDGET = 2**29


@dataclass(frozen=True, eq=False)
class SegmentedFrame:
    """A frame with what is in it.

    Attributes:
        frame: the picture and its time.
        found: the objects.
        source_index: number of the frame in which the network found them: the frame's own, or an earlier one's.
    """

    frame: Frame
    found: Detections
    source_index: int


@dataclass
class StageTimes:
    """Seconds in which each stage was busy, waiting for the other stages left out; of several workers, their sum."""

    decode: float = 0.0
    segment: float = 0.0
    write: float = 0.0


@dataclass
class Pipeline:
    """Frames in, segmented frames out, in order.

    Args:
        frames: what is decoded, taken in the decoding thread.
        segment: the network, called in a thread of its own with at most `batch` pictures.
        write: takes one segmented frame after the other, in a third thread.
        every: the network looks at the first frame and at every n-th after it; those in between keep the last result.
        batch: pictures that the network takes at once.
        workers: threads that call `segment` at the same time, on different frames; the order stays. With two, the one
            uses the cores while the other waits for its slowest part.
        ahead: frames that may wait between two stages; memory holds about `2 * ahead + workers * batch * every`
            frames, or half a gigabyte of them if that is less.

    Attributes:
        written: frames that `write` has taken so far.
        times: how long each stage was busy.

    Example:
        >>> import numpy as np
        >>> from fractions import Fraction
        >>> frames = [Frame(np.zeros((4, 4, 3), np.uint8), i, Fraction(i), Fraction(1)) for i in range(3)]
        >>> seen = []
        >>> nothing = lambda images: [Detections.empty((4, 4)) for _ in images]
        >>> pipeline = Pipeline(frames, nothing, seen.append, every=2)
        >>> pipeline.start()
        >>> pipeline.wait()
        True
        >>> [(one.frame.index, one.source_index) for one in seen]
        [(0, 0), (1, 0), (2, 2)]
    """

    frames: Iterable[Frame]
    segment: Segment
    write: Callable[[SegmentedFrame], None]
    every: int = 1
    batch: int = 1
    workers: int = 1
    ahead: int = 4
    written: int = 0
    times: StageTimes = field(default_factory=StageTimes)

    def __post_init__(self) -> None:
        self._decoded: Channel[Frame] = Channel(max(self.ahead, self.batch))
        self._segmented: Channel[SegmentedFrame] = Channel(self.ahead)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []
        # Daemons: a decoder that waits for a dead server must not keep the program from ending.
        self._threads = [
            threading.Thread(target=self._guard, args=(work,), name=f"maskseg-{name}", daemon=True)
            for name, work in (("decode", self._decode), ("segment", self._segment), ("write", self._write))
        ]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the run early: what the network has already seen is still written, the rest is dropped."""
        self._stopped.set()
        self._decoded.abort()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until all is written, at most `timeout` seconds.

        Returns:
            whether all is written.
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
    def error(self) -> BaseException | None:
        """The first error of any stage."""
        return self._errors[0] if self._errors else None

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # handed to whoever waits: nothing may be lost in a thread
            self._errors.append(error)

    def _decode(self) -> None:
        try:
            for frame in _timed(self.frames, self._add_decode_time):
                if self._stopped.is_set() or not self._decoded.put(frame):
                    return
        finally:
            self._decoded.close()

    def _add_decode_time(self, seconds: float) -> None:
        self.times.decode += seconds

    def _segment(self) -> None:
        try:
            for one in self._with_objects():
                if not self._segmented.put(one):
                    return
        finally:
            self._decoded.abort()
            self._segmented.close()

    def _with_objects(self) -> Iterator[SegmentedFrame]:
        found: Detections | None = None
        source_index = 0
        for group, results in self._looked_at():
            for frame, look in group:
                if look:
                    found, source_index = next(results), frame.index
                assert found is not None  # the network looks at the first frame
                yield SegmentedFrame(frame, found, source_index)

    def _looked_at(self) -> Iterator[tuple[_Group, Iterator[Detections]]]:
        """Groups in their order with what is in them, while the workers look at the next ones."""
        waiting: deque[tuple[_Group, _Answer]] = deque()
        calls = bytes_waiting = 0
        with Workers(self.workers) as workers:
            for group in self._groups():
                images = [frame.image for frame, look in group if look]
                waiting.append((group, workers.submit(self._timed_segment, images) if images else None))
                calls += bool(images)
                bytes_waiting += _weight(group)
                # One call more than there are workers, so that none is idle between two calls.
                while waiting and (_is_ready(waiting[0][1]) or calls > self.workers or bytes_waiting > _BUDGET):
                    first, answer = waiting.popleft()
                    yield first, _results(answer)
                    calls -= answer is not None
                    bytes_waiting -= _weight(first)
            for first, answer in waiting:
                if self._stopped.is_set() and answer is not None and answer.cancel():
                    return  # the network has not seen it
                yield first, _results(answer)

    def _timed_segment(self, images: list[NDArray[np.uint8]]) -> list[Detections]:
        before = time.perf_counter()
        found = self.segment(images)
        seconds = time.perf_counter() - before
        with self._lock:
            self.times.segment += seconds
        return found

    def _groups(self) -> Iterator[_Group]:
        """Neighbouring frames, at most `batch` of them to look at, and whether to look at each."""
        group: _Group = []
        looked = 0
        for number, frame in enumerate(self._decoded):
            look = number % self.every == 0
            group.append((frame, look))
            looked += look
            if looked in (0, self.batch):  # nothing to wait for, or a full batch
                yield group
                group, looked = [], 0
        if group and not self._stopped.is_set():
            yield group

    def _write(self) -> None:
        try:
            for one in self._segmented:
                before = time.perf_counter()
                self.write(one)
                self.times.write += time.perf_counter() - before
                self.written += 1
        finally:
            self._segmented.abort()
            self._decoded.abort()
            self._stopped.set()


def _weight(group: _Group) -> int:
    return sum(frame.image.nbytes for frame, _ in group)


def _is_ready(answer: _Answer) -> bool:
    return answer is None or answer.done()


def _results(answer: _Answer) -> Iterator[Detections]:
    return iter(answer.result() if answer is not None else ())


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
