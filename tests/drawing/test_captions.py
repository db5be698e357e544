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
    assert caption_texts(TWO, DrawingOptions()) == ["zebra 99%", "dog 50%"]
    assert caption_texts(TWO, DrawingOptions(scores=False)) == ["zebra", "dog"]


def test_only_a_score_of_1_is_100_percent() -> None:
    sure = detections_of([rectangle(9, 9, 0, 0, 5, 5)] * 2, [2, 3], [1.0, 0.9996])
    assert caption_texts(sure, DrawingOptions()) == ["zebra 100%", "dog 99%"]


def test_identities() -> None:
    tracked = detections_of([rectangle(9, 9, 0, 0, 5, 5)] * 2, [2, 3], [0.9, 0.5], tracker_id=[7, -1])
    assert caption_texts(tracked, DrawingOptions()) == ["#7 zebra 90%", "dog 50%"]
    assert caption_texts(tracked, DrawingOptions(tracker_ids=False)) == ["zebra 90%", "dog 50%"]


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


def caption_boxes(
    boxes: list[Rectangle | None], size: tuple[int, int] = (300, 400), text_size: float = 14
) -> list[Rectangle | None]:
    """The places of captions that may be shortened."""
    canvas = np.zeros((*size, 3), np.uint8)
    n = len(boxes)
    return draw_captions(canvas, boxes, ["person 99%"] * n, [(9, 9, 9)] * n, text_size, 1, ["person"] * n)


def test_an_object_smaller_than_its_caption_has_no_score() -> None:
    [large, small] = caption_boxes([(50, 100, 150, 250), (250, 100, 262, 124)])
    assert large is not None
    assert small is not None
    assert large[2] - large[0] > small[2] - small[0] > 20


def test_a_small_object_without_room_beside_it_has_no_caption() -> None:
    crowd: list[Rectangle | None] = [(x, y, x + 12, y + 12) for y in range(100, 190, 14) for x in range(100, 260, 14)]
    places = caption_boxes(crowd)
    written = [place for place in places if place is not None]
    assert 0 < len(written) < len(crowd) / 2
    assert covered(places) == 0
    for place in written:
        for box in crowd:
            assert box is not None
            shared = max(0, min(place[2], box[2]) - max(place[0], box[0])) * max(
                0, min(place[3], box[3]) - max(place[1], box[1])
            )
            assert shared <= 0.03 * 12 * 12, "it hides an object"


def test_large_objects_keep_their_captions_even_where_there_is_no_room() -> None:
    heap: list[Rectangle | None] = [(5 + i, 5 + i, 90 + i, 90 + i) for i in range(6)]
    assert None not in caption_boxes(heap, (100, 100))


def test_a_caption_does_not_hide_the_object_above() -> None:
    # Its usual place, above the box, is where a small object is.
    [low, _] = caption_boxes([(100, 150, 220, 250), (110, 134, 130, 149)])
    assert low is not None
    assert not (low[1] < 149 and low[3] > 134 and low[0] < 130 and low[2] > 110)


def test_given_texts_are_always_written() -> None:
    crowd: list[Rectangle | None] = [(x, y, x + 12, y + 12) for y in range(40, 90, 14) for x in range(40, 90, 14)]
    canvas = np.zeros((150, 150, 3), np.uint8)
    assert None not in draw_captions(canvas, crowd, ["text"] * len(crowd), [(9, 9, 9)] * len(crowd), 14)
