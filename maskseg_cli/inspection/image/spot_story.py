"""`spot_story`: what the network made of one spot of a photo, stage by stage, and the sentence that explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.tiling import network_side
from maskseg_cli.inference.unmolding import MASK_THRESHOLD
from maskseg_cli.inspection.box_fates import BoxFates, box_fates
from maskseg_cli.inspection.detection_fates import DetectionFate, DetectionFates
from maskseg_cli.inspection.image.classes_step import class_name
from maskseg_cli.inspection.image.spot import SAME_OBJECT, Spot
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFate, ProposalFates
from maskseg_cli.messages import counted

#: A class that is less probable than this is not worth a sentence of its own.
_FAINT = 0.05

#: The largest --size that is recommended: beyond it tiles are the better way.
_LARGEST_SIZE = 1600

#: Sides of pictures that every network takes are multiples of this.
_SIZE_STEP = 64


@dataclass(frozen=True)
class SpotStory:
    """The life of a spot.

    Attributes:
        spot: the place.
        verdict: why it was found or missed, in a sentence or two.
        advice: what to do about it; "" where there is nothing to do.
        anchor_overlap: float32 (A,), how well each anchor fits the spot (see `Spot.overlaps`).
        anchors: rows of those whose moved boxes are about the spot, highest objectness first.
        pairs: rows of `detections` about the spot: those that are shown first, then by score.
        proposals: fates of all anchors.
        detections: fates of all proposals and classes.
    """

    spot: Spot
    verdict: str
    advice: str
    anchor_overlap: NDArray[np.float32]
    anchors: NDArray[np.int64]
    pairs: NDArray[np.int64]
    proposals: ProposalFates
    detections: DetectionFates


def spot_story(trace: NetworkTrace, spot: Spot, fates: BoxFates | None = None) -> SpotStory:
    """Follows a spot through the network.

    Args:
        trace: of the photo.
        spot: a point or box of it.
        fates: from `box_fates(trace)`, where they are known already; None: they are computed.

    Raises:
        UsageError: it lies outside of the photo.

    Example:
        >>> print(spot_story(trace, Spot.of((412, 180))).verdict)                      # doctest: +SKIP
        Found as chair 0.46, below --min-score 0.6.
    """
    spot.check_within(*trace.image.shape[:2])
    proposals, detections = box_fates(trace) if fates is None else fates
    anchor_overlap = spot.overlaps(trace.to_photo(trace.anchors))
    anchors = np.flatnonzero(spot.about(trace.to_photo(proposals.boxes)))
    anchors = anchors[np.argsort(-trace.objectness[anchors], kind="stable")]
    pairs = np.flatnonzero(spot.about(trace.to_photo(detections.boxes)))
    shown = np.array([detections.fates[row] is DetectionFate.SHOWN for row in pairs], bool)
    pairs = pairs[np.lexsort((-detections.scores[pairs], ~shown))]
    story = SpotStory(spot, "", "", anchor_overlap, anchors, pairs, proposals, detections)
    verdict, found = _verdict(trace, story)
    advice = "" if found else _advice(trace, story)
    return SpotStory(spot, verdict, advice, anchor_overlap, anchors, pairs, proposals, detections)


def _verdict(trace: NetworkTrace, story: SpotStory) -> tuple[str, bool]:
    """The sentence, and whether the spot was found."""
    fates, pairs = story.detections, story.pairs
    shown = [row for row in pairs if fates.fates[row] is DetectionFate.SHOWN]
    inside = [row for row in shown if _mask_has(trace, story, int(row))]
    if inside:
        return f"Found as {name_of(trace, fates, int(inside[0]))}.", True
    near = f"Inside the box of {name_of(trace, fates, int(shown[0]))}, but not of its mask. " if shown else ""
    lost = [row for row in pairs if fates.fates[row] is not DetectionFate.SHOWN]
    lost.sort(key=lambda row: _order(trace, story, int(row)))
    if lost and fates.scores[lost[0]] >= _FAINT:
        return near + lost_words(trace, fates, int(lost[0])), False
    if lost:
        row = int(lost[0])
        number = len({int(fates.proposals[one]) for one in lost})
        return (
            f"{near}{counted(number, 'proposal')} {'covers' if number == 1 else 'cover'} it, but none looks like a "
            f"class of the network: the best is "
            f"{name_of(trace, fates, row)}, with background {trace.probabilities[fates.proposals[row], 0]:.2f}.",
            False,
        )
    return near + _region_words(trace, story), False


def _order(trace: NetworkTrace, story: SpotStory, row: int) -> tuple[bool, bool, float]:
    """Which candidate explains best why nothing is shown: the least first.

    Detections that were hidden at last come first, those whose mask holds the point before others. Of the rest those
    come first that fit the spot as well as a class: another box of an object beside it may contain the point, too.
    """
    fates = story.detections
    fit = float(story.spot.overlaps(trace.to_photo(fates.boxes[row]))[0])
    hidden = fates.detected[row] >= 0
    return not hidden, hidden and not _cells_have(trace, story, row), -float(fates.scores[row]) * fit


def _cells_have(trace: NetworkTrace, story: SpotStory, row: int) -> bool:
    """Whether the network's mask of a detection holds the point; of a box any mask does."""
    spot, detected = story.spot, int(story.detections.detected[row])
    if not spot.is_point:
        return True
    x1, y1, x2, y2 = trace.to_photo(trace.detected.boxes[detected])[0]
    cells = trace.masks[detected]
    down = math.floor((spot.y1 - y1) / max(y2 - y1, 1e-6) * cells.shape[0])
    across = math.floor((spot.x1 - x1) / max(x2 - x1, 1e-6) * cells.shape[1])
    inside = 0 <= down < cells.shape[0] and 0 <= across < cells.shape[1]
    return bool(inside and cells[down, across] >= MASK_THRESHOLD)


