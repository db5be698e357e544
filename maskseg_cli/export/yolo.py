"""`YoloFolder`: a sink that writes a data set for YOLO's segmentation: a text file a picture, and data.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from maskseg_cli.detections import Detections
from maskseg_cli.export.mask_polygons import mask_parts, one_ring
from maskseg_cli.export.picture_annotations import PictureAnnotations
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8, write_atomic


class YoloFolder(PictureAnnotations):
    """Writes labels/NAME.txt with a line an object (class x1 y1 x2 y2 ..., fractions of the picture), and data.yaml.

    Classes are numbered from 0 in the order of the network's, without the background. An object is one polygon; its
    parts and holes are joined by lines without area. Scores and ids are left out: the format has no place for them.
    """

    suffix = ".txt"
    annotations_in = "labels"
    pictures_in = "images"
    _described = False

    def convert(self, frame: Frame, detections: Detections) -> bytes:
        """The lines of one picture."""
        height, width = detections.image_size
        if not self._writes_picture(frame):
            self.note("YOLO wants the photos themselves in its folder images: --export-pictures writes them there.")
        lines = []
        for class_id, mask in zip(detections.class_id.tolist(), detections.masks, strict=True):
            parts = mask_parts(mask)
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
            write_atomic(self.folder / "data.yaml", utf8("train: images\nval: images\nnames:\n" + "".join(names)))
            self._described = True
        return made
