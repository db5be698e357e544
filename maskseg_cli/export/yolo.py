"""`YoloFolder`: a sink that writes a data set for YOLO's segmentation: a text file a picture, and data.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from maskseg_cli.detections import Detections
from maskseg_cli.export.mask_polygons import Part, mask_parts, one_ring
from maskseg_cli.export.picture_annotations import PictureAnnotations, PlacePhoto
from maskseg_cli.export.scores import score_of
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8, write_atomic


class YoloFolder(PictureAnnotations):
    """Writes labels/NAME.txt with a line an object (class x1 y1 x2 y2 ..., fractions of the picture), and data.yaml.

    Classes are numbered from 0 in the order of the network's, without the background. An object is one polygon; its
    parts and holes are joined by lines without area. Scores and ids are left out: the format has no place for them.

    Args:
        folder, pictures, note, place_photo: as `PictureAnnotations` takes them.
        splits: names of the parts of the data set that data.yaml lists, "train" and "val", each a folder below
            `images` and `labels`; (): one part, which is both.
        photo_option: the user's option that puts the photos into the folder, for the note that they are missing.
    """

    suffix = ".txt"
    annotations_in = "labels"
    pictures_in = "images"
    _described = False

    def __init__(
        self,
        folder: str | Path,
        pictures: bool | None = None,
        note: Callable[[str], None] | None = None,
        place_photo: PlacePhoto | None = None,
        splits: Sequence[str] = (),
        photo_option: str = "--export-pictures",
    ) -> None:
        super().__init__(folder, pictures, note, place_photo)
        self._splits = tuple(splits)
        self._photo_option = photo_option

    def convert(self, frame: Frame, detections: Detections) -> bytes:
        """The lines of one picture."""
        height, width = detections.image_size
        if not self._writes_picture(frame) and self._placed_photo(frame) is None:
            self.note(f"YOLO wants the photos themselves in its folder images: {self._photo_option} puts them there.")
        lines = []
        for number, (class_id, mask) in enumerate(zip(detections.class_id.tolist(), detections.masks, strict=True)):
            parts = mask_parts(mask)
            if not parts and score_of(detections.confidence[number]) is None:
                self.note("YOLO's outlines are polygons: boxes without an outline are written as rectangles.")
                x1, y1, x2, y2 = detections.xyxy[number].tolist()
                parts = [Part(np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]), ())]
            if not parts:
                continue
            if len(parts) > 1 or parts[0].holes:
                self.note("YOLO has one polygon an object: parts and holes are joined to it by lines without area.")
            ring = one_ring(parts) / (width, height)
            numbers = " ".join(f"{value:.6f}" for value in np.clip(ring, 0, 1).ravel())
            lines.append(f"{class_id - 1} {numbers}\n")
        return "".join(lines).encode()

    def encode(self, made: object, frame: Frame, path: Path, image: Path | None) -> bytes:
        """The lines as they are; with those of the first picture data.yaml is written."""
        assert isinstance(made, bytes)
        if not self._described:
            names = [f"  {number}: {json.dumps(name)}\n" for number, name in enumerate(self.class_names[1:])]
            # Without `path` the folders are beside data.yaml.
            parts = [f"{part}: images/{part}\n" for part in self._splits] or ["train: images\n", "val: images\n"]
            write_atomic(self.folder / "data.yaml", utf8("".join([*parts, "names:\n", *names])))
            self._described = True
        return made
