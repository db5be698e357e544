"""`Segmenting`: from the bytes of pictures to the bytes of answers, in a few threads behind a bounded queue."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.images import PictureTooLargeError, decode_photo
from maskseg_cli.serve.http_error import HttpError
from maskseg_cli.service.answers import answer
from maskseg_cli.service.wanted import Wanted
from maskseg_cli.service.work_queue import WorkQueue

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: A request can ask for objects from this score on.
LOWEST_SCORE = 0.1

#: The network finds at least so many objects in a picture.
_LIMIT = 100

Task = tuple[bytes, Wanted]


class Segmenting:
    """Decodes, segments and encodes pictures.

    Decoded pictures exist only while one of the threads works on them: memory does not grow with the queue.

    Args:
        predictor: its limits become those of requests that name none; it is not changed.
        max_pixels: of a picture.
        places: pictures in work or waiting, at most.

    Attributes:
        usual: what a request gets that asks for nothing.
        lowest_score: the lowest score that a request can ask for with effect.
        queue: takes (bytes of a picture, what is wanted), and returns the bytes of the answer.
    """

    def __init__(self, predictor: Predictor, max_pixels: int, places: int) -> None:
        config = predictor.config
        self._predictor, self._max_pixels = predictor, max_pixels
        self.usual = Wanted(
            min_score=config.detection_min_confidence,
            max_detections=min(predictor.max_detections or config.detection_max_instances, 10_000),
        )
        self._finder = lru_cache(maxsize=64)(self._make_finder)  # a check of all options takes half a millisecond
        self.lowest_score = float(min(LOWEST_SCORE, config.detection_min_confidence))
        self._network = threading.BoundedSemaphore(predictor.workers)
        # One thread more than the network has workers decodes and encodes while those are busy.
        self.queue: WorkQueue[Task, bytes] = WorkQueue(self._work, predictor.workers + 1, places, predictor.batch)

    def _work(self, tasks: Sequence[Task]) -> list[bytes | Exception]:
        results: list[bytes | Exception] = [MasksegError("nothing was done")] * len(tasks)
        images: dict[int, NDArray[np.uint8]] = {}
        for number, (data, _) in enumerate(tasks):
            try:
                images[number] = decode_photo(data, "The picture", self._max_pixels).image
            except PictureTooLargeError as error:
                results[number] = HttpError(413, str(error))
            except MasksegError as error:
                results[number] = HttpError(400, str(error))
        # Pictures of equal size lie side by side: the predictor takes them at once.
        order = sorted(images, key=lambda number: images[number].shape)
        if not order:
            return results
        try:
            with self._network:
                found = self._finder(min(wanted.min_score for _, wanted in tasks))([images[number] for number in order])
        except Exception as error:
            if len(tasks) == 1:
                return [_refusal(error)]
            return [result for task in tasks for result in self._work([task])]  # only one of them may be the cause
        for number, one in zip(order, found, strict=True):
            try:
                results[number] = answer(images[number], one, tasks[number][1])
            except Exception as error:
                results[number] = _refusal(error)
        return results

    def _make_finder(self, score: float) -> Predictor:
        """A predictor on the same network that finds objects from a score on, and no more: masks take time."""
        config = self._predictor.config
        finder = copy.copy(self._predictor)
        finder.max_detections = None
        finder.engine = copy.copy(self._predictor.engine)  # the options are the engine's, the network is shared
        finder.engine.config = config.replace(
            detection_min_confidence=max(self.lowest_score, score),
            detection_max_instances=max(_LIMIT, config.detection_max_instances),
        )
        return finder


def _refusal(error: Exception) -> Exception:
    if isinstance(error, MemoryError):
        return HttpError(503, "There is not enough memory for this picture now: try again later.", 5)
    return HttpError(422, str(error)) if isinstance(error, (MasksegError, UsageError)) else error
