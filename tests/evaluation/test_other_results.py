"""Results of another network: read once, scored on the photos that were measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.evaluation.other_results import OtherResults
from tests.coco_samples import FakePredictor, Sample, found, make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


def other(sample: Sample, **changes: Any) -> OtherResults:
    rows = evaluate(FakePredictor(sample), sample.annotations, sample.photos).results
    path = sample.folder / "other.json"
    path.write_text(json.dumps([{**row, **changes} for row in rows]))
    return OtherResults.read(path, CocoDataset.read(sample.annotations, sample.photos))


def test_the_other_results_are_scored_on_the_photos_that_were_measured(sample: Sample) -> None:
    half = evaluate(FakePredictor(sample, lambda n, o: found(o[:1])), sample.annotations, sample.photos, limit=2)
    scored = other(sample).score(half)
    assert [image["id"] for image in scored.dataset.images] == [10, 20]
    assert (scored.boxes.figures["AP"], scored.masks and scored.masks.figures["AP"]) == pytest.approx((1, 1))
    assert len(scored.results) == 6
    assert other(sample).without_result(half) == 0


def test_results_of_other_photos_are_refused(sample: Sample) -> None:
    half = evaluate(FakePredictor(sample), sample.annotations, sample.photos, limit=2)
    late = other(sample, image_id=40)
    assert late.without_result(half) == 2
    with pytest.raises(MasksegError, match="has no result of the 2 photos that were measured"):
        late.score(half)
    with pytest.raises(MasksegError, match="belongs to no image or category"):
        other(sample, image_id=7)
    empty = sample.folder / "empty.json"
    empty.write_text("[]")
    nothing = OtherResults.read(empty, half.dataset)
    assert nothing.score(half).boxes.figures["AP"] == 0, "a network may find nothing at all"
    assert nothing.without_result(half) == 2
