"""The proposals: the best refined anchors before and after their suppression, and those that became detections."""

from __future__ import annotations

import numpy as np

from maskseg_cli.inspection.image.photo_canvas import FOUND, GONE, KEPT, WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFate, ProposalFates
from maskseg_cli.messages import capitalized, counted
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key

#: Boxes that are drawn besides the proposals of detections, which all are.
_MOST = 60


def proposals_step(trace: NetworkTrace, fates: ProposalFates) -> Step:
    """The best boxes before suppression with what became of them, the proposals, and how many went where."""
    considered = np.flatnonzero(fates.fates != ProposalFate.NOT_BEST)
    considered = considered[np.argsort(-trace.objectness[considered], kind="stable")]
    real = np.flatnonzero(trace.proposal_anchors >= 0)
    padding = len(trace.proposals) - len(real)
    shown = considered[:_MOST]
    became = fates.fates[shown] == ProposalFate.PROPOSAL
    boxes = trace.to_photo(fates.boxes[shown])
    before = PhotoCanvas(trace.image, WIDE, boxes)
    before.boxes(boxes[~became], [GONE] * int((~became).sum()), 1)
    before.boxes(boxes[became], [KEPT] * int(became.sum()))
    rows = np.unique(trace.detected.rows[trace.shown_rows])
    others = np.setdiff1d(real[:_MOST], rows)
    listed = np.concatenate([rows, others])
    after = PhotoCanvas(trace.image, WIDE, trace.to_photo(trace.proposals[listed]))
    after.boxes(trace.to_photo(trace.proposals[others]), [KEPT] * len(others), 1)
    winners = trace.to_photo(trace.proposals[rows])
    after.boxes(winners, [FOUND] * len(rows), 3)
    after.captions(winners, [str(row + 1) for row in rows], [FOUND] * len(rows))
    config = trace.config
    best = f"{config.pre_nms_limit:,} best anchors" + (" of each map" if config.rpn_per_level else "")
    sentence = (
        f"The {best} are moved by their deltas and clipped. Where boxes overlap by an IoU above "
        f"{config.rpn_nms_threshold:g}, only the best stays (suppression), and of those that stay the best "
        f"{config.post_nms_rois_inference:,} become proposals: only they are looked at again."
    )
    if padding:
        sentence += (
            f" The list is filled up with {counted(padding, 'row', ',')} of zeros, as this network expects; they are "
            "not shown."
        )
    counts = [(fate.value, int((fates.fates == fate).sum())) for fate in ProposalFate]
    content = table(
        ("What became of an anchor", "Anchors"),
        [(capitalized(words), f"{count:,}") for words, count in counts if count],
    )
    panels = (
        Panel(
            "before",
            before.picture,
            f"Before suppression: the best {some_of(len(shown), len(considered), 'box')}, moved and clipped.",
            (Key("became a proposal", KEPT), Key("suppressed, or left over", GONE)),
        ),
        Panel(
            "after",
            after.picture,
            f"After suppression: {some_of(len(others) + len(rows), len(real), 'proposal')}; "
            + (
                f"{len(rows):,} of them became {'an object' if len(rows) == 1 else 'objects'} (the number is the rank "
                "by objectness)."
                if len(rows)
                else "none became an object."
            ),
            (*((Key("became an object", FOUND),) if len(rows) else ()), Key("proposal", KEPT)),
        ),
    )
    figures = {
        "counts": dict(counts),
        "proposals": len(real),
        "padding": padding,
        "before": [
            {"anchor": int(anchor), "box": box, "fate": fates.fates[anchor].value}
            for anchor, box in zip(shown, numbers(boxes), strict=True)
        ],
        "after": [
            {"proposal": int(row), "anchor": int(trace.proposal_anchors[row]), "box": box, "detected": row in rows}
            for row, box in zip(listed.tolist(), numbers(trace.to_photo(trace.proposals[listed])), strict=True)
        ],
    }
    return Step("proposals", "Proposals", sentence, panels, content, figures)
