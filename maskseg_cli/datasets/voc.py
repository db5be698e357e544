"""Annotations of Pascal VOC as COCO's: XML files with boxes, and pictures of masks.

Known are VOC's own folders (Annotations, JPEGImages, SegmentationObject, SegmentationClass, ImageSets), those that this
package and CVAT export, and a folder of XML files beside their photos, as LabelImg writes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from maskseg_cli.datasets.coco_document import DEFAULT_CLASS, CocoDocument
from maskseg_cli.datasets.example import SAME_BOX, box_overlap
from maskseg_cli.datasets.photo_names import PhotoNames, apart, base_folder, path_from
from maskseg_cli.datasets.problems import ProblemLog, without_objects
from maskseg_cli.datasets.voc_masks import OBJECT_FOLDERS, VocMask, VocMasks
from maskseg_cli.datasets.voc_xml import VocObject, VocPicture, looks_like_voc, polygons_outline, read_voc_xml
from maskseg_cli.errors import MasksegError

#: So many files show whether a folder is of Pascal VOC.
_LOOKED_AT = 20

#: Bytes of a list of pictures that are read.
_LONGEST_LIST = 2**26


class _Layout(NamedTuple):
    """Where the parts of a data set are.

    Attributes:
        root: the folder of all.
        annotations: the folder of the XML files.
        photos: the folder of the photos.
        masks: the pictures of masks.
        listed: names of the pictures that are asked for; None: all.
    """

    root: Path
    annotations: Path
    photos: Path
    masks: VocMasks
    listed: list[str] | None = None


def is_voc(path: Path) -> bool:
    """Whether this is an XML file of Pascal VOC, a folder of them, a data set, or a list in its folder ImageSets."""
    try:
        if path.is_file():
            if path.suffix.lower() == ".txt":
                return path.parent.parent.name == "ImageSets" and is_voc(path.parent.parent.parent)
            return path.suffix.lower() == ".xml" and looks_like_voc(path)
        if not path.is_dir():
            return False
        if any(next((path / name).rglob("*.png"), None) is not None for name in OBJECT_FOLDERS):
            return True
        folders = (path / "Annotations", path)
        found = (xml for folder in folders for xml in islice(sorted(_xml_files(folder)), _LOOKED_AT))
        return any(map(looks_like_voc, found))
    except (OSError, ValueError):
        return False


def voc_to_coco(path: Path, images: Path | None, log: ProblemLog) -> dict[str, Any]:
    """A data set of Pascal VOC in COCO's format.

    An object's mask is that of SegmentationObject; else the polygons that this package and others write beside the box;
    else it is boxed only. Objects with `difficult` are neither to be found nor background. The class of an object of
    SegmentationObject is the one that most of its pixels have in SegmentationClass, by labelmap.txt or class_names.txt,
    or VOC's own numbers; without that it is the class of the object in the XML file at the place of its number.

    Args:
        path: the data set, its folder Annotations or another folder of XML files, one XML file, or a list in ImageSets.
        images: the folder of the photos; None: JPEGImages, or beside the XML files.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes in the order of the alphabet.

    Raises:
        MasksegError: no file can be read, or no object has a class.
    """
    images = apart(path, images)
    layout = _layout(path, images)
    photos = PhotoNames(layout.photos)
    base = base_folder(path, images)
    document = CocoDocument()
    for name in _names(layout, path):
        _add_picture(document, name, layout, photos, base, log)
    if not document.image_count:
        raise without_objects(f"{path} is of Pascal VOC, and no file of it can be read", log)
    if not document.object_count:
        raise MasksegError(f"{path} is of Pascal VOC, and no object in it has a class.")
    return document.finish()


def _layout(path: Path, images: Path | None) -> _Layout:
    listed = None
    if path.is_file() and path.suffix.lower() == ".txt":
        listed, path = _list(path), path.parent.parent.parent
    elif path.is_file():
        path, listed = path.parent, [path.stem]
    annotations = path / "Annotations" if (path / "Annotations").is_dir() else path
    root = path.parent if path.name == "Annotations" else path
    photos = annotations if images is None else images
    inside = (root if images is None else images) / "JPEGImages"
    if inside.is_dir():
        photos = inside
    return _Layout(root, annotations, photos, VocMasks(root), listed)


def _list(path: Path) -> list[str]:
    """The names in a list: the first word of each line, without pictures that do not have the list's class (-1)."""
    try:
        with path.open("rb") as file:
            lines = file.read(_LONGEST_LIST).decode("utf-8-sig", "replace").splitlines()
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None
    words = [line.split() for line in lines]
    return list(dict.fromkeys(one[0] for one in words if one and one[1:] != ["-1"]))


