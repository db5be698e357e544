"""Files of saved detections: `DetectionsWriter` writes one frame by frame, `DetectionsReader` finds frames in one."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.detections_records import (
    END,
    FRAME,
    HEADER,
    KEPT,
    SOURCE,
    START,
    FrameRecord,
    Header,
    NewerFormatError,
    begin,
    check_begin,
    read_record,
    read_records,
    record,
    source_name,
    source_record,
)
from maskseg_cli.export.packed_detections import pack, unpack
from maskseg_cli.export.saved_frames import SavedFrames
from maskseg_cli.media.partial_files import partial_path

_NO_FILE = "{} holds no detections that --save-detections wrote."


class DetectionsWriter:
    """Writes frames into NAME.partial.EXT, which gets its name when the run ends.

    Each record is on its way to the disk when its method returns: what a killed process has left can be read.

    Args:
        path: the final name; missing folders are made.
        header: about the run.
        resume: go on with the file of an earlier run, complete or not.

    Attributes:
        sources: names of the photos or videos in the file.
        frames: frames written, those of an earlier run not counted.
        resumed: the file goes on with one that exists.

    Raises:
        MasksegError: the earlier file was made by another network, or is no such file.
        OSError: the folder cannot be written.
    """

    def __init__(self, path: str | Path, header: Header, resume: bool = False) -> None:
        self.path = Path(path)
        self.partial = partial_path(self.path)
        self.sources: set[str] = set()
        self.frames = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        earlier = next((one for one in (self.partial, self.path) if resume and one.is_file()), None)
        self.resumed = earlier is not None
        if earlier is None:
            self._file: BinaryIO = self.partial.open("wb", buffering=0)
            self._write(begin() + record(HEADER, header.to_bytes()))
        else:
            self._file = self._go_on(earlier, header)

    def source(self, name: str) -> None:
        """Begins a photo or video; what the file held of it before no longer counts."""
        self._write(source_record(name))
        self.sources.add(name)

    def frame(self, index: int, time: Fraction, detections: Detections) -> None:
        """Writes a frame that the network was run on.

        Raises:
            OSError: the disk is full.
            MasksegError: more objects than the format takes.
        """
        try:
            packed = pack(detections)
        except ValueError as error:
            raise MasksegError(f"{self.path} cannot hold the objects of a frame: {error}.") from error
        self._add(FrameRecord(index, time, detections.image_size, len(detections), packed))

    def kept(self, index: int, time: Fraction) -> None:
        """Writes a frame that keeps the objects of the one before."""
        self._add(FrameRecord(index, time))

    def add_file(self, path: Path) -> None:
        """Adds the frames of another file of the same network.

        Raises:
            OSError: it cannot be read, or not be written.
        """
        with path.open("rb") as other:
            other.seek(START)
            for _, kind, body in read_records(other):
                if kind == SOURCE:
                    self.sources.add(source_name(body))
                if kind in (SOURCE, FRAME, KEPT):
                    self._write(record(kind, body))
                    self.frames += kind != SOURCE

    def finish(self) -> None:
        """Completes the file and gives it its name; a file that was there is replaced.

        Raises:
            OSError: it cannot be written; what was written stays as NAME.partial.EXT.
        """
        self._write(record(END))
        self._file.close()
        try:
            os.replace(self.partial, self.path)
        except OSError as error:
            error.filename, error.filename2 = str(self.path), None
            raise

    def close(self) -> None:
        """Ends writing; NAME.partial.EXT stays, unless there is nothing in it."""
        self._file.close()
        if not self.frames and not self.resumed:
            self.partial.unlink(missing_ok=True)

    def _add(self, one: FrameRecord) -> None:
        try:
            data = one.to_record()
        except struct.error as error:
            raise MasksegError(f"{self.path} cannot hold a frame at the time {one.time}.") from error
        self._write(data)
        self.frames += 1

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            error.filename = str(self.path)
            raise

    def _go_on(self, earlier: Path, header: Header) -> BinaryIO:
        reader = DetectionsReader(earlier)
        before = reader.header
        reader.close()
        same = (before.kind, before.class_names, before.network, before.config.graph)
        if same != (header.kind, header.class_names, header.network, header.config.graph):
            raise MasksegError(f"{earlier} was begun with another network, {before.network}: --overwrite begins anew.")
        if before.lowest_score > header.lowest_score:
            raise MasksegError(
                f"{earlier} holds objects from a score of {before.lowest_score:g} on, not from "
                f"{header.lowest_score:g}: --overwrite begins anew."
            )
        self.sources = set(reader.names)
        if earlier == self.path:
            with earlier.open("rb") as source, self.partial.open("wb") as copy:
                _copy(source, copy, reader.end)
        file = self.partial.open("r+b", buffering=0)
        file.seek(reader.end)
        file.truncate()
        return file


def _copy(source: BinaryIO, copy: BinaryIO, size: int) -> None:
    while size > 0:
        part = source.read(min(size, 2**20))
        if not part:
            return
        copy.write(part)
        size -= len(part)


class DetectionsReader:
    """A file of saved detections; a beginning of one, as a killed run leaves it, can be read too.

    Its frames are listed in memory, 40 bytes each; their objects are read when they are asked for, also by several
    threads at once.

    Args:
        path: the file.

    Attributes:
        header: about the run.
        end: bytes of the file up to the end of its last whole record, that of its end left out.
        complete: whether the run that wrote it came to its end.

    Raises:
        MasksegError: it cannot be read, is of a later format, or no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.complete = False
        self.end = START
        self._sources: dict[str, SavedFrames] = {}
        self._lock = threading.Lock()
        try:
            self._file: BinaryIO = self.path.open("rb")
        except OSError as error:
            raise MasksegError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        try:
            self.header = self._scan()
        except BaseException:
            self._file.close()
            raise

    @property
    def names(self) -> list[str]:
        """Names of the photos or videos, in the order in which they were begun."""
        return list(self._sources)

    def frames_of(self, name: str) -> SavedFrames | None:
        """The frames of a photo or video; None if it is not in the file."""
        return self._sources.get(name)

    def detections_at(self, place: int) -> Detections:
        """The objects of the frame whose record begins at a place.

        Raises:
            MasksegError: they cannot be read.
        """
        with self._lock:
            self._file.seek(place)
            found = read_record(self._file)
        try:
            if found is None or found[0] != FRAME:
                raise ValueError("no frame")
            one = FrameRecord.from_body(*found)
            assert one.size is not None
            return unpack(one.packed, one.count, one.size, self.header.class_names)
        except ValueError as error:
            raise MasksegError(f"{self.path} is damaged: a frame has {error}.") from error

    def __iter__(self) -> Iterator[tuple[str, int, Fraction, Detections]]:
        """Yields source, number, time and objects of each frame that the network was run on."""
        for name, frames in self._sources.items():
            for row, index in enumerate(frames.indices):
                if frames.detected_in[row] == index:
                    yield name, index, frames.time(row), self.detections_at(frames.places[row])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _scan(self) -> Header:
        try:
            check_begin(self._file.read(START))
            first = read_record(self._file)
            if first is None or first[0] != HEADER:
                raise ValueError("no header")
            header = Header.from_bytes(first[1])
            self.end = self._file.tell()
            self._list()
        except NewerFormatError as error:
            raise MasksegError(
                f"{self.path} has the format {error} of a later maskseg, which this one does not know: update maskseg."
            ) from error
        except ValueError as error:
            raise MasksegError(_NO_FILE.format(self.path)) from error
        except OSError as error:
            raise MasksegError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        return header

    def _list(self) -> None:
        """Lists the frames.

        Raises:
            ValueError: records that no writer makes.
        """
        frames: SavedFrames | None = None
        for place, kind, body in read_records(self._file):
            self.complete = kind == END
            if kind == END:
                continue
            if kind == SOURCE:
                name = source_name(body)
                self._sources.pop(name, None)
                frames = self._sources[name] = SavedFrames()
            elif kind in (FRAME, KEPT) and frames is not None:
                frames.add(FrameRecord.from_body(kind, body), place)
            else:
                raise ValueError("records out of order")
            self.end = self._file.tell()
