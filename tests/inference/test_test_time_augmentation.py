"""Several views of one picture: their frames agree, and their mean is what it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.detections import Detections
from maskseg_cli.inference import test_time_augmentation as tta
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.inference.unmolding import unmold_normalized_boxes, unmold_pixel_boxes
from maskseg_cli.inference.views import from_view, into_view
from maskseg_cli.media.images import read_image
from maskseg_cli.model.box_frames import normalize_boxes
from maskseg_cli.model.mask_rcnn import MaskRCNN

SQUARE = COCO.replace(image_min_dim=100, image_max_dim=128)
PAD64 = COCO.replace(image_resize_mode="pad64", image_min_dim=128)
NONE = COCO.replace(image_resize_mode="none")
SMALL_LITE = LITE.replace(image_min_dim=96, image_max_dim=192)
#: Matterport's family, on which a random network answers within a second.
SMALL_COCO = COCO.replace(
    backbone="resnet50", num_classes=4, image_min_dim=64, image_max_dim=128, post_nms_rois_inference=30
)


#: What the predictor calls for the views of a picture.
VIEWS_OF_PREDICTOR = "maskseg_cli.inference.predictor.mold_views"


def picture(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.ascontiguousarray(coarse.repeat(8, 0).repeat(8, 1)[:height, :width])


def mirrored(xyxy: np.ndarray, width: int) -> np.ndarray:
    return np.stack([width - xyxy[:, 2], xyxy[:, 1], width - xyxy[:, 0], xyxy[:, 3]], axis=1)


@pytest.mark.parametrize(
    ("config", "sizes"),
    [
        (LITE, [(400, 800), (320, 640), (480, 960)]),
        (COCO, [(800, 1024), (640, 832), (960, 1216)]),
        (PAD64, [(128, 1024), (128, 819), (128, 1229)]),
        (NONE, [(800, 1024)]),
        (COCO.replace(image_max_dim=64, image_min_dim=64), [(64, 64), (51, 64), (77, 64)]),
    ],
)
def test_sizes(config: MaskRCNNConfig, sizes: list[tuple[int, int]]) -> None:
    assert [(one.image_min_dim, one.image_max_dim) for one in tta.view_configs(config)] == sizes


def test_each_size_comes_as_it_is_and_mirrored() -> None:
    image = picture(60, 90)
    views = tta.mold_views(image, SMALL_LITE)
    assert [one.mirrored for one in views] == [False, True] * 3
    assert [one.molded.image.shape for one in views[::2]] == [(96, 144, 3), (77, 116, 3), (115, 172, 3)]
    for plain, flipped in zip(views[::2], views[1::2], strict=True):
        np.testing.assert_allclose(plain.molded.image, flipped.molded.image[:, ::-1], atol=1e-2)


boxes_in = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 1), st.floats(0.02, 1))


@settings(max_examples=30)
@given(
    st.integers(20, 200),
    st.integers(20, 200),
    st.lists(boxes_in, min_size=1, max_size=5),
    st.sampled_from([LITE.replace(image_min_dim=80, image_max_dim=160), SQUARE, PAD64, NONE]),
)
def test_a_box_is_the_same_object_in_every_view(
    height: int, width: int, shares: list[tuple[float, ...]], config: MaskRCNNConfig
) -> None:
    """Mapped into a view and unmolded from there as any answer is, a box lies where it lay (or mirrored)."""
    y, x, h, w = np.array(shares).T
    near = np.floor(np.stack([y * (height - 1), x * (width - 1)], 1))
    far = np.minimum(near + np.ceil(np.stack([h * height, w * width], 1)), [height, width])
    pixels = np.concatenate([near, far], axis=1)  # whole half-open pixels of the picture
    views = tta.mold_views(np.zeros((height, width, 3), np.uint8), config)
    if config.box_frame == "pixels":
        own = pixels - [0, 0, 1, 1]
        unmold: Any = unmold_pixel_boxes
    else:
        own = normalize_boxes(pixels, height, width)
        unmold = unmold_normalized_boxes
    first = into_view(own, views[0].frame)
    for view in views:
        there = into_view(own, view.frame)
        expected = mirrored(pixels[:, [1, 0, 3, 2]], width)[:, [1, 0, 3, 2]] if view.mirrored else pixels
        np.testing.assert_allclose(unmold(there, view.molded), expected, atol=1e-2)
        relative = tta.relative_frame(view, views[0])
        np.testing.assert_allclose(into_view(first, relative), there, atol=1e-2)
        np.testing.assert_allclose(from_view(there, relative), first, atol=1e-2)


@pytest.fixture(scope="module", params=[SMALL_LITE, SMALL_COCO], ids=["lite", "matterport"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    """A random network without a threshold, whose boxes are nearly the anchors: it finds very much."""
    keras.utils.set_random_seed(3)
    config = request.param.replace(
        detection_min_confidence=0.0, detection_max_instances=20, detection_duplicate_threshold=None
    )
    model = MaskRCNN(config)
    for name, variable in model.named_variables().items():
        if name.split("/")[0] in ("rpn.deltas", "box.deltas", "rpn_bbox_pred", "mrcnn_bbox_fc"):
            variable.assign(variable * 1e-4)
        elif name in ("trunk.stem/kernel", "conv1/kernel"):  # whose input reaches 255
            variable.assign(variable / 255)
    return Predictor(TensorFlowEngine(model), [f"class {i}" for i in range(config.num_classes)])


def same(one: Detections, other: Detections, atol: float) -> None:
    np.testing.assert_array_equal(one.class_id, other.class_id)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-4)
    np.testing.assert_allclose(one.xyxy, other.xyxy, atol=atol)


def test_one_view_is_the_network_itself(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture(70, 100)
    plain = predictor(image)
    assert len(plain) > 3
    whole = tta.mold_views
    monkeypatch.setattr(VIEWS_OF_PREDICTOR, lambda image, config: whole(image, config)[:1])
    monkeypatch.setattr(predictor, "tta", True)
    one = predictor(image)
    same(plain, one, atol=0.01)
    assert all((a.bitmap == b.bitmap).mean() > 0.99 for a, b in zip(plain.masks, one.masks, strict=True))
    # a sum that is no mean would show
    monkeypatch.setattr(VIEWS_OF_PREDICTOR, lambda image, config: whole(image, config)[:1] * 4)
    same(plain, predictor(image), atol=0.01)


def test_pictures_of_any_size_and_without_objects(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "tta", True)
    pictures = [picture(20, 90), picture(90, 20)]
    for image, found in zip(pictures, predictor(pictures), strict=True):
        height, width = image.shape[:2]
        assert found.image_size == (height, width)
        assert len(found) > 0
        assert found.xyxy.min() >= 0
        assert (found.xyxy[:, [2, 3]] <= [width, height]).all()
    monkeypatch.setattr(predictor.engine, "config", predictor.config.replace(detection_min_confidence=1.0))
    assert len(predictor(pictures[0])) == 0


def test_matterports_detect_sees_the_same(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "tta", True)
    image = picture(64, 80)
    found, rows = predictor(image), predictor.detect([image[:, :, ::-1]])[0]
    np.testing.assert_array_equal(rows["class_ids"], found.class_id)
    np.testing.assert_allclose(rows["scores"], found.confidence, atol=1e-5)


def test_a_real_photo_and_its_mirror_image(shared: Path) -> None:
    """The views of a picture and of its mirror image are the same ones: so are the answers."""
    network = load_model(shared / "weights/lite-init.npz", tta=True, detection_min_confidence=0.5, precision="float32")
    image = read_image(shared / "photos/dog.jpg")
    found, turned = network(image), network(np.ascontiguousarray(image[:, ::-1]))
    assert {"dog", "bicycle"} <= set(found.names)
    same(found, replace(turned, xyxy=mirrored(turned.xyxy, image.shape[1])), atol=1.0)
    for mask, other in zip(found.masks, turned.masks, strict=True):
        here, there = mask.full(*image.shape[:2]), other.full(*image.shape[:2])[:, ::-1]
        assert (here & there).sum() / (here | there).sum() > 0.97
    network.tta = False
    plain = network(image)
    assert set(plain.names) & set(found.names) >= {"dog", "bicycle"}
    assert not np.array_equal(plain.confidence, found.confidence[: len(plain)])
