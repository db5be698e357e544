"""`HiddenGaps`: masks for frames in which a tracked object was not found, so that it stays hidden there too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.frame import Frame
from maskseg_cli.messages import counted
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.transform import FrameDetections

#: Seconds between two sightings of an object that are filled at most; so long a frame is held back.
HOLD = 2.0

#: Frames that are held back take at most so many bytes.
_BYTES = 2**28

#: Frames whose masks are kept after they were released, until they are drawn.
_DRAWN_LATER = 64

#: Ranges of frames that a note names.
_NAMED = 10


@dataclass(frozen=True)
class _Sighting:
    number: int  # of the frame in the order in which frames came
    time: float
    mask: MaskCrop
    name: str


@dataclass
class HiddenGaps:
    """A transform that looks ahead: where a tracked object is missed between two sightings, masks are made from both.

    The detections stay as they are: the masks are for effects that hide objects, see `masks_of`.

    Args:
        choose: the objects that count.
        hold: seconds between two sightings at most.

    Attributes:
        missed: source -> numbers of the frames in which an object was missed.
        names: source -> names of the classes of these objects.
    """

    choose: Choice = EVERYTHING
    hold: float = HOLD
    missed: dict[str, set[int]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets the frames and objects of the video before."""
        self._seen: dict[int, _Sighting] = {}
        self._held: deque[tuple[int, Frame, Detections]] = deque()
        self._bytes = self._count = 0
        self._masks: dict[tuple[str, int], list[MaskCrop]] = {}
        self._released: deque[tuple[str, int]] = deque()

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Returns the detections: without looking ahead nothing can be filled."""
        return detections

    def push(self, frame: Frame, detections: Detections) -> list[FrameDetections]:
        """See `Lookahead.push`."""
        number, time = self._count, float(frame.time)
        self._count += 1
        self._held.append((number, frame, detections))
        self._bytes += frame.image.nbytes
        self._look(number, time, detections)
        out = []
        while self._held and (self._bytes > _BYTES or time - float(self._held[0][1].time) > self.hold):
            out.append(self._release())
        return out

    def flush(self) -> list[FrameDetections]:
        """See `Lookahead.flush`."""
        return [self._release() for _ in range(len(self._held))]

    def masks_of(self, frame: Frame) -> Iterable[MaskCrop]:
        """Where objects are expected that were not found in this frame."""
        return self._masks.get((frame.source, frame.index), ())

    def _look(self, number: int, time: float, detections: Detections) -> None:
        chosen = self.choose(detections)
        if chosen.tracker_id is None:
            return
        for track, mask, name in zip(chosen.tracker_id.tolist(), chosen.masks, chosen.labels, strict=True):
            if track < 0 or not mask.bitmap.any():
                continue
            before = self._seen.get(track)
            now = self._seen[track] = _Sighting(number, time, mask, name)
            if before is not None and number - before.number > 1 and time - before.time <= self.hold:
                self._fill(before, now)
        self._seen = {track: one for track, one in self._seen.items() if time - one.time <= self.hold}

    def _fill(self, before: _Sighting, after: _Sighting) -> None:
        for number, frame, _ in self._held:
            if before.number < number < after.number:
                share = (float(frame.time) - before.time) / max(after.time - before.time, 1e-6)
                mask = between(before.mask, after.mask, min(max(share, 0.0), 1.0))
                self._masks.setdefault((frame.source, frame.index), []).append(mask)
                self.missed.setdefault(frame.source, set()).add(frame.index)
                self.names.setdefault(frame.source, set()).add(after.name)

    def _release(self) -> FrameDetections:
        _, frame, detections = self._held.popleft()
        self._bytes -= frame.image.nbytes
        self._released.append((frame.source, frame.index))
        if len(self._released) > _DRAWN_LATER:
            self._masks.pop(self._released.popleft(), None)
        return frame, detections


def between(before: MaskCrop, after: MaskCrop, share: float) -> MaskCrop:
    """All pixels that one of two masks covers when it is moved and scaled to a place between them.

    Args:
        before, after: with at least one pixel each.
        share: 0 at the place of `before`, 1 at that of `after`.

    Example:
        >>> one, other = MaskCrop(0, 0, np.ones((2, 2), bool)), MaskCrop(8, 4, np.ones((4, 4), bool))
        >>> middle = between(one, other, 0.5)
        >>> middle.top, middle.left, middle.bitmap.shape
        (4, 2, (3, 3))
    """
    boxes = [np.array([m.top, m.left, m.top + m.bitmap.shape[0], m.left + m.bitmap.shape[1]]) for m in (before, after)]
    top, left, bottom, right = np.rint(boxes[0] + share * (boxes[1] - boxes[0])).astype(int).tolist()
    size = (max(1, right - left), max(1, bottom - top))
    covered = np.zeros((size[1], size[0]), np.uint8)
    for mask in (before, after):
        bitmap = np.ascontiguousarray(mask.bitmap).view(np.uint8)
        covered |= np.asarray(cv2.resize(bitmap * 255, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return MaskCrop(top, left, covered > 0)


class GapNotes(Sink):
    """Reports at the end in which frames a tracked object was not found and was hidden where it was expected.

    Args:
        gaps: has seen the frames.
        reporter: takes the notes.
    """

    needs_picture = False

    def __init__(self, gaps: HiddenGaps, reporter: Reporter) -> None:
        self._gaps, self._reporter = gaps, reporter

    def add(self, frame: Frame, detections: Detections, picture: NDArray[Any] | None) -> None:
        """Does nothing."""

    def finish(self) -> None:
        """Reports the frames."""
        for source, frames in self._gaps.missed.items():
            names = ", ".join(sorted(self._gaps.names[source]))
            self._reporter.warn(
                f"Note: {source}: a tracked object ({names}) was not found in {counted(len(frames), 'frame')} "
                f"({ranges(sorted(frames))}); it is hidden there where it was expected: look at them."
            )

    def discard(self) -> None:
        """Does nothing."""

    def part(self, failed: bool = False) -> tuple[dict[str, set[int]], dict[str, set[str]]]:
        """What was missed; see `Sink.part`."""
        return self._gaps.missed, self._gaps.names

    def join(self, part: tuple[dict[str, set[int]], dict[str, set[str]]]) -> None:
        """Adds what was missed in a video that another process has done."""
        self._gaps.missed.update(part[0])
        self._gaps.names.update(part[1])


def ranges(numbers: list[int]) -> str:
    """Sorted numbers in words.

    Example:
        >>> ranges([3, 4, 5, 9])
        '3 to 5, 9'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    words = [str(first) if first == last else f"{first} to {last}" for first, last in parts[:_NAMED]]
    more = f" and {len(parts) - _NAMED} more places" if len(parts) > _NAMED else ""
    return ", ".join(words) + more
