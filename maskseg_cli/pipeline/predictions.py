"""The network's part in a run over photos: calls side by side, answers in the photos' order."""

from __future__ import annotations

import concurrent.futures
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maskseg_cli.media.outputs import Job
from maskseg_cli.pipeline.photos import Photo
from maskseg_cli.pipeline.read_ahead import BUDGET
from maskseg_cli.pipeline.workers import Workers

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.model_options import Segmenter

#: Seconds after which a wait looks whether the user wants to stop.
_GLANCE = 0.1

#: Bytes of photos in the network beside which the next one is still asked for. Larger ones, from 11 megapixels, go one
#: after the other: reading and writing them keeps the cores busy as it is, and two would take much memory.
_BESIDE = BUDGET // 8


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network said about one photo, or why it said nothing.

    Attributes:
        found: the objects; None where there is an error.
        error: of reading the photo, or of the network.
        seconds: that the network took for it; those of two photos that it looked at side by side overlap.
    """

    found: Detections | None = None
    error: Exception | None = None
    seconds: float = 0.0


#: A photo with what the network said about it; None for one that could not be read.
Answered = tuple[Job, Photo | None, Answer]

#: Neighbours of equal size, which the network takes at once.
_Group = list[tuple[Job, Photo | None]]

#: What a call gives; None where the user wanted to stop before it began.
_Answers = list[Answer] | None


class NetworkCalls:
    """Calls of the network, as many side by side as it has workers.

    Args:
        segmenter: the network; None where there is no photo for it.
        workers: make the calls; with none, the caller itself makes one after the other.
        calls: how many the workers make at the same time.
        batch: neighbours of equal size that go into one call.
        stop_requested: asked often; True ends it after the calls that have begun.

    Example:
        >>> with Workers(0) as workers:
        ...     list(NetworkCalls(None, workers).answers([]))
        []
    """

    def __init__(
        self,
        segmenter: Segmenter | None,
        workers: Workers,
        calls: int = 1,
        batch: int = 1,
        stop_requested: Callable[[], bool] = lambda: False,
    ) -> None:
        self._segmenter = segmenter
        self._workers = workers
        self._calls = calls
        self._batch = batch
        self._stop_requested = stop_requested
        self._under_way: deque[tuple[_Group, Future[_Answers]]] = deque()
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of the photos that are in the network, or whose turn to be reported has not come."""
        return self._held

    def answers(self, photos: Iterable[tuple[Job, Future[Photo]]]) -> Iterator[list[Answered]]:
        """Asks the network about photos, each batch as soon as it is full or the next photo has another size.

        An error of one photo is its answer; a batch that fails is asked again photo by photo.

        Args:
            photos: in the order of their answers. The next one is taken as soon as there is room beside what is held.

        Yields:
            the photos of one call after the other, in order; a call's photos are not held any longer.
        """
        group: _Group = []
        size = (0, 0, 0)
        for job, future in photos:
            while not future.done() and not self._stop_requested():
                awaited: list[Future[Any]] = [future, *(answers for _, answers in list(self._under_way)[:1])]
                concurrent.futures.wait(awaited, _GLANCE, concurrent.futures.FIRST_COMPLETED)
                yield from self._take()
            if self._stop_requested():
                group = []
                break
            try:
                photo = future.result()
            except Exception as error:
                self._ask(group)
                group = []
                self._answer(job, error)
            else:
                bytes_together = photo.image.nbytes * (len(group) + 1)
                if group and (photo.image.shape != size or bytes_together > BUDGET):
                    self._ask(group)
                    group = []
                group.append((job, photo))
                size = photo.image.shape
                del photo
                if len(group) >= self._batch:
                    self._ask(group)
                    group = []
            del future
            yield from self._take()
        self._ask(group)
        del group
        yield from self._take(everything=True)

    def _ask(self, group: _Group) -> None:
        if group:
            self._held += _weight(group)
            self._under_way.append((group, self._workers.submit(self._call, group)))

    def _answer(self, job: Job, error: Exception) -> None:
        """An answer that needs no network; it passes through the queue, so that it comes in its turn."""
        future: Future[_Answers] = Future()
        future.set_result([Answer(error=error)])
        self._under_way.append(([(job, None)], future))

    def _take(self, everything: bool = False) -> Iterator[list[Answered]]:
        """The calls that have ended, in order; waits for one where enough are under way."""
        while self._under_way:
            # One call more than there are workers, so that none is idle between two calls.
            full = len(self._under_way) > self._calls or self._held > _BESIDE
            if not (everything or full or self._under_way[0][1].done()):
                return
            answers = self._under_way[0][1].result()
            if answers is None:
                self._under_way.clear()
                return
            group, _ = self._under_way.popleft()
            self._held -= _weight(group)
            yield [(job, photo, answer) for (job, photo), answer in zip(group, answers, strict=True)]
            del group

    def _call(self, group: _Group) -> _Answers:
        return None if self._stop_requested() else self._segment([photo for _, photo in group if photo is not None])

    def _segment(self, photos: list[Photo]) -> list[Answer]:
        assert self._segmenter is not None
        before = time.perf_counter()
        try:
            if len(photos) == 1:
                found = [self._segmenter(photos[0].image)]
            else:
                found = self._segmenter([photo.image for photo in photos])
        except Exception as error:
            if len(photos) == 1:
                return [Answer(error=error)]
            # Only one of them may be to blame.
            return [answer for photo in photos for answer in self._segment([photo])]
        seconds = (time.perf_counter() - before) / len(photos)
        return [Answer(one, seconds=seconds) for one in found]


def _weight(group: _Group) -> int:
    return sum(photo.image.nbytes for _, photo in group if photo is not None)
