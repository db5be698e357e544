"""The reliability diagram: how often detections of a score are right."""

from __future__ import annotations

from maskseg_cli.evaluation.calibration import Calibration
from maskseg_cli.messages import counted
from maskseg_cli.pages.axes import HALF
from maskseg_cli.pages.charts import Curve, curve_chart, histogram
from maskseg_cli.pages.elements import paragraph
from maskseg_cli.pages.page import section

#: A bin with fewer detections is not put into words; the score of which the sentence speaks.
_FEW, _SPOKEN_OF = 10, 0.8


def calibration_section(found: Calibration) -> str:
    """A section with the diagram, the number of detections by score, and a sentence; "" without detections."""
    bins = list(zip(found.scores.tolist(), found.right.tolist(), found.numbers.tolist(), strict=True))
    points = [(score, right) for score, right, number in bins if number]
    if not points:
        return ""
    curves = [Curve("this network", points, marks=True), Curve("if a score were a probability", [(0, 0), (1, 1)])]
    chart = curve_chart(
        curves, "Share of right detections by score", "score", "share that is right", (0, 1), (0, 1), width=HALF
    )
    bars = histogram(
        [float(number) for number in found.numbers],
        found.edges.tolist(),
        "Detections by score",
        "score",
        "detections",
        height=320,
    )
    return section(
        "What the scores mean",
        paragraph(_words(bins, found.error)),
        f'<div class="pair"><div>{chart}</div><div>{bars}</div></div>',
    )


def _words(bins: list[tuple[float, float, int]], error: float | None) -> str:
    """What a score of about 0.8, or of the nearest bin with enough detections, has been worth."""
    known = [(abs(score - _SPOKEN_OF), score, right, number) for score, right, number in bins if number >= _FEW]
    parts = []
    if known:
        _, score, right, number = min(known)
        parts.append(
            f"Scores of about {score:.2f} are right in {100 * right:.0f} % of the cases "
            f"({counted(number, 'detection')})."
        )
    if error is not None:
        parts.append(f"On average over all detections, score and share differ by {100 * error:.1f} points.")
    parts.append("Right means: with the class of the object, an IoU of 0.5 or more, and not found twice.")
    return " ".join(parts)
