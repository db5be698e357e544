"""The sentence about a spot names what really happened to it, and the part of the page shows it."""

from __future__ import annotations

import dataclasses
import html
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from maskseg_cli import inspect_image, load_model
from maskseg_cli.cli.main import main
from maskseg_cli.errors import UsageError
from maskseg_cli.inspection import box_fates
from maskseg_cli.inspection.image.pages import step_files
from maskseg_cli.inspection.image.spot import Spot
from maskseg_cli.inspection.image.spot_step import spot_step
from maskseg_cli.inspection.image.spot_story import SpotStory, spot_story
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.media.images import write_image
from tests.inspection.networks import lite_trace

side = st.floats(0, 50, width=32)


def verdict(one: NetworkTrace, *numbers: float) -> tuple[str, str]:
    story = spot_story(one, Spot.of(numbers))
    return story.verdict, story.advice


@given(side, side, side, side, st.lists(st.tuples(side, side, side, side), min_size=1, max_size=5))
def test_overlap_of_a_box_is_the_iou(x: float, y: float, w: float, h: float, rows: list[tuple[float, ...]]) -> None:
    boxes = np.array([(a, b, a + c + 1, b + d + 1) for a, b, c, d in rows], np.float32)
    spot = Spot.of((x, y, x + w + 1, y + h + 1))
    found = spot.overlaps(boxes)
    for box, overlap in zip(boxes.astype(float), found, strict=True):
        wide, high = (min(box[2 + i], spot.box[2 + i]) - max(box[i], spot.box[i]) for i in (0, 1))
        common = max(0, wide) * max(0, high)
        union = (box[2] - box[0]) * (box[3] - box[1]) + (w + 1) * (h + 1) - common
        assert overlap == pytest.approx(common / union, abs=1e-4)
    point = Spot.of((x, y)).about(boxes)
    near = 1e-4  # the border itself, where float32 decides
    inside = (boxes[:, :2] < [x + near, y + near]).all(1) & (boxes[:, 2:] > [x - near, y - near]).all(1)
    assert (point <= inside).all()


@pytest.mark.parametrize("numbers", [(), (1,), (1, 2, 3), (5, 5, 5, 9), (9, 9, 1, 1), (float("nan"), 1), (1e7, 1)])
def test_wrong_spots(numbers: tuple[float, ...]) -> None:
    with pytest.raises(UsageError):
        Spot.of(numbers)


def test_outside_of_the_photo() -> None:
    with pytest.raises(UsageError, match="There is nothing of the point 600,10 in a photo of 512 x 512 pixels"):
        spot_story(lite_trace(), Spot.of((600, 10)))


def test_found() -> None:
    one = lite_trace()
    box = one.detections.xyxy[0].tolist()
    name, score = one.detections.labels[0], one.detections.confidence[0]
    assert verdict(one, *box) == (f"Found as {name} {score:.2f}.", "")
    assert verdict(one, 220, 150)[0].startswith("Found as person")
    inside_box = spot_story(one, Spot.of((box[0] + 2, box[1] + 2)))
    assert inside_box.verdict.startswith("Inside the box of")


def test_below_the_lowest_score() -> None:
    everything = lite_trace(min_score=0.9999)
    box = lite_trace().detections.xyxy[0].tolist()
    said, advice = verdict(everything, *box)
    assert said.startswith("Found as person 0.")
    assert said.endswith("below --min-score 0.9999.")
    assert advice.startswith("--min-score 0.9")


def test_what_the_user_left_out() -> None:
    one = lite_trace()
    box = one.detections.xyxy[0].tolist()
    without = dataclasses.replace(
        one, chosen_classes=frozenset({80}), shown_rows=one.shown_rows[:0], detections=one.detections[:0]
    )
    assert "not among the chosen ones (--classes)" in verdict(without, *box)[0]
    few = dataclasses.replace(without, chosen_classes=None, max_detections=0)
    assert "(--max-detections)" in verdict(few, *box)[0]


def test_what_was_hidden_at_last_explains_a_point_better_than_a_surer_box_of_something_beside_it() -> None:
    """Two detections, of which only the first is shown: a point on the second, and a suppressed box of the first."""
    one = lite_trace(min_score=0.05)
    shown = one.shown_rows[:1]
    few = dataclasses.replace(one, shown_rows=shown, detections=one.detections[:1], max_detections=1)
    told = 0
    for row, box, crop in list(zip(one.shown_rows, one.detections.xyxy, one.detections.masks, strict=True))[1:]:
        x, y = (box[:2] + box[2:]) / 2
        if not crop.bitmap[int(y) - crop.top, int(x) - crop.left]:
            continue
        said, _ = verdict(few, float(x), float(y))
        if said.startswith("Found as") and "one is shown" not in said:
            assert said.count(".") == 2  # the first one has the point, too
            continue
        told += 1
        assert said.endswith("only the best one is shown (--max-detections).")
        assert one.class_names[one.detected.class_ids[row]] in said or told > 1
    assert told > 0


def test_a_box_that_ends_at_the_edge_has_no_pixel() -> None:
    with pytest.raises(UsageError, match="There is nothing of the box"):
        spot_story(lite_trace(), Spot.of((-5, 0, 0, 9)))
    assert spot_story(lite_trace(), Spot.of((0, 0))).verdict


