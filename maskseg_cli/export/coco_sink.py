"""`CocoJson`: a sink that writes everything that was found as one COCO JSON file, with masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.export.coco_journal import CocoJournal, journal_entry
from maskseg_cli.export.coco_json import FOUND, category_ids, read_dataset
from maskseg_cli.export.parts import write_parts
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.frame import Frame
from maskseg_cli.media.same_file import is_stream


def journal_path(path: Path) -> Path:
    """Path of the journal that becomes the JSON file `path` when the run ends."""
    return path.with_name(f"{path.name}.part")


class CocoJson(PreparedSink):
    """Collects pictures and their objects in a journal on the disk, which becomes the JSON file at the end.

    The journal survives a killed run, so that the next one can continue with it.

    Args:
        path: the JSON file; None is standard output.
        resume: continue with what an earlier run found, finished or not.
        polygons: outlines as polygons instead of RLE, which many programs do not read.
        ids: class id -> category id; (): COCO's own for its 80 classes, else 1, 2, 3 ...
        description: what the file says about itself.
        image_fields: as `CocoJournal` takes it.

    Example:
        >>> with CocoJson("found.json") as sink:                                # doctest: +SKIP
        ...     sink.start(model.class_names)
        ...     for frame, detections in segment_images("photos/", model):
        ...         sink.add(frame, detections, None)
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(
        self,
        path: str | Path | None,
        resume: bool = False,
        polygons: bool = False,
        ids: Sequence[int] = (),
        description: str = FOUND,
        image_fields: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        self._image_fields = image_fields
        self._polygons = polygons
        self._ids = tuple(ids)
        self._description = description
        self._path = None if path is None else Path(path)
        self._resume = resume
        self._journal: CocoJournal | None = None

    def start(self, class_names: tuple[str, ...]) -> None:
        """Opens the journal.

        Raises:
            MasksegError: what an earlier run left cannot be continued.
        """
        self._journal = self._open(class_names)

    def has(self, source: str) -> bool:
        """Whether an earlier run has found the objects of this picture."""
        return self._journal is None or source in self._journal

    def objects_of(self, source: str) -> dict[str, int] | None:
        """The objects that an earlier run has found in this picture."""
        return None if self._journal is None else self._journal.objects_of(source)

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Encodes the masks; the function that is returned writes a line of the journal."""
        if self._journal is None:
            self.start(detections.class_names)
        journal = self._journal
        assert journal is not None
        entry = journal.entry(_image_name(frame), detections)
        return lambda: journal.append(entry)

    def condense(self, frame: Frame, detections: Detections) -> tuple[str, bytes]:
        """A line of the journal."""
        ids = self._ids or category_ids(detections.class_names)
        return journal_entry(_image_name(frame), detections, ids, self._polygons, self._image_fields)

    def add_condensed(self, frame: Frame, condensed: tuple[str, bytes]) -> None:
        """Writes the line."""
        assert self._journal is not None
        self._journal.append(condensed)

    def finish(self) -> None:
        """Writes the JSON file and removes the journal.

        Raises:
            OSError: it cannot be written; the journal stays.
        """
        if self._journal is not None:
            write_parts(self._path, self._journal.json_parts())
            self._journal.close(remove=True)

    def discard(self) -> None:
        """Removes the journal, unless it holds what an earlier run found."""
        if self._journal is not None:
            self._journal.close(remove=not self._journal.resumed)

    def part(self, failed: bool = False) -> Path | None:
        """The journal; None where there was no picture. See `Sink.part`."""
        if self._journal is None or self._path is None or not len(self._journal):
            return None
        self._journal.close(remove=False)
        return self._journal.path

    def join(self, part: Path | None) -> None:
        """Adds the pictures of a video that another process has done."""
        if part is not None and self._journal is not None:
            self._journal.add_lines(part)

    def suspend(self) -> str | None:
        """Closes the journal and keeps it."""
        if self._journal is None:
            return None
        self._journal.close(remove=False)
        if self._journal.path is None:
            return None
        return f"What was found so far is in {self._journal.path}: the same command with --skip-existing continues."

    def _open(self, class_names: tuple[str, ...]) -> CocoJournal:
        settings = class_names, self._polygons, self._ids, self._description, self._image_fields
        if self._path is None or is_stream(self._path):  # no file can lie beside it
            return CocoJournal(None, *settings)
        part = journal_path(self._path)
        if not self._resume:
            CocoJournal.remove(part)
            return CocoJournal(part, *settings)
        earlier = read_dataset(self._path, class_names) if self._path.is_file() else None
        journal = CocoJournal(part, *settings)
        if earlier is not None:
            journal.add_dataset(earlier)
        return journal


def _image_name(frame: Frame) -> str:
    """`file_name` of a frame: a photo's own, a video frame's with its number behind it."""
    return f"{frame.source}/{frame.index:06d}" if frame.duration or frame.time else frame.source
