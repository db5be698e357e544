from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.box_drawing import Rectangle, pixel_boxes
from maskseg_cli.drawing.captions import caption_texts, draw_captions
from maskseg_cli.drawing.colours import instance_color, text_color
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from tests.drawing.scenes import any_detections, changed, detections_of, noise, rectangle

TWO = detections_of([rectangle(9, 9, 0, 0, 5, 5), rectangle(9, 9, 3, 3, 7, 7)], [2, 3], [0.98749, 0.5])


@pytest.fixture(params=["this OpenCV", "OpenCV 4"])
def _fonts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "OpenCV 4":
        monkeypatch.delattr(cv2, "FontFace", raising=False)


def covered(places: list[Rectangle | None]) -> int:
    """Pixels that lie under more than one caption."""
    count = np.zeros((2000, 2000), int)
    for place in places:
        if place is not None:
            count[place[1] : place[3], place[0] : place[2]] += 1
    return int((count > 1).sum())


def test_label_and_score() -> None:
    assert caption_texts(TWO, DrawingOptions()) == ["zebra 0.987", "dog 0.500"]
    assert caption_texts(TWO, DrawingOptions(scores=False)) == ["zebra", "dog"]


def test_identities() -> None:
    tracked = detections_of([rectangle(9, 9, 0, 0, 5, 5)] * 2, [2, 3], [0.9, 0.5], tracker_id=[7, -1])
    assert caption_texts(tracked, DrawingOptions()) == ["#7 zebra 0.900", "dog 0.500"]
    assert caption_texts(tracked, DrawingOptions(tracker_ids=False)) == ["zebra 0.900", "dog 0.500"]


def test_given_texts() -> None:
    assert caption_texts(TWO, DrawingOptions(caption_texts=["a", ""])) == ["a", ""]
    with pytest.raises(UsageError, match="1 texts for 2 objects"):
        caption_texts(TWO, DrawingOptions(caption_texts=["a"]))


@pytest.mark.usefixtures("_fonts")
def test_a_caption_is_its_colour_with_legible_text_on_top_of_the_box() -> None:
    canvas = noise(200, 300)
    for color in ((0, 255, 255), (120, 20, 20)):
        [place] = draw_captions(canvas, [(50, 80, 150, 150)], ["zebra 0.987"], [color], 16)
        assert place is not None
        left, top, right, bottom = place
        assert (left, bottom) == (50, 80)
        assert bottom - top == 16
        region = canvas[top:bottom, left:right].reshape(-1, 3)
        assert (region == color).all(axis=1).mean() > 0.5
        ink = np.abs(region.astype(int) - np.array(text_color(color))).max(axis=1) < 60
        assert 0.04 < ink.mean() < 0.4
        # The text is not cut: a margin of plain colour all around.
        assert (canvas[top:bottom, [left, right - 1]] == color).all()


@pytest.mark.usefixtures("_fonts")
@settings(max_examples=100, deadline=None)
@given(any_detections(max_side=120), st.floats(4, 40), st.integers(1, 5), st.text(max_size=30))
def test_captions_stay_inside_the_picture_and_paint_nothing_else(
    detections: Detections, text_size: float, line_width: int, text: str
) -> None:
    height, width = detections.image_size
    picture = noise(height, width)
    canvas = picture.copy()
    boxes = pixel_boxes(detections.xyxy, height, width)
    texts = caption_texts(detections, DrawingOptions())[:-1] + [text] * min(1, len(detections))
    colors = [instance_color(i) for i in range(len(boxes))]
    places = draw_captions(canvas, boxes, texts, colors, text_size, line_width)
    assert len(places) == len(boxes)
    outside = np.ones((height, width), dtype=bool)
    for place in places:
        if place is not None:
            left, top, right, bottom = place
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            outside[top:bottom, left:right] = False
    assert not (changed(picture, canvas) & outside).any()


