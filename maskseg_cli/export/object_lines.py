"""`ObjectLines`: JSON lines, one a picture, for photos, several videos and cameras alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_json import category_ids, coco_annotations
from maskseg_cli.export.earlier_records import parse_record
from maskseg_cli.export.json_lines import frame_line
from maskseg_cli.export.object_rows import ObjectRows
from maskseg_cli.frame import Frame


class ObjectLines(ObjectRows):
    """Writes the lines of `JsonLines`; lines of photos and videos that are not done again are kept on `resume`.

    Args:
        path, resume: as `ObjectRows` takes them.
        ids: class id -> category id; (): as `coco_json.category_ids` has them.

    Example:
        >>> with ObjectLines("objects.jsonl") as sink:                          # doctest: +SKIP
        ...     for frame, detections in segment_images("photos/"):
        ...         sink.add(frame, detections, None)
    """

    def __init__(self, path: str | Path, resume: bool = False, ids: Sequence[int] = ()) -> None:
        super().__init__(path, resume)
        self._ids = tuple(ids)

    def start(self, class_names: tuple[str, ...]) -> None:
        """Sets the class names, background first."""
        self._ids = self._ids or category_ids(class_names)

    def rows(self, frame: Frame, detections: Detections) -> bytes:
        """The line of one picture."""
        ids = self._ids or category_ids(detections.class_names)
        found = coco_annotations(detections, frame.index, ids)
        annotations = [{**one, "category": name} for one, name in zip(found, detections.names, strict=True)]
        return frame_line(frame, detections.image_size, annotations, self._times(frame))

    def read_rows(self) -> Iterator[tuple[str, bytes]]:
        """The lines of the file.

        Raises:
            MasksegError: it holds something else.
        """
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    name = parse_record(line)["file_name"]
                except (ValueError, KeyError, TypeError) as error:
                    raise MasksegError(
                        f"{self.path} holds something else than JSON lines: name another file."
                    ) from error
                yield str(name), line if line.endswith(b"\n") else line + b"\n"
