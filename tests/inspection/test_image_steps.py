"""The counts, boxes and probabilities in the steps are those of the network's tensors, for all kinds of networks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from maskseg_cli.config.torch_presets import TORCHVISION
from maskseg_cli.inference.openvino_stages import OpenVinoStages
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.roi_positions import pyramid_levels
from maskseg_cli.inference.sampled_pooling import box_levels
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.inspection.box_fates import box_fates
from maskseg_cli.inspection.image.inspect_image import steps_of
from maskseg_cli.inspection.image.objectness_step import cell_scores, grid_area
from maskseg_cli.inspection.network_trace import NetworkTrace, trace_network
from tests.inference.openvino_networks import converted
from tests.inspection.networks import lite_trace, photo
from tests.model.random_weights import fill
from tests.small_networks import SMALL_MATTERPORT

if TYPE_CHECKING:
    from maskseg_cli.model.mask_rcnn import MaskRCNN

NETWORKS = ("lite", "matterport", "torchvision")


@cache
def trace(network: str) -> NetworkTrace:
    if network == "lite":
        return lite_trace()
    if network == "torchvision":
        engine: Any = TensorFlowEngine(small_torchvision())
    else:
        config = SMALL_MATTERPORT.replace(image_max_dim=128, detection_min_confidence=0.4)
        engine = StagedEngine(OpenVinoStages(converted("resnet50_fcn"), config), config)
    return trace_network(Predictor(engine, ["BG", "circle", "square"]), photo()[:200, 100:400])


def small_torchvision() -> MaskRCNN:
    """torchvision's graph with narrow heads and pseudo-random weights."""
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    sizes = {"top_down_pyramid_size": 8, "fpn_classif_fc_layers_size": 16, "image_min_dim": 128, "image_max_dim": 192}
    limits = {"post_nms_rois_inference": 60, "detection_min_confidence": 0.4}
    model = MaskRCNN(TORCHVISION.replace(num_classes=3, **sizes, **limits))
    for seed, stage in enumerate(model.stages):
        fill(stage, seed)
        for name, variable in ((one.path, one) for one in stage.variables):
            if "gamma" in name:  # what a residual block adds is small, or a hundred of them overflow
                variable.assign(0.5 + 0.1 * np.asarray(variable))
    return model


@cache
def figures(network: str) -> dict[str, Any]:
    return {step.name: step.figures for step in steps_of(trace(network), [], box_fates(trace(network)))}


def same_boxes(shown: list[list[float]], boxes: np.ndarray, one: NetworkTrace) -> None:
    """The boxes of the figures are those of the network's frame, in pixels of the photo."""
    np.testing.assert_allclose(np.array(shown).reshape(-1, 4), one.to_photo(boxes), atol=0.0051)


@pytest.mark.parametrize("network", NETWORKS)
def test_anchors_and_their_scores(network: str) -> None:
    one, found = trace(network), figures(network)
    assert found["anchors"]["anchors"] == len(one.anchors) == sum(row["anchors"] for row in found["anchors"]["levels"])
    for level, row in zip(one.levels, found["anchors"]["levels"], strict=True):
        cell = [entry["anchor"] for entry in row["centre_cell"]]
        assert cell == list(range(cell[0], cell[0] + level.per_cell))
        assert (cell[0] - level.start) % level.per_cell == 0
        same_boxes([entry["box"] for entry in row["centre_cell"]], one.anchors[cell], one)
        own = one.anchors[cell].astype(np.float64)
        offset = (own[:, :2] + own[:, 2:]) / 2 - (one.window[:2] + one.window[2:]) / 2
        pixels = np.abs(offset).max() * (max(one.input_size) if one.config.box_frame == "normalized" else 1)
        assert pixels <= level.stride + 1  # no other cell is nearer to the photo's centre
        assert cell_scores(one, level).max() == one.objectness[level.start : level.end].max()
    scores = found["objectness"]
    order = np.sort(one.objectness)
    best, worst = ([row["objectness"] for row in scores[name]] for name in ("best", "worst"))
    np.testing.assert_allclose(best, order[::-1][: len(best)], atol=1e-6)
    np.testing.assert_allclose(worst, order[: len(worst)], atol=1e-6)
    for name in ("best", "worst"):
        anchors = [row["anchor"] for row in scores[name]]
        same_boxes([row["box"] for row in scores[name]], one.anchors[anchors], one)
    places = {int(anchor): row for row, anchor in enumerate(one.proposal_anchors) if anchor >= 0}
    refined = [row for row in scores["best"] if row["anchor"] in places]
    assert refined
    same_boxes([row["refined_box"] for row in refined], one.proposals[[places[row["anchor"]] for row in refined]], one)


