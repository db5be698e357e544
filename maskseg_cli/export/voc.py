"""`VocFiles`: a sink that writes Pascal VOC's XML, one file a picture, with boxes and polygons."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.mask_polygons import join_rings
from maskseg_cli.export.picture_annotations import PictureAnnotations
from maskseg_cli.export.scores import score_of
from maskseg_cli.export.xml_text import xml_bytes, xml_text
from maskseg_cli.frame import Frame


class VocFiles(PictureAnnotations):
    """Writes Annotations/NAME.xml for each picture.

    As in VOC the picture's first pixel is (1, 1), and a box names the first and last pixel inside it. Polygons, one a
    part, connect the centres of the outermost pixels, as programs that read them with `cv2.fillPoly` expect; holes are
    joined to the outer ring. Programs that know VOC only read the boxes. `score` and `id` are additions.
    """

    suffix = ".xml"
    annotations_in = "Annotations"
    pictures_in = "JPEGImages"

    def convert(self, frame: Frame, detections: Detections) -> ElementTree.Element:
        """The file without the name of the picture."""
        root = ElementTree.Element("annotation")
        height, width = detections.image_size
        size = ElementTree.SubElement(root, "size")
        for name, value in (("width", width), ("height", height), ("depth", 3)):
            _child(size, name, value)
        _child(root, "segmented", 0)
        for number, (name, mask) in enumerate(zip(detections.names, detections.masks, strict=True)):
            entry = ElementTree.SubElement(root, "object")
            _child(entry, "name", xml_text(name))
            _child(entry, "pose", "Unspecified")
            _child(entry, "truncated", 0)
            _child(entry, "difficult", 0)
            score = score_of(detections.confidence[number])
            if score is not None:
                _child(entry, "score", score)
            if detections.tracker_id is not None and detections.tracker_id[number] >= 0:
                _child(entry, "id", int(detections.tracker_id[number]))
            box = ElementTree.SubElement(entry, "bndbox")
            box_sides = _box(detections.xyxy[number], width, height)
            for side, value in zip(("xmin", "ymin", "xmax", "ymax"), box_sides, strict=True):
                _child(box, side, value)
            for ring in centre_rings(mask):
                polygon = ElementTree.SubElement(entry, "polygon")
                for point, (x, y) in enumerate(ring.tolist(), 1):
                    _child(polygon, f"x{point}", x + 1)
                    _child(polygon, f"y{point}", y + 1)
        return root

    def encode(self, made: object, frame: Frame, path: Path, image: Path | None) -> bytes:
        """The XML."""
        assert isinstance(made, ElementTree.Element)
        name = PurePosixPath(frame.source).name if image is None else image.name
        for place, (tag, text) in enumerate(
            (("folder", "" if image is None else image.parent.name), ("filename", name))
        ):
            element = ElementTree.Element(tag)
            element.text = xml_text(text)
            made.insert(place, element)
        return xml_bytes(made)


def centre_rings(mask: MaskCrop) -> list[NDArray[np.int32]]:
    """The outlines through the centres of the outermost pixels, one ring a part, int32 (n, 2), x y.

    Holes are joined to their outer ring by a line there and back along pixels of the object, or nearly so.
    """
    if not mask.bitmap.any():
        return []
    bitmap = np.ascontiguousarray(mask.bitmap).view(np.uint8)
    found, tree = cv2.findContours(bitmap, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(mask.left, mask.top))
    rings = [np.asarray(ring, np.int32)[:, 0] for ring in found]
    parents = np.asarray(tree)[0, :, 3].tolist()
    parts = {i: [rings[i]] for i, parent in enumerate(parents) if parent < 0}
    for ring, parent in zip(rings, parents, strict=True):
        if parent >= 0:
            parts[parent].append(ring)
    joined = [join_rings(part) for part in parts.values()]
    # Of a ring of one or two pixels the corners are repeated: readers want three at least.
    return [np.resize(ring, (3, 2)) if len(ring) < 3 else ring for ring in joined]


def _box(box: NDArray[np.float32], width: int, height: int) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = np.around(box).astype(int).tolist()
    x1, y1 = min(max(x1, 0), width - 1), min(max(y1, 0), height - 1)
    return x1 + 1, y1 + 1, min(max(x2, x1 + 1), width), min(max(y2, y1 + 1), height)


def _child(parent: ElementTree.Element, tag: str, value: object) -> None:
    ElementTree.SubElement(parent, tag).text = str(value)
