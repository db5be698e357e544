"""The reliability diagram: how often detections of a score are right."""

from __future__ import annotations

from collections.abc import Sequence

from maskseg_cli.messages import counted
from maskseg_cli.pages.charts import Curve, curve_chart, histogram
from maskseg_cli.pages.elements import escaped
from maskseg_cli.pages.page import section

#: A bin with fewer detections is not put into words.
_FEW = 10


def calibration_section(
    scores: Sequence[float | None],
    right: Sequence[float | None],
    numbers: Sequence[int],
    edges: Sequence[float],
    error: float | None,
    iou: float,
) -> str:
    """A section with the diagram, the number of detections by score, and a sentence.

    Args:
        scores: mean score of each of N bins; None where it has no detection.
        right: share of the detections of each bin that are right.
        numbers: of detections in each bin.
        edges: the N + 1 borders of the bins.
        error: expected calibration error, 0..1.
        iou: overlap from which a detection is right, if it has the class of the object.
    """
    points = [(x, y) for x, y in zip(scores, right, strict=True) if x is not None and y is not None]
    if not points:
        return ""
    curves = [Curve("this network", points, marks=True), Curve("scores that are probabilities", [(0, 0), (1, 1)])]
    chart = curve_chart(
        curves, "Share of right detections by score", "score", "share that is right", (0, 1), (0, 1), width=430
    )
    bars = histogram([float(one) for one in numbers], edges, "Detections by score", "score", "detections", height=320)
    words = _words(scores, right, numbers, error, iou)
    return section(
        "What the scores mean",
        f"<p>{escaped(words)}</p>",
        f'<div class="pair"><div>{chart}</div><div>{bars}</div></div>',
    )


def _words(
    scores: Sequence[float | None],
    right: Sequence[float | None],
    numbers: Sequence[int],
    error: float | None,
    iou: float,
) -> str:
    """What a score of about 0.8, or of the nearest bin with enough detections, has been worth."""
    known = [
        (abs(score - 0.8), score, share, number)
        for score, share, number in zip(scores, right, numbers, strict=True)
        if score is not None and share is not None and number >= _FEW
    ]
    parts = []
    if known:
        _, score, share, number = min(known)
        parts.append(
            f"Scores of about {score:.2f} are right in {100 * share:.0f} % of the cases "
            f"({counted(number, 'detection')})."
        )
    if error is not None:
        parts.append(f"On average score and share differ by {100 * error:.1f} points.")
    parts.append(f"Right means: of the object's class, with an IoU of {iou:g} or more, and not found twice.")
    return " ".join(parts)