@pytest.mark.parametrize("network", NETWORKS)
def test_heat_maps_lie_where_the_anchors_are(network: str) -> None:
    one = trace(network)
    for level in one.levels:
        x1, y1, x2, y2 = grid_area(one, level).tolist()
        centres = one.to_photo(one.anchors[level.start : level.end : level.per_cell]).astype(np.float64)
        x, y = (centres[:, 0] + centres[:, 2]) / 2, (centres[:, 1] + centres[:, 3]) / 2
        number = np.arange(level.rows * level.columns)
        rows, columns = number // level.columns, number % level.columns
        np.testing.assert_allclose(x, x1 + (columns + 0.5) * (x2 - x1) / level.columns, atol=0.01)
        np.testing.assert_allclose(y, y1 + (rows + 0.5) * (y2 - y1) / level.rows, atol=0.01)


@pytest.mark.parametrize("network", NETWORKS)
def test_proposals_and_their_maps(network: str) -> None:
    one, found = trace(network), figures(network)
    real = one.proposal_anchors >= 0
    assert found["proposals"]["proposals"] == real.sum() > 0
    assert found["proposals"]["padding"] == (~real).sum()
    assert sum(found["proposals"]["counts"].values()) == len(one.anchors)
    after = found["proposals"]["after"]
    same_boxes([row["box"] for row in after], one.proposals[[row["proposal"] for row in after]], one)
    assert {row["proposal"] for row in after if row["detected"]} == set(one.detected.rows[one.shown_rows].tolist())
    levels = found["roi-levels"]
    assert sum(levels["counts"].values()) == real.sum()
    if network == "lite":
        assert levels["counts"] == {"map 1": real.sum()}
    else:
        corners = pyramid_levels(one.proposals, *one.input_size)
        expected = (corners if network == "matterport" else box_levels(one.proposals, one.config))[real]
        assert levels["counts"] == {f"P{number}": (expected == number).sum() for number in (2, 3, 4, 5)}
    same_boxes(
        [row["box"] for row in levels["proposals"]],
        one.proposals[[row["proposal"] for row in levels["proposals"]]],
        one,
    )


@pytest.mark.parametrize("network", NETWORKS)
def test_classes_boxes_and_masks(network: str) -> None:
    one, found = trace(network), figures(network)
    assert len(one.detections) > 0
    for row in found["classes"]["proposals"]:
        own = one.probabilities[row["proposal"]]
        shown = [entry["probability"] for entry in row["probabilities"]]
        np.testing.assert_allclose(shown, np.sort(own)[::-1][: len(shown)], atol=1e-6)
        same_boxes([row["box"]], one.proposals[[row["proposal"]]], one)
    detections = found["refinement"]["detections"]
    rows = [row["detected"] for row in detections]
    assert rows == one.shown_rows[: len(rows)].tolist()
    same_boxes([row["proposal_box"] for row in detections], one.proposals[one.detected.rows[rows]], one)
    same_boxes([row["final_box"] for row in detections], one.detected.boxes[rows], one)
    if one.config.detection_voting_threshold is None:
        assert [row["refined_box"] for row in detections] == [row["final_box"] for row in detections]
    suppression = found["detections"]
    least = np.float32(one.config.detection_min_confidence)
    if one.config.detection_classes == "best":
        best = one.probabilities[one.proposal_anchors >= 0]
        passed = (best.max(axis=1) >= least) & (best.argmax(axis=1) > 0)
    else:
        passed = one.probabilities[one.proposal_anchors >= 0][:, 1:] >= least
    assert suppression["passed"] == passed.sum()
    assert suppression["detected"] == len(one.detected.boxes)
    same_boxes([row["box"] for row in suppression["suppressed"]], one.detected.boxes[:60], one)
    masks = found["masks"]["masks"]
    assert tuple(found["masks"]["mask_shape"]) == one.masks.shape[1:]
    for row, mask, crop in zip(masks, one.masks[one.shown_rows], one.detections.masks, strict=False):
        np.testing.assert_allclose(row["probabilities"], mask, atol=0.00051)
        assert row["area"] == crop.area
    objects = found["result"]["objects"]
    assert [row["class"] for row in objects] == list(one.detections.names)
    np.testing.assert_allclose([row["box"] for row in objects], one.detections.xyxy, atol=0.0051)
    assert set(found["times"]["milliseconds"]) == set(one.seconds)