@pytest.mark.usefixtures("_fonts")
def test_captions_of_neighbours_do_not_cover_each_other() -> None:
    # A herd: boxes that overlap, all of whose captions would begin in two rows.
    boxes: list[Rectangle | None] = [(20 + 30 * i, 100 + 3 * (i % 2), 110 + 30 * i, 220) for i in range(12)]
    canvas = np.zeros((360, 640, 3), np.uint8)
    places = draw_captions(canvas, boxes, ["zebra 0.987"] * 12, [(9, 9, 9)] * 12, 14)
    assert None not in places
    assert covered(places) == 0
    for box, place in zip(boxes, places, strict=True):
        assert box is not None
        assert place is not None
        # Each stays within reach of its box.
        assert place[0] <= box[2] + 1
        assert place[2] >= box[0] - 1
        assert box[1] - 6 * 14 <= place[1] <= box[3] + 6 * 14


def test_captions_at_the_corners_are_whole() -> None:
    canvas = np.zeros((100, 300, 3), np.uint8)
    boxes: list[Rectangle | None] = [(0, 0, 9, 9), (291, 0, 300, 9), (0, 91, 9, 100), (291, 91, 300, 100)]
    places = draw_captions(canvas, boxes, ["person 0.987"] * 4, [(9, 9, 9)] * 4, 16)
    sizes = {(place[2] - place[0], place[3] - place[1]) for place in places if place}
    assert len(sizes) == 1
    assert None not in places
    assert covered(places) == 0


@pytest.mark.usefixtures("_fonts")
def test_a_wide_caption_shrinks_and_then_is_cut() -> None:
    whole = np.zeros((100, 400, 3), np.uint8)
    [full] = draw_captions(whole, [(0, 40, 50, 90)], ["refrigerator 0.987"], [(0, 255, 255)], 20)
    assert full is not None
    narrow = full[2] - 10
    [smaller] = draw_captions(
        np.zeros((100, narrow, 3), np.uint8), [(0, 40, 50, 90)], ["refrigerator 0.987"], [(0, 255, 255)], 20
    )
    assert smaller is not None
    assert 8 <= smaller[3] - smaller[1] < 20
    [cut] = draw_captions(np.zeros((100, 40, 3), np.uint8), [(0, 40, 30, 90)], ["refrigerator"], [(0, 255, 255)], 20)
    assert cut is not None
    assert 8 <= cut[3] - cut[1] <= 10
    assert 25 <= cut[2] - cut[0] <= 40
    for height, width in ((100, 6), (5, 100), (1, 1)):
        tiny = np.zeros((height, width, 3), np.uint8)
        assert draw_captions(tiny, [(0, 0, 1, 1)], ["refrigerator"], [(0, 255, 255)], 20) == [None]
        assert not tiny.any()


def test_a_short_text_that_fits_only_smaller_is_written() -> None:
    [place] = draw_captions(np.zeros((100, 14, 3), np.uint8), [(0, 50, 9, 90)], ["ox"], [(0, 255, 255)], 40)
    assert place is not None


def test_very_long_texts_take_no_time() -> None:
    [place] = draw_captions(np.zeros((90, 200, 3), np.uint8), [(0, 50, 9, 90)], ["word " * 20000], [(0, 0, 9)], 20)
    assert place is not None
    assert place[2] <= 200


@pytest.mark.usefixtures("_fonts")
@pytest.mark.parametrize("text", ["Fußgänger 0.987", "斑马 0.987", "зебра", "dog\udc80", "a\nb", "\u200f", "", "  "])
def test_texts_of_any_script(text: str) -> None:
    canvas = np.zeros((60, 300, 3), np.uint8)
    [place] = draw_captions(canvas, [(10, 30, 90, 50)], [text], [(0, 200, 0)], 16)
    visible = bool(text.strip("\u200f "))
    assert (place is not None) == visible
    assert canvas.any() == visible
