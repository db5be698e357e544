"""Two networks on the same photos: differences, and whether they are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maskseg_cli.evaluation.compared import Compared
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.tables import percent
from maskseg_cli.messages import capitalized
from maskseg_cli.pages.elements import escaped, folded, paragraph, table
from maskseg_cli.pages.page import section

#: Classes and photos that are named on either side.
_CLASSES, _PHOTOS = 8, 8


def comparison_section(
    own: Evaluation, compared: Compared, photos: Sequence[tuple[dict[str, Any], float, float]], min_score: float
) -> str:
    """A section that compares.

    Args:
        own: what was measured.
        compared: the other network.
        photos: from `changed_photos`, of detections with scores from `min_score`.
    """
    rows = [
        (
            figure,
            percent(one.own),
            percent(one.other),
            signed(one.difference),
            f"{signed(one.low)} to {signed(one.high)}",
            f"{100 * one.better:.0f} %",
        )
        for figure, one in compared.figures.items()
    ]
    titles = ("", "this", "other", "difference", "95 % interval", "better in")
    first = [
        f"<p><strong>{escaped(capitalized(one.sentence(name)))}</strong></p>" for name, one in compared.figures.items()
    ][:1]
    how = (
        "The photos were drawn again and again with replacement, and both networks measured on each draw: the interval "
        "holds 95 % of the differences, the last column says in how many draws this network was the better one."
    )
    return section(
        f"Against {compared.name}",
        *first,
        table(titles, rows),
        paragraph(how, "soft"),
        _classes(own, compared.evaluation),
        _changed(photos, min_score),
    )


def signed(value: float) -> str:
    """A difference in percentage points with its sign.

    Example:
        >>> signed(0.0123), signed(-0.02), signed(0)
        ('+1.2', '-2.0', '0.0')
    """
    return f"{100 * value:+.1f}" if value else "0.0"


def _classes(own: Evaluation, other: Evaluation) -> str:
    """The classes whose AP differs most, on either side."""
    kind, this, that = "box", own.boxes, other.boxes
    if own.masks is not None and other.masks is not None:
        kind, this, that = "mask", own.masks, other.masks
    rows = []
    for matches in this.matches.classes:
        category = matches.category_id
        first, second = this.per_class[category]["AP"], that.per_class[category]["AP"]
        if first is not None and second is not None:
            name = own.dataset.categories[category]
            rows.append((first - second, (name, int(matches.objects.sum()), percent(first), percent(second))))
    rows.sort(key=lambda row: -row[0])
    lines = [(*cells, signed(difference)) for difference, cells in rows]
    titles = ("Class", "Objects", f"{kind} AP", "other", "difference")
    if len(lines) <= 2 * _CLASSES:
        return table(titles, lines, "By class; a class of a few objects differs by chance")
    better = [line for line, row in zip(lines, rows, strict=True) if row[0] > 0]
    worse = [line for line, row in zip(lines, rows, strict=True) if row[0] < 0]
    parts = (("better", better[:_CLASSES]), ("worse", worse[: -_CLASSES - 1 : -1]))
    pair = "".join(
        f"<div>{table(titles, some, f'Classes at which this network is {word}')}</div>" for word, some in parts if some
    )
    note = paragraph("A class of a few objects differs by chance.", "soft")
    return f'<div class="pair">{pair}</div>{note}' + folded("All classes", table(titles, lines))


def _changed(photos: Sequence[tuple[dict[str, Any], float, float]], min_score: float) -> str:
    """The photos that got better and worse most."""
    titles = ("Photo", "this", "other", "difference")
    parts = []
    for word, sign, some in (("better", 1, photos[:_PHOTOS]), ("worse", -1, photos[: -_PHOTOS - 1 : -1])):
        rows = [
            (image["file_name"], percent(own), percent(other), signed(own - other))
            for image, own, other in some
            if sign * (own - other) > 0
        ]
        if rows:
            parts.append(f"<div>{table(titles, rows, f'Photos in which this network is {word}')}</div>")
    if not parts:
        return ""
    how = (
        f"Of a photo the figure is the share of objects and detections that belong together, in percent (F1, scores "
        f"from {min_score:g}, IoU from 0.5)."
    )
    return f'<div class="pair">{"".join(parts)}</div>' + paragraph(how, "soft")
