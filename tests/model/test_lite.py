"""The lite network against plain NumPy, and with the real weights against the numbers measured with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from numpy.typing import NDArray

from maskseg_cli.inference.engine import Segmented
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.molding import mold
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.proposals import propose
from maskseg_cli.model.anchors import AnchorCache
from tests.model import naive
from tests.model.lite_arrays import write_lite_arrays
from tests.model.numpy_lite import Found, NumpyLite

BEST_ANCHORS, PROPOSALS, MIN_SCORE = 50, 8, 0.1
IMAGE = np.ascontiguousarray(skimage.data.coffee()[100:164, 200:296, ::-1])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lite_arrays(tmp_path_factory.mktemp("lite") / "arrays.npz")


@pytest.fixture(scope="module")
def predictor(weights: Path) -> Predictor:
    return load_model(
        weights,
        labels=["cup", "spoon", "table", "saucer"],
        size=64,
        pre_nms_limit=BEST_ANCHORS,
        post_nms_rois_inference=PROPOSALS,
        detection_min_confidence=MIN_SCORE,
        detection_duplicate_threshold=None,
        engine="tensorflow",
    )


@pytest.fixture(scope="module")
def numpy_lite(weights: Path) -> NumpyLite:
    with np.load(weights) as archive:
        return NumpyLite(dict(archive))


@pytest.fixture(scope="module")
def wanted(numpy_lite: NumpyLite) -> Found:
    return numpy_lite(IMAGE, BEST_ANCHORS, PROPOSALS, MIN_SCORE)


def segmented(predictor: Predictor, image: NDArray[np.uint8]) -> Segmented:
    """The network's own answer for a picture."""
    molded = mold(image, predictor.config)
    height, width = molded.image.shape[:2]
    window = np.array([[0, 0, height - 1, width - 1]], np.float32)
    return predictor.engine.run(molded.image[None], AnchorCache(predictor.config)(height, width), window)


def test_features(predictor: Predictor, numpy_lite: NumpyLite) -> None:
    found = predictor.engine.model.features(mold(IMAGE, predictor.config).image[None])[0].numpy()
    assert found.shape == (1, 4, 6, 128)
    np.testing.assert_allclose(found[0], numpy_lite.features(IMAGE), atol=1e-3)


@pytest.mark.parametrize("size", [(33, 47), (16, 80)])
def test_features_of_odd_sizes(predictor: Predictor, numpy_lite: NumpyLite, size: tuple[int, int]) -> None:
    image = IMAGE[: size[0], : size[1]]
    found = predictor.engine.model.features(image[None].astype(np.float32))[0].numpy()[0]
    np.testing.assert_allclose(found, numpy_lite.features(image), atol=1e-3)


def test_region_proposals(predictor: Predictor, numpy_lite: NumpyLite) -> None:
    features = numpy_lite.features(IMAGE)
    probabilities, deltas = numpy_lite.region_scores(features)
    logits, moves = predictor.engine.model.region_scores([features[None].astype(np.float32)])
    np.testing.assert_allclose(tf.sigmoid(logits).numpy().reshape(4, 6, 15), probabilities, atol=1e-4)
    np.testing.assert_allclose(moves.numpy().reshape(4, 6, 15, 4)[..., [1, 0, 3, 2]], deltas, atol=1e-3)
    config, scores = predictor.config, tf.sigmoid(logits)[0, :, 0].numpy()
    boxes, _ = propose(scores, moves[0].numpy(), AnchorCache(config)(64, 96), (64, 96), config)
    wanted = numpy_lite.proposals(features, (64, 96), BEST_ANCHORS, PROPOSALS)
    assert len(wanted) == PROPOSALS
    np.testing.assert_allclose(boxes[:, [1, 0, 3, 2]], wanted, atol=1e-2)


def test_box_head(predictor: Predictor, numpy_lite: NumpyLite) -> None:
    features = numpy_lite.features(IMAGE)
    box = np.array([10.3, 5.2, 70.1, 50.6])  # x1 y1 x2 y2
    probabilities, _ = numpy_lite.classify(features, box)
    maps, boxes = [features[None].astype(np.float32)], tf.constant(box[None, [1, 0, 3, 2]], tf.float32)
    pooled = predictor.engine.model.pool_for_boxes(maps, boxes, tf.zeros(1, tf.int32), (64, 96))
    logits, _ = predictor.engine.model.classify(pooled)
    np.testing.assert_allclose(naive.softmax(logits.numpy())[0], probabilities, atol=1e-4)


def test_the_whole_network(predictor: Predictor, wanted: Found) -> None:
    found = segmented(predictor, IMAGE)
    assert set(wanted.class_ids) == {1, 2, 3, 4}
    assert found.class_ids.tolist() == wanted.class_ids.tolist()
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-4)
    np.testing.assert_allclose(found.boxes[:, [1, 0, 3, 2]], wanted.boxes, atol=1e-2)
    np.testing.assert_allclose(found.masks, wanted.masks, atol=1e-3)


def test_detections_are_half_open_boxes_in_the_picture(predictor: Predictor, wanted: Found) -> None:
    found = predictor(IMAGE)
    assert found.names == [("cup", "spoon", "table", "saucer")[label - 1] for label in wanted.class_ids]
    np.testing.assert_allclose(found.xyxy, wanted.boxes + [0, 0, 1, 1], atol=1e-2)


@pytest.fixture(scope="module")
def real(shared: Path) -> tuple[Predictor, NDArray[np.float32], dict[str, NDArray[Any]]]:
    """The real weights, the photo as it was measured, and the numbers."""
    predictor = load_model(
        shared / "weights/lite-init.npz",
        size=320,
        detection_min_confidence=0.05,
        detection_duplicate_threshold=None,
        engine="tensorflow",
    )
    coffee = np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1]).astype(np.float32)
    with np.load(shared / "weights/lite-reference.npz") as archive:
        return predictor, cv2.resize(coffee, (480, 320)), dict(archive)


def test_measured_features_and_regions(real: Any) -> None:
    predictor, image, measured = real
    maps = predictor.engine.model.features(image[None])
    np.testing.assert_allclose(maps[0][0], measured["features"], atol=1e-3)
    logits, deltas = predictor.engine.model.region_scores(maps)
    np.testing.assert_allclose(tf.sigmoid(logits).numpy().reshape(20, 30, 15), measured["rpn_probs"], atol=1e-3)
    xywh = deltas.numpy().reshape(20, 30, 15, 4)[..., [1, 0, 3, 2]]
    np.testing.assert_allclose(xywh.reshape(20, 30, 60), measured["rpn_deltas"], atol=1e-3)


def test_measured_detections(real: Any) -> None:
    predictor, image, measured = real
    window = np.array([[0, 0, 319, 479]], np.float32)
    found = predictor.engine.run(image[None], AnchorCache(predictor.config)(320, 480), window)
    assert found.class_ids.tolist() == measured["class_ids"].tolist()
    np.testing.assert_allclose(found.scores, measured["scores"], atol=0.01)
    np.testing.assert_allclose(found.boxes[:, [1, 0, 3, 2]], measured["boxes_xyxy_input"], atol=1)
    np.testing.assert_allclose(found.masks, measured["masks_24"], atol=0.01)


def test_a_photo_is_resized_as_it_was_measured(real: Any) -> None:
    predictor, image, _ = real
    coffee = np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1])
    molded = mold(coffee, predictor.config)
    np.testing.assert_allclose(molded.image, image, atol=1e-3)
    assert molded.scale == 0.8