def name_of(trace: NetworkTrace, fates: DetectionFates, row: int) -> str:
    """Class and score of a row: "dog 0.93"; of a detection the score that is shown."""
    score = float(fates.scores[row])
    place = np.flatnonzero(trace.final_rows == fates.detected[row])
    if fates.detected[row] >= 0 and len(place):
        score = float(trace.final_scores[place[0]])
    return f"{class_name(trace, int(fates.class_ids[row]))} {score_words(score)}"


def score_words(score: float) -> str:
    """A score with two decimals; one that would be 0.00 is "below 0.01"."""
    return f"{score:.2f}" if score >= 0.005 else "below 0.01"


def lost_words(trace: NetworkTrace, fates: DetectionFates, row: int) -> str:
    """Why a candidate is not shown, as a sentence."""
    fate, config, name = fates.fates[row], trace.config, name_of(trace, fates, row)
    rival = int(fates.by[row])
    other = name_of(trace, fates, rival) if rival >= 0 else ""
    if rival >= 0 and fates.by[rival] >= 0:
        other += f" (which itself lost against {name_of(trace, fates, int(fates.by[rival]))})"
    overlap = f"their boxes overlap by {fates.overlap[row]:.2f} (IoU)"
    background = trace.probabilities[fates.proposals[row], 0]
    best = "best one is" if trace.max_detections == 1 else f"{trace.max_detections} best are"
    words = {
        DetectionFate.BELOW: f"Found as {name}, below --min-score {config.detection_min_confidence:g}.",
        DetectionFate.BACKGROUND: f"Nearly found as {name}, but background is more probable there ({background:.2f}).",
        DetectionFate.SMALL: f"Found as {name}, but its box is smaller than detection_min_size allows.",
        DetectionFate.SUPPRESSED: f"Found as {name}, but taken for the same object as {other}: {overlap}, more than "
        f"detection_nms_threshold {config.detection_nms_threshold:g}.",
        DetectionFate.FALLEN: f"Found as {name}, but its score fell below --min-score because of {other}: {overlap}.",
        DetectionFate.DUPLICATE: f"Found as {name}, but taken for the same object as {other}: {overlap}, more than "
        f"detection_duplicate_threshold {config.detection_duplicate_threshold or 0:g}.",
        DetectionFate.LIMIT: f"Found as {name}, but not among the {config.detection_max_instances} best, which is the "
        "limit detection_max_instances.",
        DetectionFate.UNSURE_MASK: f"Found as {name}, but with its unsure mask taken into account its score is below "
        f"--min-score {config.detection_min_confidence:g}.",
        DetectionFate.NOT_CHOSEN: f"Found as {name}, but that class is not among the chosen ones (--classes).",
        DetectionFate.TOO_MANY: f"Found as {name}, but only the {best} shown (--max-detections).",
        DetectionFate.EMPTY: f"Found as {name}, but not a pixel of its mask reaches the threshold.",
        DetectionFate.SHOWN: f"Found as {name}.",
    }
    return words[fate]


