"""Matterport's mean average precision, on photos whose answer can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.evaluation.tables import table
from maskseg_cli.evaluation.voc_ap import photo_average_precision, voc_mean_average_precision
from tests.coco_samples import FakePredictor, found, make_sample

SIDE = 40


def rectangle(x: int, y: int, w: int = 10, h: int = 10) -> dict[str, Any]:
    mask = np.zeros((SIDE, SIDE), np.uint8, order="F")
    mask[y : y + h, x : x + w] = 1
    rle = coco_mask.encode(mask)
    return {"size": rle["size"], "counts": rle["counts"].decode()}


def dataset(*photos: list[tuple[int, dict[str, Any], bool]]) -> CocoDataset:
    """Photos 1, 2, ... of (category, outline, crowd)."""
    images = tuple({"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE} for i in range(1, len(photos) + 1))
    annotations = [
        {"image_id": i, "category_id": category, "segmentation": outline, "iscrowd": int(crowd)}
        for i, objects in enumerate(photos, 1)
        for category, outline, crowd in objects
    ]
    return CocoDataset(Path("test.json"), images, tuple(annotations), {1: "a", 2: "b"}, 0)


def result(score: float, outline: dict[str, Any], category: int = 1, image: int = 1) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "segmentation": outline, "score": score}


@pytest.mark.parametrize(
    ("hits", "objects", "area"),
    [
        ([], 3, 0),
        ([True], 1, 1),
        ([True, True], 2, 1),
        ([True], 2, 1 / 2),
        ([False, True], 1, 1 / 2),
        ([True, False], 1, 1),  # a false alarm after the last object costs nothing
        ([True, False, True], 2, (1 + 2 / 3) / 2),
        ([False, True, True, True], 3, 3 / 4),  # monotone: the later 3/4 counts for all three
        ([False, False], 2, 0),
        ([True, False, False, True], 4, (1 + 1 / 2) / 4),
    ],
)
def test_one_photo_by_hand(hits: list[bool], objects: int, area: float) -> None:
    assert photo_average_precision(hits, objects) == pytest.approx(area)


def test_overlap_class_and_order_decide() -> None:
    truth = dataset([(1, rectangle(0, 0), False), (1, rectangle(20, 0), False)])
    good, other = result(0.9, rectangle(0, 0)), result(0.8, rectangle(20, 0))

    def score(*rows: dict[str, Any], **options: Any) -> float | None:
        return voc_mean_average_precision(truth, rows, [1, 2], **options)

    assert score(good, other) == 1
    assert score(other, good) == 1, "the order of the rows does not matter, that of the scores does"
    assert score(good) == 0.5
    assert score(good, result(0.8, rectangle(20, 0), category=2)) == 0.5, "another class is a miss"
    assert score(result(0.95, rectangle(0, 20)), good, other) == pytest.approx(2 / 3), "a false alarm before both"
    assert score(good, result(0.85, rectangle(0, 0)), other) == pytest.approx((1 + 2 / 3) / 2), "found twice"
    # moved by 3 and by 4 of 10 pixels: IoU 70 / 130 and 60 / 140
    assert score(good, result(0.8, rectangle(23, 0))) == 1
    assert score(good, result(0.8, rectangle(24, 0))) == 0.5
    assert score(good, result(0.8, rectangle(24, 0)), iou=0.4) == 1
    assert score(good, result(0.8, rectangle(20, 0, 5))) == 1, "an IoU of exactly 0.5 is a match"
    assert voc_mean_average_precision(truth, [good], [2]) is None, "no object of the chosen classes"


def test_only_sure_detections_count() -> None:
    truth = dataset([(1, rectangle(0, 0), False)])
    assert voc_mean_average_precision(truth, [result(0.7, rectangle(0, 0))], [1]) == 1
    assert voc_mean_average_precision(truth, [result(0.69, rectangle(0, 0))], [1]) == 0
    assert voc_mean_average_precision(truth, [result(0.69, rectangle(0, 0))], [1], min_score=0.5) == 1


def test_each_photo_counts_once() -> None:
    """One object found in one photo, none of three in another, and a photo without objects: (1 + 0) / 2."""
    three = [(1, rectangle(x, 20), False) for x in (0, 12, 24)]
    truth = dataset([(1, rectangle(0, 0), False)], three, [])
    rows = [result(0.9, rectangle(0, 0)), result(0.99, rectangle(0, 0), image=3)]
    assert voc_mean_average_precision(truth, rows, [1]) == 0.5
    assert voc_mean_average_precision(dataset([]), [], [1]) is None


def test_detections_in_a_crowd_are_left_out() -> None:
    outlines = [(1, rectangle(0, 20), False), (1, rectangle(0, 0, 40, 15), True)]
    inside, alarm = result(0.99, rectangle(3, 3)), result(0.99, rectangle(3, 3), category=2)
    hit = result(0.9, rectangle(0, 20))
    assert voc_mean_average_precision(dataset(outlines), [inside, hit], [1, 2]) == 1
    assert voc_mean_average_precision(dataset(outlines), [alarm, hit], [1, 2]) == 0.5, "another class than the crowd's"
    assert voc_mean_average_precision(dataset(outlines[:1]), [inside, hit], [1, 2]) == 0.5


def written_out(truth: list[tuple[int, np.ndarray]], rows: list[tuple[float, int, np.ndarray]]) -> float:
    """The same for one photo as a plain loop, with sums over pixels and an explicit curve."""
    free, points, hits = list(range(len(truth))), [(0.0, 0.0)], 0
    for rank, (_, category, mask) in enumerate(sorted(rows, key=lambda row: -row[0]), 1):
        overlaps = {i: (mask & truth[i][1]).sum() / (mask | truth[i][1]).sum() for i in free if truth[i][0] == category}
        best = max(overlaps, key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= 0.5:
            free.remove(best)
            hits += 1
        points.append((hits / len(truth), hits / rank))
    return sum(
        (recall - points[i][0]) * max(precision for _, precision in points[i + 1 :])
        for i, (recall, _) in enumerate(points[1:])
    )


boxes = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(4, 16), st.integers(4, 16))
labelled = st.tuples(st.integers(1, 2), boxes)


@settings(max_examples=60)
@given(
    st.lists(labelled, min_size=1, max_size=5),
    st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(-2, 2), labelled), max_size=8, unique_by=id),
)
def test_the_same_as_a_plain_loop(objects: list[Any], answers: list[Any]) -> None:
    """Each answer lies near an object, or anywhere."""
    rows = []
    for rank, (near, which, shift, (category, box)) in enumerate(answers):
        if near:
            category, (x, y, w, h) = objects[which % len(objects)]
            box = (max(0, x + shift), y, w, h)
        rows.append(result(0.99 - 0.02 * rank, rectangle(*box), category))
    truth = dataset([(category, rectangle(*box), False) for category, box in objects])
    expected = written_out(
        [(category, coco_mask.decode(rectangle(*box)).astype(bool)) for category, box in objects],
        [(r["score"], r["category_id"], coco_mask.decode(r["segmentation"]).astype(bool)) for r in rows],
    )
    assert voc_mean_average_precision(truth, rows, [1, 2]) == pytest.approx(expected)


def test_in_an_evaluation(tmp_path: Path) -> None:
    """Half of the photos lack one of three objects, which are all of another class each."""
    sample = make_sample(tmp_path)
    predictor = FakePredictor(sample, lambda photo, objects: found(objects[photo % 2 :], [0.9, 0.8, 0.7][photo % 2 :]))
    evaluation = evaluate(predictor, sample.annotations, sample.photos)
    assert evaluation.metrics["voc"] == {"mAP50": pytest.approx((1 + 2 / 3) / 2), "min_score": 0.7}
    assert table(evaluation).splitlines()[-1] == "VOC mAP50 (Matterport, per photo, scores from 0.7): 83.3"
    sample.change(lambda document: document["annotations"][0].update(segmentation=[]))
    without_masks = evaluate(predictor, sample.annotations, sample.photos)
    assert without_masks.metrics["voc"]["mAP50"] is None
    assert "VOC" not in table(without_masks)
