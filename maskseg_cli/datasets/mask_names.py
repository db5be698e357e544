"""What the name of a picture of masks says: whose photo it belongs to, and the class of its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from maskseg_cli.datasets.photo_names import PhotoNames

#: Words that say that a picture is one of masks, in lower case.
_WORDS = frozenset(
    ("mask", "masks", "label", "labels", "labelid", "labelids", "instance", "instances", "instanceid", "instanceids")
    + ("id", "ids", "seg", "segmentation", "object", "obj", "gt", "png")
)

#: Names of folders that are no class, in lower case.
_FOLDERS = frozenset(("train", "training", "val", "valid", "validation", "test", "images", "masks", "jpegimages"))

#: What stands between the parts of a name.
_BETWEEN = "_-. "

_PART = re.compile(rf"[^{re.escape(_BETWEEN)}]+")
_NUMBERED, _WORD = re.compile(r"[^\W\d]*[0-9]+"), re.compile(r"([^\W\d]+)[0-9]*")

#: Names made by a random generator or a hash.
_RANDOM = re.compile("[0-9a-fA-F-]{16,}")


class MaskName(NamedTuple):
    """What a name says.

    Attributes:
        photo: the photo's path from the folder of the photos.
        label: the class of all objects; None: the name does not say it.
        one_object: the picture has one object, which is not 0; otherwise its values are numbers of objects.
    """

    photo: str
    label: str | None
    one_object: bool


def parse_mask_name(name: str, photos: PhotoNames) -> MaskName | None:
    """What the name of a picture of masks says; None if there is no photo for it.

    Known are, for a photo trip/a.jpg: trip/a.png; trip/a_mask.png, trip/a_cat.png; with one object in each picture
    trip/a_0.png, trip/a_0_cat.png, trip/a/0.png and trip/a/cat_0.png; and cat/ before any of these.

    Args:
        name: its path from the folder of all, with forward slashes and without suffix.
    """
    if (found := _parse(name, photos)) is not None:
        return found
    folder, _, rest = name.partition("/")
    inner = _parse(rest, photos) if rest else None
    if inner is None or folder.lower() in _FOLDERS:
        return inner
    return inner._replace(label=folder)


def _parse(name: str, photos: PhotoNames) -> MaskName | None:
    photo = photos.find(name)
    if photo is not None:
        return MaskName(photo, None, one_object=False)
    for beginning in beginnings(name):
        if (photo := photos.find(beginning)) is not None:
            rest = name[len(beginning) + 1 :]
            in_folder = name[len(beginning)] == "/"
            one_object = in_folder or any(map(_NUMBERED.fullmatch, _PART.findall(rest)))
            return MaskName(photo, class_in_name(rest), one_object)
    return None


def beginnings(name: str) -> Iterator[str]:
    """The names of photos that the name of a picture of masks may begin with, the longest first.

    Example:
        >>> list(beginnings("trip/a_1_cat"))
        ['trip/a_1', 'trip/a', 'trip']
    """
    folder = name.rpartition("/")[0]
    for at in range(len(name) - 1, len(folder) + 1 if folder else 0, -1):
        if name[at] in _BETWEEN:
            yield name[:at]
    if folder:
        yield folder


def class_in_name(text: str) -> str | None:
    """The class in a part of a name, between numbers and words such as "mask"; None if there is none.

    Example:
        >>> class_in_name("0_traffic_light"), class_in_name("mask_12"), class_in_name("cat2")
        ('traffic_light', None, 'cat')
    """
    if _RANDOM.fullmatch(text):
        return None
    words = [
        (part.start(), part.start() + len(word[1]))
        for part in _PART.finditer(text)
        if (word := _WORD.fullmatch(part[0])) is not None and word[1].lower() not in _WORDS
    ]
    return text[words[0][0] : words[-1][1]] if words else None
