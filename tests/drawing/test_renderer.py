from __future__ import annotations

import dataclasses
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import maskseg_cli
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing import DrawingOptions, draw
from maskseg_cli.errors import UsageError
from tests.drawing.scenes import any_detections, changed, detections_of, near, noise, rectangle

NOTHING = {"masks": False, "contours": False, "boxes": False, "captions": False}
PARTS = tuple(NOTHING)


def disc(height: int, width: int, x: float, y: float, radius: float) -> NDArray[np.bool_]:
    yy, xx = np.mgrid[:height, :width]
    return (xx - x) ** 2 + (yy - y) ** 2 <= radius**2


@pytest.fixture
def zebras() -> Detections:
    masks = [disc(120, 200, 60, 60, 30), disc(120, 200, 90, 70, 30), disc(120, 200, 170, 30, 8)]
    return detections_of(masks, [2, 2, 3], [0.99, 0.9, 0.6])


def test_draw_is_the_packages_function() -> None:
    assert maskseg_cli.draw is draw


def test_the_input_is_never_changed_and_never_returned(zebras: Detections) -> None:
    picture = noise(120, 200)
    kept = picture.copy()
    crops = [mask.bitmap.copy() for mask in zebras.masks]
    boxes = zebras.xyxy.copy()
    for some in (zebras, zebras[:0]):
        result = draw(picture, some)
        assert not np.shares_memory(result, picture)
        result[:] = 0
    assert np.array_equal(picture, kept)
    assert np.array_equal(zebras.xyxy, boxes)
    assert all(np.array_equal(mask.bitmap, crop) for mask, crop in zip(zebras.masks, crops, strict=True))


def test_read_only_and_strided_input(zebras: Detections) -> None:
    picture = noise(120, 200)
    expected = draw(picture, zebras)
    wide = np.repeat(picture, 2, axis=1)[:, ::2]
    flipped = picture[::-1, ::-1].copy()[::-1, ::-1]
    channels_first = np.ascontiguousarray(picture.transpose(2, 0, 1)).transpose(1, 2, 0)
    frozen = picture.copy()
    frozen.setflags(write=False)
    for mask in zebras.masks:
        mask.bitmap.setflags(write=False)
    zebras.xyxy.setflags(write=False)
    for view in (wide, flipped, channels_first, frozen, np.asfortranarray(picture)):
        assert np.array_equal(draw(view, zebras), expected)


@pytest.mark.parametrize("shape", [(120, 200), (120, 200, 1), (120, 200, 4)])
def test_gray_and_alpha_pictures_become_bgr(shape: tuple[int, ...], zebras: Detections) -> None:
    picture = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    bgr = picture[:, :, :3] if shape[2:] == (4,) else np.repeat(picture.reshape(120, 200, 1), 3, axis=2)
    assert np.array_equal(draw(picture, zebras), draw(bgr, zebras))
    assert np.array_equal(draw(picture, zebras[:0]), bgr)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        [[0]],
        None,
    ],
)
def test_other_pictures_are_refused(picture: Any) -> None:
    with pytest.raises(UsageError, match=r"^The picture (must be|is None)"):
        draw(picture, Detections.empty((4, 4)))


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(UsageError, match=r"5 x 4 pixels.*7 x 6"):
        draw(np.zeros((4, 5, 3), np.uint8), Detections.empty((6, 7)))


def test_a_picture_without_pixels() -> None:
    assert draw(np.zeros((0, 7, 3), np.uint8), Detections.empty((0, 7))).shape == (0, 7, 3)


