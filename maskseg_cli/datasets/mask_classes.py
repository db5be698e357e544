"""`MaskClasses`: which class a number in a picture of masks has, by the files beside the pictures."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from maskseg_cli.datasets.field_values import whole_number
from maskseg_cli.datasets.photo_names import without_suffix
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.safe_names import safe_path
from maskseg_cli.printable import plain_cell

#: Lists of classes: "7 cat" or "7: cat" a line, or the names alone.
LISTS = ("classes.txt", "class_names.txt", "labels.txt")

#: The table of objects that is written beside exported pictures of masks (`--export masks --export csv`).
TABLE = "objects.csv"

#: Bytes of such files that are read.
_LONGEST = 2**28

_LINE = re.compile(r"([0-9]{1,9})\s*[:;,=\s]\s*(\S.*)")

#: First names of a list that stand for the number 0.
_BACKGROUND = ("background", "_background_", "bg")

#: Pictures that say class and object in one number have them as class * 1000 + object (Cityscapes, KITTI MOTS).
_PER_CLASS = 1000


class MaskClasses:
    """The classes of the numbers in pictures of masks.

    Args:
        masks: the folder of the pictures of masks.
        path: the folder that was named, with the former in it, or the same.

    Raises:
        MasksegError: a file is there and cannot be read.
    """

    def __init__(self, masks: Path, path: Path) -> None:
        self._by_number: dict[int, str] = {}
        self._everywhere: str | None = None
        found = next((one for folder in (masks, path) for name in LISTS if (one := folder / name).is_file()), None)
        if found is not None:
            self._read_list(_text(found).splitlines())
        tables = (folder / TABLE for folder in (masks, path, masks.parent))  # an export has it beside its folder masks
        table = next((one for one in tables if one.is_file()), None)
        self._by_picture = {} if table is None else _read_table(table)

    def listed(self, value: int, picture: str, photo: str) -> str | None:
        """The class of a number in one picture by the table; None if it does not say it.

        Args:
            picture: the path of the picture of masks from the folder of all, without suffix.
            photo: the path of its photo from theirs.
        """
        for key in (photo, picture):
            if (label := self._by_picture.get(key, {}).get(value)) is not None:
                return label
        return None

    def name(self, value: int) -> str | None:
        """The class of a number in all pictures by the list; None if it does not say it."""
        if self._everywhere is not None:
            return self._everywhere
        return self._by_number.get(value) or self._by_number.get(value // _PER_CLASS)

    @property
    def everywhere(self) -> str | None:
        """The class of all objects, where the list has one only."""
        return self._everywhere

    def _read_list(self, lines: Iterable[str]) -> None:
        names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        numbered = [_LINE.fullmatch(name) for name in names]
        if names and all(numbered):
            self._by_number = {int(one[1]): one[2].strip() for one in numbered if one is not None}
            return
        start = 0 if names and names[0].lower() in _BACKGROUND else 1
        self._by_number = {number: name for number, name in enumerate(names, start) if number > 0}
        if len(self._by_number) == 1:
            [self._everywhere] = self._by_number.values()


def _read_table(path: Path) -> dict[str, dict[int, str]]:
    """Photo, or name of the picture of masks of a photo or a frame without suffix -> number -> class.

    The number of an object that is tracked is its id plus 1, as in the pictures.
    """
    classes: dict[str, dict[int, str]] = {}
    try:
        table = csv.reader(io.StringIO(_text(path), newline=""))
        columns = {name: place for place, name in enumerate(next(table, []))}
        if not {"file", "object", "class"} <= columns.keys():
            raise MasksegError(f"{path} is no table of objects with the columns file, object and class.")
        for row in table:
            if len(row) != len(columns):  # the last one may be cut off
                continue
            track = whole_number(row[columns["id"]]) if "id" in columns else None
            number = track + 1 if track is not None else whole_number(row[columns["object"]])
            label, file = plain_cell(row[columns["class"]]), plain_cell(row[columns["file"]])
            if number is None or not label:
                continue
            frame = whole_number(row[columns["frame"]]) if "frame" in columns else None
            classes.setdefault(file, {})[number] = label
            for name in (file, safe_path(file).as_posix()):  # as it is, and as exports name their files
                entry = _entry_name(name)
                for key in (name, entry) if frame is None else (name, entry, f"{entry}/{frame:06d}"):
                    classes.setdefault(key, {}).setdefault(number, label)
    except csv.Error as error:
        raise MasksegError(f"{path} is no table of objects: {error}.") from None
    return classes


def _entry_name(file: str) -> str:
    """The picture of a photo, or the folder of the frames of a video, as exports name it."""
    head, dot, suffix = file.rpartition(".")
    return head if dot and "/" not in suffix else without_suffix(file)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LONGEST:
            raise MasksegError(f"{path} is larger than {_LONGEST / 1e6:.0f} MB, the most that is read.")
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None
