"""`spot_step`: the life of a spot as a step of the page: the sentence, pictures of its boxes, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.free_boxes import draw_dashed_box, draw_solid_box
from maskseg_cli.inspection.detection_fates import DetectionFate
from maskseg_cli.inspection.image.classes_step import class_name
from maskseg_cli.inspection.image.photo_canvas import FOUND, KEPT, MISSED, NARROW, PhotoCanvas
from maskseg_cli.inspection.image.spot import Spot
from maskseg_cli.inspection.image.spot_story import SpotStory, lost_words, score_words
from maskseg_cli.inspection.image.step import Panel, Step, numbers
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFate
from maskseg_cli.pages.elements import paragraph, table
from maskseg_cli.pages.legends import Key

#: Anchors and candidates that are listed and drawn.
_ANCHORS, _CANDIDATES = 12, 10

#: Anchors that are drawn where none was moved to the spot.
_NEAREST = 3

#: Side in pixels of the smallest part of the photo that is shown.
_LEAST = 48

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def spot_step(trace: NetworkTrace, story: SpotStory, number: int = 1) -> Step:
    """What became of a spot, and why.

    Args:
        number: of the spot, for names.
    """
    anchors, candidates = story.anchors[:_ANCHORS], story.pairs[:_CANDIDATES]
    panels = [_anchor_panel(trace, story, anchors) if len(anchors) else _nearest_panel(trace, story)]
    if len(candidates):
        panels.append(_candidate_panel(trace, story, candidates))
    return Step(
        f"spot-{number}",
        f"What became of {story.spot.words}",
        f"{story.verdict} {story.advice}".strip(),
        tuple(panels),
        _anchor_table(trace, story, anchors) + _candidate_table(trace, story, candidates),
        {
            "spot": numbers(story.spot.box),
            "verdict": story.verdict,
            "advice": story.advice,
            "anchors_about_it": len(story.anchors),
            "candidates_about_it": len(story.pairs),
            "best_anchor_fit": round(float(story.anchor_overlap.max(initial=0)), 4),
            "anchors": [_anchor_figures(trace, story, int(row)) for row in anchors],
            "candidates": [_candidate_figures(trace, story, int(row)) for row in candidates],
        },
        columns=2,
    )


def _anchor_panel(trace: NetworkTrace, story: SpotStory, rows: NDArray[np.int64]) -> Panel:
    fates = story.proposals
    colors = [KEPT if fates.fates[row] is ProposalFate.PROPOSAL else MISSED for row in rows]
    before, after = trace.to_photo(trace.anchors[rows]), trace.to_photo(fates.boxes[rows])
    picture = _picture(trace, story.spot, after, colors, before, len(rows))
    keys = (
        Key("became a proposal", KEPT),
        Key("dropped", MISSED),
        Key("the anchor before it was moved", MISSED, dashed=True),
    )
    return Panel("anchors", picture, f"The {len(rows)} boxes there of the highest objectness, and the spot", keys)


def _nearest_panel(trace: NetworkTrace, story: SpotStory) -> Panel:
    """The anchors that fit the spot best, where none was moved to it."""
    rows = np.argsort(-story.anchor_overlap, kind="stable")[:_NEAREST]
    boxes = trace.to_photo(trace.anchors[rows])
    picture = _picture(trace, story.spot, boxes[:0], [MISSED] * len(rows), boxes, 0)
    keys = (Key("an anchor before it was moved", MISSED, dashed=True),)
    return Panel("nearest", picture, f"The {len(rows)} anchors that fit best, and the spot", keys)


def _candidate_panel(trace: NetworkTrace, story: SpotStory, rows: NDArray[np.int64]) -> Panel:
    fates = story.detections
    rivals = sorted({int(fates.by[row]) for row in rows if fates.by[row] >= 0} - set(rows.tolist()))
    colors = [FOUND if fates.fates[row] is DetectionFate.SHOWN else MISSED for row in rows]
    boxes = trace.to_photo(fates.boxes[[*rows.tolist(), *rivals]])
    picture = _picture(trace, story.spot, boxes, [*colors, *[KEPT] * len(rivals)], None, len(rows))
    keys = [Key("shown as an object", FOUND), Key("not shown", MISSED)]
    keys += [Key("what one of them lost against", KEPT)] if rivals else []
    return Panel("candidates", picture, f"The {len(rows)} best candidates there, and the spot", tuple(keys))


def _anchor_table(trace: NetworkTrace, story: SpotStory, rows: NDArray[np.int64]) -> str:
    fates, is_point = story.proposals, story.spot.is_point
    what = "contain the point" if is_point else "fit the box by IoU 0.5 or more"
    best = int(story.anchor_overlap.argmax()) if len(trace.anchors) else 0
    fit = "its centre is near it by" if is_point else "IoU"
    text = (
        f"The region-proposal network moved {len(story.anchors):,} of {len(trace.anchors):,} anchors to boxes that "
        f"{what}. Before it was moved, the best anchor was {_anchor_words(trace, best)} "
        f"({fit} {story.anchor_overlap[best]:.2f})."
    )
    cells = [
        (
            number,
            _anchor_words(trace, int(row)),
            f"{story.anchor_overlap[row]:.2f}",
            f"{trace.objectness[row]:.3f}",
            f"{fates.ranks[row] + 1:,}",
            _box_words(trace, fates.boxes[row]),
            _proposal_words(story, int(row)),
        )
        for number, row in enumerate(rows, start=1)
    ]
    titles = ("No.", "Anchor", "Fit", "Objectness", "Rank", "Box x1, y1, x2, y2", "What became of it")
    return paragraph(text) + (table(titles, cells, words=True) if cells else "")


def _candidate_table(trace: NetworkTrace, story: SpotStory, rows: NDArray[np.int64]) -> str:
    fates = story.detections
    text = (
        f"The box head made {len(story.pairs):,} candidates, each a proposal with a class, whose boxes are about "
        "the spot."
    )
    cells = [
        (
            number,
            class_name(trace, int(fates.class_ids[row])),
            score_words(float(fates.scores[row])),
            f"{trace.probabilities[fates.proposals[row], 0]:.2f}",
            _box_words(trace, fates.boxes[row]),
            lost_words(trace, fates, int(row)),
        )
        for number, row in enumerate(rows, start=1)
    ]
    titles = ("No.", "Class", "Score", "Background", "Box x1, y1, x2, y2", "What became of it")
    return paragraph(text) + (table(titles, cells, words=True) if cells else "")


def _anchor_figures(trace: NetworkTrace, story: SpotStory, row: int) -> dict[str, Any]:
    fates = story.proposals
    return {
        "anchor": row,
        "level": trace.level_of(row).name,
        "fit": round(float(story.anchor_overlap[row]), 4),
        "objectness": round(float(trace.objectness[row]), 4),
        "rank": int(fates.ranks[row]) + 1,
        "box": numbers(trace.to_photo(fates.boxes[row])[0]),
        "fate": fates.fates[row].name.lower(),
        "lost_against": int(fates.by[row]) if fates.by[row] >= 0 else None,
    }


def _candidate_figures(trace: NetworkTrace, story: SpotStory, row: int) -> dict[str, Any]:
    fates = story.detections
    rival = int(fates.by[row])
    return {
        "proposal": int(fates.proposals[row]),
        "class": class_name(trace, int(fates.class_ids[row])),
        "score": round(float(fates.scores[row]), 4),
        "background": round(float(trace.probabilities[fates.proposals[row], 0]), 4),
        "box": numbers(trace.to_photo(fates.boxes[row])[0]),
        "fate": fates.fates[row].name.lower(),
        "lost_against": None if rival < 0 else class_name(trace, int(fates.class_ids[rival])),
    }


def _anchor_words(trace: NetworkTrace, anchor: int) -> str:
    """Level and size of an anchor: "P4, 96 x 48 px"."""
    x1, y1, x2, y2 = trace.to_photo(trace.anchors[anchor])[0]
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


def _box_words(trace: NetworkTrace, box: NDArray[np.float32]) -> str:
    return ", ".join(f"{side:.0f}" for side in trace.to_photo(box)[0])


def _picture(
    trace: NetworkTrace,
    spot: Spot,
    boxes: NDArray[np.float32],
    colors: Sequence[Color],
    dashed: NDArray[np.float32] | None,
    labels: int,
) -> NDArray[np.uint8]:
    """The part of the photo around the spot and the boxes, with everything drawn.

    Args:
        boxes: float32 (N, 4), x1 y1 x2 y2 in pixels of the photo.
        colors: N times (blue, green, red).
        dashed: float32 (N, 4), drawn dashed in the same colours.
        labels: so many of the boxes get their number.
    """
    height, width = trace.image.shape[:2]
    around = np.concatenate([boxes if dashed is None or len(boxes) else dashed, spot.box[None]])
    x1, y1 = around[:, 0].min(), around[:, 1].min()
    x2, y2 = around[:, 2].max(), around[:, 3].max()
    margin = 0.1 * max(x2 - x1, y2 - y1, _LEAST)
    left, top = int(np.clip(x1 - margin, 0, width - 1)), int(np.clip(y1 - margin, 0, height - 1))
    right, bottom = int(np.clip(x2 + margin + 1, left + 1, width)), int(np.clip(y2 + margin + 1, top + 1, height))
    canvas = PhotoCanvas(trace.image[top:bottom, left:right], NARROW)
    corner = np.array([left, top, left, top], np.float32)
    if dashed is not None:
        canvas.boxes(dashed - corner, colors, 1, dashed=True)
    canvas.boxes(boxes - corner, colors[: len(boxes)])
    canvas.captions((boxes - corner)[:labels], [str(number + 1) for number in range(labels)], colors[:labels])
    _mark(canvas.picture, spot, canvas.place(spot.box - corner)[0])
    return canvas.picture


def _mark(canvas: NDArray[np.uint8], spot: Spot, box: NDArray[np.float32]) -> None:
    """Marks the spot: a cross, or a dashed box, white on black."""
    if not spot.is_point:
        draw_solid_box(canvas, box, _BLACK, 3)
        draw_dashed_box(canvas, box, _WHITE, 2)
        return
    place = (round(float(box[0])), round(float(box[1])))
    cv2.drawMarker(canvas, place, _BLACK, cv2.MARKER_CROSS, 24, 4)
    cv2.drawMarker(canvas, place, _WHITE, cv2.MARKER_CROSS, 22, 2)
