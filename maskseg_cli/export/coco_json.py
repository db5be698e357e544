"""Detections as records of a COCO data set, which pycocotools, CVAT, FiftyOne and others read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.classes import same_class, used_classes
from maskseg_cli.coco_classes import COCO_CATEGORY_IDS, COCO_CLASSES
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.earlier_records import check_annotation, check_image, parse_record
from maskseg_cli.export.scores import score_of
from maskseg_cli.rle import encode_rle

#: What a file that a run writes says about itself.
FOUND = f"Objects found by maskseg {__version__}"


def category_ids(class_names: Sequence[str]) -> tuple[int, ...]:
    """The category id of each class id: COCO's own 1..90 for the 80 COCO classes, else 1, 2, 3 ...

    Networks whose class ids are COCO's category ids, with its gaps, keep them.

    Args:
        class_names: background first. The background's category is 0 and never written.

    Example:
        >>> category_ids(("background", "cat", "dog")), category_ids(COCO_CLASSES)[-1]
        ((0, 1, 2), 90)
    """
    if len(class_names) == len(COCO_CLASSES) and all(map(same_class, class_names[1:], COCO_CLASSES[1:])):
        return COCO_CATEGORY_IDS
    return tuple(range(len(class_names)))


def coco_categories(class_names: Sequence[str], ids: Sequence[int] = ()) -> list[dict[str, Any]]:
    """COCO's list `categories`, without the background and classes that the network was not trained on.

    Args:
        class_names: background first.
        ids: class id -> category id; (): `category_ids`.
    """
    ids = ids or category_ids(class_names)
    return [{"id": ids[i], "name": class_names[i]} for i in used_classes(class_names)]


def coco_annotations(
    detections: Detections, image_id: int | str, ids: Sequence[int] = (), polygons: bool = False
) -> Iterable[dict[str, Any]]:
    """COCO's annotations of one picture, best score first, without `id`.

    Args:
        detections: objects in the upright picture.
        image_id: the picture's id.
        ids: class id -> category id; by default that of the detections' own class names.
        polygons: the outline as polygons, one a part, holes joined to the outer ring; a mask without pixels has none.

    Yields:
        image_id; category_id; segmentation (RLE, counts as str, or polygons); bbox [x, y, width, height] in pixels with
        width x2 - x1; area, the pixels of the mask; score; iscrowd; track_id, if the object was tracked. What people
        have marked has no score; where it is a box alone, it has no segmentation, and the area is that of the box.
    """
    if polygons:  # this needs OpenCV
        from maskseg_cli.export.mask_polygons import coco_polygons, mask_parts
    ids = ids or category_ids(detections.class_names)
    height, width = detections.image_size
    tracks = [-1] * len(detections) if detections.tracker_id is None else detections.tracker_id.tolist()
    crowds = [False] * len(detections) if detections.crowd is None else detections.crowd.tolist()
    for box, class_id, confidence, mask, track, crowd in zip(
        detections.xyxy, detections.class_id, detections.confidence, detections.masks, tracks, crowds, strict=True
    ):
        x1, y1, x2, y2 = (float(v) for v in box)
        score, area = score_of(confidence), mask.area
        outlined = score is not None or area > 0
        # COCO's own files have a crowd as RLE always: its readers take a polygon for one object.
        drawn = coco_polygons(mask_parts(mask)) if polygons and not crowd else encode_rle(mask, height, width)
        yield {
            "image_id": image_id,
            "category_id": ids[class_id] if class_id < len(ids) else int(class_id),
            **({"segmentation": drawn} if outlined else {}),
            "bbox": [round(v, 3) for v in (x1, y1, x2 - x1, y2 - y1)],
            "area": area if outlined else round((x2 - x1) * (y2 - y1), 3),
            **({} if score is None else {"score": score}),
            "iscrowd": int(crowd),
            **({"track_id": track} if track >= 0 else {}),
        }


def read_dataset(path: str | Path, class_names: Sequence[str]) -> dict[str, Any]:
    """Reads a COCO JSON file that a run has written, to continue it.

    Raises:
        MasksegError: it is no such file, or its categories are not those of `class_names`.
    """
    try:
        data: dict[str, Any] = parse_record(Path(path).read_bytes())
        known = data["categories"]
        for image in data["images"]:
            check_image(image)
            _ = {image["id"]}  # it is a key later
        for annotation in data["annotations"]:
            check_annotation(annotation)
    except (ValueError, KeyError, TypeError) as error:
        raise MasksegError(
            f"{path} is no COCO JSON that could be continued: delete it, or name another file."
        ) from error
    if known != coco_categories(class_names):
        raise MasksegError(f"{path} was made with other classes: delete it, or name another file.")
    return data