@settings(max_examples=150, deadline=None)
@given(any_detections(), st.integers(1, 6), st.floats(0, 1))
def test_anything_is_drawn_and_the_rest_of_the_picture_stays(
    detections: Detections, line_width: int, alpha: float
) -> None:
    picture = noise(*detections.image_size)
    result = draw(picture, detections, captions=False, line_width=line_width, alpha=alpha)
    assert result.shape == picture.shape
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert result.flags.writeable
    reached = np.zeros(detections.image_size, dtype=bool)
    for mask in detections.masks:
        reached |= near(mask.full(*detections.image_size), line_width // 2 + 2)
    height, width = detections.image_size
    for x1, y1, x2, y2 in detections.xyxy.tolist():
        # Lines reach half their width out, and all of it in.
        left, right = min(max(round(x1), 0), width - 1), min(max(round(x2), 0), width)
        top, bottom = min(max(round(y1), 0), height - 1), min(max(round(y2), 0), height)
        frame = rectangle(
            height,
            width,
            max(left - line_width, 0),
            max(top - line_width, 0),
            max(right, left + 1) + line_width,
            max(bottom, top + 1) + line_width,
        )
        inside = rectangle(
            height,
            width,
            left + line_width + 1,
            top + line_width + 1,
            max(right - line_width - 1, 0),
            max(bottom - line_width - 1, 0),
        )
        reached |= frame & ~inside
    assert not (changed(picture, result) & ~reached).any()
    # With captions too, nothing fails and all runs give the same.
    full = draw(picture, detections, line_width=line_width, alpha=alpha)
    assert np.array_equal(full, draw(picture, detections, line_width=line_width, alpha=alpha))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_switches_off_and_on_alone(part: str, zebras: Detections) -> None:
    picture = noise(120, 200)
    assert np.array_equal(draw(picture, zebras, **NOTHING), picture)
    alone = draw(picture, zebras, **{**NOTHING, part: True})
    assert changed(picture, alone).any()
    without = draw(picture, zebras, **{part: False})
    assert changed(without, draw(picture, zebras)).any()
    others = DrawingOptions(**{other: other != part for other in PARTS})
    assert np.array_equal(without, draw(picture, zebras, others))


def test_the_parts_lie_over_one_another_in_order(zebras: Detections) -> None:
    picture = noise(120, 200)
    full = draw(picture, zebras)
    captions = draw(np.zeros_like(picture), zebras, **{**NOTHING, "captions": True})
    solid = captions.any(axis=2)
    # Captions are opaque: what is drawn under them does not matter.
    assert np.array_equal(full[solid], captions[solid])
    boxes = draw(np.zeros_like(picture), zebras, **{**NOTHING, "boxes": True})
    line = boxes.any(axis=2) & ~solid
    assert np.array_equal(full[line], boxes[line])


def test_the_translucent_fill_is_exact_inside() -> None:
    picture = noise(60, 60)
    one = detections_of([rectangle(60, 60, 10, 10, 50, 50)])
    result = draw(picture, one, boxes=False, captions=False, alpha=0.25, colors=(40, 80, 200), line_width=1)
    inside = np.s_[14:46, 14:46]
    expected = 0.75 * picture[inside] + 0.25 * np.array([40, 80, 200])
    assert np.abs(result[inside] - expected).max() <= 1


def test_small_objects_lie_on_large_ones_whatever_their_scores() -> None:
    masks = [rectangle(50, 50, 0, 0, 50, 50), rectangle(50, 50, 20, 20, 30, 30)]
    colors = [(255, 0, 0), (0, 255, 0)]
    options = DrawingOptions(alpha=1, contours=False, boxes=False, captions=False)
    first = draw(np.zeros((50, 50, 3), np.uint8), detections_of(masks), options, colors=colors)
    second = draw(np.zeros((50, 50, 3), np.uint8), detections_of(masks[::-1]), options, colors=colors[::-1])
    assert first[25, 25].tolist() == [0, 255, 0]
    assert np.array_equal(first, second)


def test_a_hundred_overlapping_objects() -> None:
    random = np.random.default_rng(0)
    masks = [disc(240, 320, *random.uniform((100, 80), (220, 160)), 40) for _ in range(100)]
    crowd = detections_of(masks, random.integers(1, 4, 100).tolist(), np.linspace(1, 0.1, 100).tolist())
    result = draw(noise(240, 320), crowd)
    assert np.array_equal(result, draw(noise(240, 320), crowd))


def test_a_picture_of_one_pixel() -> None:
    for shape in ((1, 1), (1, 1, 1), (1, 1, 3)):
        one = detections_of([np.ones((1, 1), dtype=bool)])
        result = draw(np.zeros(shape, np.uint8), one)
        assert result.shape == (1, 1, 3)
        assert result.any()


def test_objects_without_a_mask_keep_box_and_caption() -> None:
    empty = MaskCrop(0, 0, np.zeros((0, 0), dtype=bool))
    one = dataclasses.replace(detections_of([rectangle(80, 160, 40, 30, 120, 70)]), masks=(empty,))
    result = draw(np.zeros((80, 160, 3), np.uint8), one)
    assert result[50, 40].any()
    assert not result[50, 60].any()


def test_boxes_that_are_not_finite_do_not_stop_the_others(zebras: Detections) -> None:
    boxes = zebras.xyxy.copy()
    boxes[1] = np.nan
    result = draw(noise(120, 200), dataclasses.replace(zebras, xyxy=boxes))
    assert changed(noise(120, 200), result).any()


def test_the_same_in_another_process(zebras: Detections, tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from tests.drawing.scenes import *; from maskseg_cli import draw;"
        "m = [rectangle(60, 90, 5, 5, 40, 50), rectangle(60, 90, 30, 20, 80, 55)];"
        "print(__import__('hashlib').sha256(b''.join(draw(noise(60, 90), detections_of(m, [1, 2]),"
        " color_by=c).tobytes() for c in ('class', 'instance'))).hexdigest())"
    )
    root = Path(__file__).parents[2]
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_work_is_done_inside_the_crops_only() -> None:
    # 20 megapixels: the copy takes 60 MB, and nothing else of that size may be made.
    picture = np.zeros((4000, 5000, 3), np.uint8)
    mask = MaskCrop(2000, 2000, np.ones((40, 40), dtype=bool))
    small = Detections(
        np.array([[2000, 2000, 2040, 2040]], np.float32),
        np.ones(1, np.int32),
        np.ones(1, np.float32),
        (mask,),
        (4000, 5000),
        ("background", "x"),
    )
    draw(picture, small)
    tracemalloc.start()
    try:
        draw(picture, small)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < picture.nbytes + 1_000_000


def test_what_is_given_for_the_detections_is_named() -> None:
    for wrong, name in ((None, "NoneType"), ([Detections.empty((4, 6))], "list"), (np.zeros((4, 6)), "ndarray")):
        with pytest.raises(UsageError, match=rf"The objects must be Detections of one picture, not {name}\."):
            draw(np.zeros((4, 6, 3), np.uint8), wrong)  # type: ignore[arg-type]
