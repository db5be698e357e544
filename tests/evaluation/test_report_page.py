"""The report of an evaluation in Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.evaluation import Evaluation, boundary_precision, compare_evaluations, evaluate
from maskseg_cli.evaluation.report.report import write_evaluation_report
from tests.browser import DESKTOP, PHONE, complaints, set_screen
from tests.coco_samples import FakePredictor, Sample, found, make_sample

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HOSTILE = "<img src=http://127.0.0.1:9/x.png onerror=document.title='taken'>\x1b[2J\"'"

FILE = "<b id=bold>\"'&.png"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    sample = make_sample(tmp_path)
    sample.change(lambda document: document["categories"][2].update(name=f"tvmonitor {HOSTILE}"))
    sample.change(lambda document: document["images"][2].update(file_name=FILE))
    (sample.photos / "3.png").rename(sample.photos / FILE)
    return sample


def wrong(photo: int, objects: list) -> object:
    """Misses an object of every photo, takes a dog for a motorcycle, and finds a part of a motorcycle."""
    kinds = [(1, mask) if index == 2 and photo > 1 else (index, mask) for index, mask in objects[photo % 2 :]]
    kinds = [(index, mask * (mask.cumsum(0) < 12) > 0 if index == 1 else mask) for index, mask in kinds]
    return found(kinds)


def measured(sample: Sample) -> Evaluation:
    return evaluate(FakePredictor(sample, wrong), sample.annotations, sample.photos)


def test_the_page_in_a_browser(sample: Sample, tmp_path: Path, browser: Chrome) -> None:
    other = evaluate(FakePredictor(sample), sample.annotations, sample.photos)
    own = measured(sample)
    page = tmp_path / "report.html"
    write_evaluation_report(
        own, page, sample.photos, against=compare_evaluations(own, other, HOSTILE), settings={"weights": HOSTILE}
    )
    for size in (DESKTOP, PHONE):
        set_screen(browser, size, touch=size == PHONE)
        browser.get(page.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    text = browser.execute_script("return document.body.innerText")
    assert "tvmonitor <img src=" in text
    assert "taken" not in browser.title
    assert FILE in text
    assert browser.execute_script("return document.getElementById('bold')") is None
    assert browser.execute_script("return document.scripts.length") == 0
    pictures = "return [...document.images].map(one => [one.complete && one.naturalWidth > 0, one.src.slice(0, 11)])"
    loaded = browser.execute_script(pictures)
    assert len(loaded) > 3
    assert {tuple(one) for one in loaded} == {(True, "data:image/")}
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert [address for address in asked if not address.startswith("data:")] == []
    assert complaints(browser) == []


def test_photos_that_are_gone_are_named_and_the_rest_is_shown(sample: Sample, tmp_path: Path) -> None:
    evaluation = measured(sample)
    (sample.photos / "2.png").unlink()
    write_evaluation_report(evaluation, tmp_path / "some.html", sample.photos)
    text = (tmp_path / "some.html").read_text(encoding="utf-8")
    assert "data:image/jpeg" in text
    assert "Why it is not shown" in text
    write_evaluation_report(evaluation, tmp_path / "none.html", sample.photos, worst=0)
    assert "data:image/jpeg" not in (tmp_path / "none.html").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"name it report\.html"):
        write_evaluation_report(evaluation, tmp_path / "report.json")


def test_without_outlines_boxes_are_shown(sample: Sample, tmp_path: Path) -> None:
    sample.change(lambda document: [one.pop("segmentation") for one in document["annotations"]])
    evaluation = measured(sample)
    assert boundary_precision(evaluation) is None
    nothing = evaluate(FakePredictor(sample, lambda _, objects: found([])), sample.annotations, sample.photos)
    path = tmp_path / "boxes.html"
    write_evaluation_report(evaluation, path, sample.photos, against=compare_evaluations(evaluation, nothing))
    text = path.read_text(encoding="utf-8")
    assert "Box precision and recall" in text
    assert "Mask" not in text
    assert "data:image/jpeg" in text
    write_evaluation_report(nothing, path, sample.photos)
    text = path.read_text(encoding="utf-8")
    assert "Missed objects: 12 in 4 photos" in text
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text.split("</style>")[1])
