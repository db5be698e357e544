"""Detection layer in NumPy: turns classified proposals into final boxes, one for each object."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.box_arithmetic import Array, clip_boxes, decode_boxes
from maskseg_cli.inference.proposals import best_indices
from maskseg_cli.inference.suppression import greedy_nms, soft_nms, vote_boxes
from maskseg_cli.model.box_frames import LAST_PIXEL

#: Most candidates of one suppression: its table of overlaps grows with the square of their number.
MAX_CANDIDATES = 3000


class DetectedBoxes(NamedTuple):
    """Final boxes of one image, best first.

    Attributes:
        boxes: float32 (D, 4) in the network's frame.
        class_ids: int32 (D,), never 0.
        scores: float32 (D,).
        rows: int32 (D,), the index of each box's proposal.
    """

    boxes: Array
    class_ids: NDArray[np.int32]
    scores: Array
    rows: NDArray[np.int32]


def detect_boxes(
    proposals: Array, probabilities: Array, deltas: Array, window: NDArray[Any], config: MaskRCNNConfig
) -> DetectedBoxes:
    """Refines, clips and filters the proposals of one image, and suppresses duplicates.

    With detection_classes "best" (Matterport) a proposal yields at most one detection, of its most probable class;
    with "all" one for each class whose probability reaches the threshold.

    Args:
        proposals: float32 (P, 4) in the network's frame.
        probabilities: float32 (P, classes), rows add up to 1, background first.
        deltas: float32 (P, classes, 4), before scaling by bbox_std_dev.
        window: float32 (4,), the picture without its padding: boxes are clipped to it.
        config: detection_min_confidence (0: no threshold), detection_suppression, detection_nms_threshold,
            detection_soft_sigma, detection_voting_threshold, detection_voting_floor, detection_max_instances;
            detection_duplicate_threshold, where one object must not be found as two classes; detection_min_size.

    Returns:
        at most detection_max_instances boxes, clipped to the window; boxes clipped to no area stay, but for
        detection_min_size.
    """
    rows, class_ids = candidate_pairs(probabilities, config)
    boxes = decode_boxes(
        proposals[rows],
        deltas[rows, class_ids] * np.array(config.bbox_std_dev, np.float32),
        config.bbox_delta_limit,
        LAST_PIXEL[config.box_frame],
    )
    return _suppress(boxes, probabilities, rows, class_ids, window, config)


def detect_decoded_boxes(
    boxes: Array, probabilities: Array, window: NDArray[Any], config: MaskRCNNConfig
) -> DetectedBoxes:
    """`detect_boxes` for boxes that are refined already, such as means over several views of one image.

    Args:
        boxes: float32 (P, classes, 4) in the network's frame: the refined box of each proposal for each class.
        probabilities: float32 (P, classes).
        window: float32 (4,).
        config: as in `detect_boxes`.
    """
    rows, class_ids = candidate_pairs(probabilities, config)
    return _suppress(boxes[rows, class_ids], probabilities, rows, class_ids, window, config)


def decode_all_classes(proposals: Array, deltas: Array, config: MaskRCNNConfig) -> Array:
    """Converts proposals (P, 4) and deltas (P, classes, 4) before scaling to boxes (P, classes, 4), not clipped."""
    scaled = deltas * np.array(config.bbox_std_dev, np.float32)
    return decode_boxes(proposals[:, None], scaled, config.bbox_delta_limit, LAST_PIXEL[config.box_frame])


def candidate_pairs(probabilities: Array, config: MaskRCNNConfig) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows and classes, int32 (N,) each: the (proposal, class) pairs that can become detections."""
    threshold = np.float32(min(config.detection_min_confidence, _voting_floor(config)))
    if config.detection_classes == "best":
        # with no proposal there is no maximum
        best = probabilities.argmax(axis=1) if len(probabilities) else np.zeros(0, np.int64)
        keep = (best > 0) & (probabilities[np.arange(len(best)), best] >= threshold)
        rows = np.flatnonzero(keep)
        return rows.astype(np.int32), best[rows].astype(np.int32)
    rows, classes = np.nonzero(probabilities[:, 1:] >= threshold)
    chosen = best_indices(probabilities[rows, classes + 1], MAX_CANDIDATES)
    return rows[chosen].astype(np.int32), (classes[chosen] + 1).astype(np.int32)


def _suppress(
    boxes: Array,
    probabilities: Array,
    rows: NDArray[np.int32],
    class_ids: NDArray[np.int32],
    window: NDArray[Any],
    config: MaskRCNNConfig,
) -> DetectedBoxes:
    """Clips refined boxes (N, 4) and keeps one for each object."""
    boxes = clip_boxes(boxes, window)
    if config.detection_min_size is not None:
        large = (boxes[:, 2:] - boxes[:, :2] >= np.float32(config.detection_min_size)).all(axis=1)
        boxes, rows, class_ids = boxes[large], rows[large], class_ids[large]
    scores = probabilities[rows, class_ids]
    limit, duplicates = config.detection_max_instances, config.detection_duplicate_threshold
    # Before the limit is applied, so that a second class of an object does not displace another object.
    count = limit if duplicates is None else len(scores)
    # A second box on an object may raise AP, but in the picture it looks like a second object.
    within = config.detection_nms_threshold
    within = within if duplicates is None else min(within, duplicates / 2)
    soft = config.detection_suppression == "soft"
    if soft:
        floor = config.detection_min_confidence
        kept, new = soft_nms(boxes, scores, class_ids, config.detection_soft_sigma, floor, count)
    else:
        kept = greedy_nms(boxes, scores, within, count, class_ids)
        new = scores[kept]
    reached = new >= np.float32(config.detection_min_confidence)  # the others were candidates for their votes only
    kept, new = kept[reached], new[reached]
    final = boxes[kept]
    if config.detection_voting_threshold is not None:
        final = _vote(kept, boxes, scores, class_ids, config)
    if duplicates is not None:
        single = greedy_nms(final, new, within, len(new), class_ids[kept]) if soft else np.arange(len(new))
        single = single[greedy_nms(final[single], new[single], duplicates, limit)]
        kept, new, final = kept[single], new[single], final[single]
    return DetectedBoxes(final, class_ids[kept], new, rows[kept])


def _voting_floor(config: MaskRCNNConfig) -> float:
    """Candidates down to this score are needed for votes; 1 where there are no votes."""
    if config.detection_voting_threshold is None:
        return 1.0
    floor = config.detection_voting_floor
    return config.detection_min_confidence if floor is None else floor


def _vote(
    kept: NDArray[np.int32], boxes: Array, scores: Array, class_ids: NDArray[np.int32], config: MaskRCNNConfig
) -> Array:
    """`vote_boxes` by the candidates that reach the voting floor or, for boxes below it, the box's own score.

    So the boxes do not depend on detection_min_confidence, unless there is no floor.
    """
    assert config.detection_voting_threshold is not None
    floor = np.float32(_voting_floor(config))
    if config.detection_voting_floor is None:
        return vote_boxes(kept, boxes, scores, class_ids, config.detection_voting_threshold)
    voted = boxes[kept].copy()
    sure = scores[kept] >= floor
    for rows, least in [
        (np.flatnonzero(sure), floor),
        *((np.array([row]), scores[kept[row]]) for row in np.flatnonzero(~sure)),
    ]:
        voters = np.flatnonzero(scores >= least)
        place = np.searchsorted(voters, kept[rows]).astype(np.int32)
        voted[rows] = vote_boxes(
            place, boxes[voters], scores[voters], class_ids[voters], config.detection_voting_threshold
        )
    return voted
