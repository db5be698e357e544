"""`DetectionsFile`: saves everything that the network finds, before it is tracked, filtered or drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.export.detections_file import DetectionsWriter
from maskseg_cli.export.detections_records import Header
from maskseg_cli.frame import Frame
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink


class DetectionsFile(Sink):
    """A transform that changes nothing, and stands before all others; as a sink it ends the file.

    Args:
        path: the file.
        header: about the run.
        resume: go on with the file of an earlier run.
        reporter: told about photos or videos of one name.

    Raises:
        MasksegError: what an earlier run left cannot be continued.
        OSError: the folder cannot be written.
    """

    needs_picture = False
    on_cluster = "leader"
    whole_run = True

    def __init__(self, path: Path, header: Header, resume: bool = False, reporter: Reporter | None = None) -> None:
        self._path, self._header, self._resume = path, header, resume
        self._reporter = reporter or Reporter()
        self._writer: DetectionsWriter | None = None
        self._current: str | None = None
        self._detected_in: int | None = None
        self._own: set[str] = set()

    def start(self, class_names: tuple[str, ...]) -> None:
        """Opens the file."""
        if self._writer is None:
            self._writer = DetectionsWriter(self._path, self._header, self._resume)

    def has(self, source: str) -> bool:
        """Whether the file of an earlier run has the objects of a photo."""
        return self._writer is not None and source in self._writer.sources

    def reset(self) -> None:
        """Begins another video."""
        self._current = None

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Saves what the network found in a frame, and returns it."""
        self.start(detections.class_names)
        assert self._writer is not None
        if self._current != frame.source or self._header.kind == "photos":
            self._begin(frame.source)
        found_in = frame.index if frame.detected_in is None else frame.detected_in
        if found_in == self._detected_in and self._header.kind == "video":
            self._writer.kept(frame.index, frame.time)
        else:
            self._writer.frame(frame.index, frame.time, detections)
        self._detected_in = found_in
        return detections

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Does nothing: objects are saved before the transforms change them."""

    def condense(self, frame: Frame, detections: Detections) -> None:
        """Nothing: it gets the objects as a transform."""

    def add_condensed(self, frame: Frame, condensed: None) -> None:
        """Does nothing, as `add`."""

    def finish(self) -> None:
        """Completes the file and gives it its name."""
        if self._writer is not None:
            self._writer.finish()

    def discard(self) -> None:
        """Closes the file; what is in it stays as NAME.partial.EXT."""
        if self._writer is not None:
            self._writer.close()

    def suspend(self) -> str | None:
        """Closes the file, which stays as NAME.partial.EXT."""
        if self._writer is None:
            return None
        self._writer.close()
        return f"The detections so far are in {self._writer.partial}: the same command with --skip-existing continues."

    def part(self, failed: bool = False) -> tuple[Path, set[str]] | None:
        """The file and the names of its videos; None where there was no frame. See `Sink.part`."""
        self.finish()
        return (self._path, self._own) if self._own else None

    def join(self, part: tuple[Path, set[str]] | None) -> None:
        """Adds the frames of a video that another process has done."""
        if part is None or self._writer is None:
            return
        path, names = part
        for name in sorted(names):
            self._own_once(name)
        self._writer.add_file(path)

    def _own_once(self, name: str) -> None:
        """Notes a name, and says where it comes a second time."""
        if name in self._own:
            self._reporter.warn(f"Note: {self._path} holds one {name} only, that which comes last.")
        self._own.add(name)

    def _begin(self, name: str) -> None:
        assert self._writer is not None
        self._own_once(name)
        self._writer.source(name)
        self._current, self._detected_in = name, None
