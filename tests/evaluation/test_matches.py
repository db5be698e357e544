"""Errors by kind, the confusion matrix, calibration and the comparison of two networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.bootstrap import Comparison, compare
from maskseg_cli.evaluation.calibration import calibration
from maskseg_cli.evaluation.coco_ap import average_precision
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.confusion import confusion_matrix
from maskseg_cli.evaluation.evaluator import Evaluation, score_rows
from maskseg_cli.evaluation.match_table import OVERLAPS
from maskseg_cli.evaluation.matches import PhotoMatches, photo_matches
from maskseg_cli.rle import encode_rle
from tests.evaluation.random_sets import SIZE, random_set, result, shape

DOG, CAT = 1, 2


def marked(number: int, category: int, box: list[int], crowd: int = 0) -> dict[str, Any]:
    mask = shape(*box, False)
    record = {"id": number, "image_id": 1, "category_id": category, "bbox": box, "area": float(mask.area)}
    return {**record, "iscrowd": crowd, "segmentation": encode_rle(mask, SIZE, SIZE)}


def scored(annotations: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Evaluation:
    image = {"id": 1, "file_name": "1.jpg", "width": SIZE, "height": SIZE}
    dataset = CocoDataset(Path("a.json"), (image,), tuple(annotations), {DOG: "dog", CAT: "cat"}, 0)
    return score_rows(dataset, rows, [DOG, CAT])


def test_each_kind_of_error() -> None:
    annotations = [
        marked(1, DOG, [0, 0, 10, 10]),
        marked(2, DOG, [0, 20, 10, 10]),
        marked(3, CAT, [20, 0, 10, 10]),
        marked(4, CAT, [20, 20, 10, 10]),
        marked(5, DOG, [30, 30, 10, 10], crowd=1),
        marked(6, CAT, [12, 12, 6, 6]),
    ]
    rows = [
        result(1, DOG, [0, 0, 10, 9], 0.9),  # right
        result(1, DOG, [0, 1, 10, 9], 0.8),  # the same dog again
        result(1, DOG, [0, 26, 10, 10], 0.7),  # two fifths of a dog
        result(1, DOG, [20, 0, 10, 9], 0.6),  # a cat as a dog
        result(1, DOG, [32, 32, 5, 5], 0.6),  # in a crowd of dogs
        result(1, CAT, [32, 32, 5, 5], 0.5),  # no cat is there
        result(1, CAT, [12, 12, 6, 6], 0.1),  # below the lowest score
    ]
    [photo] = photo_matches(scored(annotations, rows), 0.3)
    assert [(pair.marked["id"], pair.found["score"], round(pair.overlap, 2)) for pair in photo.right] == [(1, 0.9, 0.9)]
    assert [(pair.marked["id"], pair.found["score"]) for pair in photo.duplicates] == [(1, 0.8)]
    assert [(pair.marked["id"], round(pair.overlap, 2)) for pair in photo.badly_outlined] == [(2, 0.25)]
    assert [(pair.marked["id"], pair.found["category_id"]) for pair in photo.wrong_class] == [(3, DOG)]
    assert [one["id"] for one in photo.missed] == [4, 6]
    assert [row["score"] for row in photo.false] == [0.5]
    counts = confusion_matrix([photo], [DOG, CAT])
    assert counts.tolist() == [[1, 0, 1], [1, 0, 2], [2, 1, 0]]


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_each_object_and_detection_is_in_one_list(seed: int, least: float) -> None:
    dataset, rows = random_set(seed)
    evaluation = score_rows(dataset, rows, dataset.categories)
    photos = list(photo_matches(evaluation, least))
    assert [photo.image["id"] for photo in photos] == [image["id"] for image in dataset.images]
    for photo in photos:
        solved = [*photo.right, *photo.wrong_class, *photo.badly_outlined]
        objects = [pair.marked["id"] for pair in solved] + [one["id"] for one in photo.missed]
        here = [one for one in dataset.annotations if one["image_id"] == photo.image["id"]]
        assert sorted(objects) == sorted(one["id"] for one in here if not one["iscrowd"])
        found = [id(pair.found) for pair in [*solved, *photo.duplicates]] + [id(row) for row in photo.false]
        used = [id(row) for row in rows if row["image_id"] == photo.image["id"] and row["score"] >= least]
        assert len(set(found)) == len(found)
        assert set(found) <= set(used)
        assert all(pair.found["category_id"] == pair.marked["category_id"] for pair in photo.right)
    counts = confusion_matrix(photos, sorted(dataset.categories))
    assert counts[:-1].sum() == sum(not one["iscrowd"] for one in dataset.annotations)
    assert np.trace(counts[:-1, :-1]) == sum(len(photo.right) for photo in photos)


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from(range(10)), st.booleans())
def test_right_is_what_pycocotools_takes_for_right(seed: int, threshold: int, masks: bool) -> None:
    dataset, rows = random_set(seed)
    evaluation = score_rows(dataset, rows, dataset.categories)
    photos = list(photo_matches(evaluation, 0, float(OVERLAPS[threshold]), masks))
    figures = evaluation.masks if masks else evaluation.boxes
    assert figures is not None
    table = figures.matches
    right = sorted(pair.found["score"] for photo in photos for pair in photo.right)
    assert right == sorted(np.concatenate([[], *(one.scores[one.right[threshold]] for one in table.classes)]))
    wrong = [*(one for photo in photos for one in photo.false)]
    for photo in photos:
        wrong += [pair.found for pair in (*photo.wrong_class, *photo.duplicates, *photo.badly_outlined)]
    false = [one.scores[one.false[threshold]] for one in table.classes]
    assert sorted(row["score"] for row in wrong) == sorted(np.concatenate([table.unmarked, *false]))


def test_a_good_box_with_a_mask_elsewhere_in_it_is_badly_outlined() -> None:
    left, right = (encode_rle(shape(x, 0, 5, 20, False), SIZE, SIZE) for x in (0, 15))
    here = {**marked(1, DOG, [0, 0, 20, 20]), "segmentation": left, "area": 100.0}
    row = {**result(1, DOG, [0, 0, 20, 20], 0.9), "segmentation": right}
    [photo] = photo_matches(scored([here], [row]), 0.3)
    assert [(pair.marked["id"], pair.overlap) for pair in photo.badly_outlined] == [(1, 0.0)]
    assert not photo.missed
    assert not photo.false
    [photo] = photo_matches(scored([here], [row]), 0.3, masks=False)
    assert len(photo.right) == 1


def test_nothing_on_a_crowd_is_an_error() -> None:
    annotations = [marked(1, DOG, [0, 0, 10, 10]), marked(2, DOG, [0, 0, 20, 20], crowd=1)]
    rows = [result(1, DOG, [0, 0, 10, 10], 0.9), result(1, DOG, [0, 0, 10, 9], 0.8)]
    [photo] = photo_matches(scored(annotations, rows), 0.3)
    assert len(photo.right) == 1
    assert not photo.duplicates, "the second one lies on the crowd"
    assert not photo.false


def test_confusion_of_no_photo() -> None:
    assert confusion_matrix([PhotoMatches({"id": 1})], [DOG]).tolist() == [[0, 0], [0, 0]]


@settings(max_examples=15)
@given(st.integers(0, 2**31))
def test_calibration_against_counting(seed: int) -> None:
    dataset, rows = random_set(seed)
    table = score_rows(dataset, rows, dataset.categories).boxes.matches
    found = calibration(table, bins=5)
    flat = [
        (score, bool(right))
        for one in table.classes
        for score, right, false in zip(one.scores, one.right[0], one.false[0], strict=True)
        if right or false
    ]
    marked_classes = {one["category_id"] for one in dataset.annotations}
    flat += [(row["score"], False) for row in rows if row["category_id"] not in marked_classes]
    assert found.numbers.sum() == len(flat)
    total = 0.0
    for number in range(5):
        here = [pair for pair in flat if found.edges[number] <= pair[0] < found.edges[number + 1]]
        assert found.numbers[number] == len(here)
        if here:
            assert found.right[number] == pytest.approx(np.mean([right for _, right in here]))
            assert found.scores[number] == pytest.approx(np.mean([score for score, _ in here]))
            total += abs(found.right[number] - found.scores[number]) * len(here)
        else:
            assert np.isnan(found.right[number])
    assert found.error == (pytest.approx(total / len(flat)) if flat else None)


def test_scores_that_are_no_probabilities_are_left_out() -> None:
    rows = [result(1, DOG, [0, 0, 10, 10], 0.95), result(1, CAT, [0, 0, 10, 10], 97.0)]
    found = calibration(scored([marked(1, DOG, [0, 0, 10, 10])], rows).boxes.matches)
    assert found.numbers.tolist() == [0] * 9 + [1]
    assert found.error == pytest.approx(0.05)


def test_detections_of_a_class_without_objects_are_wrong_ones() -> None:
    rows = [result(1, DOG, [0, 0, 10, 10], 0.95), result(1, CAT, [0, 0, 10, 10], 0.97)]
    found = calibration(scored([marked(1, DOG, [0, 0, 10, 10])], rows).boxes.matches)
    assert (found.numbers[-1], found.right[-1]) == (2, 0.5)


def test_the_same_network_is_no_better_than_itself() -> None:
    dataset, rows = random_set(8, photos=12)
    table = score_rows(dataset, rows, dataset.categories).boxes.matches
    found = compare(table, table, rounds=50)
    assert (found.difference, found.low, found.high, found.better) == (0, 0, 0, 0.5)
    assert "no proof" in found.sentence("box AP")


def test_a_network_that_finds_nothing_is_worse_by_more_than_chance() -> None:
    dataset, rows = random_set(8, photos=12)
    own, other = (score_rows(dataset, some, dataset.categories).boxes.matches for some in (rows, []))
    found = compare(own, other, rounds=200, seed=1)
    assert found.other == 0
    assert found.low > 0
    assert found.better > 0.99
    assert found == compare(own, other, rounds=200, seed=1)
    assert "better by more than the choice of photos explains" in found.sentence("box AP")
    assert "worse by more" in compare(other, own, rounds=200).sentence("box AP")


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Two equally good networks on random photos: a difference is claimed seldom."""
    claims = 0
    for seed in range(25):
        dataset, rows = random_set(seed, photos=10, classes=1)
        random = np.random.default_rng(seed)
        halves = [[row for row in rows if random.random() < 0.7] for _ in range(2)]
        tables = [average_precision(dataset, some, "bbox", [1]).matches for some in halves]
        claims += compare(tables[0], tables[1], rounds=60).is_proof
    assert claims <= 5


def test_other_photos_are_refused() -> None:
    tables = []
    for seed in (1, 2):
        dataset, rows = random_set(seed)
        tables.append(score_rows(dataset, rows, dataset.categories).boxes.matches)
    with pytest.raises(MasksegError, match="same photos with the same objects"):
        compare(*tables)
    none = replace(tables[0], classes=())
    with pytest.raises(MasksegError, match="no object"):
        compare(none, none)


def test_the_sentence() -> None:
    words = Comparison(0.30, 0.295, 0.005, -0.009, 0.018, 0.74, 100).sentence("mask AP")
    assert words.endswith("on these 100 photos that is no proof of a difference.")
