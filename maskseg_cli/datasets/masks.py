"""Folders of pictures of masks as COCO's annotations: PNGs with the numbers of objects, or with one object each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.datasets.coco_document import DEFAULT_CLASS, CocoDocument
from maskseg_cli.datasets.label_pictures import LabelObject, flatness, label_objects, read_binary, read_labels
from maskseg_cli.datasets.mask_classes import MaskClasses
from maskseg_cli.datasets.mask_layout import MaskFile, find_masks, first_masks, mask_folder, objects_of_pictures
from maskseg_cli.datasets.photo_names import apart, path_from
from maskseg_cli.datasets.problems import ProblemLog, without_objects
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.header import read_header

#: So many PNGs show whether a folder is of masks; larger ones are not looked at for it.
_LOOKED_AT, _LARGEST = 3, 2**25

#: The least share of pixels of a picture of masks that equal their neighbour; photos have less than half of it.
_FLAT = 0.8

#: Types of PNG that hold numbers: gray and palette; others are photos as a rule.
_NUMBERED = (0, 3)


def is_masks(path: Path) -> bool:
    """Whether a folder is one of pictures of masks.

    Its first PNGs have large areas of one value, and no other annotations lie beside them.
    """
    try:
        if not path.is_dir():
            return False
        folders = {path, mask_folder(path)}
        if any(one.suffix.lower() in (".json", ".xml", ".yaml", ".yml") for each in folders for one in each.iterdir()):
            return False
        named = mask_folder(path) != path or bool(objects_of_pictures(path))
        first = first_masks(path, 20)
        chosen = [one for one in first if named or _type(one) in _NUMBERED][:_LOOKED_AT]
        return bool(chosen) and all(map(_is_flat, chosen))
    except (OSError, ValueError):
        return False


def masks_to_coco(path: Path, images: Path | None, log: ProblemLog) -> dict[str, Any]:
    """A folder of pictures of masks in COCO's format.

    A picture belongs to the photo of its name (`mask_names.parse_mask_name`). Its values but 0 are the numbers of
    objects: gray values of up to 16 bits, indices into a palette, or colours. Where the name says that it has one
    object, all that is not 0 is that. Classes are those of the names, of a folder around the pictures, of a list
    classes.txt, or of the table objects.csv that is exported with pictures of masks (`MaskClasses`). Photos without a
    picture of masks count as not annotated and are left out.

    Args:
        path: the folder of the pictures of masks; or the folder above it and that of the photos.
        images: the folder of the photos; None: beside the folder of masks, or the same.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes in the order of the alphabet.

    Raises:
        MasksegError: there is no photo for any picture of masks, none can be read, or all are empty.
    """
    images = apart(path, images)
    layout = find_masks(path, images, log)
    classes = MaskClasses(layout.masks, path)
    base = path if images is None else images
    document = CocoDocument()
    for photo, files in layout.files.items():
        _add_picture(document, path_from(layout.photos / photo, base), photo, files, classes, log)
    if not document.object_count:
        raise without_objects(f"{path} is a folder of pictures of masks, and there is no object in them", log)
    return document.finish()


def _add_picture(
    document: CocoDocument, file_name: str, photo: str, files: Sequence[MaskFile], classes: MaskClasses, log: ProblemLog
) -> None:
    """Adds a photo with its objects; it is left out if none of its pictures of masks can be read."""
    image, size = 0, (0, 0)
    for file in files:
        try:
            found_size, found = _read(file)
            if image and found_size != size:
                sizes = f"{found_size[1]} x {found_size[0]} pixels, others of its photo {size[1]} x {size[0]}"
                raise MasksegError(f"{file.path} has {sizes}")
            objects = list(found)
        except MasksegError as error:
            log.add("mask-file", file.path.name, str(error).rstrip("."))
            continue
        if not image:
            image, size = document.add_image(file_name, found_size), found_size
        if not objects and file.said.one_object:
            log.add("mask-empty", file.name)
        for one in objects:
            label = None if file.said.one_object else classes.listed(one.value, file.name, photo)
            label = label or file.said.label
            if label is None:
                label = classes.everywhere if file.said.one_object else classes.name(one.value)
            if label is None:
                log.add("mask-without-class", file.path.name)
            document.add_labels(image, label or DEFAULT_CLASS, one)


def _read(file: MaskFile) -> tuple[tuple[int, int], Iterator[LabelObject]]:
    """Height and width of a picture of masks, and its objects."""
    labels = read_binary(file.path).view(np.uint8) if file.said.one_object else read_labels(file.path)
    return (labels.shape[0], labels.shape[1]), label_objects(labels)


def _type(path: Path) -> int | None:
    """The type of a PNG's pixels, as its header gives it; None for other files."""
    with path.open("rb") as file:
        start = file.read(26)
    return start[25] if start.startswith(b"\x89PNG") and len(start) == 26 else None


def _is_flat(path: Path) -> bool:
    with path.open("rb") as file:
        header = read_header(file.read(26))
    if header is None or header.width * header.height > _LARGEST:
        return False
    try:
        return flatness(read_labels(path)) >= _FLAT
    except MasksegError:
        return False
