"""`PhotoRecord`: what the leader of a run on a cluster gets of a photo; `RecordSink`, `Tap`: how workers gather it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job
from maskseg_cli.messages import describe
from maskseg_cli.pipeline.job_spool import JobRow, job_of, job_row
from maskseg_cli.sink import Sink
from maskseg_cli.transform import Transform


def _item(index: int, row: JobRow, reserved: Mapping[int, str]) -> PhotoItem:
    return PhotoItem(index, job_of(*row), reserved)


@dataclass(frozen=True)
class PhotoItem:
    """A photo as it is sent to a worker.

    Attributes:
        index: its number in the run.
        job: the photo, and where its result goes.
        reserved: number of a sink of workers -> the name that it has reserved, see `Sink.reserve`.
    """

    index: int
    job: Job
    reserved: Mapping[int, str]

    def __reduce__(self) -> Any:  # paths take ten times as long to pickle as texts
        return _item, (self.index, job_row(self.job), self.reserved)


@dataclass(frozen=True)
class PhotoRecord:
    """What came of a photo.

    Attributes:
        item: the photo.
        size: (height, width) in pixels.
        notes: see `Frame.notes`.
        words: what was found, for a message.
        condensed: for each sink of the leader what its `condense` made.
        tapped: for each transform with `whole_run` what it got.
        said: sentences of the worker's sinks.
        reason: why it failed; None: it was done.
        ends_run: nothing more can be written.
    """

    item: PhotoItem
    size: tuple[int, int] = (1, 1)
    notes: tuple[str, ...] = ()
    words: str = ""
    condensed: tuple[Any, ...] = ()
    tapped: tuple[Detections, ...] = ()
    said: tuple[str, ...] = ()
    reason: str | None = None
    ends_run: bool = False

    def frame(self) -> Frame:
        """The frame, with an image of zeros that takes no memory."""
        image = np.broadcast_to(np.zeros((), np.uint8), (*self.size, 3))
        job = self.item.job
        return Frame(image, self.item.index, source=job.source.exported_name, job=job, notes=self.notes)


class Tap:
    """A transform that keeps the detections that another one gets.

    Args:
        transform: called with them; None where the leader alone does that.
    """

    def __init__(self, transform: Transform | None) -> None:
        self._transform = transform
        self._lock = threading.Lock()
        self._seen: weakref.WeakKeyDictionary[Frame, Detections] = weakref.WeakKeyDictionary()

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        with self._lock:
            self._seen[frame] = detections
        return detections if self._transform is None else self._transform(frame, detections)

    def of(self, frame: Frame) -> Detections:
        """What came with a frame."""
        with self._lock:
            return self._seen[frame]


class RecordSink(Sink):
    """Makes the records of a block; the last of a worker's sinks, so that a photo with a record is written.

    Args:
        items: the photos of the block.
        sinks: those of the leader.
        taps: before the transforms of the leader.
        said: takes out the sentences since the last call.
    """

    needs_picture = False

    def __init__(
        self,
        items: Sequence[PhotoItem],
        sinks: Sequence[Sink],
        taps: Sequence[Tap],
        said: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self.records: list[PhotoRecord] = []
        self._items = {item.index: item for item in items}
        self._by_name = {item.job.source.name: item for item in items}
        self._sinks, self._taps, self._said = sinks, taps, said

    def has(self, source: str) -> bool:
        """Each photo needs a record: the leader has left out those that need none."""
        return False

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Condenses the detections; the function that is returned adds the record."""
        condensed = tuple(sink.condense(frame, detections) for sink in self._sinks)
        tapped = tuple(tap.of(frame) for tap in self._taps)
        item = self._items[frame.index]
        assert frame.job is not None
        done = PhotoItem(item.index, frame.job, {})
        height, width = frame.image.shape[:2]
        words = describe(detections.labels)

        def write() -> None:
            said = self._said()
            self.records.append(PhotoRecord(done, (height, width), frame.notes, words, condensed, tapped, said))

        return write

    def fail(self, name: str, reason: str) -> None:
        """Adds the record of a photo that failed."""
        item = self._by_name[name]
        failed = PhotoItem(item.index, item.job, {})
        self.records.append(PhotoRecord(failed, said=self._said(), reason=reason))
