"""`JsonLines`: a sink that writes what was found as JSON lines, one a frame, while the video runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_json import category_ids, coco_annotations
from maskseg_cli.export.earlier_records import parse_record
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import GrowingFile, utf8, write_stdout
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.sink import Sink
from maskseg_cli.standard_streams import binary_stdout


class JsonLines(Sink):
    """Writes a line for each frame: where and when it is, and COCO's annotations of its objects.

    Each line holds `file_name`; `frame`, the frame's number in the source from 0; `time` in seconds; `width` and
    `height`; `detected_in`, the number of the frame on which the network was run (another one where `--every` keeps
    a result); and `annotations` as in COCO's files, with `image_id` the frame's number, the class name as `category`,
    and the number of the object as `track_id` where objects are tracked.

    Lines that were written are kept, whatever ends the run; under the name NAME.partial.EXT, where a file of an earlier
    run was to be replaced, which then stays.

    Args:
        path: the file, which is replaced if anything is written; None: standard output.
        keep: keep the lines of an existing file, except those of `replaced`.
        replaced: names of the videos that are done now, as `Frame.source`.

    Attributes:
        written: lines so far.

    Raises:
        MasksegError: the existing file holds something other than such lines, or standard output is closed.
        OSError: the file cannot be written.
    """

    needs_picture = False

    def __init__(self, path: str | Path | None, keep: bool = False, replaced: Collection[str] = ()) -> None:
        self.path = None if path is None else Path(path)
        self.written = 0
        self._ids: tuple[int, ...] = ()
        self._last: tuple[Detections, list[dict[str, Any]]] | None = None
        self._existed = self.path is not None and self.path.is_file()
        self._keep = keep
        self._file: GrowingFile | None = None
        self._write: Callable[[bytes], object] = write_stdout
        if self.path is None:
            binary_stdout()
        else:
            self._file = GrowingFile(self.path)
            self._write = self._file.write
            try:
                if keep and self._existed:
                    self._copy(self.path, replaced)
            except BaseException:
                self._file.discard()
                raise

    def start(self, class_names: tuple[str, ...]) -> None:
        """Sets the class names, background first."""
        self._ids = category_ids(class_names)

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Writes the line of one frame.

        Raises:
            OSError: it cannot be written.
        """
        if self._last is None or self._last[0] is not detections:  # a result that several frames keep is encoded once
            names = detections.names
            ids = self._ids or category_ids(detections.class_names)
            annotations = coco_annotations(detections, frame.index, ids)
            self._last = detections, [{**one, "category": names[i]} for i, one in enumerate(annotations)]
        self._write(frame_line(frame, detections.image_size, self._last[1]))
        self.written += 1

    def finish(self) -> None:
        """Gives the file its name; an existing file stays where no line was written.

        Raises:
            OSError: it cannot be written.
        """
        if self._file is None:
            return
        if not self.written and self._existed:
            self._file.discard()
        else:
            self._file.finish()
            assert self.path is not None
            with contextlib.suppress(OSError):
                partial_path(self.path).unlink()

    def discard(self) -> None:
        """Keeps the lines that were written; removes the file if there are none.

        Raises:
            OSError: it cannot be written.
        """
        if self._file is None:
            return
        if self.written:
            replaces = self.path is not None and self._existed and not self._keep
            self._file.finish(partial_path(self.path) if replaces and self.path is not None else None)
        else:
            self._file.discard()

    def part(self, failed: bool = False) -> Path | None:
        """The file of the lines; None where there is none. See `Sink.part`."""
        if not self.written:
            self.discard()
            return None
        self.finish()
        return self.path

    def join(self, part: Path | None) -> None:
        """Adds the lines of a video that another process has done.

        Raises:
            OSError: they cannot be written.
        """
        if part is not None:
            with part.open("rb") as lines:
                for line in lines:
                    self._write(line)
                    self.written += 1

    def _copy(self, earlier: Path, replaced: Collection[str]) -> None:
        assert self._file is not None
        with earlier.open("rb") as lines:
            for line in lines:
                try:
                    left_out = parse_record(line)["file_name"] in replaced
                except (ValueError, KeyError, TypeError) as error:
                    if not line.endswith(b"\n"):  # cut off by a full disk
                        continue
                    raise MasksegError(
                        f"{earlier} holds something else than the lines of videos: --overwrite replaces it."
                    ) from error
                if not left_out:
                    self._file.write(line if line.endswith(b"\n") else line + b"\n")


def frame_line(
    frame: Frame, image_size: tuple[int, int], annotations: Sequence[dict[str, Any]], time: float | None = None
) -> bytes:
    """The line of one frame.

    Args:
        image_size: (height, width) in pixels.
        annotations: of its objects, as `coco_annotations` yields them, with the class name as `category`.
        time: in seconds; None: that of the frame.
    """
    height, width = image_size
    line = {
        "file_name": frame.source,
        "frame": frame.index,
        "time": round(float(frame.time), 6) if time is None else time,
        "width": width,
        "height": height,
        "detected_in": frame.index if frame.detected_in is None else frame.detected_in,
        "annotations": [{**annotation, "image_id": frame.index} for annotation in annotations],
    }
    return utf8(json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + b"\n"
