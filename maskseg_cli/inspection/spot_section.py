"""`spot_section`: the life of a spot as a part of a page: the sentence, pictures of its boxes, and tables."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.colours import text_color
from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.free_boxes import draw_dashed_box, draw_solid_box
from maskseg_cli.inspection.detection_fates import DetectionFate
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFate
from maskseg_cli.inspection.spot import Spot
from maskseg_cli.inspection.spot_story import SpotStory, lost_words, score_words
from maskseg_cli.pages.elements import escaped, pictures, table
from maskseg_cli.pages.page import section
from maskseg_cli.pages.thumbnails import thumbnail

#: Anchors and candidates that are listed and drawn.
_ANCHORS, _CANDIDATES = 12, 10

#: Sides in pixels: of the pictures, and of the smallest part of the photo that is shown.
_SIDE, _LEAST = 760, 48

_GREEN, _ORANGE, _BLUE, _WHITE, _BLACK = (80, 200, 40), (0, 140, 255), (230, 140, 30), (255, 255, 255), (0, 0, 0)


def spot_section(trace: NetworkTrace, story: SpotStory) -> str:
    """The section as HTML; it says why the spot was found or missed."""
    said = f'<p class="note"><strong>{escaped(story.verdict)}</strong> {escaped(story.advice)}</p>'
    return section(
        f"What became of {story.spot.words}", said, _anchor_part(trace, story), _candidate_part(trace, story)
    )


def _anchor_part(trace: NetworkTrace, story: SpotStory) -> str:
    fates = story.proposals
    what = "contain the point" if story.spot.is_point else "fit the box by IoU 0.5 or more"
    best = int(story.anchor_overlap.argmax()) if len(trace.anchors) else 0
    fit = f"{'Its centre is near' if story.spot.is_point else 'IoU'} {story.anchor_overlap[best]:.2f}"
    text = (
        f"<h3>Region-proposal network</h3><p>{len(story.anchors):,} of {len(trace.anchors):,} anchors were moved to "
        f"boxes that {what}. The best anchor before it was moved: {escaped(_anchor_words(trace, best))} "
        f"({escaped(fit)}). Below are those of the highest objectness: dashed before, solid after they were moved; "
        "green ones became proposals, orange ones did not. White and dashed is the spot.</p>"
    )
    rows = story.anchors[:_ANCHORS]
    if not len(rows):
        return text
    before, after = trace.to_photo(trace.anchors[rows]), trace.to_photo(fates.boxes[rows])
    colors = [_GREEN if fates.fates[row] is ProposalFate.PROPOSAL else _ORANGE for row in rows]
    cells = [
        (
            number + 1,
            _anchor_words(trace, int(row)),
            f"{story.anchor_overlap[row]:.2f}",
            f"{trace.objectness[row]:.3f}",
            f"{fates.ranks[row] + 1:,}",
            _box_words(after[number]),
            _proposal_words(story, int(row)),
        )
        for number, row in enumerate(rows)
    ]
    titles = ("No.", "Anchor", "Fit", "Objectness", "Rank", "Box x1, y1, x2, y2", "What became of it")
    picture = _picture(trace, story.spot, after, colors, before)
    shown = thumbnail(picture, f"The {len(rows)} anchors of the highest objectness there", _SIDE)
    return text + pictures([shown], "steps") + table(titles, cells, words=True)


def _candidate_part(trace: NetworkTrace, story: SpotStory) -> str:
    fates, rows = story.detections, story.pairs[:_CANDIDATES]
    text = (
        f"<h3>Box head and detections</h3><p>{len(story.pairs):,} candidates (a proposal with a class) are about the "
        "spot after the box head moved their boxes. Green ones are shown as objects, orange ones are not: the last "
        "column says why. A blue box is what an orange one lost against.</p>"
    )
    if not len(rows):
        return text
    boxes = trace.to_photo(fates.boxes[rows])
    colors = [_GREEN if fates.fates[row] is DetectionFate.SHOWN else _ORANGE for row in rows]
    rivals = sorted({int(fates.by[row]) for row in rows if fates.by[row] >= 0} - set(rows.tolist()))
    places = np.concatenate([boxes, trace.to_photo(fates.boxes[rivals])])
    picture = _picture(trace, story.spot, places, [*colors, *[_BLUE] * len(rivals)], labels=len(rows))
    cells = [
        (
            number + 1,
            trace.class_names[fates.class_ids[row]],
            score_words(float(fates.scores[row])),
            f"{trace.probabilities[fates.proposals[row], 0]:.2f}",
            _box_words(boxes[number]),
            lost_words(trace, fates, int(row)),
        )
        for number, row in enumerate(rows)
    ]
    titles = ("No.", "Class", "Score", "Background", "Box x1, y1, x2, y2", "What became of it")
    shown = thumbnail(picture, f"The {len(rows)} best candidates there", _SIDE)
    return text + pictures([shown], "steps") + table(titles, cells, words=True)


def _anchor_words(trace: NetworkTrace, anchor: int) -> str:
    """Level and size of an anchor: "P4, 96 x 48 px"."""
    x1, y1, x2, y2 = trace.to_photo(trace.anchors[anchor][None])[0]
    return f"{trace.level_of(anchor).name}, {x2 - x1:.0f} x {y2 - y1:.0f} px"


def _proposal_words(story: SpotStory, anchor: int) -> str:
    fates = story.proposals
    words = fates.fates[anchor].value
    if fates.fates[anchor] is ProposalFate.PROPOSAL:
        return f"{words} (No. {fates.proposals[anchor] + 1})"
    if fates.by[anchor] >= 0:
        place = np.flatnonzero(story.anchors[:_ANCHORS] == fates.by[anchor])
        which = f", No. {place[0] + 1} here" if len(place) else ""
        return f"{words}{which} (IoU {fates.overlap[anchor]:.2f})"
    return str(words)


def _box_words(box: NDArray[np.float32]) -> str:
    return ", ".join(f"{side:.0f}" for side in box)


def _picture(
    trace: NetworkTrace,
    spot: Spot,
    boxes: NDArray[np.float32],
    colors: Sequence[Color],
    dashed: NDArray[np.float32] | None = None,
    labels: int | None = None,
) -> NDArray[np.uint8]:
    """The part of the photo around the spot and the boxes, enlarged where it is small, with everything drawn.

    Args:
        boxes: float32 (N, 4), x1 y1 x2 y2 in pixels of the photo.
        colors: N times (blue, green, red).
        dashed: float32 (N, 4), drawn dashed in the same colours.
        labels: so many of the boxes get their number; None: all.
    """
    height, width = trace.image.shape[:2]
    around = np.concatenate([boxes, spot.box[None]])
    x1, y1 = around[:, 0].min(), around[:, 1].min()
    x2, y2 = around[:, 2].max(), around[:, 3].max()
    margin = 0.1 * max(x2 - x1, y2 - y1, _LEAST)
    left, top = int(max(0, x1 - margin)), int(max(0, y1 - margin))
    right, bottom = int(min(width, x2 + margin + 1)), int(min(height, y2 + margin + 1))
    scale = _SIDE / max(right - left, bottom - top)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.asarray(cv2.resize(trace.image[top:bottom, left:right], size, interpolation=kind), np.uint8)

    def placed(some: NDArray[np.float32]) -> NDArray[np.float32]:
        return ((some - [left, top, left, top]) * scale).astype(np.float32)

    for box, color in zip(placed(dashed) if dashed is not None else (), colors, strict=dashed is not None):
        draw_dashed_box(canvas, box, color)
    for box, color in reversed(list(zip(placed(boxes), colors, strict=True))):
        draw_solid_box(canvas, box, color, 2)
    for number, box in reversed(list(enumerate(placed(boxes)[:labels]))):
        _number(canvas, str(number + 1), box, colors[number])
    _mark(canvas, spot, placed(spot.box[None])[0])
    return canvas


def _number(canvas: NDArray[np.uint8], text: str, box: NDArray[np.float32], color: Color) -> None:
    """Writes a number into the upper left corner of a box, on its colour."""
    height, width = canvas.shape[:2]
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    left = int(np.clip(box[0], 0, max(0, width - wide - 4)))
    top = int(np.clip(box[1], 0, max(0, height - high - 5)))
    cv2.rectangle(canvas, (left, top), (left + wide + 3, top + high + 4), color, cv2.FILLED)
    place = (left + 2, top + high + 2)
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, text_color(color), 1, cv2.LINE_AA)


def _mark(canvas: NDArray[np.uint8], spot: Spot, box: NDArray[np.float32]) -> None:
    """Marks the spot: a cross, or a dashed box."""
    if not spot.is_point:
        draw_solid_box(canvas, box, _BLACK)
        draw_dashed_box(canvas, box, _WHITE)
        return
    place = (round(float(box[0])), round(float(box[1])))
    cv2.drawMarker(canvas, place, _BLACK, cv2.MARKER_CROSS, 24, 4)
    cv2.drawMarker(canvas, place, _WHITE, cv2.MARKER_CROSS, 22, 2)
