"""What is wrong with a data set, counted by kind, so that each kind is named once and not a thousand times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.header import Header, picture_format, read_header

#: kind -> what it means and what is done about it.
KINDS = {
    "missing-image": "image files that are not there (left out)",
    "unreadable-image": "image files that are no picture, damaged or cut off (left out)",
    "image-size": "images of another size than their record says (left out)",
    "image-record": "image records without an id or a file name (left out)",
    "duplicate-image-id": "images whose id another image has (left out)",
    "duplicate-annotation-id": "annotations whose id another one has (left out)",
    "unknown-image": "annotations of an image that is not in the file (left out)",
    "unknown-category": "annotations of a category that is not in the file (left out)",
    "unknown-class": "annotations of a class that the network does not have (left out)",
    "no-class": "regions without a class (left out)",
    "outline": "outlines with less than three points, without area, or broken (object left out)",
    "outline-part": "objects of which one of several polygons is broken (that polygon left out)",
    "outline-size": "outlines of another size than their image (object left out)",
    "box": "objects without an outline whose box is missing or broken (left out)",
    "box-outside": "boxes outside their image (left out)",
    "box-over-edge": "boxes that reach over the edge of their image (cut off there)",
    "box-differs": "boxes that do not fit their outline (the outline's taken)",
    "no-objects": "no object at all is annotated",
}

#: So many names are kept of each kind.
NAMES_KEPT = 3

#: So much of a file holds the header of nearly every JPEG, PNG and BMP; the last bytes show whether it is whole.
_START, _END = 1 << 16, 1 << 10


@dataclass(frozen=True)
class Problem:
    """One kind of thing that is wrong with a data set.

    Attributes:
        kind: a key of `KINDS`.
        message: a line for people, with count and first names.
        count: how often it occurs.
        names: the first few images, annotations or classes that have it.
    """

    kind: str
    message: str
    count: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.message


@dataclass
class ProblemLog:
    """Collects problems while a data set is read."""

    _names: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, name: object = "") -> None:
        """Counts one more problem of a kind and remembers the first few names."""
        if kind not in KINDS:
            raise ValueError(f"no kind of problem: {kind}")
        self._counts[kind] = self._counts.get(kind, 0) + 1
        names = self._names.setdefault(kind, [])
        if str(name) and len(names) < NAMES_KEPT and str(name) not in names:
            names.append(str(name))

    def problems(self) -> list[Problem]:
        """Each kind once, in the order of `KINDS`."""
        found = []
        for kind, meaning in KINDS.items():
            if kind in self._counts:
                names, count = tuple(self._names[kind]), self._counts[kind]
                more = " ..." if names and count > len(names) else ""
                told = f": {', '.join(names)}{more}" if names else ""
                number = "" if kind == "no-objects" else f"{count} "
                found.append(Problem(kind, f"{number}{meaning}{told}", count, names))
        return found


def summary(problems: Sequence[Problem], path: str | Path) -> str:
    """One line for the data set and one for each kind of problem."""
    return "\n".join([f"Problems in {path}:", *(f"  {problem}" for problem in problems)])


def refuse(problems: Sequence[Problem], path: str | Path) -> None:
    """For strict reading.

    Raises:
        MasksegError: there is a problem; the message is the summary.
    """
    if problems:
        raise MasksegError(summary(problems, path))


def probe_image(path: Path) -> Header | None:
    """The header of a picture file; as a rule only its start and end are read.

    Returns:
        None if it is no picture. `complete` is False if the file is certainly cut off.

    Raises:
        FileNotFoundError, OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
        header = read_header(start)
        if len(start) < _START or header is None:
            return header
        file.seek(-_END, 2)
        end = file.read()
        whole = {"JPEG": b"\xff\xd9" in end, "PNG": b"IEND" in end, "BMP": True}
        # TIFF and WebP keep their facts anywhere, and so does a JPEG with a large preview
        if header.width and header.height and whole.get(picture_format(start) or "", False):
            return Header(header.format, header.width, header.height, header.orientation)
        file.seek(0)
        return read_header(file.read())


def upright_size(header: Header) -> tuple[int, int]:
    """Height and width of a picture after it has been turned upright."""
    return (header.width, header.height) if header.orientation >= 5 else (header.height, header.width)
