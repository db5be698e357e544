"""AP from the table of matches is pycocotools' own, also where photos count several times or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.evaluation.coco_ap import average_precision
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.resampled_precision import mean_resampled_precision
from tests.evaluation.random_sets import random_set


def repeated(dataset: CocoDataset, rows: list[dict[str, Any]], weights: list[int]) -> tuple[CocoDataset, list[Any]]:
    """The data set in which each photo occurs as often as its weight says, and the results of it."""
    images, annotations, results = [], [], []
    for image, weight in zip(dataset.images, weights, strict=True):
        for copy in range(weight):
            identity = image["id"] * 100 + copy
            images.append({**image, "id": identity})
            for one in dataset.annotations:
                if one["image_id"] == image["id"]:
                    annotations.append({**one, "image_id": identity, "id": len(annotations) + 1})
            results += [{**row, "image_id": identity} for row in rows if row["image_id"] == image["id"]]
    return CocoDataset(dataset.path, tuple(images), tuple(annotations), dataset.categories, 0), results


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.data())
def test_weighted_ap_is_that_of_repeated_photos(seed: int, data: st.DataObject) -> None:
    dataset, rows = random_set(seed)
    for kind in ("bbox", "segm"):
        found = average_precision(dataset, rows, kind, dataset.categories)
        each = mean_resampled_precision(found.matches, np.ones((1, len(dataset.images)), np.int64))[0]
        figures = found.figures
        if figures["AP"] is None:
            assert np.isnan(each).all()
            continue
        np.testing.assert_allclose(
            [each.mean(), each[0], each[5]], [figures[f] for f in ("AP", "AP50", "AP75")], atol=1e-9
        )
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(dataset.images), max_size=len(dataset.images)))
    more, more_rows = repeated(dataset, rows, weights)
    if not more.images:
        return
    repeated_figures = average_precision(more, more_rows, "segm", dataset.categories).figures
    order = np.array([[image["id"] for image in dataset.images].index(one) for one in found.matches.photo_ids])
    again = mean_resampled_precision(found.matches, np.array(weights)[order][None])[0]
    if repeated_figures["AP"] is None:
        assert np.isnan(again).all()
    else:
        np.testing.assert_allclose(
            [again.mean(), again[0]], [repeated_figures["AP"], repeated_figures["AP50"]], atol=1e-9
        )


def test_the_table_names_its_photos_and_counts_its_objects() -> None:
    dataset, rows = random_set(3)
    table = average_precision(dataset, rows, "bbox", dataset.categories).matches
    assert sorted(table.photo_ids) == sorted(image["id"] for image in dataset.images)
    for one in table.classes:
        marked = [a for a in dataset.annotations if a["category_id"] == one.category_id and not a["iscrowd"]]
        assert one.objects.sum() == len(marked)
        assert (np.diff(one.scores) <= 0).all()
        assert not (one.right & one.false).any()
