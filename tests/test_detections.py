"""`Detections` and `MaskCrop`: slicing, filtering, and their way to other libraries and back."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError, UsageError

needs_supervision = pytest.mark.skipif(
    importlib.util.find_spec("supervision") is None,
    reason="supervision is not installed: pip install maskseg[dev]",
)

masks = hnp.arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8)))


@st.composite
def detections(draw: st.DrawFn, whole: bool = False, tracked: bool | None = None) -> Detections:
    """Any detections in a small picture; masks need not fit their boxes; `whole`: integer boxes."""
    height, width = size = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    n = draw(st.integers(0, 4))
    number = st.integers(0, 8) if whole else st.floats(-2, 10, width=32)
    boxes = draw(st.lists(st.tuples(number, number, number, number), min_size=n, max_size=n))
    scores = draw(st.lists(st.floats(0, 1, width=32), min_size=n, max_size=n))
    ids = draw(st.lists(st.integers(1, 80), min_size=n, max_size=n))
    full = draw(hnp.arrays(bool, (n, height, width)))
    tracks = draw(st.lists(st.integers(0, 2**31 - 1), min_size=n, max_size=n))
    has_tracks = draw(st.booleans()) if tracked is None else tracked
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(ids, np.int32),
        np.array(sorted(scores, reverse=True), np.float32),
        tuple(MaskCrop.from_full(mask) for mask in full),
        size,
        COCO_CLASSES,
        np.array(tracks, np.int32) if has_tracks else None,
    )


def assert_same(a: Detections, b: Detections) -> None:
    for name in ("xyxy", "class_id", "confidence", "mask"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), name)
        assert getattr(a, name).dtype == getattr(b, name).dtype, name
    assert (a.image_size, a.names) == (b.image_size, b.names)
    assert (a.tracker_id is None) == (b.tracker_id is None)
    if a.tracker_id is not None:
        np.testing.assert_array_equal(a.tracker_id, b.tracker_id)


@given(mask=masks)
def test_crops_read_back_and_are_tight(mask: np.ndarray) -> None:
    crop = MaskCrop.from_full(mask)
    np.testing.assert_array_equal(crop.full(*mask.shape), mask)
    assert crop.area == mask.sum()
    if mask.any():
        assert crop.bitmap[[0, -1]].any(axis=1).all()
        assert crop.bitmap[:, [0, -1]].any(axis=0).all()
    else:
        assert crop.bitmap.size == 0


def test_crops_own_their_pixels() -> None:
    mask = np.zeros((4, 5), np.uint8)
    mask[1:3, 2:4] = 255
    crop = MaskCrop.from_full(mask)
    assert (crop.top, crop.left, crop.bitmap.shape, crop.bitmap.dtype) == (1, 2, (2, 2), bool)
    mask[:] = 0
    assert crop.area == 4


@given(found=detections())
def test_the_stack_of_masks(found: Detections) -> None:
    height, width = found.image_size
    assert found.mask.shape == (len(found), height, width)
    for crop, full in zip(found.masks, found.mask, strict=True):
        np.testing.assert_array_equal(crop.full(height, width), full)
    np.testing.assert_array_equal(found.area, found.mask.sum(axis=(1, 2)))


@given(found=detections(whole=True, tracked=False))
def test_matterports_dict_reads_back(found: Detections) -> None:
    result = found.to_matterport()
    n, (height, width) = len(found), found.image_size
    assert {key: (value.shape, value.dtype) for key, value in result.items()} == {
        "rois": ((n, 4), np.int32),
        "class_ids": ((n,), np.int32),
        "scores": ((n,), np.float32),
        "masks": ((height, width, n), bool),
    }
    assert_same(Detections.from_matterport(result, COCO_CLASSES), found)


def test_a_filter_takes_names_and_numbers_of_classes() -> None:
    parts = [Detections.empty((4, 6), COCO_CLASSES)]
    for class_id in (1, 17, 1, 3):
        part = Detections(
            np.array([[0, 0, 2, 2]], np.float32),
            np.array([class_id], np.int32),
            np.array([0.5], np.float32),
            (MaskCrop(0, 0, np.ones((2, 2), bool)),),
            (4, 6),
            COCO_CLASSES,
        )
        parts.append(part)
    found = Detections.concatenate(parts)
    for chosen, number in (
        (["dog"], 1),
        ("person,dog", 3),
        (["Person", 3], 3),
        (17, 1),
        (np.int32(1), 2),
        (np.array([1, 3]), 3),
        ([], 0),
        (["sheep"], 0),
    ):
        assert len(found.filter(chosen)) == number
    with pytest.raises(UsageError, match="no class 'unicorn'"):
        found.filter(["unicorn"])
    for wrong, sentence in (
        ([81], "no class 81: the classes are 1 to 80"),
        ([-1], "no class -1"),
        (0, "no class 0"),
        ([1.5], r"a whole number, not 1\.5"),
        (True, "a whole number, not True"),
        (b"dog", "a whole number, not b'dog'"),
    ):
        with pytest.raises(UsageError, match=sentence):
            found.filter(wrong)
    with pytest.raises(UsageError, match=r"min_confidence is a number, not '0\.9'"):
        found.filter(min_confidence="0.9")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"filter\('dog'\) chooses them by class"):
        found["dog"]  # type: ignore[index]
    with pytest.raises(UsageError, match=r"min_confidence is a number from 0 to 1, not 80 \(80 % is 0\.8\)\."):
        found.filter(min_confidence=80)


def test_without_supervision_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(MasksegError, match="pip install supervision"):
        Detections.empty((4, 6)).to_supervision()


def test_matterports_boxes_are_y1_x1_y2_x2() -> None:
    found = Detections(
        np.array([[1.4, 2.6, 8, 9]], np.float32),
        np.array([3], np.int32),
        np.array([0.5], np.float32),
        (MaskCrop(0, 0, np.ones((1, 1), bool)),),
        (10, 12),
    )
    assert found.to_matterport()["rois"].tolist() == [[3, 1, 9, 8]]
    assert found.names == ["class 3"]


@needs_supervision
@given(found=detections())
def test_supervision_reads_back(found: Detections) -> None:
    there = found.to_supervision()
    assert len(there) == len(found)
    assert there.data["class_name"].tolist() == found.names
    if len(found):
        np.testing.assert_array_equal(there.area, found.area)
    # class names come back by themselves, or are given
    assert_same(Detections.from_supervision(there), found)
    assert_same(Detections.from_supervision(there, class_names=COCO_CLASSES), found)


@needs_supervision
@given(found=detections(tracked=True))
def test_from_supervision_and_there_again(found: Detections) -> None:
    first = found.to_supervision()
    second = Detections.from_supervision(first).to_supervision()
    assert first == second


@needs_supervision
def test_supervision_slices_what_we_give() -> None:
    found = Detections(
        np.array([[0, 0, 2, 2], [1, 1, 4, 4]], np.float32),
        np.array([1, 17], np.int32),
        np.array([0.9, 0.3], np.float32),
        (MaskCrop(0, 0, np.ones((2, 2), bool)), MaskCrop(1, 1, np.ones((3, 3), bool))),
        (5, 6),
        COCO_CLASSES,
    )
    there = found.to_supervision()
    kept = Detections.from_supervision(there[there.confidence > 0.5])
    assert (kept.names, kept.area.tolist(), kept.image_size) == (["person"], [4], (5, 6))
    there.xyxy[:] = 0
    assert found.xyxy.any(), "a copy"


@needs_supervision
def test_supervision_without_masks_scores_and_classes() -> None:
    import supervision

    boxes = np.array([[1, 2, 4, 5], [-3, -3, 2.4, 1.6], [7, 1, 20, 3], [30, 30, 40, 40]], np.float32)
    there = supervision.Detections(xyxy=boxes)
    found = Detections.from_supervision(there, image_size=(6, 9))
    assert found.area.tolist() == [9, 4, 4, 0], "each mask is its box inside the picture"
    assert found.mask[0, 2:5, 1:4].all()
    assert found.confidence.tolist() == [1, 1, 1, 1]
    assert found.class_id.tolist() == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="image_size"):
        Detections.from_supervision(there)
    assert len(Detections.from_supervision(supervision.Detections.empty(), (6, 9))) == 0


@given(found=detections(), data=st.data())
def test_rows_are_chosen_together(found: Detections, data: st.DataObject) -> None:
    n = len(found)
    keep = data.draw(hnp.arrays(bool, n))
    rows = np.flatnonzero(keep).tolist()
    chosen = found[keep]
    assert len(chosen) == len(rows)
    assert_same(chosen, found[rows])
    assert_same(chosen, found[tuple(rows)])
    assert_same(chosen, found[keep.tolist()] if n else found)
    for i, one in zip(rows, chosen, strict=True):
        assert len(one) == 1
        assert_same(one, found[i])
        assert_same(one, found[i - n])
        np.testing.assert_array_equal(one.mask[0], found.mask[i])
    assert_same(found[::-1][::-1], found)
    assert_same(Detections.concatenate([found[:2], found[2:]]), found)


def test_rows_that_are_not_there() -> None:
    with pytest.raises(IndexError):
        Detections.empty((3, 3))[0]


@given(found=detections(), threshold=st.floats(0, 1, width=32), ids=st.none() | st.lists(st.integers(1, 80)))
def test_filter(found: Detections, threshold: float, ids: list[int] | None) -> None:
    kept = found.filter(ids, threshold)
    expected = [
        i for i in range(len(found)) if found.confidence[i] >= threshold and (ids is None or found.class_id[i] in ids)
    ]
    assert_same(kept, found[expected])


def test_a_score_at_the_threshold_is_kept() -> None:
    # 0.7 is a little more than float32's 0.7
    found = Detections(
        np.zeros((1, 4), np.float32),
        np.ones(1, np.int32),
        np.array([0.7], np.float32),
        (MaskCrop.from_full(np.ones((2, 2))),),
        (2, 2),
    )
    assert len(found.filter(min_confidence=0.7)) == 1
    assert len(found.filter(class_ids={1: "person"})) == 1
    assert len(found.filter(class_ids=iter([1]))) == 1
    assert len(found.filter(class_ids=[])) == 0


@given(found=detections(tracked=True))
def test_identities_survive_only_where_all_have_them(found: Detections) -> None:
    both = Detections.concatenate([found, found])
    assert both.tracker_id is not None
    assert both.tracker_id.tolist() == found.tracker_id.tolist() * 2  # type: ignore[union-attr]
    assert Detections.concatenate([found, Detections.empty(found.image_size)]).tracker_id is None


def test_concatenate_refuses() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Detections.concatenate([])
    with pytest.raises(ValueError, match="different size"):
        Detections.concatenate([Detections.empty((2, 3)), Detections.empty((3, 2))])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"xyxy": np.zeros((2, 5), np.float32)}, "xyxy"),
        ({"xyxy": np.zeros(2, np.float32)}, "xyxy"),
        ({"class_id": np.zeros(3, np.int32)}, "class_id"),
        ({"confidence": np.zeros((2, 1), np.float32)}, "confidence"),
        ({"masks": ()}, "0 masks for 2 boxes"),
        ({"tracker_id": np.zeros(1, np.int32)}, "tracker_id"),
    ],
)
def test_arrays_that_do_not_fit_together(change: dict[str, Any], sentence: str) -> None:
    crop = MaskCrop(0, 0, np.zeros((0, 0), bool))
    fitting = {
        "xyxy": np.zeros((2, 4), np.float32),
        "class_id": np.ones(2, np.int32),
        "confidence": np.ones(2, np.float32),
        "masks": (crop, crop),
        "image_size": (4, 4),
    }
    assert len(Detections(**fitting)) == 2  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=sentence):
        Detections(**(fitting | change))  # type: ignore[arg-type]


def test_a_hundred_objects_in_a_large_photo_stay_small() -> None:
    crops = tuple(MaskCrop(30 * i, 40 * i, np.ones((25, 35), bool)) for i in range(100))
    found = Detections(
        np.zeros((100, 4), np.float32), np.ones(100, np.int32), np.ones(100, np.float32), crops, (3000, 4000)
    )
    assert sum(crop.bitmap.nbytes for crop in found.masks) < 100_000
    assert found[50].mask.shape == (1, 3000, 4000)
    assert found[50].mask.sum() == 25 * 35


def test_a_short_text_stands_for_all_arrays() -> None:
    assert repr(Detections.empty((480, 640))) == "Detections(0 objects in 640 x 480 pixels: none)"
