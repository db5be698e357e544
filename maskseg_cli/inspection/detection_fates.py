"""`detection_fates`: what became of every proposal and class on the way to the detections, and why."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.box_arithmetic import clip_boxes, decode_boxes, pairwise_iou
from maskseg_cli.inference.detection import MAX_CANDIDATES, candidate_pairs
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.suppressors import suppressors
from maskseg_cli.model.box_frames import LAST_PIXEL


class DetectionFate(Enum):
    """Where a proposal's class ended; the values are the words for it."""

    SHOWN = "found"
    BACKGROUND = "background is more probable"
    BELOW = "below the lowest score"
    SMALL = "smaller than detection_min_size"
    SUPPRESSED = "suppressed by a better box of its class"
    FALLEN = "score lowered by a better box of its class (soft suppression)"
    DUPLICATE = "taken for the same object as a better box of another class"
    LIMIT = "not among the best (detection_max_instances)"
    UNSURE_MASK = "below the lowest score after its mask was taken into account"
    NOT_CHOSEN = "of a class that was not chosen"
    TOO_MANY = "beyond the largest number that is shown"
    EMPTY = "without a pixel"


class DetectionFates(NamedTuple):
    """One row for each candidate: a proposal and a class.

    Each proposal has a row for its most probable class that is not the background, and one for each further class
    that could have become a detection.

    Attributes:
        proposals: int64 (N,), rows of the trace's proposals.
        class_ids: int64 (N,), 1...
        scores: float32 (N,), probabilities.
        boxes: float32 (N, 4), moved by their deltas and clipped, in the network's frame.
        fates: object (N,), of `DetectionFate`.
        by: int64 (N,), the row that this one lost against; -1: none.
        overlap: float32 (N,), the IoU with it.
        detected: int64 (N,), row of the trace's `detected`; -1: none.
    """

    proposals: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    fates: NDArray[np.object_]
    by: NDArray[np.int64]
    overlap: NDArray[np.float32]
    detected: NDArray[np.int64]

    @property
    def low(self) -> NDArray[np.bool_]:
        """Whether the score of each row was too low, against the lowest score or the background, bool (N,)."""
        low = (self.fates == DetectionFate.BELOW) | (self.fates == DetectionFate.BACKGROUND)
        return np.asarray(low, bool)


def detection_fates(trace: NetworkTrace) -> DetectionFates:
    """Follows the proposals through `inference.detection.detect_boxes`, whose choice it repeats with the reasons."""
    config = trace.config
    proposals, class_ids, candidates = _pairs(trace)
    moves = trace.deltas[proposals, class_ids] * np.array(config.bbox_std_dev, np.float32)
    boxes = decode_boxes(trace.proposals[proposals], moves, config.bbox_delta_limit, LAST_PIXEL[config.box_frame])
    boxes = clip_boxes(boxes, trace.window)
    scores = trace.probabilities[proposals, class_ids]
    count = len(proposals)
    fates, by = np.full(count, DetectionFate.BELOW, object), np.full(count, -1, np.int64)
    overlap, detected = np.zeros(count, np.float32), np.full(count, -1, np.int64)
    if config.detection_classes == "best":
        fates[trace.probabilities[proposals].argmax(axis=1) == 0] = DetectionFate.BACKGROUND
    reached = scores >= np.float32(config.detection_min_confidence)
    fates[reached & (fates != DetectionFate.BACKGROUND)] = DetectionFate.LIMIT
    rows = candidates
    if config.detection_min_size is not None:
        large = (boxes[rows, 2:] - boxes[rows, :2] >= np.float32(config.detection_min_size)).all(axis=1)
        fates[rows[~large & reached[rows]]] = DetectionFate.SMALL
        rows = rows[large]
    place = {
        (int(row), int(label)): number
        for number, (row, label) in enumerate(zip(trace.detected.rows, trace.detected.class_ids, strict=True))
    }
    for row in rows:
        detected[row] = place.get((int(proposals[row]), int(class_ids[row])), -1)
    table = DetectionFates(proposals, class_ids, scores, boxes, fates, by, overlap, detected)
    _explain_suppression(trace, table, rows, reached)
    for row in np.flatnonzero(detected >= 0):
        by[row], overlap[row] = -1, 0
        fates[row] = _final_fate(trace, int(detected[row]))
    return table


