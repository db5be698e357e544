"""How the box head moves the proposals of the detections."""

from __future__ import annotations

import numpy as np

from maskseg_cli.drawing.colours import instance_color
from maskseg_cli.inference.box_arithmetic import pairwise_iou
from maskseg_cli.inspection.detection_fates import DetectionFates
from maskseg_cli.inspection.image.classes_step import class_name
from maskseg_cli.inspection.image.photo_canvas import WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key

#: Detections that are drawn.
_MOST = 12


def refinement_step(trace: NetworkTrace, fates: DetectionFates) -> Step:
    """Proposals (dashed) and the boxes that they became (solid), with how far they moved."""
    shown = trace.shown_rows[:_MOST]
    place = {int(row): number for number, row in enumerate(fates.detected) if row >= 0}
    proposals = trace.proposals[trace.detected.rows[shown]]
    refined = fates.boxes[[place[int(row)] for row in shown]] if len(shown) else np.zeros((0, 4), np.float32)
    before, after = trace.to_photo(proposals), trace.to_photo(refined)
    colors = [instance_color(number) for number in range(len(shown))]
    canvas = PhotoCanvas(trace.image, WIDE, before)
    canvas.boxes(before, colors, 2, dashed=True)
    canvas.boxes(after, colors)
    names = [class_name(trace, int(label)) for label in trace.detected.class_ids[shown]]
    canvas.captions(after, [f"{number + 1} {name}" for number, name in enumerate(names)], colors)
    rows, records = [], []
    final = trace.to_photo(trace.detected.boxes[shown])
    for number, (name, old, new) in enumerate(zip(names, before, after, strict=True)):
        overlap = float(pairwise_iou(old[None], new[None])[0, 0])
        change = new - old
        rows.append((f"{number + 1} {name}", *(f"{value:+.1f}" for value in change), f"{overlap:.2f}"))
        records.append(
            {
                "detected": int(shown[number]),
                "proposal": int(trace.detected.rows[shown[number]]),
                "class": name,
                "proposal_box": numbers(old),
                "refined_box": numbers(new),
                "final_box": numbers(final[number]),
            }
        )
    sentence = (
        "The box head also gives deltas for each class: they move the sides of the proposal (dashed) onto the object "
        "(solid), and the result is clipped to the photo."
    )
    if trace.config.detection_voting_threshold is not None:
        sentence += " Later the box becomes the mean of the candidates that agree with it (voting), not shown here."
    caption = f"{some_of(len(shown), len(trace.shown_rows), 'detection')}: proposal and refined box."
    keys = (Key("proposal", (128, 128, 128), dashed=True), Key("refined", (128, 128, 128)))
    titles = ("Detection", "Left (px)", "Top (px)", "Right (px)", "Bottom (px)", "IoU of both")
    content = table(titles, rows, "How far each side moved, in pixels of the photo") if rows else ""
    panel = Panel("boxes", canvas.picture, caption, keys)
    if not rows:
        sentence += " Here no proposal became an object, so there is none to show."
    panels = (panel,) if rows else ()
    return Step("refinement", "Refinement of the boxes", sentence, panels, content, {"detections": records})
