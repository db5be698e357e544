"""`CvatTracks`: a sink that writes an XML file a video, "CVAT for video 1.1", with a track an object."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.export.completed_sink import CompletedSink
from maskseg_cli.export.cvat_xml import FOOTER, attribute, header, points, score_attribute
from maskseg_cli.export.entry_names import EntryNames
from maskseg_cli.export.mask_polygons import mask_parts, one_ring
from maskseg_cli.export.parts import write_parts
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8


@dataclass
class _Track:
    #: Class name -> sum of the scores with which the object was taken for it.
    votes: dict[str, float] = field(default_factory=dict)
    #: Where its shapes begin in the temporary file.
    places: array[int] = field(default_factory=lambda: array("q"))
    #: The corners of its last shape.
    corners: str = ""


class CvatTracks(PreparedSink, CompletedSink):
    """Writes NAME.xml for each video, with a polygon a track and frame.

    Where an object is gone, its track has a shape with `outside="1"`. Objects without an id are a track each. Shapes
    wait in a temporary file on the disk until their video is over; in memory are only their places.

    Args:
        folder: is made.
        note: called with a sentence, once, where the format cannot say all of an object.
    """

    needs_picture = False

    def __init__(self, folder: str | Path, note: Callable[[str], None] | None = None) -> None:
        self.folder = Path(folder)
        self._class_names: tuple[str, ...] = ()
        self._note = note
        self._noted = False
        self._names = EntryNames()
        self._source: str | None = None
        self._shapes: IO[bytes] | None = None
        self._tracks: dict[int, _Track] = {}
        self._shown: set[int] = set()
        self._next_single = -1

    def start(self, class_names: tuple[str, ...]) -> None:
        """Takes the class names, background first."""
        self._class_names = class_names

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Makes the polygons; the function that is returned stores them."""
        shapes = []
        for mask in detections.masks:
            parts = mask_parts(mask)
            shapes.append(points(one_ring(parts)) if parts else "")
            if len(parts) > 1 or (parts and parts[0].holes):
                self._say("CVAT has one polygon a track: parts and holes are joined to it by lines without area.")
        return lambda: self._add(frame, detections, shapes)

    def reserve(self, source: str) -> str | None:
        """See `Sink.reserve`."""
        name = self._names.of_source(source)
        return None if name == EntryNames().of_source(source) else name

    def finish(self) -> None:
        """Writes the file of the last video.

        Raises:
            OSError: it cannot be written.
        """
        if self._shapes is None or self._source is None:
            return
        path = self.folder / f"{self._names.of_source(self._source or 'frame')}.xml"
        try:
            write_parts(path, self._document())
        finally:
            self.discard()

    def discard(self) -> None:
        """Forgets the last video."""
        if self._shapes is not None:
            self._shapes.close()
        self._shapes, self._source = None, None
        self._tracks, self._shown = {}, set()

    def _add(self, frame: Frame, detections: Detections, shapes: list[str]) -> None:
        if self._shapes is None or frame.source != self._source:
            self.finish()
            self._source = frame.source
            self._shapes = tempfile.TemporaryFile()  # noqa: SIM115  closed by `discard`
        tracked = [-1] * len(detections) if detections.tracker_id is None else detections.tracker_id.tolist()
        names, shown = detections.names, {}
        for i, corners in enumerate(shapes):
            if corners:
                key = tracked[i]
                if key < 0 or key in shown:
                    key = self._next_single
                    self._next_single -= 1
                shown[key] = i
        for key in sorted(self._shown - shown.keys(), reverse=True):
            self._store(self._tracks[key], frame.index, outside=True)
        for key, i in shown.items():
            track = self._tracks.setdefault(key, _Track())
            track.corners = shapes[i]
            name = names[i]
            track.votes[name] = track.votes.get(name, 0.0) + float(detections.confidence[i])
            self._store(track, frame.index, score=score_attribute(detections.confidence[i]))
        for key in self._shown - shown.keys():
            self._tracks[key].corners = ""  # not needed any more
        self._shown = set(shown)

    def _store(self, track: _Track, index: int, outside: bool = False, score: str = "") -> None:
        assert self._shapes is not None
        track.places.append(self._shapes.seek(0, 2))
        self._shapes.write(
            utf8(
                f'<polygon frame="{index}" outside="{int(outside)}" occluded="0" keyframe="1" '
                f'points="{track.corners}" z_order="0">{score}</polygon>\n'
            )
        )

    def _document(self) -> Iterator[bytes]:
        assert self._shapes is not None
        yield header(self._class_names, "interpolation")
        for number, track in enumerate(self._tracks.values()):
            name = max(track.votes, key=track.votes.__getitem__)
            yield utf8(f'<track id="{number}" label={attribute(name)} source="auto">\n')
            for place in track.places:
                self._shapes.seek(place)
                yield self._shapes.readline()
            yield b"</track>\n"
        yield FOOTER

    def _say(self, sentence: str) -> None:
        if not self._noted:
            self._noted = True
            if self._note is not None:
                self._note(sentence)