def _region_words(trace: NetworkTrace, story: SpotStory) -> str:
    """Where the region-proposal network dropped the spot: no proposal's final box is about it."""
    fates = story.proposals
    if not len(story.anchors):
        best = float(story.anchor_overlap.max(initial=0))
        if story.spot.is_point:
            return "The region-proposal network made no box that contains it."
        if best < SAME_OBJECT:  # the advice says how well the anchors fit
            return "The region-proposal network made no box for it."
        score = float(trace.objectness[story.anchor_overlap.argmax()])
        return (
            f"The region-proposal network made no box for it: the anchor that fits best (IoU {best:.2f}, objectness "
            f"{score:.2f}) was moved to something else."
        )
    proposals = [row for row in story.anchors if fates.fates[row] is ProposalFate.PROPOSAL]
    if proposals:
        return (
            f"The region-proposal network proposed it ({counted(len(proposals), 'time')}), but the box head moved the "
            "boxes to something else."
        )
    row = int(story.anchors[0])
    fate = {
        ProposalFate.NOT_BEST: f"was {ProposalFate.NOT_BEST.value}, the first {trace.config.pre_nms_limit:,}",
        ProposalFate.SMALL: "is smaller than rpn_min_size",
        ProposalFate.SUPPRESSED: f"was {ProposalFate.SUPPRESSED.value} that overlaps it by {fates.overlap[row]:.2f} "
        f"(IoU), more than rpn_nms_threshold {trace.config.rpn_nms_threshold:g}",
        ProposalFate.LIMIT: f"was {ProposalFate.LIMIT.value}, {trace.config.post_nms_rois_inference:,} proposals",
    }[fates.fates[row]]
    return (
        f"The region-proposal network dropped it: its best box there has objectness {trace.objectness[row]:.2f} "
        f"(rank {fates.ranks[row] + 1:,}) and {fate}."
    )


def _mask_has(trace: NetworkTrace, story: SpotStory, row: int) -> bool:
    """Whether the mask of a shown row contains the point; of a box any mask does."""
    spot = story.spot
    if not spot.is_point:
        return True
    place = np.flatnonzero(trace.shown_rows == story.detections.detected[row])
    crop = trace.detections.masks[int(place[0])]
    y, x = math.floor(spot.y1) - crop.top, math.floor(spot.x1) - crop.left
    height, width = crop.bitmap.shape
    return 0 <= y < height and 0 <= x < width and bool(crop.bitmap[y, x])


def _advice(trace: NetworkTrace, story: SpotStory) -> str:
    """What a user can do about a spot that was not found."""
    fates, rows = story.detections, story.pairs
    size = _size_words(trace, story)
    below = [row for row in rows if fates.fates[row] is DetectionFate.BELOW and fates.scores[row] >= _FAINT]
    if below and fates.low[rows].all():
        score = math.floor(float(max(fates.scores[row] for row in below)) * 100) / 100
        return f"--min-score {max(score, 0.01):g} shows it. {size}".strip()
    return size


def _size_words(trace: NetworkTrace, story: SpotStory) -> str:
    """Whether the object is too small or too large for the anchors; only known of a box."""
    best = float(story.anchor_overlap.max(initial=0))
    if story.spot.is_point or best >= SAME_OBJECT:
        return ""
    boxes = trace.to_photo(trace.anchors[[level.start for level in trace.levels]])
    anchors = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
    spot = story.spot
    side = math.sqrt((spot.x2 - spot.x1) * (spot.y2 - spot.y1))
    fit = f"no anchor matches better than IoU {best:.2f}"
    if side < anchors.min():
        now = network_side(trace.config)
        wanted = math.ceil(now * float(anchors.min()) / side / _SIZE_STEP) * _SIZE_STEP
        larger = f"--size {wanted} or --tiles auto" if now < wanted <= _LARGEST_SIZE else "--tiles auto"
        return f"Too small: {fit}; try maskseg image with {larger}."
    if side > anchors.max():
        return f"Too large: {fit}; try a smaller --size."
    return f"Of an unusual shape or place: {fit}."
