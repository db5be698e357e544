"""Makes the picture of docs/export.md: exported files of one photo, read back and drawn over it.

    python docs/make_export_pictures.py

Writes docs/images/exports.jpg.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import cv2
import numpy as np

from docs.make_pictures import IMAGES, Picture, photos, side_by_side
from maskseg_cli import Detections, Frame, load_model
from maskseg_cli.export.labelme import LabelmeFiles
from maskseg_cli.export.mask_pictures import MaskPictures
from maskseg_cli.media.images import write_image


def exports(photo: Picture, found: Detections) -> Picture:
    """A photo, the polygons of labelme with their corners, and the picture of masks in colours."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame = Frame(photo, source="photo.jpg")
        for sink in (LabelmeFiles(folder), MaskPictures(folder)):
            with sink:
                sink.start(found.class_names)
                sink.add(frame, found, None)
        shapes = json.loads((folder / "photo.json").read_text(encoding="utf-8"))["shapes"]
        numbers = cv2.imread(str(folder / "photo.png"), cv2.IMREAD_UNCHANGED)
    assert numbers is not None
    polygons = photo.copy()
    for shape in shapes:
        ring = np.rint((np.array(shape["points"]) - 0.5) * 16).astype(np.int32)
        cv2.polylines(polygons, [ring], True, (60, 255, 60), 2, cv2.LINE_AA, shift=4)
        for x, y in ring.tolist():
            cv2.circle(polygons, (x, y), 3 * 16, (40, 40, 255), cv2.FILLED, cv2.LINE_AA, shift=4)
    colors = np.random.default_rng(4).integers(60, 255, (int(numbers.max()) + 1, 3)).astype(np.uint8)
    colors[0] = 0
    masks = colors[numbers]
    return side_by_side([photo, polygons, np.asarray(masks, np.uint8)], 230)


def main() -> None:
    photo = photos()["astronaut"]
    write_image(IMAGES / "exports.jpg", exports(photo, load_model()(photo)), quality=85)
    print(IMAGES / "exports.jpg")


if __name__ == "__main__":
    main()
