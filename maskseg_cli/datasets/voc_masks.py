"""Pascal VOC's pictures of masks: which pixels are which object, and which class.

SegmentationObject/NAME.png numbers the objects, SegmentationClass/NAME.png the classes; the border of objects, which
belongs to none, is 255. They have a palette, or the palette's colours (CVAT).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.label_pictures import LabelObject, label_objects, majority, read_labels
from maskseg_cli.errors import MasksegError

#: The classes of Pascal VOC 2007 to 2012 by their numbers.
CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

#: Names of the folders; the second ones are those of labelme's converter.
OBJECT_FOLDERS = ("SegmentationObject", "SegmentationObjectPNG")
_CLASS_FOLDERS = ("SegmentationClass", "SegmentationClassPNG")

#: Names of classes in a list that are no class.
_BACKGROUND = ("background", "_background_", "__ignore__")

_COLOUR = re.compile(r"\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*", re.ASCII)

#: Bytes of a list of classes that are read.
_LONGEST_LIST = 2**20


def _palette() -> list[int]:
    """VOC's 256 colours, red * 65536 + green * 256 + blue: the bits of the index, dealt out to the three channels."""
    return [
        sum((index >> 3 * bit + channel & 1) << 7 - bit + 8 * (2 - channel) for bit in range(3) for channel in range(3))
        for index in range(256)
    ]


PALETTE = _palette()

#: The number of pixels that belong to no object, and its colour.
VOID = 255


class VocMask(NamedTuple):
    """An object of a picture of masks.

    Attributes:
        found: its pixels; `value` counts the objects from 1, as the XML file lists them.
        name: its class; None: nothing names it.
    """

    found: LabelObject
    name: str | None


class VocMasks:
    """The pictures of masks of a data set.

    Args:
        root: the folder with SegmentationObject.
    """

    def __init__(self, root: Path) -> None:
        self.objects = _folder(root, OBJECT_FOLDERS)
        self._classes = _folder(root, _CLASS_FOLDERS)
        self._by_number, self._by_colour = _names(root)

    def has(self, name: str) -> bool:
        """Whether there is a picture of the objects of this name without suffix."""
        return self.objects is not None and os.path.isfile(self.objects / f"{name}.png")

    def names(self) -> Iterator[str]:
        """The names without suffix of all pictures of objects."""
        if self.objects is not None:
            for path in sorted(self.objects.rglob("*.png")):
                yield path.relative_to(self.objects).with_suffix("").as_posix()

    def read(self, name: str, listed: Sequence[str] = ()) -> tuple[tuple[int, int], list[VocMask]]:
        """Height and width of a picture, and its objects in the order of their numbers.

        Args:
            listed: the classes of the objects in the XML file, in its order.

        Raises:
            MasksegError: it cannot be read; the message begins with its path.
        """
        assert self.objects is not None
        path = self.objects / f"{name}.png"
        labels = _numbers(read_labels(path))
        try:
            found = list(label_objects(labels, [VOID] if labels.dtype == np.uint8 else ()))
        except MasksegError as error:
            raise MasksegError(f"{path} is no picture of masks: {error}.") from None
        # Other data sets number their own classes: VOC's names count where they fit the XML file.
        default = CLASSES if all(one in CLASSES for one in listed) else ()
        name_of = {} if self._classes is None else self._class_names(self._classes / f"{name}.png", labels, default)
        masks = []
        for one in found:
            label = name_of.get(one.value)
            if label is None and 0 < one.value <= len(listed):
                label = listed[one.value - 1] or None
            masks.append(VocMask(one, label))
        return (labels.shape[0], labels.shape[1]), masks

    def _class_names(self, path: Path, labels: NDArray[Any], default: Sequence[str]) -> dict[int, str]:
        """Number of an object -> name of its class, as far as a picture of the classes says it."""
        if not path.is_file():
            return {}
        classes = read_labels(path)
        if classes.shape != labels.shape:
            raise MasksegError(f"{path} has another size than the picture of the objects.")
        names = self._by_number or dict(enumerate(default))
        void = VOID
        if classes.dtype == np.uint32:
            names = self._by_colour or dict(zip(PALETTE, default, strict=False))
            void = PALETTE[VOID]
        numbers = majority(labels, classes, [void])
        return {value: names[number] for value, number in numbers.items() if number in names}


def _folder(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _numbers(labels: NDArray[Any]) -> NDArray[Any]:
    """Numbers of objects in place of colours, where all of them are of VOC's palette; otherwise the void becomes 0."""
    if labels.dtype != np.uint32:
        return labels
    colours, place = np.unique(labels, return_inverse=True)
    known = {colour: number for number, colour in enumerate(PALETTE)}
    if not all(int(colour) in known for colour in colours):
        return np.where(labels == PALETTE[VOID], np.uint32(0), labels)
    return np.array([known[int(colour)] for colour in colours], np.uint8)[place].reshape(labels.shape)


def _names(root: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Number -> name and colour -> name of the classes.

    CVAT's labelmap.txt has lines as "cat:64,0,0::", labelme's class_names.txt has the names alone.
    """
    by_number: dict[int, str] = {}
    by_colour: dict[int, str] = {}
    lines = [line for line in _lines(root / "labelmap.txt") if line and not line.startswith("#")]
    for number, line in enumerate(lines):
        name, _, rest = line.partition(":")
        colour = _COLOUR.match(rest)
        if name.strip() and name.strip() not in _BACKGROUND:
            by_number[number] = name.strip()
            if colour is not None:
                red, green, blue = map(int, colour.groups())
                by_colour[red << 16 | green << 8 | blue] = name.strip()
    if not lines:
        listed = [line for line in _lines(root / "class_names.txt") if line != "__ignore__"]
        by_number = {number: name for number, name in enumerate(listed) if name and name not in _BACKGROUND}
    return by_number, by_colour


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return [line.strip() for line in file.read(_LONGEST_LIST).decode("utf-8-sig", "replace").splitlines()]
    except OSError:
        return []
