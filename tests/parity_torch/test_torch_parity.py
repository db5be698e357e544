"""The network against torchvision's and detectron2's own numbers: stage by stage, then end to end, on both engines.

Tolerances: features, scores of regions and pooled features 2e-4 of the tensor's standard deviation, logits 1e-3, boxes
0.02 pixels, probabilities 2e-3. End to end at least 97 of 100 objects agree in class, box (1 pixel), score (5e-3) and
mask (8 pixels, or 1 % of its own): rounding moves single boxes over an edge.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.config.torch_presets import DETECTRON2, TORCHVISION, TORCHVISION_V2
from maskseg_cli.inference.detection import detect_boxes
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.molding import mold
from maskseg_cli.inference.openvino_stages import OpenVinoStages
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.proposals import propose
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.model.anchors import AnchorCache, level_counts
from maskseg_cli.model.box_frames import to_frame
from maskseg_cli.model.openvino_conversion import convert
from tests.parity_torch.fixtures import CASES, Case, load_case
from tests.parity_torch.make_torch_weights import digest

PRESETS = {"torchvision_v1_small": TORCHVISION, "torchvision_v2_small": TORCHVISION_V2, "detectron2_small": DETECTRON2}
ENGINES = ("tensorflow", "openvino")


def yxyx(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """Boxes or deltas (..., 4) with x first and y second as with y first, and the other way round."""
    return np.ascontiguousarray(boxes[..., [1, 0, 3, 2]], np.float32)


class Run:
    """One case through the network, its stages kept."""

    def __init__(self, case: Case, weights: Path) -> None:
        self.case, self.weights = case, weights
        self.options = {
            "image_min_dim": case.record["min_size"],
            "image_max_dim": case.record["max_size"],
            "detection_min_confidence": case.record["score_thresh"],
        }
        predictor = load_model(weights, config=self.options, engine="tensorflow")
        self.config, self.model = predictor.config, predictor.engine.model
        # Converted from the same model: to read the file and to build the network again would take half of the time.
        stages = OpenVinoStages(convert(self.model), self.config, "float32")
        openvino = Predictor(StagedEngine(stages, self.config), predictor.class_names)
        self.predictors = {"tensorflow": predictor, "openvino": openvino}
        step = 1 if self.config.channel_order == "RGB" else -1
        self.molded = mold(case.image[:, :, ::step], self.config)
        self.shape = self.molded.image.shape[:2]
        self.window = to_frame(np.array([self.molded.window]), *self.shape, self.config.box_frame)[0]
        self.anchors = AnchorCache(self.config)(*self.shape)
        self.proposals = yxyx(case["proposals"])
        self.maps = {
            engine: one.engine.stages.features(self.molded.image[None]) for engine, one in self.predictors.items()
        }

        self.classified = {
            engine: one.engine.stages.classify(self.maps[engine][0], self.proposals, self.rows())
            for engine, one in self.predictors.items()
        }

    def rows(self) -> NDArray[np.int32]:
        return np.zeros(len(self.proposals), np.int32)


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest, torch_weights: Callable[[str], Path]) -> Run:
    return Run(load_case(request.param), torch_weights(request.param))


def nchw(tensor: Any) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(np.asarray(tensor), -1, 1))


def spread(case: Case, key: str) -> float:
    """The standard deviation of a recorded tensor."""
    return float(case[f"{key}/mean_std_min_max"][1]) if f"{key}/mean_std_min_max" in case.arrays else case[key].std()


def worst(case: Case, key: str, tensor: NDArray[Any]) -> float:
    return case.worst(key, tensor) if f"{key}/index" in case.arrays else float(np.abs(tensor - case[key]).max())


def test_the_file_is_read_exactly(run: Run) -> None:
    read = read_torch_state(run.weights)
    assert digest(read.arrays) == run.case.record["weights"]["sha256"]
    pickled = run.case.name.startswith("detectron2")
    assert (read.layout, read.stored_dtype) == ("pickle" if pickled else "zip", "float32")
    assert read.meta == ({"__author__": "maskseg parity fixture"} if pickled else {})


def test_options_follow_from_the_file(run: Run) -> None:
    changes = {**run.options, "num_classes": run.config.num_classes, "name": run.config.name}
    assert run.config == PRESETS[run.case.name].replace(**changes)


def test_molding(run: Run) -> None:
    image = nchw(run.molded.image[None])
    # detectron2's values are whole numbers; torchvision's are computed in another order.
    assert worst(run.case, "input", image) < (1e-5 if run.config.image_interpolation == "pillow" else 5e-4)
    height, width = run.case["input/image_sizes"][0] if "input/image_sizes" in run.case.arrays else (320, 431)
    assert run.molded.window == (0, 0, height, width)


def test_anchors(run: Run) -> None:
    assert worst(run.case, "anchors", run.anchors[:, [1, 0, 3, 2]]) < 1e-3


@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_backbone(run: Run, level: int) -> None:
    maps = run.model.backbone(run.molded.image[None], training=False)
    assert worst(run.case, f"C{level}", nchw(maps[level - 1])) < 2e-4 * spread(run.case, f"C{level}")


@pytest.mark.parametrize("engine", ENGINES)
def test_pyramid(run: Run, engine: str) -> None:
    maps = run.maps[engine][0]
    arrays = maps.arrays if engine == "openvino" else maps.tensors
    for level, feature_map in enumerate(arrays, start=2):
        assert worst(run.case, f"P{level}", nchw(feature_map)) < 2e-4 * spread(run.case, f"P{level}")


@pytest.mark.parametrize("engine", ENGINES)
def test_region_proposal_network(run: Run, engine: str) -> None:
    _, objectness, deltas = run.maps[engine]
    ends = np.cumsum(level_counts(run.config, *run.shape))[:-1]
    for level, (scores, moves) in enumerate(
        zip(np.split(objectness[0], ends), np.split(deltas[0], ends), strict=True), start=2
    ):
        _, _, rows, columns = (
            run.case[f"rpn_logits{level}/shape"] if level < 4 else run.case[f"rpn_logits{level}"].shape
        )
        logits = np.log(scores / (1 - scores)).reshape(rows, columns, 3)
        key = f"rpn_logits{level}"
        assert worst(run.case, key, nchw(logits[None])) < 1e-3 * spread(run.case, key)
        key = f"rpn_deltas{level}"
        moved = yxyx(moves).reshape(rows, columns, 12)
        assert worst(run.case, key, nchw(moved[None])) < 2e-4 * max(spread(run.case, key), 1e-2)


@pytest.mark.parametrize("engine", ENGINES)
def test_proposals(run: Run, engine: str) -> None:
    _, objectness, deltas = run.maps[engine]
    boxes, _ = propose(objectness[0], deltas[0], run.anchors, run.shape, run.config, run.window)
    assert len(boxes) == len(run.proposals)
    # Nearly equal scores change places, and a box more or less changes what it suppresses.
    near = np.abs(boxes[None] - run.proposals[:, None]).max(axis=2).min(axis=1)
    assert (near < 0.02).mean() >= 0.98
    same_place = np.abs(boxes - run.proposals).max(axis=1) < 0.02
    assert same_place[:20].sum() >= 18


@pytest.mark.parametrize("engine", ENGINES)
def test_box_head_on_the_recorded_proposals(run: Run, engine: str) -> None:
    case, stages = run.case, run.predictors[engine].engine.stages
    maps = run.maps[engine][0]
    if engine == "openvino":
        pooled = stages.pool_for_boxes(maps, run.proposals, run.rows())["box_features"]
    else:
        pooled = run.model.pool_for_boxes(maps.tensors, run.proposals, run.rows(), run.shape)
    assert worst(case, "box_pooled", nchw(pooled)) < 3e-4 * spread(case, "box_pooled")
    probabilities, deltas = run.classified[engine]
    background = -1 if case.name.startswith("detectron2") else 0
    logits = np.roll(case["class_logits"], 1 if background else 0, axis=1).astype(np.float64)
    wanted = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities, wanted / wanted.sum(axis=1, keepdims=True), atol=2e-4)
    theirs = yxyx(deltas[:, 1:] if background else deltas).reshape(len(deltas), -1)
    assert worst(case, "box_deltas", theirs) < 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_detections_and_masks_on_the_recorded_proposals(run: Run, engine: str) -> None:
    case, stages = run.case, run.predictors[engine].engine.stages
    maps = run.maps[engine][0]
    probabilities, deltas = run.classified[engine]
    found = detect_boxes(run.proposals, probabilities, deltas, run.window, run.config)
    wanted = yxyx(case["detections/boxes_input"])
    labels = case["final/labels"]
    if case.name.startswith("detectron2"):  # these are in pixels of the original, as in final/boxes
        scale = np.array(run.molded.window[2:]) / case.image.shape[:2]
        wanted, labels = (wanted * np.tile(scale, 2)).astype(np.float32), labels + 1
    assert len(found.boxes) == len(wanted)
    places = _places(found.boxes, found.class_ids, found.scores, wanted, labels, case["final/scores"], 0.02, 2e-3)
    assert (places >= 0).sum() >= 98
    masks = stages.masks(maps, wanted, np.zeros(len(wanted), np.int32), labels.astype(np.int32))
    np.testing.assert_allclose(masks, case["detections/masks28"], atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_end_to_end(run: Run, engine: str) -> None:
    case = run.case
    found = run.predictors[engine](np.ascontiguousarray(case.image[:, :, ::-1]))
    labels = case["final/labels"] + (1 if case.name.startswith("detectron2") else 0)
    places = _places(
        found.xyxy, found.class_id, found.confidence, case["final/boxes"], labels, case["final/scores"], 1, 5e-3
    )
    size = case.image.shape[:2]
    packed = np.unpackbits(case["final/masks_packed"])[: len(labels) * size[0] * size[1]]
    wanted = packed.reshape(len(labels), *size).astype(bool)
    equal = 0
    for row, place in enumerate(places):
        if place < 0:
            continue
        crop = found.masks[place]
        mask = np.zeros(size, bool)
        mask[crop.top : crop.top + crop.bitmap.shape[0], crop.left : crop.left + crop.bitmap.shape[1]] = crop.bitmap
        equal += int((mask != wanted[row]).sum() <= max(8, 0.01 * wanted[row].sum()))
    assert equal >= 97


def _places(
    boxes: NDArray[Any],
    classes: NDArray[Any],
    scores: NDArray[Any],
    to_boxes: NDArray[Any],
    to_classes: NDArray[Any],
    to_scores: NDArray[Any],
    pixels: float,
    share: float,
) -> NDArray[np.int64]:
    """For each row of the second lists the row of the first that agrees with it, or -1."""
    found = []
    for box, label, score in zip(to_boxes, to_classes, to_scores, strict=True):
        distance = np.abs(boxes - box).max(axis=1)
        distance[(classes != label) | (np.abs(scores - score) > share) | (distance > pixels)] = np.inf
        found.append(int(distance.argmin()) if np.isfinite(distance.min()) else -1)
    return np.array(found)
