"""What was found in a video as JSON lines: one line a frame of the source, written while the video runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from maskseg_cli.detections import Detections
from maskseg_cli.export.coco_json import category_ids, coco_annotations
from maskseg_cli.media.atomic_file import utf8


class JsonLines:
    """Writes a line for each frame: where and when it is, and COCO's annotations of its objects.

    Each line holds `file_name`; `frame`, the frame's number in the source from 0; `time` in seconds; `width` and
    `height`; `detected_in`, the number of the frame that the network looked at (another one where `--every` keeps
    a result); and `annotations` as in COCO's files, with `image_id` the frame's number and the class in words as
    `category`.

    Args:
        write: takes the bytes of one line.
        class_names: background first.

    Attributes:
        written: lines so far.

    Example:
        >>> lines = []
        >>> out = JsonLines(lines.append, ("background", "cat"))
        >>> out.add("a.mp4", 7, Fraction(1, 4), Detections.empty((2, 3)), 6)
        >>> print(lines[0].decode(), end="")
        {"file_name":"a.mp4","frame":7,"time":0.25,"width":3,"height":2,"detected_in":6,"annotations":[]}
    """

    def __init__(self, write: Callable[[bytes], object], class_names: Sequence[str]) -> None:
        self._write = write
        self._names = tuple(class_names)
        self._ids = category_ids(class_names)
        self.written = 0
        self._last: tuple[Detections, list[dict[str, Any]]] | None = None

    def add(self, file_name: str, index: int, time: Fraction, found: Detections, detected_in: int) -> None:
        """Writes the line of one frame.

        Raises:
            OSError: it cannot be written.
        """
        if self._last is None or self._last[0] is not found:  # a kept result is encoded once
            self._last = (
                found,
                [
                    {**annotation, "category": found.names[i]}
                    for i, annotation in enumerate(coco_annotations(found, index, self._ids))
                ],
            )
        height, width = found.image_size
        line = {
            "file_name": file_name,
            "frame": index,
            "time": round(float(time), 6),
            "width": width,
            "height": height,
            "detected_in": detected_in,
            "annotations": [{**annotation, "image_id": index} for annotation in self._last[1]],
        }
        self._write(utf8(json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + b"\n")
        self.written += 1
