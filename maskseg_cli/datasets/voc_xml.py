"""The XML file of one picture in Pascal VOC's format, as LabelImg, CVAT, Roboflow and this package write it.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from maskseg_cli.datasets.field_values import from_text, is_number, shown, truth, whole_number
from maskseg_cli.datasets.filled_polygons import fill_polygons
from maskseg_cli.datasets.xml_file import read_xml
from maskseg_cli.errors import MasksegError
from maskseg_cli.rle import encode_rle

#: The largest file of one picture.
_MOST_BYTES = 2**24

#: How such a file begins, behind the declaration and comments.
_ROOT = re.compile(r"\s*(<\?((?!\?>).)*\?>\s*|<!--((?!-->).)*-->\s*)*<annotation[\s>]", re.DOTALL)

#: Characters at the start of a file in which its root is looked for.
_START = 4000

_CORNER = re.compile("([xy])([0-9]{1,6})", re.ASCII)


class VocObject(NamedTuple):
    """An object of an XML file.

    Attributes:
        name: its class; "" if it has none.
        box: x, y, width, height in pixels, (0, 0) the picture's corner; a text if it is broken, None if there is none.
        difficult: it is hard to see: neither to be found nor background.
        polygons: x1, y1, x2, y2, ... of its parts as in the file, whose first pixel is (1, 1); None for a broken one.
    """

    name: str
    box: list[float] | str | None
    difficult: bool
    polygons: list[list[float] | None]


class VocPicture(NamedTuple):
    """The content of an XML file; `size` is height and width, None where one is unknown."""

    file_name: str
    size: tuple[int | None, int | None]
    objects: list[VocObject]


def looks_like_voc(path: Path) -> bool:
    """Whether an XML file has the root of Pascal VOC's; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except (OSError, ValueError):
        return False
    return _ROOT.match(start.replace(b"\0", b"").decode("utf-8", "replace").lstrip("\ufeff\ufffd")) is not None


def read_voc_xml(path: Path) -> VocPicture:
    """Reads the file of one picture.

    Raises:
        MasksegError: it cannot be read, or is of another format.
    """
    root = read_xml(path, _MOST_BYTES)
    if root.tag != "annotation":
        raise MasksegError(f"{path} is an XML file of another format: its root is {shown(root.tag)}, not annotation.")
    height, width = (whole_number(root.findtext(f"size/{side}", "").strip()) or None for side in ("height", "width"))
    name = root.findtext("filename", "").strip().replace("\\", "/").rpartition("/")[2]
    return VocPicture(name, (height, width), [_object(element) for element in root.iterfind("object")])


def polygons_outline(polygons: Sequence[list[float] | None], size: tuple[int | None, int | None]) -> Any:
    """The outline of an object's polygons: an RLE, COCO's polygons, or a text where it is broken.

    Whole numbers are pixels, which belong to the object, as this package writes them; others are points between pixels.
    """
    sound = [[number - 1 for number in one] for one in polygons if one is not None]
    if len(sound) < len(polygons):
        return "a broken polygon"
    height, width = size
    if not all(float(number).is_integer() for one in sound for number in one) or not height or not width:
        return [[number + 0.5 for number in one] for one in sound]
    mask = fill_polygons(sound, (), height, width, joined=True)
    return "a broken polygon" if mask is None else encode_rle(mask, height, width)


def _object(element: ElementTree.Element) -> VocObject:
    return VocObject(
        element.findtext("name", "").strip(),
        _box(element.find("bndbox")),
        truth(element.findtext("difficult", "0")) is True,
        [_polygon(one) for one in element.iterfind("polygon") if len(one)],
    )


def _box(element: ElementTree.Element | None) -> list[float] | str | None:
    """VOC's box names the first and last pixel inside it, from 1."""
    if element is None:
        return None
    texts = [element.findtext(side, "").strip() for side in ("xmin", "ymin", "xmax", "ymax")]
    numbers = [from_text(text) for text in texts]
    if not all(map(is_number, numbers)):
        return f"a bndbox of {', '.join(text or 'nothing' for text in texts)}"
    x1, y1, x2, y2 = numbers
    # Some programs count from 0: the first pixel is 0 there, and lies inside the picture.
    x1, y1 = max(x1, 1) if x1 >= 0 else x1, max(y1, 1) if y1 >= 0 else y1
    if x2 < x1 or y2 < y1:
        return f"a bndbox that ends at {x2}, {y2} before it begins at {x1}, {y1}"
    return [x1 - 1, y1 - 1, x2 - x1 + 1, y2 - y1 + 1]


def _polygon(element: ElementTree.Element) -> list[float] | None:
    """x1, y1, x2, y2, ... of the elements of these names; None where they are no polygon."""
    corners: dict[tuple[int, str], float] = {}
    for child in element:
        found, number = _CORNER.fullmatch(child.tag), from_text((child.text or "").strip())
        if found is None or not is_number(number):
            return None
        corners[int(found[2]), found[1]] = number
    wanted = [(number, side) for number in sorted({number for number, _ in corners}) for side in "xy"]
    return [corners[one] for one in wanted] if len(wanted) >= 6 and set(wanted) == set(corners) else None
