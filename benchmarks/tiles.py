"""Recall, precision and time with and without tiles, on mosaics of small photos.

    python -m benchmarks.tiles [--mosaics 5 10] [--tiles auto 2x2 4x4] [--weights lite] [--save FOLDER]

A mosaic of N x N puts N x N photos of COCO val2017, each scaled to a quarter of its sides, into squares of 160
pixels, so that most of their objects become small (COCO's word for less than 32 x 32 pixels of mask). Their outlines,
scaled as well, are what should be found. A found object is right when its class is, and its mask has an intersection
over union of at least 0.5 with an object that no better one has taken. What lies on an outlined crowd does not count.
The photos and their annotations are those of the folder ../shared/data/coco beside the checkout; --annotations and
--images name others.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

from benchmarks.coco_ap import COCO_FOLDER
from maskseg_cli import draw, load_model
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.inference.mask_overlap import shared_area
from maskseg_cli.media.images import read_image, write_image

#: Side of a photo's place in a mosaic, and by how much photos are scaled: the long side of COCO's photos is 640.
CELL, SCALE = 160, 0.25

#: COCO's limit between small and medium objects, in pixels of mask.
SMALL = 32 * 32


class Wanted(NamedTuple):
    """An annotated object of a mosaic."""

    class_id: int
    mask: MaskCrop
    crowd: bool


class Score(NamedTuple):
    """What was found of what is there, as counts that add up over mosaics."""

    small: int
    small_found: int
    all: int
    all_found: int
    shown: int
    right: int

    def __str__(self) -> str:
        return (
            f"recall small {self.small_found / max(1, self.small):.3f} all {self.all_found / max(1, self.all):.3f} "
            f"precision {self.right / max(1, self.shown):.3f} objects {self.shown}"
        )


def make_mosaic(
    coco: COCO, folder: Path, records: Sequence[dict[str, Any]], side: int
) -> tuple[NDArray[np.uint8], list[Wanted]]:
    """Side x side photos, and the objects in them.

    Returns:
        uint8 (160 * side, 160 * side, 3) BGR, and the objects that have pixels left.
    """
    canvas = np.full((CELL * side, CELL * side, 3), 114, np.uint8)
    wanted = []
    for number, record in enumerate(records):
        photo = read_image(folder / record["file_name"])
        width, height = (max(1, round(length * SCALE)) for length in (record["width"], record["height"]))
        top, left = (CELL * place for place in divmod(number, side))
        canvas[top : top + height, left : left + width] = cv2.resize(
            photo, (width, height), interpolation=cv2.INTER_AREA
        )
        for annotation in coco.imgToAnns[record["id"]]:
            full = coco.annToMask(annotation).astype(np.float32)
            mask = MaskCrop.from_full(cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA) >= 0.5)
            name = coco.cats[annotation["category_id"]]["name"]
            if mask.area:
                placed = MaskCrop(mask.top + top, mask.left + left, mask.bitmap)
                wanted.append(Wanted(COCO_CLASSES.index(name), placed, bool(annotation["iscrowd"])))
    return canvas, wanted


def score(found: Detections, wanted: Sequence[Wanted]) -> Score:
    """Compares what was found with what is there."""
    objects = [one for one in wanted if not one.crowd]
    areas = np.array([one.mask.area for one in objects])
    taken = np.zeros(len(objects), bool)
    shown = right = 0
    for crop, class_id in zip(found.masks, found.class_id.tolist(), strict=True):
        free = [i for i, one in enumerate(objects) if not taken[i] and one.class_id == class_id]
        shared = np.array([shared_area(crop, objects[i].mask) for i in free])
        overlaps = shared / (crop.area + areas[free] - shared) if free else np.zeros(0)
        if free and overlaps.max() >= 0.5:
            taken[free[int(overlaps.argmax())]] = True
            right += 1
        elif any(one.crowd and shared_area(crop, one.mask) >= 0.5 * crop.area for one in wanted):
            continue
        shown += 1
    small = areas < SMALL
    return Score(int(small.sum()), int((small & taken).sum()), len(objects), int(taken.sum()), shown, right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mosaics", type=int, nargs="+", default=[5, 10], metavar="N")
    parser.add_argument("--tiles", nargs="+", default=["auto", "2x2", "4x4"])
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--min-scores", type=float, nargs="+", default=[0.5])
    parser.add_argument("--annotations", type=Path, default=COCO_FOLDER / "instances_val.json")
    parser.add_argument("--images", type=Path, default=COCO_FOLDER / "val")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="draw what was found there")
    options = parser.parse_args()
    if not options.annotations.is_file():
        parser.error(f"there is no file {options.annotations}: name one with --annotations and --images")

    coco = COCO(str(options.annotations))
    records = list(coco.imgs.values())
    models = {"none": load_model(options.weights)}
    models |= {tiles: load_model(options.weights, tiles=tiles) for tiles in options.tiles}
    for side in options.mosaics:
        each = side * side
        mosaics = [
            make_mosaic(coco, options.images, records[start : start + each], side)
            for start in range(0, len(records) - each + 1, each)
        ]
        print(f"{len(mosaics)} mosaics of {side} x {side} photos, {CELL * side} x {CELL * side} pixels")
        for min_score in options.min_scores:
            usual = 0.0
            for tiles, model in models.items():
                model.set_min_confidence(min_score)
                model(mosaics[0][0])
                seconds, scores = [], []
                for number, (picture, wanted) in enumerate(mosaics):
                    start = time.perf_counter()
                    found = model(picture)
                    seconds.append(time.perf_counter() - start)
                    scores.append(score(found, wanted))
                    if options.save is not None:
                        name = options.save / f"mosaic{side}_{number}_{tiles}.jpg"
                        write_image(name, draw(picture, found, line_width=1, text_size=9))
                median = statistics.median(seconds)
                usual = usual or median
                total = Score(*(sum(column) for column in zip(*scores, strict=True)))
                print(f"score {min_score:.2f} tiles {tiles:5} {total} time {median:.3f} s ({median / usual:.1f} times)")


if __name__ == "__main__":
    main()
