"""Training inputs: what the network gets, and that it is the same each time."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.datasets.example import Example, mask_box
from maskseg_cli.datasets.problems import Problem
from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.molding import mold, molded_shape
from maskseg_cli.inference.unmolding import unmold
from maskseg_cli.training.augmentation import Augmentation
from maskseg_cli.training.inputs import (
    FIELDS,
    BatchMaker,
    batch_inputs,
    make_input,
    mold_boxes,
    resized,
    training_dataset,
)
from tests.training.scenes import scene, seeds

SMALL = {"num_classes": 5, "image_min_dim": 64, "image_max_dim": 128}
FIT = LITE.replace(**SMALL)
SQUARE = COCO.replace(**SMALL)
CONFIGS = {
    "fit": FIT,
    "square": SQUARE,
    "pad64": SQUARE.replace(image_resize_mode="pad64"),
    "none": FIT.replace(image_resize_mode="none", box_frame="normalized"),
    "fit, normalized": FIT.replace(box_frame="normalized"),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@given(seed=seeds, height=st.integers(20, 200), width=st.integers(20, 200))
def test_unmolding_gives_boxes_and_masks_back(config: MaskRCNNConfig, seed: int, height: int, width: int) -> None:
    example = scene(seed, height, width)
    if config.box_frame == "normalized":  # whose boxes come back as whole pixels
        example = replace(example, boxes=np.array([mask_box(mask) for mask in example.masks], np.float32))
    inputs = make_input(example, config)
    molded = mold(example.image[..., ::-1] if config.channel_order == "RGB" else example.image, config)
    np.testing.assert_array_equal(inputs["image"], molded.image)
    boxes, ids, masks = inputs["boxes"], inputs["class_ids"], inputs["masks"]
    assert masks.shape == (len(example), *config.mini_mask_shape)
    found = unmold(boxes, ids, inputs["weights"], masks, molded, config.replace(mask_border=0))
    if config.box_frame == "normalized":
        # a box whose first and last pixels fall together in the network's picture is widened there
        solid = molded.scale * ((example.boxes[:, 2:] - example.boxes[:, :2]).min(axis=1) - 1) > 1.01
        np.testing.assert_array_equal(found.xyxy[solid], example.boxes[solid])
    else:
        # a box smaller than a pixel of the network is widened to it
        wide = molded.scale * (example.boxes[:, 2:] - example.boxes[:, :2] - 1).min(axis=1) > 0
        np.testing.assert_allclose(found.xyxy[wide], example.boxes[wide], atol=1e-3)
    for mask, wanted in zip(found.mask, example.masks, strict=True):
        if min(wanted.bitmap.shape) >= 12 and wanted.bitmap.mean() > 0.6:  # no thread, of which little is inside
            full = wanted.full(height, width)
            assert (mask & full).sum() / (mask | full).sum() > 0.85


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_window_and_types(config: MaskRCNNConfig) -> None:
    example = scene(1, 90, 50)
    inputs = make_input(example, config)
    assert {name: (str(array.dtype), array.ndim) for name, array in inputs.items()} == FIELDS
    whole = Example.of(example.image, [1], [MaskCrop(0, 0, np.ones((90, 50), bool))])
    np.testing.assert_allclose(make_input(whole, config)["boxes"][0][:2], inputs["window"][:2], atol=1e-6)
    np.testing.assert_allclose(make_input(whole, config)["boxes"][0][2:], inputs["window"][2:], atol=1)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_tiny_boxes_keep_a_size(config: MaskRCNNConfig) -> None:
    from maskseg_cli.model.box_frames import LAST_PIXEL

    example = scene(1, 20, 30, objects=0)
    boxes = np.array([[4, 5, 4.1, 5.1], [29.9, 0, 30, 20]], np.float32)
    molded = mold(example.image, config)
    y1, x1, y2, x2 = mold_boxes(boxes, molded, config).T
    assert (y2 - y1 + LAST_PIXEL[config.box_frame] > 0).all()
    assert (x2 - x1 + LAST_PIXEL[config.box_frame] > 0).all()


def test_the_largest_objects_stay() -> None:
    example = scene(2, objects=4)
    areas = (example.boxes[:, 2:] - example.boxes[:, :2]).prod(axis=1)
    inputs = make_input(example, FIT.replace(max_gt_instances=2))
    wanted = [class_id for class_id, area in zip(example.class_ids, areas, strict=True) if area >= np.sort(areas)[-2]]
    assert inputs["class_ids"].tolist() == wanted


def test_which_classes_are_complete() -> None:
    example = scene(2)
    assert make_input(example, FIT)["complete_classes"].all()
    partial = replace(example, complete_class_ids=frozenset({2, 4}))
    assert make_input(partial, FIT)["complete_classes"].tolist() == [True, False, True, False, True]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_pictures_of_different_size_in_one_batch(config: MaskRCNNConfig) -> None:
    examples = [scene(1, 50, 90, boxed=True), scene(2, 90, 50, objects=1), scene(3, 60, 60, objects=0)]
    batch = batch_inputs(examples, config)
    shapes = [molded_shape(*example.size, config) for example in examples]
    height, width = np.max(shapes, axis=0)
    if config.image_resize_mode == "fit":
        height, width = -(-height // 16) * 16, -(-width // 16) * 16
    assert batch["image"].shape == (3, height, width, 3)
    assert batch["class_ids"].shape == (3, len(examples[0]))
    for index, example in enumerate(examples):
        single, (h, w), n = make_input(example, config), shapes[index], len(example)
        np.testing.assert_array_equal(batch["image"][index, :h, :w], single["image"])
        assert not batch["image"][index, h:].any()
        assert not batch["image"][index, :, w:].any()
        frame = np.array([1, 1, 1, 1])
        if config.box_frame == "normalized":
            frame = np.array([h - 1, w - 1] * 2) / np.array([height - 1, width - 1] * 2)
        np.testing.assert_allclose(batch["boxes"][index, :n], single["boxes"] * frame, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(batch["window"][index], single["window"] * frame, rtol=1e-5)
        for name in ("class_ids", "masks", "weights", "has_mask"):
            np.testing.assert_array_equal(batch[name][index, :n], single[name])
            assert not batch[name][index, n:].any()


@given(seeds, st.integers(10, 150), st.integers(10, 150))
def test_resized_objects_stay_where_they_are(seed: int, height: int, width: int) -> None:
    example = scene(seed, boxed=True)
    other = resized(example, height, width)
    assert other.size == (height, width)
    factors = np.array([width / 64, height / 48] * 2)
    np.testing.assert_allclose(other.boxes, example.boxes * factors, rtol=1e-5)
    for mask, wanted, outlined in zip(other.masks, example.masks, example.has_mask, strict=True):
        if outlined and min(*mask.bitmap.shape, *wanted.bitmap.shape) > 12 and wanted.bitmap.mean() > 0.6:
            box = np.array(mask_box(wanted)) * factors
            assert np.abs(np.array(mask_box(mask)) - box).max() <= max(2, *factors)
            assert mask.area == pytest.approx(wanted.area * factors[0] * factors[1], rel=0.3)


def same(batch: Any, other: Any) -> None:
    assert set(batch) == set(other) == set(FIELDS)
    for name in FIELDS:
        np.testing.assert_array_equal(np.asarray(batch[name]), np.asarray(other[name]))


@pytest.mark.parametrize("config", [FIT, CONFIGS["none"]], ids=["fit", "none"])
def test_a_resumed_run_goes_on_with_the_same_batches(config: MaskRCNNConfig) -> None:
    sources = [ShapesSource(5, (48, 64), seed=1), ShapesSource(4, (64, 48), seed=2)]
    sizes = (64, 96, 128) if config is FIT else ()
    options: dict[str, Any] = {"augmentation": Augmentation(), "batch": 2, "seed": 7, "sizes": sizes}
    through = list(islice(training_dataset(sources, config, workers=1, **options), 12))
    resumed = list(islice(training_dataset(sources, config, workers=3, first_batch=5, **options), 7))
    for batch, other in zip(through[5:], resumed, strict=True):
        same(batch, other)
    make = BatchMaker(sources, config, **options)
    same(through[3], make(3))
    assert len({batch["image"].numpy().tobytes() for batch in through}) == 12
    if config is FIT:
        assert len({min(batch["image"].shape[1:3]) for batch in through}) > 1
    with pytest.raises(AssertionError):
        same(through[0], BatchMaker(sources, config, **{**options, "seed": 8})(0))


class Failing(ShapesSource):
    """Pictures of which one cannot be read."""

    problems: list[Problem]

    def __getitem__(self, index: int, /) -> Example:
        if index == 3:
            raise MasksegError("photo 3 cannot be read: it is a poem.")
        return super().__getitem__(index)


def test_an_error_of_a_worker_arrives_as_it_is() -> None:
    batches = iter(training_dataset(Failing(5, 64), FIT, workers=2, batch=5))
    with pytest.raises(MasksegError, match=r"^photo 3 cannot be read: it is a poem\.$"):
        next(batches)
    assert not input_threads()


def input_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("maskseg-input")]


def test_workers_work_at_the_same_time_and_leave_when_closed() -> None:
    meeting = threading.Barrier(2, timeout=20)

    class Meeting(ShapesSource):
        def __getitem__(self, index: int, /) -> Example:
            meeting.wait()  # for another worker; alone it would break
            return super().__getitem__(index)

    batches: Any = iter(training_dataset(Meeting(4, 64), FIT, workers=2))
    assert [next(batches)["image"].shape[0] for _ in range(4)] == [1] * 4
    assert len(input_threads()) == 2
    meeting.abort()
    batches.close()
    assert not input_threads()


LEAVING = """
from maskseg_cli.config import LITE
from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.training.inputs import training_dataset
config = LITE.replace(num_classes=4, image_min_dim=64, image_max_dim=128)
batches = iter(training_dataset(ShapesSource(50, 256), config, workers=2))
print(next(batches)["image"].shape, flush=True)
"""


def test_a_program_that_ends_in_between_ends_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(1, 64, 64, 3)\n"
    assert "Traceback" not in done.stderr
