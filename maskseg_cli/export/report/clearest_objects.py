"""`ClearestObjects`: the objects of each class with the highest scores, cut out by their masks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.places import tracks_of
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.pages.thumbnails import Thumbnail, data_uri, shrunk

#: Longer side of a cut-out in pixels, its quality, and least area of an object in pixels.
_SIDE, _QUALITY, _LEAST_AREA = 160, 80, 300

#: An object that is cut off by the picture's edge counts as less clear.
_AT_EDGE = 0.5

#: How much clearer an object must be to take the place of its own earlier cut-out.
_BETTER = 1.02


@dataclass
class _Candidate:
    key: object
    clearness: float
    picture: Thumbnail


class ClearestObjects:
    """Keeps cut-outs of the clearest objects of each class, of a track only one.

    Args:
        most: so many of a class.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._best: dict[str, list[_Candidate]] = {}

    def add(self, frame: Frame, detections: Detections, caption: str) -> None:
        """Looks at the objects of one frame.

        Args:
            caption: where the frame is from.
        """
        rows = zip(detections.labels, detections.confidence.tolist(), tracks_of(detections), strict=True)
        for number, (name, score, track) in enumerate(rows):
            best = self._best.setdefault(name, [])
            # Without tracks the same object is in the frames around: one cut-out a second.
            key = (frame.source, "track", track) if track >= 0 else (frame.source, int(frame.time), 0)
            if frame.job is not None:
                key = (frame.source, "object", number)
            clearness = score * (_AT_EDGE if _at_edge(detections, number) else 1.0)
            own = next((one for one in best if one.key == key), None)
            if own is not None and clearness < own.clearness * _BETTER:
                continue
            full = len(best) == self._most
            if own is None and full and clearness <= best[-1].clearness * _BETTER:
                continue
            if detections.masks[number].area < _LEAST_AREA:
                continue
            if own is not None:
                best.remove(own)
            elif full:
                best.pop()
            best.append(_Candidate(key, clearness, _cut_out(frame, detections, number, f"{caption}, {score:.0%}")))
            best.sort(key=lambda one: -one.clearness)

    def join(self, other: ClearestObjects, source: str) -> None:
        """Looks at the cut-outs that another process has kept of a video.

        Args:
            source: its name, for the captions; "": they stay as they are.
        """
        for name, candidates in other._best.items():
            best = self._best.setdefault(name, [])
            for one in candidates:
                if len(best) == self._most:
                    if one.clearness <= best[-1].clearness * _BETTER:
                        continue
                    best.pop()
                if source:
                    one.picture = replace(one.picture, caption=f"{source}, {one.picture.caption}")
                best.append(one)
                best.sort(key=lambda one: -one.clearness)

    def chosen(self, name: str) -> list[Thumbnail]:
        """The cut-outs of a class, clearest first."""
        return [one.picture for one in self._best.get(name, [])]


def _at_edge(detections: Detections, number: int) -> bool:
    mask = detections.masks[number]
    height, width = detections.image_size
    bottom, right = mask.top + mask.bitmap.shape[0], mask.left + mask.bitmap.shape[1]
    near_y, near_x = max(2, height // 100), max(2, width // 100)  # masks end a little before the edge
    return mask.top < near_y or mask.left < near_x or bottom > height - near_y or right > width - near_x


def _cut_out(frame: Frame, detections: Detections, number: int, caption: str) -> Thumbnail:
    mask = detections.masks[number]
    height, width = mask.bitmap.shape
    part = frame.image[mask.top : mask.top + height, mask.left : mask.left + width]
    alpha: NDArray[np.uint8] = mask.bitmap.astype(np.uint8) * np.uint8(255)
    small = shrunk(np.asarray(cv2.merge([*cv2.split(part), alpha]), np.uint8), _SIDE)
    uri = data_uri(small, ".webp", [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    return Thumbnail(caption, uri, small.shape[1], small.shape[0])
