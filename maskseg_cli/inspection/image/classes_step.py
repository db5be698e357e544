"""What the box head says of chosen proposals: the probabilities of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.box_arithmetic import pairwise_iou
from maskseg_cli.inference.proposals import best_indices
from maskseg_cli.inspection.detection_fates import DetectionFates
from maskseg_cli.inspection.image.photo_canvas import FOUND, MISSED, WIDE, PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step, numbers
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.messages import counted
from maskseg_cli.pages.axes import NARROW
from maskseg_cli.pages.charts import bar_chart
from maskseg_cli.pages.elements import escaped
from maskseg_cli.pages.legends import Key

#: Proposals with a chart, and classes in a chart.
_DETECTIONS, _MISSES, _CLASSES = 8, 4, 5

#: A near miss overlaps no detection and no other near miss by more than this.
_APART = 0.5


def classes_step(trace: NetworkTrace, fates: DetectionFates) -> Step:
    """Bar charts of the most probable classes, for detections and for the best proposals that were not enough."""
    found = trace.shown_rows[:_DETECTIONS]
    missed = near_misses(trace, fates)
    rows = np.concatenate([trace.detected.rows[found], fates.proposals[missed]]).astype(np.int64)
    boxes = trace.to_photo(trace.proposals[rows])
    colors = [FOUND] * len(found) + [MISSED] * len(missed)
    canvas = PhotoCanvas(trace.image, WIDE, boxes)
    canvas.boxes(boxes, colors)
    canvas.captions(boxes, [str(number + 1) for number in range(len(rows))], colors)
    parts, records = [], []
    for number, row in enumerate(rows.tolist()):
        top = best_indices(trace.probabilities[row], _CLASSES)
        bars = [(class_name(trace, int(label)), float(trace.probabilities[row, label])) for label in top]
        if number < len(found):
            label = int(trace.detected.class_ids[found[number]])
            state = f"detected as {class_name(trace, label)}"
        else:
            state = fates.fates[missed[number - len(found)]].value
        heading = f"{number + 1}: proposal {row + 1}, {state}"
        chart = bar_chart(
            [(name, share, _words(share)) for name, share in bars], f"Probabilities: {heading}", 1.0, NARROW
        )
        parts.append(f"<h3>{escaped(heading)}</h3>{chart}")
        records.append(_record(row, state, numbers(boxes[number]), bars))
    least = trace.config.detection_min_confidence
    sentence = (
        "The box head gives each proposal a probability for every class and the background. Shown are "
        f"{counted(len(found), 'detection')} and {counted(len(missed), 'near miss')}: the best other "
        f"proposals that overlap no detection by more than half and did not reach the lowest score of {least:g}."
    )
    keys = (Key("became a detection", FOUND), Key("near miss", MISSED))
    panel = Panel("chosen", canvas.picture, f"{counted(len(rows), 'chosen proposal')}, before refinement.", keys)
    return Step("classes", "Classes", sentence, (panel,), "".join(parts), {"proposals": records})


def near_misses(trace: NetworkTrace, fates: DetectionFates) -> NDArray[np.int64]:
    """Rows of the fates whose score was too low, the best ones far from detections and from each other."""
    rows = np.flatnonzero(fates.low)
    chosen: list[int] = []
    taken = trace.detected.boxes
    for row in rows[np.argsort(-fates.scores[rows], kind="stable")][:500]:
        if not len(taken) or pairwise_iou(fates.boxes[row][None], taken).max() <= _APART:
            chosen.append(int(row))
            taken = np.concatenate([taken, fates.boxes[row][None]])
        if len(chosen) == _MISSES:
            break
    return np.array(chosen, np.int64)


def class_name(trace: NetworkTrace, label: int) -> str:
    """The name of a class; its number where it has none.

    The first class is the background, whatever a file calls it.
    """
    if label == 0:
        return "background"
    return trace.class_names[label] if label < len(trace.class_names) else f"class {label}"


def _words(share: float) -> str:
    return f"{share:.3f}" if share >= 0.0005 else "below 0.001"


def _record(row: int, state: str, box: list[Any], bars: list[tuple[str, float]]) -> dict[str, Any]:
    return {
        "proposal": row,
        "state": state,
        "box": box,
        "probabilities": [{"class": name, "probability": round(share, 6)} for name, share in bars],
    }