def _pairs(trace: NetworkTrace) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Proposals and classes of the table, (N,) each, and the rows of it that the network considers, in its order."""
    rows, classes = (part.astype(np.int64) for part in candidate_pairs(trace.probabilities, trace.config))
    real = np.flatnonzero(trace.proposal_anchors >= 0)
    best = trace.probabilities[real][:, 1:].argmax(axis=1) + 1 if len(real) else np.zeros(0, np.int64)
    known = set(zip(rows.tolist(), classes.tolist(), strict=True))
    more = [pair for pair in zip(real.tolist(), best.tolist(), strict=True) if pair not in known]
    proposals = np.concatenate([rows, np.array([row for row, _ in more], np.int64)])
    class_ids = np.concatenate([classes, np.array([label for _, label in more], np.int64)])
    return proposals, class_ids, np.arange(len(rows))


def _explain_suppression(
    trace: NetworkTrace, table: DetectionFates, rows: NDArray[np.int64], reached: NDArray[np.bool_]
) -> None:
    """Writes the reasons of those rows that reach the lowest score and are not detected into the table.

    Args:
        trace: of the photo.
        table: its `fates`, `by` and `overlap` are written.
        rows: of the table, which the suppression compares.
        reached: bool (N,), whether each row of the table reaches the lowest score.
    """
    config, boxes, scores, detected = trace.config, table.boxes, table.scores, table.detected
    duplicates = config.detection_duplicate_threshold
    within = config.detection_nms_threshold
    within = within if duplicates is None else min(within, duplicates / 2)
    final = np.array(sorted((row for row in rows if detected[row] >= 0), key=lambda row: detected[row]), np.int64)
    soft = config.detection_suppression == "soft"
    class_ids = table.class_ids[rows].astype(np.int32)
    removed = suppressors(boxes[rows], scores[rows], within, MAX_CANDIDATES + 1, class_ids)
    for place, row in enumerate(rows):
        if not reached[row] or detected[row] >= 0:
            continue
        rival = int(rows[removed.by[place]]) if removed.by[place] >= 0 else -1
        if rival >= 0:
            table.fates[row] = DetectionFate.FALLEN if soft else DetectionFate.SUPPRESSED
            table.by[row], table.overlap[row] = rival, removed.overlap[place]
        elif duplicates is not None and len(final):
            placed = trace.detected.boxes[detected[final]]
            ious = pairwise_iou(boxes[row][None], placed)[0]
            better = np.where(scores[final] >= scores[row], ious, -1)
            # Its box for the comparison was the mean of its votes, which may overlap a little more than its own.
            full = len(final) == config.detection_max_instances
            if better.max() > (duplicates if full else 0):
                table.fates[row] = DetectionFate.DUPLICATE
                table.by[row], table.overlap[row] = final[better.argmax()], better.max()


def _final_fate(trace: NetworkTrace, detected: int) -> DetectionFate:
    """What became of a row of the detected boxes."""
    if detected in trace.shown_rows:
        return DetectionFate.SHOWN
    if detected not in trace.final_rows:
        return DetectionFate.UNSURE_MASK
    label = int(trace.detected.class_ids[detected])
    if trace.chosen_classes is not None and label not in trace.chosen_classes:
        return DetectionFate.NOT_CHOSEN
    if trace.max_detections is not None and len(trace.shown_rows) >= trace.max_detections:
        return DetectionFate.TOO_MANY
    return DetectionFate.EMPTY
