"""Pseudo-labels: a stronger network's detections as annotations of photos that lack some or all of them.

Detections of a high score become objects whose weight is their score; those of a low score become objects of weight 0:
what they show is neither object nor background (self-training, https://arxiv.org/abs/2001.07685 and others). The
stronger network is called the teacher.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.coco_records import check_document, label_of
from maskseg_cli.datasets.field_values import id_of, is_number, picture_sides, shown, whole_number
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.picture_files import SIDES
from maskseg_cli.datasets.problems import ProblemLog, summary
from maskseg_cli.datasets.tidy_records import tidy_records
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.results_file import read_rows
from maskseg_cli.media.atomic_file import write_atomic

#: Detections of at least the first score become objects, the others down to the second one doubtful objects.
KEEP, DOUBT = 0.5, 0.1

#: Fields of a detection that its annotation has, too.
_COPIED = ("image_id", "category_id", "bbox", "segmentation")


def merge(
    dataset: Mapping[str, Any], detections: Iterable[Mapping[str, Any]], keep: float = KEEP, doubt: float = DOUBT
) -> dict[str, Any]:
    """A COCO data set of the existing annotations and, in all other classes, of the teacher's detections.

    A picture without any detection stays as it is: the teacher may not have seen it.

    Args:
        dataset: COCO's format; an image's `complete_classes` lists the category ids whose objects are all annotated,
            an image without that list counts as complete. Detections replace the annotations of other classes.
        detections: COCO's result format (image_id, category_id, bbox, score, and segmentation where there is one).
        keep, doubt: see `KEEP`.

    Returns:
        COCO's format; images with detections are complete, the teacher's objects have a `score`, 0 for doubtful ones.
    """
    detections = list(detections)
    seen = {id_of(detection["image_id"]) for detection in detections}
    partial = {
        id_of(image["id"]): set(map(whole_number, image["complete_classes"]))
        for image in dataset["images"]
        if "complete_classes" in image and id_of(image["id"]) in seen
    }
    annotations = [
        dict(row)
        for row in dataset.get("annotations", [])
        if (complete := partial.get(id_of(row["image_id"]))) is None or whole_number(row["category_id"]) in complete
    ]
    number = max((row["id"] for row in annotations if isinstance(row.get("id"), int)), default=0)
    for detection in detections:
        complete = partial.get(id_of(detection["image_id"]))
        if complete is None or whole_number(detection["category_id"]) in complete or detection["score"] < doubt:
            continue
        number += 1
        row = {name: detection[name] for name in _COPIED if name in detection}
        score = detection["score"] if detection["score"] >= keep else 0.0
        row |= {"id": number, "iscrowd": 0, "score": score}
        if row.get("bbox"):
            row["area"] = row["bbox"][2] * row["bbox"][3]
        annotations.append(row)
    images = [
        {name: value for name, value in image.items() if name != "complete_classes" or id_of(image["id"]) not in seen}
        for image in dataset["images"]
    ]
    return {"images": images, "annotations": annotations, "categories": dataset["categories"]}


def write_merged(annotations: Path, results: Path, output: Path, keep: float = KEEP, doubt: float = DOUBT) -> str:
    """Merges two files into a third.

    Returns:
        a line with the numbers of objects, for the log.

    Raises:
        MasksegError: a file cannot be read or written, or is not in its format.
    """
    dataset, log = check_document(read_json(annotations), annotations), ProblemLog()
    sizes = {id_of(image.get("id")): picture_sides(*(image.get(side) for side in SIDES)) for image in dataset["images"]}

    def size_of(record: dict[str, Any]) -> tuple[int, int] | None:
        return sizes.get(id_of(record.get("image_id")))

    # Both in COCO's form: a file of two forms could not be recognised.
    detections = read_rows(results, size_of, log)
    dataset = {**dataset, "annotations": tidy_records(dataset["annotations"], size_of, label_of, log)}
    for number, detection in enumerate(detections, 1):
        if not is_number(detection.get("score")):
            score = shown(detection.get("score"))
            raise MasksegError(f"In {results}: result {number} has no score that is a number, but {score}.")
    try:
        merged = merge(dataset, detections, keep, doubt)
    except (KeyError, TypeError, AttributeError):
        raise MasksegError(
            f"{annotations} is not in COCO's format, or {results} not in COCO's result format."
        ) from None
    try:
        write_atomic(output, json.dumps(merged).encode())
    except OSError as error:
        raise MasksegError(f"{output} cannot be written: {error.strerror or error}.") from error
    kinds = Counter(
        "annotated" if "score" not in row else "sure" if row["score"] else "doubtful" for row in merged["annotations"]
    )
    notes = log.problems()
    return (f"{summary(notes, f'{annotations} and {results}')}\n" if notes else "") + (
        f"{annotations.name}: {kinds['annotated']} annotated objects, {kinds['sure']} of the teacher, "
        f"{kinds['doubtful']} doubtful ones in {len(merged['images'])} pictures"
    )
