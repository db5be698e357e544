"""`PhotoPredictions`: calls of the network for photos, side by side, with results in the order of the photos."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job
from maskseg_cli.pipeline.detecting import detect
from maskseg_cli.pipeline.ordered_queue import OrderedQueue
from maskseg_cli.pipeline.read_ahead import BUDGET
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.stop_token import StopToken

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: Seconds between two checks of the stop token while waiting.
_STOP_CHECK = 0.1

#: Bytes of photos in the network above which no further photo is given to it. Larger photos, from 11 megapixels, are
#: done one after the other: reading and writing them keeps the cores busy, and two at once take much memory.
_PARALLEL_BYTES = BUDGET // 8


@dataclass(frozen=True, eq=False)
class Prediction:
    """A photo with what the network found in it, or with an error.

    Attributes:
        job: the photo, and where its result goes.
        frame: the decoded photo; None if it could not be read.
        detections: the objects; None if there is an error.
        error: of reading the photo, or of the network.
    """

    job: Job
    frame: Frame | None = None
    detections: Detections | None = None
    error: Exception | None = None


#: Consecutive photos of equal size, which the network takes at once.
_Group = list[tuple[Job, Frame]]


class PhotoPredictions:
    """Calls the network for photos, in as many threads as it has workers.

    Args:
        predictor: the network; None where no photo needs it.
        workers: threads that make the calls; with none, the caller makes one after the other.
        calls: how many calls the workers make at the same time.
        batch: consecutive photos of equal size in one call.
        stop: a requested stop ends it after the calls that have begun.

    Example:
        >>> with Workers(0) as workers:
        ...     list(PhotoPredictions(None, workers).results([]))
        []
    """

    def __init__(
        self,
        predictor: Predictor | None,
        workers: Workers,
        calls: int = 1,
        batch: int = 1,
        stop: StopToken | None = None,
    ) -> None:
        self._predictor = predictor
        self._workers = workers
        self._batch = batch
        self._stop = stop or StopToken()
        # One call more than there are workers, so that no worker is idle between two calls.
        self._queue: OrderedQueue[None] = OrderedQueue(calls, _PARALLEL_BYTES)

    @property
    def bytes_in_flight(self) -> int:
        """Bytes of the photos that are in the network, or wait for results of earlier photos."""
        return self._queue.bytes_in_flight

    def results(self, photos: Iterable[tuple[Job, Future[Frame]]]) -> Iterator[Prediction]:
        """Runs the network on photos, each batch as soon as it is full or the next photo has another size.

        An error of one photo is its result; a batch that fails is done again photo by photo.

        Args:
            photos: in the order of their results. The next one is taken as soon as there is room for it.

        Yields:
            a result for each photo, in order; `bytes_in_flight` no longer counts it.
        """
        group: _Group = []
        size = (0, 0, 0)
        for job, future in photos:
            while not future.done() and not self._stop.requested:
                awaited: list[Future[Any]] = [future, *([] if self._queue.first is None else [self._queue.first])]
                concurrent.futures.wait(awaited, _STOP_CHECK, concurrent.futures.FIRST_COMPLETED)
                yield from self._take()
            if self._stop.requested:
                group = []
                break
            try:
                frame = future.result()
            except Exception as error:
                self._submit(group)
                group = []
                self._add_error(job, error)
            else:
                bytes_together = frame.image.nbytes * (len(group) + 1)
                if group and (frame.image.shape != size or bytes_together > BUDGET):
                    self._submit(group)
                    group = []
                group.append((job, frame))
                size = frame.image.shape
                del frame
                if len(group) >= self._batch:
                    self._submit(group)
                    group = []
            del future
            yield from self._take()
        self._submit(group)
        del group
        yield from self._take(everything=True)

    def _submit(self, group: _Group) -> None:
        if group:
            size = sum(frame.image.nbytes for _, frame in group)
            self._queue.put(None, self._workers.submit(self._call, group), size)

    def _add_error(self, job: Job, error: Exception) -> None:
        """An error takes its turn in the queue, so that it is reported in the order of the photos."""
        future: Future[list[Prediction]] = Future()
        future.set_result([Prediction(job, error=error)])
        self._queue.put(None, future)

    def _take(self, everything: bool = False) -> Iterator[Prediction]:
        for _, future in self._queue.take(everything):
            results: list[Prediction] | None = future.result()
            if results is None:  # stopped before the call began: nothing after it is done either
                for _ in self._queue.take(everything=True):
                    pass
                return
            del future
            while results:
                yield results.pop(0)

    def _call(self, group: _Group) -> list[Prediction] | None:
        return None if self._stop.requested else self._predict(group)

    def _predict(self, group: _Group) -> list[Prediction]:
        assert self._predictor is not None
        try:
            found = detect(self._predictor, [frame for _, frame in group])
        except Exception as error:
            if len(group) == 1:
                return [Prediction(*group[0], error=error)]
            # Only one of them may be the cause.
            return [result for one in group for result in self._predict([one])]
        return [Prediction(job, frame, one) for (job, frame), (one, _) in zip(group, found, strict=True)]
