"""`LabelmeFiles`: a sink that writes the JSON files of labelme, one a picture."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from maskseg_cli.detections import Detections
from maskseg_cli.export.mask_polygons import mask_parts
from maskseg_cli.export.picture_annotations import PictureAnnotations, relative_name
from maskseg_cli.export.scores import score_of
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8


class LabelmeFiles(PictureAnnotations):
    """Writes NAME.json for each picture, which labelme opens with the picture that `imagePath` names.

    Each part of an object is a polygon, its holes joined to the outer ring; parts of one object share a `group_id`,
    which is the object's id where it was tracked. `description` holds the score. What people have marked with a box
    alone is a rectangle.

    Example:
        >>> with LabelmeFiles("labels") as sink:                                # doctest: +SKIP
        ...     for frame, detections in segment_images("photos/"):
        ...         sink.add(frame, detections, None)
    """

    suffix = ".json"

    def convert(self, frame: Frame, detections: Detections) -> dict[str, Any]:
        """The file without the name of the picture."""
        return labelme_document(detections)

    def encode(self, made: object, frame: Frame, path: Path, image: Path | None) -> bytes:
        """The JSON; `imagePath` is relative to the file, as labelme wants it."""
        assert isinstance(made, dict)
        name = PurePosixPath(frame.source).name if image is None else relative_name(image, path.parent)
        return utf8(json.dumps({**made, "imagePath": name}, ensure_ascii=False)) + b"\n"


def labelme_document(detections: Detections) -> dict[str, Any]:
    """The file of a picture, without the name of the picture."""
    shapes = []
    free = 1 + int(max(detections.tracker_id, default=-1)) if detections.tracker_id is not None else 1
    for number, (name, mask) in enumerate(zip(detections.names, detections.masks, strict=True)):
        parts = mask_parts(mask)
        group = None if detections.tracker_id is None else int(detections.tracker_id[number])
        if len(parts) > 1 and (group is None or group < 0):
            group = free
            free += 1
        score = score_of(detections.confidence[number])
        outlines = [("polygon", part.simple()) for part in parts]
        if not parts and score is None:
            outlines = [("rectangle", detections.xyxy[number].astype(np.float64).reshape(2, 2))]
        for kind, points in outlines:
            shapes.append(
                {
                    "label": name,
                    "points": np.round(points, 2).tolist(),
                    "group_id": None if group is None or group < 0 else group,
                    "description": "" if score is None else f"score {score:.4f}",
                    "shape_type": kind,
                    "flags": {},
                    "mask": None,
                }
            )
    height, width = detections.image_size
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": "",
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
