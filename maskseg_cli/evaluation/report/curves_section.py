"""Precision-recall curves: of all classes together, and of the most common ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.coco_ap import AveragePrecision
from maskseg_cli.evaluation.match_table import OVERLAPS, RECALLS
from maskseg_cli.pages.axes import HALF
from maskseg_cli.pages.charts import Curve, curve_chart
from maskseg_cli.pages.elements import escaped, paragraph
from maskseg_cli.pages.page import section

#: Overlaps with a curve of their own, and classes with one.
_OVERLAPS, _CLASSES = (0.5, 0.75, 0.9), 6


def curves_section(kind: str, figures: AveragePrecision, names: dict[int, str]) -> str:
    """A section with the curves; "" where nothing could be measured.

    Args:
        kind: "Mask" or "Box".
        figures: of this kind.
        names: category id -> name.
    """
    classes = figures.matches.classes
    if not classes:
        return ""
    overlaps = [
        Curve(f"IoU {wanted:g}", _points(figures.precision[int(np.abs(OVERLAPS - wanted).argmin())]))
        for wanted in _OVERLAPS
    ]
    common = sorted(range(len(classes)), key=lambda place: -int(classes[place].objects.sum()))[:_CLASSES]
    each = [
        Curve(
            f"{names[classes[place].category_id]} ({classes[place].objects.sum()})",
            _points(figures.precision[0][:, place : place + 1]),
        )
        for place in common
    ]
    how = (
        "Recall is the share of the objects that are found, precision the share of the detections that are right; "
        "along a curve the least score that counts falls from 1 to 0. AP is the mean of the curves' areas."
    )
    return section(
        f"{kind} precision and recall",
        paragraph(how, "soft"),
        f'<div class="pair"><div>{_chart(overlaps, f"{kind}s of all classes")}</div>'
        f"<div>{_chart(each, 'The most common classes at IoU 0.5')}</div></div>",
    )


def _points(precision: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Mean precision at each recall, (101, classes) -> points; classes that could not be measured are left out."""
    known = precision[:, (precision > -1).all(axis=0)]
    if not known.size:
        return []
    return [(float(x), float(y)) for x, y in zip(RECALLS, known.mean(axis=1), strict=True)]


def _chart(curves: Sequence[Curve], title: str) -> str:
    chart = curve_chart(curves, title, "recall", "precision", (0, 1), (0, 1), width=HALF)
    return f"<h3>{escaped(title)}</h3>{chart}"
