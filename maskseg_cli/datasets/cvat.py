"""Annotations of CVAT, "CVAT for images 1.1" and "CVAT for video 1.1", as COCO's.

https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.cvat_pictures import CvatPictures
from maskseg_cli.datasets.cvat_shapes import CvatObject, read_objects
from maskseg_cli.datasets.cvat_tracks import Tracks
from maskseg_cli.datasets.field_values import picture_sides, shown, whole_number
from maskseg_cli.datasets.picture_files import picture_size
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.xml_file import read_xml
from maskseg_cli.errors import MasksegError

#: A larger file is refused: some ten times its size is needed to read it.
_MOST_BYTES = 2**28

#: Types of labels that mark no object with an area.
_OTHER_LABELS = ("points", "polyline", "cuboid", "skeleton", "tag")


def is_cvat(source: AnnotationInput) -> bool:
    """Whether this is an XML file of CVAT."""
    return bool(re.search(r"<annotations[\s>]", source.beginning)) and source.beginning.startswith("<")


def cvat_to_coco(path: Path, images: Path | None, log: ProblemLog) -> dict[str, Any]:
    """A file of CVAT in COCO's format.

    Polygons, masks and ellipses are outlines, boxes are boxes without an outline. Points, lines, cuboids and skeletons
    are left out; attributes and tags are passed over. All images of the file are taken, with objects or without. Of
    tracks each frame with objects is an image, and so are the frames between them whose pictures are there; shapes that
    are `outside` are none. In frames between two key frames of a track, where the file has no shape, boxes and ellipses
    move evenly, and other outlines stay those of the key frame before.

    Args:
        path: the XML file.
        images: the folder of the pictures; None: that of the file. They may be in its folder `images`, as in CVAT's
            archives. The frames of a video are found by the number in their names, as frame_000012.png.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes are the file's labels, in its order. Objects of tracks have a
        `track_id`.

    Raises:
        MasksegError: it is no such file, has no label, or has tracks of several videos.
    """
    root = read_xml(path, _MOST_BYTES)
    if root.tag != "annotations":
        raise MasksegError(f"{path} is no XML file of CVAT: its root is <{shown(root.tag)[1:-1]}>, not <annotations>.")
    document = _Document(root, CvatPictures(path.parent if images is None else images), log)
    for image in root.iterfind("image"):
        document.add_image(image)
    document.add_tracks(root.findall("track"), path)
    if not document.images:
        raise MasksegError(f"{path} is a file of CVAT without any image and any object in a track.")
    if not document.categories:
        raise MasksegError(f"{path} is a file of CVAT, and no shape in it is an object with a label.")
    return {
        "images": document.images,
        "annotations": document.annotations,
        "categories": [{"id": number, "name": name} for name, number in document.categories.items()],
    }


class _Document:
    """What has been read so far.

    Attributes:
        images, annotations: COCO's records.
        categories: name -> id.
    """

    def __init__(self, root: Element, pictures: CvatPictures, log: ProblemLog) -> None:
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []
        self.categories: dict[str, int] = {}
        self._before = 0  # images that are no frames
        self._pictures = pictures
        self._log = log
        meta = root.find("meta")
        for label in () if meta is None else meta.iter("label"):
            name = (label.findtext("name") or "").strip()
            # A label with a parent is a point of a skeleton.
            if name and label.find("parent") is None and label.findtext("type") not in _OTHER_LABELS:
                self._category(name)
        self._frame_size = None if meta is None else _sides(meta.find(".//original_size"))

    def add_image(self, element: Element) -> None:
        """Adds an image and its objects."""
        name = element.get("name", "").strip()
        if not name:
            self._log.add("image-record", f"image {shown(element.get('id'))}", "name")
            return
        size = picture_sides(element.get("height"), element.get("width"))
        record = {key: whole_number(value) for key in ("height", "width") if (value := element.get(key)) is not None}
        image_id = len(self.images) + 1
        name = self._pictures.named(name, element.get("subset", "").strip())
        self.images.append({"id": image_id, "file_name": name, **record})
        for one in read_objects(((shape.get("label"), shape) for shape in element), name, self._log):
            self._annotate(image_id, one, size)

    def add_tracks(self, tracks: list[Element], path: Path) -> None:
        """Adds the frames of tracks."""
        if len({track.get("task_id") for track in tracks}) > 1:
            raise MasksegError(f"{path} has the tracks of several videos: export each task of the project by itself.")
        found = Tracks(tracks, self._log)
        if not found.frames:
            return
        self._before = len(self.images)
        found.fill(self._pictures.frame_numbers())
        for number in sorted(found.frames):
            shapes = [(tracks[one.track], one.element, one.kind) for one in found.frames[number]]
            self._add_frame(number, shapes, path)

    def _add_frame(self, number: int, shapes: list[tuple[Element, Element, str | None]], path: Path) -> None:
        name = self._pictures.frame(number, path.stem)
        if name is None and not shapes:
            return
        record: dict[str, Any] = {}
        size = self._frame_size
        if size is not None:
            record = {"height": size[0], "width": size[1]}
        elif name is not None and any(shape.tag == "mask" for _, shape, _ in shapes):
            size = picture_size(self._pictures.base / name, {"file_name": name}, ProblemLog())
        name = name or f"frame_{number:06d}.png"
        # Whichever frames without objects are there: results of one reading name the same frames in another.
        image_id = self._before + number + 1
        self.images.append({"id": image_id, "file_name": name, **record})
        for track, shape, kind in shapes:
            if kind is not None:
                self._log.add(kind, name)
            # A track is one object: groups of tracks are left apart.
            for one in read_objects([(track.get("label"), shape)], name, self._log):
                self._annotate(image_id, one, size, track.get("id"))

    def _annotate(self, image_id: int, one: CvatObject, size: tuple[int, int] | None, track: str | None = None) -> None:
        record = {"image_id": image_id, "category_id": self._category(one.label), **one.record(size)}
        if track is not None:
            record["track_id"] = track if (number := whole_number(track)) is None else number
        self.annotations.append(record)

    def _category(self, name: str) -> int:
        return self.categories.setdefault(name, len(self.categories) + 1)


def _sides(size: Element | None) -> tuple[int, int] | None:
    return None if size is None else picture_sides(size.findtext("height"), size.findtext("width"))
