"""A COCO data set that grows on the disk instead of in memory, and that the run after a killed one can continue."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_json import FOUND, category_ids, coco_annotations, coco_categories
from maskseg_cli.export.earlier_records import parse_picture, parse_record
from maskseg_cli.export.name_index import NameIndex
from maskseg_cli.media.atomic_file import utf8

#: In the first line of every journal.
_KIND = "unfinished JSON"


def compact_json(value: Any) -> str:
    """JSON in one line without spaces, all letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def journal_entry(
    file_name: str,
    detections: Detections,
    ids: Sequence[int],
    polygons: bool = False,
    image_fields: Callable[[str], dict[str, Any]] | None = None,
) -> tuple[str, bytes]:
    """A picture's name and line of a journal; the arguments are those of `CocoJournal`, and `ids` are not ()."""
    height, width = detections.image_size
    image: dict[str, Any] = {"file_name": file_name, "width": width, "height": height}
    if image_fields is not None:
        image |= image_fields(file_name)
    annotations = list(coco_annotations(detections, 0, ids, polygons))
    return file_name, utf8(compact_json({"image": image, "annotations": annotations}) + "\n")


class CocoJournal:
    """A file of JSON lines, one a picture, which become one COCO JSON at the end.

    The first line holds the categories; each further one a picture's entry without ids and its annotations. Of two
    lines for one picture the later counts.

    Args:
        path: the file of lines; None: a temporary file without a name.
        class_names: background first.
        polygons: outlines as polygons instead of RLE.
        ids: class id -> category id; (): as `coco_json.category_ids` has them.
        description: what the file says about itself.
        image_fields: gives further fields of a picture's record by its name, such as an `id` in place of 1, 2, 3 ...

    Attributes:
        resumed: the file existed already, with the results of a stopped run.

    Raises:
        MasksegError: the file is no journal, or one of other classes.

    Example:
        >>> journal = CocoJournal(None, ("background", "cat"))
        >>> journal.add("cat.jpg", Detections.empty((480, 640)))
        >>> json.loads(b"".join(journal.json_parts()))["images"]
        [{'id': 1, 'file_name': 'cat.jpg', 'width': 640, 'height': 480}]
    """

    def __init__(
        self,
        path: Path | None,
        class_names: Sequence[str],
        polygons: bool = False,
        ids: Sequence[int] = (),
        description: str = FOUND,
        image_fields: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        self._image_fields = image_fields
        self._polygons = polygons
        self._info = {"description": description}
        self.path = path
        self._class_names = tuple(class_names)
        self._ids = tuple(ids) or category_ids(class_names)
        self._first: dict[str, Any] = {"maskseg": _KIND, "categories": coco_categories(class_names, self._ids)}
        self._file: BinaryIO | None = None
        #: Name of each photo -> where its line begins in the file; a photo has one entry in the JSON.
        self._lines = NameIndex()
        #: Where lines begin that do not count, because a later one is about the same photo.
        self._outdated: set[int] = set()
        self.resumed = path is not None and path.exists()
        if path is not None and self.resumed:
            self._go_on(path)

    def __contains__(self, file_name: str) -> bool:
        return file_name in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def entry(self, file_name: str, detections: Detections) -> tuple[str, bytes]:
        """A picture's name and line, for `append`; changes nothing, so that any thread may call it."""
        return journal_entry(file_name, detections, self._ids, self._polygons, self._image_fields)

    def append(self, entry: tuple[str, bytes]) -> None:
        """Writes a line without buffering.

        Raises:
            OSError: the disk is full.
        """
        if self._file is None:
            self._file = self._begin()
        self._note(entry[0], self._write(entry[1]))

    def add(self, file_name: str, detections: Detections) -> None:
        """Adds a picture and its objects."""
        self.append(self.entry(file_name, detections))

    def objects_of(self, file_name: str) -> dict[str, int] | None:
        """Class name -> number of objects of a picture; None if there is no such picture."""
        place = self._lines.get(file_name)
        if self._file is None or place is None:
            return None
        with os.fdopen(os.dup(self._file.fileno()), "rb") as lines:
            lines.seek(place)
            _, annotations = parse_picture(lines.readline())
        names = {category["id"]: category["name"] for category in self._first["categories"]}
        ids = [annotation["category_id"] for annotation in annotations]
        return dict(Counter(names.get(i, f"class {i}") for i in ids))

    def add_dataset(self, data: dict[str, Any]) -> None:
        """Adds the pictures of a finished data set (`read_dataset`) that the journal does not have."""
        annotations: dict[Any, list[dict[str, Any]]] = {image["id"]: [] for image in data["images"]}
        for annotation in data["annotations"]:
            annotations.get(annotation["image_id"], []).append(annotation)
        for image in data["images"]:
            name = image["file_name"]
            if name not in self:
                kept = {key: image[key] for key in ("file_name", "width", "height")}
                line = compact_json({"image": kept, "annotations": annotations[image["id"]]})
                self.append((name, utf8(line + "\n")))

    def add_lines(self, path: Path) -> None:
        """Adds the pictures of another journal of the same classes."""
        with path.open("rb") as lines:
            _check_first(path, lines.readline())
            for line in lines:
                self.append((parse_picture(line)[0]["file_name"], line))

    @staticmethod
    def remove(path: Path) -> None:
        """Removes the journal of an earlier run, if there is one.

        Raises:
            MasksegError: the file is no journal.
        """
        if path.exists():
            with path.open("rb") as lines:
                _check_first(path, lines.readline())
            path.unlink()

    def json_parts(self) -> Iterator[bytes]:
        """The data set as JSON text in pieces, with ids from 1 on; keeps one photo at a time in memory."""
        yield f'{{"info":{compact_json(self._info)},"images":['.encode()
        for number, record in enumerate(self._records(), 1):
            yield utf8(("," if number > 1 else "") + compact_json({"id": number, **record["image"]}))
        yield b'],"annotations":['
        count = 0
        for number, record in enumerate(self._records(), 1):
            image_id = record["image"].get("id", number)
            texts = []
            for annotation in record["annotations"]:
                count += 1
                annotation.pop("id", None)
                texts.append(compact_json({"id": count, **annotation, "image_id": image_id}))
            if texts:
                yield utf8(("," if count > len(texts) else "") + ",".join(texts))
        yield f'],"categories":{compact_json(self._first["categories"])}}}\n'.encode()

    def close(self, remove: bool) -> None:
        """Ends writing.

        Args:
            remove: delete the file.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
            self._lines.close()
            if remove and self.path is not None:
                self.path.unlink(missing_ok=True)

    def _records(self) -> Iterator[dict[str, Any]]:
        if self._file is None:
            return
        with os.fdopen(os.dup(self._file.fileno()), "rb") as lines:
            lines.seek(0)
            at = len(lines.readline())
            for line in lines:
                if at not in self._outdated:
                    yield json.loads(line)
                at += len(line)

    def _note(self, name: str, place: int) -> None:
        before = self._lines.get(name)
        if before is not None:
            self._outdated.add(before)
        self._lines[name] = place

    def _begin(self) -> BinaryIO:
        if self.path is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed by `close`
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("x+b", buffering=0)
        self._write(compact_json(self._first).encode() + b"\n")
        return self._file

    def _write(self, line: bytes) -> int:
        """Appends a line; returns where it begins."""
        # Not buffered: a line is written before the next photo begins.
        assert self._file is not None
        begin = self._file.seek(0, os.SEEK_END)
        left = memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            error.filename = None if self.path is None else str(self.path)
            raise
        return begin

    def _go_on(self, path: Path) -> None:
        with path.open("r+b") as lines:
            if _check_first(path, lines.readline()) != self._first:
                raise MasksegError(f"{path} was begun with other classes: --overwrite begins anew.")
            end = lines.tell()
            for line in lines:
                try:
                    name = parse_picture(line)[0]["file_name"] if line.endswith(b"\n") else None
                except ValueError:
                    name = None
                if name is None:  # cut off when the run was killed
                    break
                self._note(name, end)
                end += len(line)
            lines.truncate(end)
        self._file = path.open("r+b", buffering=0)


def _check_first(path: Path, line: bytes) -> dict[str, Any]:
    try:
        first: dict[str, Any] = parse_record(line)
        if first["maskseg"] != _KIND:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise MasksegError(f"{path} is not the journal of a stopped run: move it away.") from error
    return first
