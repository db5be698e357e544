"""`photo_matches`: what became of each marked object and each detection of a photo, and the errors by kind.

COCO's evaluation matches within each class, once for each overlap, and knows only right and false. People who look for
the reason of an error need more: a dog that was found as a cat is one error, not a missed dog and a false cat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation.evaluator import Evaluation

#: From this overlap on a detection belongs to an object; below it, down to the second, it outlines it badly.
OVERLAP, BAD_OVERLAP = 0.5, 0.1

Record = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A detection and the object that it is about.

    Attributes:
        marked: the annotation.
        found: the row of results.
        overlap: their IoU, of masks or boxes, whichever were compared.
    """

    marked: Record
    found: Record
    overlap: float


@dataclass(frozen=True)
class PhotoMatches:
    """What was found and not found in one photo. Each object and each detection is in one list at most.

    Attributes:
        image: the record of the photo.
        right: found with their class and an IoU of at least 0.5.
        badly_outlined: the class is right, the IoU from 0.1 to 0.5; with masks also where the IoU of the boxes is at
            least 0.5, however little the masks overlap.
        wrong_class: an IoU of at least 0.5 with an object of another class that nothing else has found.
        duplicates: detections of an object that a surer one has found, also as another class.
        missed: objects that no detection is about.
        false: all other detections, except for those on a crowd or an ignored object of their class.
    """

    image: Record
    right: list[Pair] = field(default_factory=list)
    badly_outlined: list[Pair] = field(default_factory=list)
    wrong_class: list[Pair] = field(default_factory=list)
    duplicates: list[Pair] = field(default_factory=list)
    missed: list[Record] = field(default_factory=list)
    false: list[Record] = field(default_factory=list)


def photo_matches(
    evaluation: Evaluation, min_score: float, overlap: float = OVERLAP, masks: bool = True
) -> Iterator[PhotoMatches]:
    """Matches the detections of each photo with its objects, surest first.

    Right is what COCO's evaluation takes for right at this overlap. The kinds of errors are, but for their order,
    those of TIDE (https://arxiv.org/abs/2008.08115), which has the same two limits. Crowds and ignored objects are no
    errors, whatever was found in them; nor are detections on them.

    Args:
        evaluation: what was found.
        min_score: detections of lower scores do not count, as in a picture that is drawn with this --min-score.
        overlap: IoU from which a detection belongs to an object.
        masks: compare masks where they could be measured; otherwise boxes.
    """
    chosen = set(evaluation.category_ids)
    objects, found = _by_photo(evaluation.dataset.annotations), _by_photo(evaluation.results)
    for image in evaluation.dataset.images:
        marked = [one for one in objects[image["id"]] if one["category_id"] in chosen]
        rows = [row for row in found[image["id"]] if row["score"] >= min_score and row["category_id"] in chosen]
        rows.sort(key=lambda row: -row["score"])
        boxes = _overlaps(image, rows, marked, masks=False)
        same = not masks or evaluation.masks is None
        yield _match(image, marked, rows, boxes if same else _overlaps(image, rows, marked, masks=True), boxes, overlap)


def _by_photo(records: Iterable[Record]) -> dict[Any, list[Record]]:
    found: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        found[record["image_id"]].append(record)
    return found


def _overlaps(image: Record, rows: list[Record], marked: list[Record], masks: bool) -> NDArray[np.float64]:
    """IoU (detections, objects); with crowds the share of the detection that lies in it."""
    if not rows or not marked:
        return np.zeros((len(rows), len(marked)))
    crowds = [int(one["iscrowd"]) for one in marked]
    height, width = image["height"], image["width"]

    def part(record: Record) -> Any:
        return to_rle(record["segmentation"], height, width) if masks else [float(side) for side in record["bbox"]]

    found = coco_mask.iou([part(row) for row in rows], [part(one) for one in marked], crowds)
    return np.asarray(found, np.float64).reshape(len(rows), len(marked))


def _match(
    image: Record,
    marked: list[Record],
    rows: list[Record],
    overlaps: NDArray[np.float64],
    boxes: NDArray[np.float64],
    enough: float,
) -> PhotoMatches:
    """Matches one photo; `boxes`: IoU of boxes, shaped like `overlaps`; `enough`: IoU of a right detection."""
    found = PhotoMatches(image)
    counts = np.array([not one["iscrowd"] for one in marked], bool)
    own = np.array([[row["category_id"] == one["category_id"] for one in marked] for row in rows], bool)
    own = own.reshape(overlaps.shape)
    free, left = counts.copy(), np.ones(len(rows), bool)

    def pair(some: list[Pair], allowed: NDArray[np.bool_], takes: bool) -> None:
        """Gives each detection that is left the best object that is allowed; `takes`: no other detection gets it."""
        for row in np.flatnonzero(left):
            fit = np.where(allowed[row] & (free if takes else counts), overlaps[row], -1.0)
            if len(fit) and fit.max() >= 0:
                best = len(fit) - 1 - int(fit[::-1].argmax())  # pycocotools takes the last one of equals
                some.append(Pair(marked[best], rows[row], float(fit[best])))
                left[row] = False
                free[best] = free[best] and not takes

    near = overlaps >= min(enough, 1 - 1e-10)  # as pycocotools has it
    pair(found.right, own & near, takes=True)
    left &= ~(own & near & ~counts).any(axis=1)  # these lie on a crowd
    pair(found.duplicates, own & near, takes=False)
    pair(found.wrong_class, ~own & near, takes=True)
    pair(found.duplicates, ~own & near, takes=False)
    pair(found.badly_outlined, own & ((overlaps >= BAD_OVERLAP) | (boxes >= OVERLAP)), takes=True)
    found.false.extend(rows[row] for row in np.flatnonzero(left))
    found.missed.extend(marked[place] for place in np.flatnonzero(free))
    return found
