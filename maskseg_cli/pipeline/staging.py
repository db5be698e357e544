"""`Staged`: photos and results of a storage as files in a temporary folder of a worker, while it does a block."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, last_line
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job
from maskseg_cli.media.storage import StoragePath, open_storage
from maskseg_cli.pipeline.photo_records import PhotoItem, PhotoRecord
from maskseg_cli.sink import Sink

#: Photos that are fetched at the same time.
_THREADS = 8


class Staged:
    """Fetches the photos of a block; without a storage it does nothing. Use it in a `with` block.

    Args:
        items: of the block.

    Attributes:
        items: the same with paths in a temporary folder.
        sinks: what puts the results where they belong.
    """

    def __init__(self, items: Sequence[PhotoItem]) -> None:
        self._original = {item.index: item for item in items}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.items, self.sinks = list(items), list[Sink]()
        if not any(_stored(item.job.source.path) or _stored(item.job.target) for item in items):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="maskseg-stage-")
        self.items = [self._local(item, Path(self._folder.name)) for item in items]
        self.sinks = [Upload({item.index: item.job.target for item in items})]

    def __enter__(self) -> Staged:
        if self._folder is not None:
            with ThreadPoolExecutor(_THREADS) as threads:
                list(threads.map(self._fetch, self.items))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def records(self, records: Sequence[PhotoRecord]) -> list[PhotoRecord]:
        """Records of the staged photos as records of those on the storage."""
        return list(records) if self._folder is None else [self._original_record(record) for record in records]

    def _local(self, item: PhotoItem, folder: Path) -> PhotoItem:
        job, number = item.job, f"{item.index:09d}"
        source, target = job.source, job.target
        if _stored(source.path) and source.path is not None:
            source = dataclasses.replace(source, path=folder / "photos" / number / source.path.name)
        if _stored(target) and target is not None:
            target = folder / "results" / number / target.name
        return dataclasses.replace(item, job=Job(source, target, job.suffix, job.done))

    def _fetch(self, item: PhotoItem) -> None:
        path, stored = item.job.source.path, self._original[item.index].job.source.path
        if path is None or not _stored(stored):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            system, place = open_storage(str(stored))
            system.get_file(place, str(path))
        except Exception as error:  # the photo is read later, and fails then
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".error").write_text(last_line(error))

    def _original_record(self, record: PhotoRecord) -> PhotoRecord:
        item = self._original[record.item.index]
        staged = next(one for one in self.items if one.index == item.index)
        texts = [
            (str(staged.job.source.path), str(item.job.source.path)),
            (str(staged.job.target), str(item.job.target)),
        ]

        def named(text: str) -> str:
            for local, stored in texts:
                text = text.replace(local, stored)
            return text

        reason = record.reason
        path = staged.job.source.path
        if reason is not None:
            failed = None if path is None else path.with_name(path.name + ".error")
            if failed is not None and failed.is_file():
                reason = f"{item.job.source.name} cannot be fetched: {failed.read_text()}"
            reason = named(reason)
        shown = PhotoItem(item.index, item.job, {})
        return dataclasses.replace(record, item=shown, reason=reason, notes=tuple(map(named, record.notes)))


class Upload(Sink):
    """Puts the result of each photo on the storage, after it was written.

    Args:
        targets: number of a photo -> where its result belongs.
    """

    needs_picture = False

    def __init__(self, targets: dict[int, Path | None]) -> None:
        self._targets = targets

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Nothing; the function that is returned puts the result there.

        Raises:
            MasksegError: the storage does not take it.
        """

        def put() -> None:
            target = self._targets[frame.index]
            if not _stored(target) or frame.job is None or frame.job.done:
                return
            try:
                system, place = open_storage(str(target))
                system.makedirs(place.rpartition("/")[0], exist_ok=True)
                system.put_file(str(frame.job.target), place)
            except Exception as error:
                raise MasksegError(f"{target} cannot be written: {last_line(error)}") from error

        return put


def _stored(path: object) -> bool:
    return isinstance(path, StoragePath)