def test_too_small_and_background() -> None:
    one = lite_trace()
    said, advice = verdict(one, 100, 100, 108, 108)
    assert said == "The region-proposal network made no box for it."
    assert advice.startswith("Too small: no anchor matches better than IoU 0.")
    assert advice.endswith("--tiles auto.")
    nowhere = dataclasses.replace(
        one,
        rpn_deltas=np.full_like(one.rpn_deltas, [0, 0, -9, -9]),
        proposal_anchors=np.full(len(one.proposals), -1, np.int32),
        probabilities=np.zeros_like(one.probabilities),
    )
    assert verdict(nowhere, 3, 3) == ("The region-proposal network made no box that contains it.", "")
    story = spot_story(one, Spot.of((100, 100, 108, 108)))
    assert f"{story.anchor_overlap.max():.2f}" in advice
    faint = dataclasses.replace(one, probabilities=np.eye(81, dtype=np.float32)[np.zeros(len(one.proposals), int)])
    assert "none looks like a class of the network" in verdict(faint, *one.detections.xyxy[0].tolist())[0]
    dropped = dataclasses.replace(
        one,
        proposal_anchors=np.full(len(one.proposals), -1, np.int32),
        probabilities=np.zeros_like(one.probabilities),
    )
    assert "The region-proposal network dropped it" in verdict(dropped, *one.detections.xyxy[0].tolist())[0]


def test_the_part_of_the_page() -> None:
    one = dataclasses.replace(lite_trace(), class_names=tuple(f"<b>{name}" for name in lite_trace().class_names))
    for numbers in ((220, 150), one.detections.xyxy[0].tolist(), (100, 100, 108, 108), (0, 0), (511.5, 511.5)):
        story = spot_story(one, Spot.of(tuple(numbers)))
        step = spot_step(one, story, 3)
        files = step_files([step], "Steps", [], {})
        text = files["index.html"].decode()
        assert "<b>" not in text
        assert text.count("<img") == 1 + (len(story.pairs) > 0) == len(files) - 2
        figures = json.loads(files["trace.json"])["steps"]["spot-3"]
        assert figures["verdict"] == story.verdict
        assert figures["anchors_about_it"] == len(story.anchors)
        for row in figures["anchors"]:
            assert row["objectness"] == round(float(one.objectness[row["anchor"]]), 4)
        for row in figures["candidates"]:
            place = one.class_names.index(row["class"])
            assert row["score"] == round(float(one.probabilities[row["proposal"], place]), 4)


def test_a_class_without_a_name_has_its_number() -> None:
    one = dataclasses.replace(lite_trace(), class_names=("BG",))
    label = int(one.detected.class_ids[one.shown_rows[0]])
    story = spot_story(one, Spot.of(tuple(one.detections.xyxy[0].tolist())))
    assert story.verdict.startswith(f"Found as class {label} ")
    step = spot_step(one, story)
    assert step.figures["candidates"][0]["class"] == f"class {label}"
    assert f"class {label}" in step.content


@pytest.mark.parametrize("text", ["1", "a,b", "1,2,3", "", (1, 2, 3, 4), None, "nan,1"])
def test_what_is_no_point(text: object) -> None:
    with pytest.raises(UsageError):
        Spot.read(text, 2)  # type: ignore[arg-type]


def test_the_command_says_why(tmp_path: Path) -> None:
    write_image(tmp_path / "photo.png", data.astronaut()[:, :, ::-1])
    words = ["inspect", "image", str(tmp_path / "photo.png"), "-o", str(tmp_path / "steps")]
    outside = CliRunner().invoke(main, [*words, "--point", "600,1"])
    assert outside.exit_code == 2
    assert "There is nothing of the point 600,1 in a photo of 512 x 512 pixels" in outside.stderr
    assert not (tmp_path / "steps" / "index.html").exists()
    done = CliRunner().invoke(main, [*words, "--point", "220,150", "--box", "100,100,108,108"])
    assert done.exit_code == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("the point 220,150: Found as person 0.")
    assert second.startswith("the box 100,100,108,108: The region-proposal network made no box for it. Too small")
    page = (tmp_path / "steps" / "index.html").read_text(encoding="utf-8")
    assert all(line.partition(": ")[2] in html.unescape(page) for line in (first, second))
    assert page.index("What became of the point 220,150") < page.index("What became of the box 100,100,108,108")


def test_the_reasons_are_computed_once_for_all_spots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"proposal_fates": 0, "detection_fates": 0}

    def counting(name: str) -> Callable[[NetworkTrace], object]:
        plain = getattr(box_fates, name)

        def call(one: NetworkTrace) -> object:
            calls[name] += 1
            return plain(one)

        return call

    for name in calls:
        monkeypatch.setattr(box_fates, name, counting(name))
    write_image(tmp_path / "photo.png", data.astronaut()[:, :, ::-1])
    shown: list[SpotStory] = []
    folder = tmp_path / "steps"

    def show(story: SpotStory) -> None:
        assert (folder / "index.html").exists()
        shown.append(story)

    points = [(220, 150), "3,3"]
    model = load_model("lite", precision="float32", size=64)
    inspect_image(tmp_path / "photo.png", folder, model=model, points=points, boxes=["9,9,99,99"], show=show)
    assert [story.spot.words for story in shown] == ["the point 220,150", "the point 3,3", "the box 9,9,99,99"]
    assert calls == {"proposal_fates": 1, "detection_fates": 1}