def _xml_files(folder: Path) -> Iterator[Path]:
    """XML files in a folder; of the folder Annotations also those below it."""
    return folder.rglob("*.xml") if folder.name == "Annotations" else folder.glob("*.xml")


def _names(layout: _Layout, path: Path) -> list[str]:
    """The names without suffix of all pictures, in the order of the list or of the alphabet."""
    if layout.listed is not None:
        return layout.listed
    xml = {one.relative_to(layout.annotations).with_suffix("").as_posix() for one in _xml_files(layout.annotations)}
    return sorted(xml.union(layout.masks.names()))


def _add_picture(
    document: CocoDocument, name: str, layout: _Layout, photos: PhotoNames, base: Path, log: ProblemLog
) -> None:
    """Adds a picture with its objects; one whose files are broken is left out."""
    xml = layout.annotations / f"{name}.xml"
    picture, masks = VocPicture("", (None, None), []), None
    if name.startswith("/") or ".." in name.split("/"):
        log.add("annotation-file", name, "its name leads out of the data set")
        return
    try:
        if os.path.isfile(xml):  # False for a name in a list that no file can have
            picture = read_voc_xml(xml)
        elif not layout.masks.has(name):
            log.add("annotation-file", name, "there is neither an XML file nor a picture of masks")
            return
    except MasksegError as error:
        log.add("annotation-file", xml.name, str(error).rstrip("."))
        return
    if layout.masks.has(name):
        try:
            size, masks = layout.masks.read(name, [one.name for one in picture.objects])
        except MasksegError as error:
            log.add("mask-file", name, str(error).rstrip("."))
            return
        if None not in picture.size and picture.size != size:
            sizes = f"has {size[1]} x {size[0]} pixels, not {picture.size[1]} x {picture.size[0]}"
            log.add("mask-file", name, f"{sizes} as in its XML file")
            return
        picture = picture._replace(size=size)
    file_name = _photo(name, picture.file_name, photos)
    image = document.add_image(path_from(photos.folder / file_name, base), picture.size)
    if masks is None:
        for one in picture.objects:
            _add_object(document, image, one, picture.size, file_name, log)
    else:
        _add_masks(document, image, masks, picture, file_name, log)


def _photo(name: str, given: str, photos: PhotoNames) -> str:
    """The photo's path from their folder: the one that the XML file names, else the one of the XML file's own name."""
    folder = name.rpartition("/")[0]
    for one in (f"{folder}/{given}" if folder else "", given):
        if one and one in photos.files:
            return one
    return photos.find(name) or given or f"{name}.jpg"


def _add_object(
    document: CocoDocument, image: int, one: VocObject, size: Sequence[int | None], file_name: str, log: ProblemLog
) -> None:
    if not one.name:
        log.add("no-class", file_name)
        return
    outline = polygons_outline(one.polygons, (size[0], size[1])) if one.polygons else None
    document.add_object(image, one.name, outline, one.box, one.difficult)


def _add_masks(
    document: CocoDocument, image: int, masks: list[VocMask], picture: VocPicture, file_name: str, log: ProblemLog
) -> None:
    """Adds the objects of a picture of masks, with boxes of the XML file where they are those of the same objects."""
    numbers = {mask.found.value for mask in masks}
    for mask in masks:
        value = mask.found.value
        listed = picture.objects[value - 1] if 0 < value <= len(picture.objects) else None
        if mask.name is None:
            log.add("mask-without-class", file_name)
        same = listed is not None and mask.name == listed.name
        box = listed.box if same and listed is not None and _is_of(listed.box, mask) else None
        difficult = same and listed is not None and listed.difficult
        document.add_labels(image, mask.name or DEFAULT_CLASS, mask.found, box, difficult)
    if all(0 < number <= len(picture.objects) for number in numbers):  # otherwise the numbers are not those of the file
        for number, one in enumerate(picture.objects, 1):
            if number not in numbers:
                log.add("object-without-mask", file_name)
                _add_object(document, image, one._replace(polygons=[]), picture.size, file_name, log)


def _is_of(box: Any, mask: VocMask) -> bool:
    """Whether a box is that of the pixels of a mask, or nearly so."""
    if not isinstance(box, list) or min(box[2:]) <= 0:
        return False
    x, y, width, height = mask.found.box
    given = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    return box_overlap(given, (x, y, x + width, y + height)) >= SAME_BOX
