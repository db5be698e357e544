"""Two pictures to which the annotations of fuzzers belong."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

#: A gray PNG of 40 x 30 pixels.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAeCAAAAAB7tgMBAAAAGElEQVR42mNoIBIwjCocVTiqcFThYFYIAME9WB8e3PU7AAAAAElFTkSuQmCC"
)


def write_pictures(folder: Path) -> None:
    """Writes a.png and b.png, and the same into a folder of its own."""
    for name in ("a.png", "b.png", "inner/a.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(_PNG)


def annotations() -> dict[str, Any]:
    """Sound annotations of the two pictures in COCO's format: polygons, RLE of both kinds, a crowd, a box."""
    image = {"width": 40, "height": 30}
    rows: list[dict[str, Any]] = [
        {"image_id": 1, "category_id": 1, "segmentation": [[2, 2, 20, 2, 20, 20, 2, 20]], "bbox": [2, 2, 18, 18]},
        {"image_id": 1, "category_id": 7, "segmentation": {"size": [30, 40], "counts": [400, 200, 600]}},
        {
            "image_id": 2,
            "category_id": 7,
            "segmentation": {"size": [30, 40], "counts": "a9:d00000000000000000000000000000000000000W9"},
            "iscrowd": 1,
        },
        {"image_id": 2, "category_id": 1, "bbox": [5.5, 6, 10, 10.25], "score": 0.5},
        {"image_id": 2, "category_id": 7, "segmentation": [[1, 1, 9, 1, 9, 9], [20, 20, 30, 20, 25.5, 28]]},
    ]
    return {
        "info": {},
        "images": [{"id": 1, "file_name": "a.png", **image}, {"id": 2, "file_name": "b.png", **image}],
        "annotations": [{"id": number, "iscrowd": 0, "area": 50, **row} for number, row in enumerate(rows, 1)],
        "categories": [{"id": 1, "name": "cat", "supercategory": "animal"}, {"id": 7, "name": "dog"}],
    }


def encoded(document: Any) -> bytes:
    """A document as JSON."""
    return json.dumps(document).encode()
