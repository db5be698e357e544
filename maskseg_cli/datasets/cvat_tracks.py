"""Tracks in CVAT's XML files: the shapes of each frame, also of those between two key frames.

CVAT's own exports have a shape in each frame. Other programs write key frames alone, as CVAT reads them too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from maskseg_cli.datasets.cvat_shapes import WITH_AREA, WITHOUT_AREA
from maskseg_cli.datasets.field_values import from_text, is_number, shown, whole_number
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError

#: Attributes that move evenly from one key frame to the next.
_MOVED = {"box": ("xtl", "ytl", "xbr", "ybr"), "ellipse": ("cx", "cy", "rx", "ry")}

#: A file with more shapes between key frames is refused: a small one could have billions.
_MOST_BETWEEN = 5_000_000


class TrackShape(NamedTuple):
    """The shape of a track in one frame.

    Attributes:
        track: number of the track in the file, from 0.
        element: the shape.
        kind: None for a shape of the file; else the kind of problem that says how it was found.
    """

    track: int
    element: Element
    kind: str | None = None


class Tracks:
    """The shapes of all tracks of a file.

    Args:
        tracks: the elements `track`.
        log: gets the shapes without the number of a frame.

    Attributes:
        frames: number of each frame with shapes -> these, in the order of the tracks; shapes that are `outside` are no
            shapes.
        first, last: the frames between which a track has a shape; None without any.
    """

    def __init__(self, tracks: Sequence[Element], log: ProblemLog) -> None:
        self.frames: dict[int, list[TrackShape]] = {}
        self._gaps: list[tuple[int, tuple[int, Element], tuple[int, Element]]] = []
        for index, track in enumerate(tracks):
            shapes: list[tuple[int, Element]] = []
            for shape in (one for one in track if one.tag in (*WITH_AREA, *WITHOUT_AREA)):
                number = whole_number(shape.get("frame"))
                if number is None or number < 0:
                    log.add("frame-number", f"track {shown(track.get('id'))}", shown(shape.get("frame")))
                    continue
                shapes.append((number, shape))
                if not _is_outside(shape):
                    self.frames.setdefault(number, []).append(TrackShape(index, shape))
            for before, behind in pairwise(sorted(shapes, key=lambda one: one[0])):
                if behind[0] - before[0] > 1 and before[1].tag in WITH_AREA and not _is_outside(before[1]):
                    self._gaps.append((index, before, behind))
        self.first = min(self.frames, default=None)
        self.last = max([*self.frames, *(behind[0] - 1 for _, _, behind in self._gaps)], default=None)

    def fill(self, present: Iterable[int]) -> None:
        """Adds the frames that are present between the first and the last one, and the shapes between key frames.

        Boxes and ellipses move evenly from one key frame to the next, as in CVAT; other outlines stay those of the key
        frame before.

        Args:
            present: numbers of the frames whose pictures are there.

        Raises:
            MasksegError: there are too many shapes.
        """
        if self.first is None or self.last is None:
            return
        for number in present:
            if self.first <= number <= self.last:
                self.frames.setdefault(number, [])
        numbers = sorted(self.frames)
        added = 0
        for index, (start, before), (end, behind) in self._gaps:
            between = numbers[bisect_right(numbers, start) : bisect_left(numbers, end)]
            added += len(between)
            if added > _MOST_BETWEEN:
                raise MasksegError(
                    f"The file has more than {_MOST_BETWEEN} shapes between the key frames of its tracks."
                )
            for number in between:
                moved = _moved(before, behind, (number - start) / (end - start))
                kind = "track-held" if moved is None else "track-moved"
                self.frames[number].append(TrackShape(index, before if moved is None else moved, kind))
        for some in self.frames.values():
            some.sort(key=lambda one: one.track)


def _is_outside(shape: Element) -> bool:
    return shape.get("outside", "0").strip() == "1"


def _moved(before: Element, behind: Element, share: float) -> Element | None:
    """A box or an ellipse between two others; None for other shapes, and for a broken one.

    Args:
        share: of the way from `before` to `behind`, 0 to 1.
    """
    keys = _MOVED.get(before.tag)
    if keys is None or behind.tag != before.tag:
        return None
    moved = Element(before.tag, before.attrib)
    for key in (*keys, "rotation"):
        start, end = (from_text(one.get(key, "0" if key == "rotation" else "")) for one in (before, behind))
        if not is_number(start) or not is_number(end):
            return None
        way = float(end) - float(start)
        if key == "rotation":  # in degrees, the shorter way round
            way = (way + 180) % 360 - 180
        moved.set(key, repr(float(start) + way * share))
    return moved
