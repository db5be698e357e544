"""`MotsFiles`: a sink that writes the text files of MOTS (multi-object tracking and segmentation), one a video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.completed_sink import CompletedSink
from maskseg_cli.export.entry_names import EntryNames
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import GrowingFile
from maskseg_cli.rle import encode_rle

#: KITTI MOTS' numbers of classes, and what is added to the network's number of any other class: 10 means "ignore".
_KITTI = {"car": 1, "person": 2, "pedestrian": 2}
_OTHERS = 100


class MotsFiles(CompletedSink):
    """Writes NAME.txt for each video: lines of frame, id, class, height, width and compressed RLE.

    Classes are numbered as in KITTI MOTS: 1 is car, 2 is person; others have 100 plus the network's number, from 101.
    A pixel belongs to one object only, as the format demands: the better score wins. Objects without an id are left
    out. The file of a video appears when its last frame was added, or the run was stopped.

    Args:
        folder: is made.
        note: called with a sentence, once each, about what is left out.
    """

    needs_picture = False

    def __init__(self, folder: str | Path, note: Callable[[str], None] | None = None) -> None:
        self.folder = Path(folder)
        self._note = note
        self._noted = False
        self._names = EntryNames()
        self._source: str | None = None
        self._file: GrowingFile | None = None

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Writes the lines of one frame.

        Raises:
            OSError: they cannot be written.
        """
        if frame.source != self._source or self._file is None:
            self.finish()
            self._source = frame.source
            self._file = GrowingFile(self.folder / f"{self._names.of_source(frame.source or 'frame')}.txt")
        ids = [-1] * len(detections) if detections.tracker_id is None else detections.tracker_id.tolist()
        if -1 in ids and not self._noted:
            self._noted = True
            if self._note is not None:
                self._note("MOTS is about tracked objects: those without an id are left out of it.")
        height, width = detections.image_size
        names = detections.names
        for i, mask in enumerate(disjoint_masks(detections)):
            if ids[i] >= 0 and mask.bitmap.any():
                kind = _KITTI.get(names[i], _OTHERS + int(detections.class_id[i]))
                counts = encode_rle(mask, height, width)["counts"]
                self._file.write(f"{frame.index} {ids[i]} {kind} {height} {width} {counts}\n".encode())

    def reserve(self, source: str) -> str | None:
        """See `Sink.reserve`."""
        name = self._names.of_source(source)
        return None if name == EntryNames().of_source(source) else name

    def finish(self) -> None:
        """Gives the file of the last video its name.

        Raises:
            OSError: that is not possible.
        """
        if self._file is not None:
            self._file.finish()
            self._file = None

    def discard(self) -> None:
        """Removes the file of the last video."""
        if self._file is not None:
            self._file.discard()
            self._file = None


def disjoint_masks(detections: Detections) -> list[MaskCrop]:
    """The masks without the pixels that belong to an object of a better score too, in the order of the objects."""
    taken = np.zeros(detections.image_size, bool)
    masks = list(detections.masks)
    for i in np.argsort(-detections.confidence, kind="stable").tolist():
        mask = masks[i]
        h, w = mask.bitmap.shape
        there = taken[mask.top : mask.top + h, mask.left : mask.left + w]
        masks[i] = replace(mask, bitmap=mask.bitmap & ~there)
        there |= mask.bitmap
    return masks
