"""`answer`: what was found in a picture, in the format that a request asks for."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing import draw
from maskseg_cli.export.coco_json import FOUND, coco_annotations, coco_categories
from maskseg_cli.export.cutouts import cut_out, object_names
from maskseg_cli.export.labelme import labelme_document
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.images import encode_image
from maskseg_cli.service.wanted import Wanted


def answer(image: NDArray[np.uint8], found: Detections, wanted: Wanted) -> bytes:
    """Encodes the objects that the request asks for.

    Args:
        image: uint8 (H, W, 3), BGR, upright.
        found: all objects in it, best score first.

    Raises:
        MasksegError: the format cannot hold a picture of this size.
    """
    chosen = wanted.choose(found)
    if wanted.format == "coco":
        return _json(coco_document(chosen, wanted))
    if wanted.format == "labelme":
        return _json({**labelme_document(chosen), "imagePath": Path(wanted.name).name or "picture"})
    if wanted.format == "cutouts":
        return _zip(image, chosen)
    return encode_image(draw(image, chosen, wanted.drawing), f".{wanted.format}", wanted.quality)


def coco_document(chosen: Detections, wanted: Wanted) -> dict[str, Any]:
    """A COCO data set of one picture, whose id is 1."""
    height, width = chosen.image_size
    annotations = coco_annotations(chosen, 1, polygons=wanted.polygons)
    return {
        "info": {"description": FOUND},
        "images": [{"id": 1, "file_name": wanted.name, "width": width, "height": height}],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations, 1)],
        "categories": coco_categories(chosen.class_names),
    }


def _zip(image: NDArray[np.uint8], chosen: Detections) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        for name, mask in zip(object_names(chosen), chosen.masks, strict=True):
            if mask.bitmap.any():
                # A fixed time: the same picture gives the same bytes.
                archive.writestr(zipfile.ZipInfo(f"{name}.png"), encode_image(cut_out(image, mask), ".png"))
    return memory.getvalue()


def _json(document: dict[str, Any]) -> bytes:
    return utf8(json.dumps(document, ensure_ascii=False)) + b"\n"
