"""Pseudo-labels: what a stronger teacher finds in photos that are annotated in part or not at all.

The teacher's sure finds become objects that count as much as it is sure, its doubtful ones objects that count nothing:
what they show is neither object nor background (self-training, https://arxiv.org/abs/2001.07685 and others).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import atomic_path

#: Finds of at least this score become objects, the others down to the second one doubtful objects.
KEEP, DOUBT = 0.5, 0.1


def merge(
    dataset: Mapping[str, Any], finds: Iterable[Mapping[str, Any]], keep: float = KEEP, doubt: float = DOUBT
) -> dict[str, Any]:
    """A COCO data set of the annotations there are and of the teacher's finds in all other classes.

    A picture in which the teacher found nothing at all, sure or not, stays as it is: perhaps it was never shown to it.

    Args:
        dataset: COCO's format; an image's `complete_classes` lists the category ids whose objects are all annotated,
            an image without that list counts as complete. Annotations of other classes give way to the finds.
        finds: COCO's result format (image_id, category_id, bbox, score, and segmentation where there is one).
        keep, doubt: see `KEEP`.

    Returns:
        COCO's format; images with finds complete, objects of the teacher with their `score`, 0 for doubtful ones.
    """
    finds = list(finds)
    seen = {find["image_id"] for find in finds}
    partial = {
        image["id"]: set(image["complete_classes"])
        for image in dataset["images"]
        if "complete_classes" in image and image["id"] in seen
    }
    annotations = [
        dict(row)
        for row in dataset.get("annotations", [])
        if row["image_id"] not in partial or row["category_id"] in partial[row["image_id"]]
    ]
    number = max((row["id"] for row in annotations), default=0)
    for find in finds:
        complete = partial.get(find["image_id"])
        if complete is None or find["category_id"] in complete or find["score"] < doubt:
            continue
        number += 1
        row = {name: find[name] for name in ("image_id", "category_id", "bbox", "segmentation") if name in find}
        score = find["score"] if find["score"] >= keep else 0.0
        row |= {"id": number, "iscrowd": 0, "area": find["bbox"][2] * find["bbox"][3], "score": score}
        annotations.append(row)
    images = [
        {name: value for name, value in image.items() if name != "complete_classes" or image["id"] not in seen}
        for image in dataset["images"]
    ]
    return {"images": images, "annotations": annotations, "categories": dataset["categories"]}


def write_merged(annotations: Path, results: Path, output: Path, keep: float = KEEP, doubt: float = DOUBT) -> str:
    """Merges two files into a third.

    Returns:
        a line that says what came of it.

    Raises:
        MasksegError: a file cannot be read or written, or is not in its format.
    """
    dataset, finds = _read(annotations), _read(results)
    try:
        merged = merge(dataset, finds, keep, doubt)
    except (KeyError, TypeError, AttributeError):
        raise MasksegError(
            f"{annotations} is not in COCO's format, or {results} not in COCO's result format."
        ) from None
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(merged), encoding="utf-8")
    kinds = Counter(
        "annotated" if "score" not in row else "sure" if row["score"] else "doubtful" for row in merged["annotations"]
    )
    return (
        f"{annotations.name}: {kinds['annotated']} annotated objects, {kinds['sure']} of the teacher, "
        f"{kinds['doubtful']} doubtful ones in {len(merged['images'])} pictures"
    )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise MasksegError(f"{path} cannot be read: {error}.") from None
