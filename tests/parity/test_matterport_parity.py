"""The network against Matterport's own numbers: stage by stage with the recorded proposals, then end to end.

The tolerances are those that two correct implementations can hold (rounding moves single boxes over an edge).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.inference.detection import detect_boxes
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.molding import Molded, mold
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.proposals import propose
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.box_frames import to_frame
from tests.parity.fixtures import CASES, Case, load_case

TOLERANCE = {"C1": 5e-5, "C2": 5e-5, "C3": 5e-5, "C4": 1e-4, "C5": 1e-4} | dict.fromkeys(
    ("P2", "P3", "P4", "P5", "P6"), 1e-4
)


class Run:
    """One case through the network, its stages kept."""

    def __init__(self, case: Case, weights: Path) -> None:
        self.case = case
        self.predictor: Predictor = load_model(weights, config=case.config, engine="tensorflow")
        self.model = self.predictor.engine.model
        self.molded: Molded = mold(case.image, case.config)
        self.shape = self.molded.image.shape[:2]
        self.anchors = AnchorCache(case.config)(*self.shape)
        self.window = to_frame(np.array([self.molded.window]), *self.shape, case.config.box_frame)[0]
        self.c_maps = self.model.backbone(self.molded.image[None], training=False)
        self.maps = self.model.features(self.molded.image[None])
        self.logits, self.deltas = self.model.region_scores(self.maps)


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest, matterport_h5: Path) -> Run:
    return Run(load_case(request.param), matterport_h5)


def first(tensor: Any) -> NDArray[Any]:
    return np.asarray(tensor)[0]


def matches(boxes: NDArray[Any], classes: NDArray[Any], to_boxes: NDArray[Any], to_classes: NDArray[Any]) -> list[int]:
    """For each row of the second lists the nearest row of the first with the same class, or -1."""
    found = []
    for box, label in zip(to_boxes, to_classes, strict=True):
        distance = np.abs(boxes - box).max(axis=1).astype(float)
        distance[classes != label] = np.inf
        found.append(int(distance.argmin()) if len(distance) and np.isfinite(distance.min()) else -1)
    return found


def test_molding_is_exact(run: Run) -> None:
    case, molded = run.case, run.molded
    mean = np.array(case.config.mean_pixel)
    pixels = np.around(molded.image + mean).astype(np.uint8)
    assert hashlib.sha256(pixels.tobytes()).digest() == case["molded/uint8_sha256"].tobytes()
    assert case.worst("molded", molded.image) == 0
    assert molded.window == tuple(case["window"])
    np.testing.assert_array_equal(molded.meta, case["image_meta"])


def test_anchors_are_exact(run: Run) -> None:
    case = run.case
    assert run.anchors.shape == tuple(case["anchors/shape"])
    np.testing.assert_array_equal(run.anchors[:50], case["anchors/first"])
    np.testing.assert_array_equal(run.anchors[-50:], case["anchors/last"])
    sums = run.anchors.astype(np.float64).sum(axis=0)
    np.testing.assert_allclose(sums, case["anchors/column_sums"], atol=1e-6)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_backbone(run: Run, level: int) -> None:
    assert run.case.worst(f"C{level}", first(run.c_maps[level - 1])) < TOLERANCE[f"C{level}"]


@pytest.mark.parametrize("level", [2, 3, 4, 5, 6])
def test_pyramid(run: Run, level: int) -> None:
    assert run.case.worst(f"P{level}", first(run.maps[level - 2])) < TOLERANCE[f"P{level}"]


def test_region_proposal_network(run: Run) -> None:
    import tensorflow as tf

    assert run.case.worst("rpn_logits", first(run.logits)) < 3e-5
    assert run.case.worst("rpn_probs", first(tf.nn.softmax(run.logits))) < 1e-5
    assert run.case.worst("rpn_bbox", first(run.deltas)) < 1e-4


def test_proposals(run: Run) -> None:
    import tensorflow as tf

    case = run.case
    scores = tf.nn.softmax(run.logits)[0, :, 1].numpy()
    boxes, anchors = propose(scores, run.deltas[0].numpy(), run.anchors, run.shape, case.config)
    wanted = case["proposals/anchor"]
    kept = np.asarray(anchors)[: len(wanted)]
    assert sorted(kept) == sorted(wanted)
    order = {anchor: row for row, anchor in enumerate(kept)}
    rows = [order[anchor] for anchor in wanted]
    assert np.abs(np.array(rows) - np.arange(len(rows))).max() <= 1
    np.testing.assert_allclose(np.asarray(boxes)[rows], case["proposals"][: len(wanted)], atol=1e-5)
    assert not np.asarray(boxes)[len(wanted) :].any()


def test_box_head_on_the_recorded_proposals(run: Run) -> None:
    import tensorflow as tf

    case = run.case
    rois = tf.constant(case["proposals"])
    index = tf.zeros(len(case["proposals"]), tf.int32)
    pooled = run.model.pool_for_boxes(run.maps, rois, index, run.shape)
    assert case.worst("roi_class", np.asarray(pooled)) < 5e-5
    logits, deltas = run.model.classify(pooled)
    assert case.worst("class_logits", np.asarray(logits)) < 1e-4
    assert case.worst("class_probs", np.asarray(tf.nn.softmax(logits))) < 3e-5
    assert case.worst("bbox", np.asarray(deltas)) < 1e-4


def test_detection_layer_on_the_recorded_proposals(run: Run) -> None:
    import tensorflow as tf

    case = run.case
    rois = tf.constant(case["proposals"])
    index = tf.zeros(len(case["proposals"]), tf.int32)
    pooled = run.model.pool_for_boxes(run.maps, rois, index, run.shape)
    logits, deltas = run.model.classify(pooled)
    found = detect_boxes(case["proposals"], tf.nn.softmax(logits).numpy(), deltas.numpy(), run.window, case.config)
    recorded = case["detections"][: len(case["detections/roi"])]
    assert len(recorded) == len(found.boxes)
    rows = matches(found.boxes, found.class_ids, recorded[:, :4], recorded[:, 4])
    np.testing.assert_allclose(found.boxes[rows], recorded[:, :4], atol=1e-5)
    np.testing.assert_allclose(found.scores[rows], recorded[:, 5], atol=5e-5)


def test_masks_on_the_recorded_detections(run: Run) -> None:
    import tensorflow as tf

    case = run.case
    recorded = case["detections"][: len(case["detections/roi"])]
    boxes, class_ids = tf.constant(recorded[:, :4]), tf.constant(recorded[:, 4].astype(np.int32))
    index = tf.zeros(len(recorded), tf.int32)
    pooled = run.model.pool_for_masks(run.maps, boxes, index, run.shape)
    masks = tf.sigmoid(run.model.mask_logits(pooled, class_ids))
    np.testing.assert_allclose(np.asarray(masks), case["masks28"], atol=1e-3)


@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
def test_end_to_end(run: Run, engine: str, matterport_h5: Path) -> None:
    case, predictor = run.case, run.predictor
    if engine == "openvino":
        predictor = load_model(matterport_h5, config=case.config, engine="openvino", precision="float32")
    assert predictor.engine.name == f"{engine} float32"
    result = predictor.detect([case.image])[0]
    steady = case["final/rois_steady"]
    rois, labels = case["final/rois"], case["final/class_ids"]
    assert len(result["rois"]) == len(rois)
    rows = np.array(matches(result["rois"], result["class_ids"], rois, labels))
    np.testing.assert_array_equal(result["rois"][rows][steady], rois[steady])
    np.testing.assert_allclose(result["scores"][rows][steady], case["final/scores"][steady], atol=5e-5)
    height, width, count = case["final/masks_shape"]
    packed = np.unpackbits(case["final/masks_packed"], count=count * height * width)
    wanted = packed.reshape(count, height, width).astype(bool)
    flips = np.logical_xor(np.moveaxis(result["masks"], -1, 0)[rows], wanted).sum(axis=(1, 2))
    assert flips[steady].max() <= 5
    assert result["masks"].dtype == bool
    assert result["rois"].dtype == np.int32


def test_the_same_picture_gives_the_same_bits(run: Run) -> None:
    once, again = (run.predictor.detect([run.case.image])[0] for _ in range(2))
    for key, value in once.items():
        np.testing.assert_array_equal(value, again[key])
