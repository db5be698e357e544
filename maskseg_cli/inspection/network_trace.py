"""`NetworkTrace`: every tensor that the network computed for one photo, from its input to its detections."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.detection import DetectedBoxes, detect_boxes
from maskseg_cli.inference.engine import Segmented, Stages
from maskseg_cli.inference.molding import Molded, check_molded_shape, mold, molded_shape
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.proposals import propose
from maskseg_cli.inference.staged_engine import StagedEngine, mask_scored_order
from maskseg_cli.inference.unmolding import unmold
from maskseg_cli.inspection.photo_boxes import photo_boxes
from maskseg_cli.media.given_pictures import check_picture
from maskseg_cli.model.anchors import anchors_per_cell, feature_map_shapes, level_counts

Array = NDArray[np.float32]

#: Seconds of a run from which on there is no second one: what the first one prepares hardly counts there.
_SLOW = 1.0


@dataclass(frozen=True)
class Level:
    """The anchors of one feature map.

    Attributes:
        name: "P2" .. "P6", or "map 1" where the network has no pyramid.
        stride: pixels of the network's input from cell to cell.
        rows, columns: cells that have anchors.
        per_cell: anchors of a cell.
        start, end: the map's anchors among all of them.
    """

    name: str
    stride: int
    rows: int
    columns: int
    per_cell: int
    start: int
    end: int


@dataclass(frozen=True)
class NetworkTrace:
    """What the network computed for one photo; rows are in the engine's own order.

    Attributes:
        image: uint8 (H, W, 3) BGR, upright.
        molded: the network's input; its `image` is float32 (h, w, 3), padded and normalized.
        config, class_names: of the network; background first.
        engine: library and precision.
        levels: the feature maps that have anchors.
        window: float32 (4,), the photo without its padding, in the network's frame.
        anchors: float32 (A, 4), (y1, x1, y2, x2) in the network's frame, as all boxes here.
        objectness: float32 (A,), 0..1.
        rpn_deltas: float32 (A, 4), before scaling.
        proposals: float32 (P, 4), best first; rows of zeros where the network pads them.
        proposal_anchors: int32 (P,), the anchor of each; -1 for padding.
        probabilities: float32 (P, classes).
        deltas: float32 (P, classes, 4), before scaling.
        detected: boxes after the suppression, D of them, with the proposal of each in `rows`.
        masks: float32 (D, h, w), probabilities over the box of each of `detected`.
        final_rows: int (F,), rows of `detected` that the engine returns, best first.
        final_scores: float32 (F,), their scores (with the masks' certainty, where the network counts it).
        shown_rows: int (N,), rows of `detected` that became `detections`: those with a pixel, of the chosen classes,
            within the limit of `--max-detections`.
        detections: the result in pixels of the photo.
        chosen_classes: class ids that are shown; None: all.
        max_detections: so many are shown at most; None: as many as the network gives.
        seconds: stage -> its time, in their order, of the last of the runs.
        runs: how often the network ran: twice where it is quick, since the first run prepares what later ones use.
    """

    image: NDArray[np.uint8]
    molded: Molded
    config: MaskRCNNConfig
    class_names: tuple[str, ...]
    engine: str
    levels: tuple[Level, ...]
    window: Array
    anchors: Array
    objectness: Array
    rpn_deltas: Array
    proposals: Array
    proposal_anchors: NDArray[np.int32]
    probabilities: Array
    deltas: Array
    detected: DetectedBoxes
    masks: Array
    final_rows: NDArray[np.int64]
    final_scores: Array
    shown_rows: NDArray[np.int64]
    detections: Detections
    chosen_classes: frozenset[int] | None
    max_detections: int | None
    seconds: dict[str, float]
    runs: int

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the network's input in pixels, with padding."""
        height, width = self.molded.image.shape[:2]
        return height, width

    def to_photo(self, boxes: NDArray[Any]) -> Array:
        """Boxes (N, 4) of the network's frame -> (x1, y1, x2, y2) in pixels of the photo, not clipped to it."""
        return photo_boxes(boxes, self.molded, self.config)

    def level_of(self, anchor: int) -> Level:
        """The feature map of an anchor."""
        return next(one for one in self.levels if one.start <= anchor < one.end)


class _Recorder:
    """`Stages` that keep what passes through them."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self.objectness = self.rpn_deltas = self.boxes = self.probabilities = self.deltas = np.zeros(0, np.float32)
        self.mask_boxes = self.masks_found = np.zeros(0, np.float32)

    @property
    def name(self) -> str:
        return self._stages.name

    def features(self, images: Array) -> tuple[Any, Array, Array]:
        maps, self.objectness, self.rpn_deltas = self._stages.features(images)
        self.boxes = self.mask_boxes = self.masks_found = np.zeros((0, 4), np.float32)
        return maps, self.objectness, self.rpn_deltas

    def classify(self, maps: Any, boxes: Array, image_index: NDArray[np.int32]) -> tuple[Array, Array]:
        self.boxes = boxes
        self.probabilities, self.deltas = self._stages.classify(maps, boxes, image_index)
        return self.probabilities, self.deltas

    def masks(self, maps: Any, boxes: Array, image_index: NDArray[np.int32], class_ids: NDArray[np.int32]) -> Array:
        self.mask_boxes = boxes
        self.masks_found = self._stages.masks(maps, boxes, image_index, class_ids)
        return self.masks_found


def trace_network(predictor: Predictor, image: NDArray[np.uint8]) -> NetworkTrace:
    """Runs the network on one photo, whole and in one view, and keeps what its stages took and gave.

    Args:
        predictor: a loaded network.
        image: uint8 (H, W, 3) BGR, upright.

    Raises:
        UsageError: no picture, or a shape that the network cannot take; an engine without stages.
        MasksegError: the options are those of another network.

    Example:
        >>> trace = trace_network(load_model("lite"), image)                           # doctest: +SKIP
        >>> len(trace.anchors), len(trace.proposals), len(trace.detections)            # doctest: +SKIP
        (14250, 100, 3)
    """
    check_picture(image)
    if not isinstance(predictor.engine, StagedEngine):
        raise UsageError(f"The engine {predictor.engine.name} does not show its stages.")
    config = predictor.config
    check_molded_shape(*molded_shape(image.shape[0], image.shape[1], config), config)
    recorder = _Recorder(predictor.engine.stages)
    engine = StagedEngine(recorder, config)
    runs, quick = 0, True
    while runs < 2 and quick:
        runs += 1
        seconds: dict[str, float] = {}
        begin = time.perf_counter()
        molded = mold(image[:, :, ::-1] if config.channel_order == "RGB" else image, config)
        seconds["molding"] = time.perf_counter() - begin
        engine.observe = seconds.__setitem__
        images, anchors, windows = predictor.engine_inputs([molded])
        segmented = engine.run(images, anchors, windows)
        begin = time.perf_counter()
        found = unmold(*segmented[:4], molded, config, predictor.class_names)
        seconds["unmolding"] = time.perf_counter() - begin
        quick = sum(seconds.values()) <= _SLOW
    shape = (images.shape[1], images.shape[2])
    objectness, rpn_deltas, window = recorder.objectness[0], recorder.rpn_deltas[0], windows[0]
    proposals, proposal_anchors = propose(objectness, rpn_deltas, anchors, shape, config, window)
    count = config.num_classes
    probabilities, deltas = recorder.probabilities, recorder.deltas
    if not len(proposals):
        probabilities, deltas = np.zeros((0, count), np.float32), np.zeros((0, count, 4), np.float32)
    detected = detect_boxes(proposals, probabilities, deltas, window, config)
    # The parts between the stages are computed again, to know the rows: they must be those that the engine had.
    if not np.array_equal(proposals, recorder.boxes) or not np.array_equal(detected.boxes, recorder.mask_boxes):
        raise MasksegError("The options of the network changed while it ran.")
    masks = recorder.masks_found if len(detected.boxes) else np.zeros((0, *config.mask_shape), np.float32)
    scores, final_rows = detected.scores, np.arange(len(detected.boxes))
    if config.detection_mask_scoring != 0 and len(final_rows):
        index = np.zeros(len(final_rows), np.int32)
        whole = Segmented(detected.boxes, detected.class_ids, detected.scores, masks, index)
        scores, final_rows = mask_scored_order(whole, config)
    return NetworkTrace(
        image,
        molded,
        config,
        predictor.class_names,
        engine.name,
        _levels(config, *shape),
        window,
        anchors,
        objectness,
        rpn_deltas,
        proposals,
        proposal_anchors,
        probabilities,
        deltas,
        detected,
        masks,
        final_rows,
        scores[final_rows],
        _shown_rows(predictor, segmented, molded, final_rows),
        predictor.choose(found),
        None if predictor.class_ids is None else frozenset(predictor.class_ids),
        predictor.max_detections,
        seconds,
        runs,
    )


def _shown_rows(
    predictor: Predictor, segmented: Segmented, molded: Molded, final_rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of the detected boxes that the predictor shows."""
    shown = []
    for place, row in enumerate(final_rows):
        one = [part[place : place + 1] for part in segmented[:4]]
        if predictor.class_ids is not None and segmented.class_ids[place] not in predictor.class_ids:
            continue
        if len(unmold(one[0], one[1], one[2], one[3], molded, predictor.config)):  # type: ignore[arg-type]
            shown.append(row)
    return np.array(shown[: predictor.max_detections], np.int64)


def _levels(config: MaskRCNNConfig, height: int, width: int) -> tuple[Level, ...]:
    counts, each, step = level_counts(config, height, width), anchors_per_cell(config), config.rpn_anchor_stride
    ends = np.cumsum(counts)
    shapes = feature_map_shapes(config, height, width)
    names = [f"P{number + 2}" if config.neck == "fpn" else f"map {number + 1}" for number in range(len(counts))]
    return tuple(
        Level(name, stride * step, -(-rows // step), -(-columns // step), each, int(end) - count, int(end))
        for name, stride, (rows, columns), end, count in zip(
            names, config.backbone_strides, shapes, ends, counts, strict=True
        )
    )
