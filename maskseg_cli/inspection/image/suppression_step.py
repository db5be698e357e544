"""From classified proposals to detections: after the score filter, and after the suppression class by class."""

from __future__ import annotations

import numpy as np

from maskseg_cli.drawing.colours import class_color
from maskseg_cli.inspection.detection_fates import DetectionFate, DetectionFates
from maskseg_cli.inspection.image.classes_step import class_name
from maskseg_cli.inspection.image.photo_canvas import WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.messages import capitalized, counted
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import Key

#: Candidates that are drawn, and classes in the legend.
_MOST, _NAMED = 60, 8


def suppression_step(trace: NetworkTrace, fates: DetectionFates) -> Step:
    """Candidates that reach the lowest score, the boxes that stay, and what became of all."""
    config = trace.config
    passed = np.flatnonzero(~fates.low)
    passed = passed[np.argsort(-fates.scores[passed], kind="stable")]
    shown = passed[:_MOST]
    count = config.num_classes - 1
    filtered = PhotoCanvas(trace.image, WIDE)
    filtered.boxes(
        trace.to_photo(fates.boxes[shown]), [class_color(int(label), count) for label in fates.class_ids[shown]]
    )
    stayed = np.arange(len(trace.detected.boxes))[:_MOST]
    boxes = trace.to_photo(trace.detected.boxes[stayed])
    labels = trace.detected.class_ids[stayed].tolist()
    colors = [class_color(int(label), count) for label in labels]
    final = PhotoCanvas(trace.image, WIDE)
    final.boxes(boxes, colors)
    scores = trace.detected.scores[stayed].tolist()
    texts = [f"{class_name(trace, label)} {score:.2f}" for label, score in zip(labels, scores, strict=True)]
    final.captions(boxes, texts, colors)
    soft = config.detection_suppression == "soft"
    sentence = (
        f"Boxes whose class has at least the lowest score of {config.detection_min_confidence:g} stay. Several "
        "proposals usually lie on one object, so "
        + (
            "the score of a box falls the more, the more a better box of its class overlaps it (soft suppression)"
            if soft
            else f"of boxes of one class that overlap by an IoU above {config.detection_nms_threshold:g} the best stays"
        )
        + f", and at most {config.detection_max_instances:,} in all."
    )
    if config.detection_duplicate_threshold is not None:
        sentence += (
            f" Of boxes of different classes the best stays above an IoU of {config.detection_duplicate_threshold:g}, "
            f"of one class above {config.detection_duplicate_threshold / 2:g}: one object is shown once."
        )
    if config.detection_voting_threshold is not None:
        sentence += (
            " A box that stays becomes the mean of the candidates of its class that overlap it by at least "
            f"{config.detection_voting_threshold:g}."
        )
    counts = [(fate.value, int((fates.fates == fate).sum())) for fate in DetectionFate]
    rows = [(capitalized(words), f"{number:,}") for words, number in counts if number]
    panels: tuple[Panel, ...] = (
        Panel(
            "filtered",
            filtered.picture,
            f"After the score filter: {some_of(len(shown), len(passed), 'box')}.",
            _keys(trace, fates.class_ids[shown].tolist()),
        ),
        Panel(
            "suppressed",
            final.picture,
            f"After the suppression: {some_of(len(stayed), len(trace.detected.boxes), 'box')} with class and "
            "score" + (", before the score takes the mask into account." if config.detection_mask_scoring else "."),
            _keys(trace, labels),
        ),
    )
    if not len(passed):
        panels = ()
        sentence += " Here no box has such a score: a lower --min-score shows what there is."
    note = f"What became of each proposal with its best class, {counted(len(fates.fates), 'pair', ',')} in all"
    content = table((note, "Number"), rows)
    figures = {
        "counts": dict(counts),
        "passed": len(passed),
        "filtered": [
            {
                "proposal": int(fates.proposals[row]),
                "class": class_name(trace, int(fates.class_ids[row])),
                "score": round(float(fates.scores[row]), 6),
                "box": box,
                "fate": fates.fates[row].value,
            }
            for row, box in zip(shown, numbers(trace.to_photo(fates.boxes[shown])), strict=True)
        ],
        "detected": len(trace.detected.boxes),
        "suppressed": [
            {
                "proposal": int(trace.detected.rows[row]),
                "class": class_name(trace, int(trace.detected.class_ids[row])),
                "score": round(float(trace.detected.scores[row]), 6),
                "box": box,
            }
            for row, box in zip(stayed, numbers(boxes), strict=True)
        ],
    }
    return Step("detections", "Score filter and suppression", sentence, panels, content, figures)


def _keys(trace: NetworkTrace, labels: list[int]) -> tuple[Key, ...]:
    """The most frequent classes with their colours."""
    often = sorted(set(labels), key=lambda label: (-labels.count(label), label))
    keys = [
        Key(f"{class_name(trace, label)} ({labels.count(label)})", class_color(label, trace.config.num_classes - 1))
        for label in often[:_NAMED]
    ]
    return tuple(keys)
