"""Sections of the report: what they say of numbers that are known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.evaluation import Evaluation, compare_evaluations, evaluate
from maskseg_cli.evaluation.bootstrap import Comparison
from maskseg_cli.evaluation.calibration import Calibration
from maskseg_cli.evaluation.compared import changed_photos, photo_score
from maskseg_cli.evaluation.matches import PhotoMatches, photo_matches
from maskseg_cli.evaluation.report.calibration_section import calibration_section
from maskseg_cli.evaluation.report.comparison_section import comparison_section
from maskseg_cli.evaluation.report.confusion_section import confusion_section
from maskseg_cli.evaluation.report.curves_section import curves_section
from maskseg_cli.evaluation.report.photo_errors import errors_by_kind
from maskseg_cli.evaluation.report.photos import Photos
from maskseg_cli.evaluation.report.worst_photos import worst_photos
from tests.coco_samples import FakePredictor, Sample, found, make_sample


def cells(html: str) -> list[list[str]]:
    """The texts of all rows of all tables."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>(?:<span>)?(.*?)(?:</span>)?</t[hd]>", row) for row in rows]


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


def of(sample: Sample, answer: Any = None) -> Evaluation:
    predictor = FakePredictor(sample) if answer is None else FakePredictor(sample, answer)
    return evaluate(predictor, sample.annotations, sample.photos)


def test_the_matrix_names_what_is_confused() -> None:
    counts = np.array([[5, 2, 1], [0, 3, 0], [4, 0, 0]])
    html = confusion_section(["cat", "<dog>"], counts, 0.5, 0.5)
    rows = cells(html)
    assert rows[:4] == [
        ["marked \\ found", "cat", "&lt;dog&gt;", "missed"],
        ["cat", "5", "2", "1"],
        ["&lt;dog&gt;", "", "3", ""],
        ["nothing marked", "4", "", ""],
    ]
    assert ["cat found as &lt;dog&gt;", "2 of 8 objects"] in rows


def test_a_matrix_of_many_classes_keeps_those_that_are_confused() -> None:
    names = [f"class {number}" for number in range(60)]
    counts = np.zeros((61, 61), np.int64)
    counts[range(40), range(40)] = 9  # the last twenty do not occur
    counts[30, 35] = 2
    html = confusion_section(names, counts, 0.5, 0.5)
    head, *rows = cells(html)[:21]
    assert len(head) == 1 + 18 + 2
    assert {"class 30", "class 35", "other classes"} <= set(head)
    assert "Of 40 classes that occur, these are the 18" in html
    assert rows[18] == ["other classes", *[""] * 18, str(22 * 9), ""]
    assert sum(int(cell or 0) for row in rows for cell in row[1:]) == counts.sum()
    assert "No class was found as another one" in confusion_section(["a"], np.array([[3, 0], [0, 0]]), 0.5, 0.5)


def test_the_sentence_about_scores() -> None:
    edges = np.linspace(0, 1, 6)
    numbers = np.array([50, 0, 0, 20, 3])
    scores, right = np.array([0.1, np.nan, np.nan, 0.72, 0.9]), np.array([0.05, np.nan, np.nan, 0.55, 1.0])
    html = calibration_section(Calibration(edges, numbers, scores, right, 0.081))
    assert "Scores of about 0.72 are right in 55 % of the cases (20 detections)." in html, "three are too few"
    assert "differ by 8.1 points" in html
    assert "nan" not in html
    assert html.count("<circle") == 3
    empty = Calibration(edges, numbers * 0, scores, right, None)
    assert calibration_section(empty) == ""


def test_curves_begin_at_full_precision(sample: Sample) -> None:
    measured = of(sample)
    assert measured.masks is not None
    html = curves_section("Mask", measured.masks, measured.dataset.categories)
    assert html.count("<polyline") == 3 + 3
    assert "motorbike (4)" in html
    nothing = of(sample, lambda _, objects: found([]))
    assert nothing.masks is not None
    assert "nan" not in curves_section("Mask", nothing.masks, nothing.dataset.categories)


def test_the_worst_photo_comes_first_and_kinds_take_turns(sample: Sample) -> None:
    def answer(photo: int, objects: list[Any]) -> Any:
        if photo == 2:
            return found([])
        return found([(2, objects[0][1]), *objects[1:]] if photo == 3 else objects[:2] if photo == 4 else objects)

    matches = list(photo_matches(of(sample, answer), 0.5))
    kinds = errors_by_kind(matches, of(sample).dataset.categories)
    assert {kind: len(photos) for kind, photos in kinds.items()} == {"Missed objects": 2, "Wrong class": 1}
    wrong = kinds["Wrong class"][0].errors[0]
    assert (wrong.words, wrong.label) == ("motorbike found as dog 0.90", "dog 0.90, is motorbike")
    html = worst_photos(kinds, Photos(sample.photos), 2, 0.5)
    assert re.findall(r"<figcaption>(\S+):", html) == ["2.png", "3.png"], "three missed objects are worse than one"
    assert "Missed objects: 4 in 2 photos" in html
    assert all(f"{name} missed" in html.split("2.png: ")[1][:80] for name in ("motorbike", "dog", "tvmonitor"))
    unseen = worst_photos(kinds, Photos(None), 3, 0.5)
    assert "no photo is shown" in unseen
    assert ["4.png", "tvmonitor missed"] in cells(unseen)
    assert worst_photos({}, Photos(None), 3, 0.5) == ""


@pytest.mark.parametrize(("score", "words"), [(0.5, "cat 0.50"), (-3.0, "cat -3.00"), (1e308, "cat 1e+308")])
def test_any_number_of_a_results_file_is_short(score: float, words: str) -> None:
    photo = PhotoMatches({"file_name": "a.jpg"}, false=[{"category_id": 1, "score": score, "bbox": [0, 0, 9, 9]}])
    [errors] = errors_by_kind([photo], {1: "cat"})["Found where nothing is marked"]
    assert errors.errors[0].words == words


def test_two_networks(sample: Sample) -> None:
    own, other = of(sample), of(sample, lambda photo, objects: found(objects[: 3 - (photo == 2)]))
    compared = compare_evaluations(own, other, "<other>.json")
    assert list(compared.figures) == ["mask AP", "box AP"]
    assert compared.document["differences"]["mask_AP"]["difference"] == pytest.approx(
        own.metrics["segm"]["AP"] - other.metrics["segm"]["AP"]
    )
    photos = changed_photos(list(photo_matches(own, 0.5)), list(photo_matches(other, 0.5)))
    image, first, second = photos[0]
    assert (image["file_name"], first, second) == ("2.png", 1.0, 0.8)
    html = comparison_section(own, compared, photos, 0.5)
    assert "Against &lt;other&gt;.json" in html
    rows = cells(html)
    assert ["2.png", "100.0", "80.0", "+20.0"] in rows
    assert ["dog", "4", "100.0", "100.0", "0.0"] in rows
    assert "worse" not in html
    assert photo_score(PhotoMatches({})) == 1.0


@pytest.mark.parametrize(
    ("photos", "low", "words"),
    [
        (100, 0.002, "better by more than the choice of photos explains."),
        (100, -0.002, "on these 100 photos that is no proof of a difference."),
        (9, 0.002, "on these 9 photos that is no proof of a difference."),
        (1, 0.002, "on one photo that is no proof of a difference."),
    ],
)
def test_a_few_photos_are_no_proof(photos: int, low: float, words: str) -> None:
    comparison = Comparison(0.3, 0.28, 0.02, low, 0.04, 0.99, photos)
    assert comparison.sentence("mask AP").endswith(words)
    assert comparison.is_proof == ("better" in words)
