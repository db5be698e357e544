"""`StagedEngine`: the five stages of Mask R-CNN connected, whichever library computes the network's parts.

Mask R-CNN (https://arxiv.org/abs/1703.06870): feature maps -> proposals -> box head -> detections -> mask head. The
learned parts come from `Stages`; what lies between them (decoding boxes, thresholds, suppression) is NumPy and reads
its options at each call, so that a changed threshold acts on the next picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.detection import DetectedBoxes, detect_boxes
from maskseg_cli.inference.engine import Segmented, Stages
from maskseg_cli.inference.mask_scoring import score_masks
from maskseg_cli.inference.proposals import propose
from maskseg_cli.inference.views import segment_views

if TYPE_CHECKING:
    import openvino

    from maskseg_cli.inference.test_time_augmentation import ViewInput


class StagedEngine:
    """An `Engine` made of `Stages`.

    Args:
        stages: computes the learned parts.
        config: the options of the network.
        workers: threads that should call it at the same time.

    Attributes:
        stages, config, workers, observe: see `Engine`.
        read_network: reads OpenVINO's network again, as its weights are; None where there is none.
    """

    def __init__(self, stages: Stages, config: MaskRCNNConfig, workers: int = 1) -> None:
        self.stages = stages
        self.workers = workers
        self.config = config
        self.observe: Callable[[str, float], None] | None = None
        self.read_network: Callable[[], openvino.Model] | None = None

    @property
    def name(self) -> str:
        """The library and the precision."""
        return self.stages.name

    def run(self, images: NDArray[np.float32], anchors: NDArray[np.float32], windows: NDArray[np.float32]) -> Segmented:
        """Runs the whole network; see `Engine.run`."""
        # One config for the whole call, even where another thread replaces it meanwhile.
        config, clock = self.config, _Clock(self.observe)
        maps, objectness, rpn_deltas = self.stages.features(images)
        clock.lap("features and RPN")
        if objectness.shape[1] != len(anchors):
            raise MasksegError(
                f"The network looks at {objectness.shape[1]:,} boxes of a picture and its options describe "
                f"{len(anchors):,}: backbone_strides and the options rpn_anchor_... are those of another network."
            )
        shape = (images.shape[1], images.shape[2])
        proposals = [
            propose(scores, moves, anchors, shape, config, window)[0]
            for scores, moves, window in zip(objectness, rpn_deltas, windows, strict=True)
        ]
        boxes, image_index = np.concatenate(proposals), _index(proposals)
        clock.lap("proposals")
        if not len(boxes):
            return _nothing(config)
        probabilities, deltas = self.stages.classify(maps, boxes, image_index)
        clock.lap("box head")
        ends = np.cumsum([len(part) for part in proposals])[:-1]
        parts = zip(proposals, np.split(probabilities, ends), np.split(deltas, ends), windows, strict=True)
        found = [detect_boxes(*part, config) for part in parts]
        clock.lap("detections")
        segmented = self._with_masks(maps, found, config)
        clock.lap("mask head")
        return segmented

    def run_views(self, views: Sequence[ViewInput], window: NDArray[np.float32]) -> Segmented:
        """Averages several views of one picture; see `Engine.run_views`."""
        found = segment_views(self.stages, views, window, self.config)
        return _scored(found, self.config)

    def _with_masks(self, maps: object, found: Sequence[DetectedBoxes], config: MaskRCNNConfig) -> Segmented:
        boxes, class_ids, scores, _ = (np.concatenate(field) for field in zip(*found, strict=True))
        image_index = _index([one.boxes for one in found])
        if not len(class_ids):
            return _nothing(config)
        masks = self.stages.masks(maps, boxes, image_index, class_ids)
        return _scored(Segmented(boxes, class_ids, scores, masks, image_index), config)


class _Clock:
    """Tells an observer how long each part took."""

    def __init__(self, observe: Callable[[str, float], None] | None) -> None:
        self._observe = observe
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Reports the time since the last call as that of the part `name`."""
        if self._observe is not None:
            now = time.perf_counter()
            self._observe(name, now - self._last)
            self._last = now


def _scored(found: Segmented, config: MaskRCNNConfig) -> Segmented:
    """The detections with their masks' certainty in the scores, best first in each image, none below the threshold."""
    if config.detection_mask_scoring == 0:
        return found
    scores, order = mask_scored_order(found, config)
    return Segmented._make(part[order] for part in found._replace(scores=scores))


def mask_scored_order(found: Segmented, config: MaskRCNNConfig) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores with the masks' certainty (D,), and the rows that stay with them, best first in each image."""
    scores = score_masks(found.scores, found.masks, config.detection_mask_scoring)
    order = np.lexsort((-scores, found.image_index))
    return scores, order[scores[order] >= np.float32(config.detection_min_confidence)]


def _nothing(config: MaskRCNNConfig) -> Segmented:
    """No detection."""
    return Segmented(
        np.zeros((0, 4), np.float32),
        np.zeros(0, np.int32),
        np.zeros(0, np.float32),
        np.zeros((0, *config.mask_shape), np.float32),
        np.zeros(0, np.int32),
    )


def _index(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.int32]:
    """The image that each row belongs to: parts of 2 and 3 rows -> (0, 0, 1, 1, 1)."""
    return np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
