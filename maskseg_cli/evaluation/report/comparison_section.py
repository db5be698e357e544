"""Two networks on the same photos: differences, and whether they are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.tables import percent
from maskseg_cli.pages.elements import escaped, folded, table
from maskseg_cli.pages.page import section

#: Classes and photos that are named on either side.
_CLASSES, _PHOTOS = 10, 8


@dataclass(frozen=True)
class Difference:
    """One figure of both networks, each 0..1.

    Attributes:
        name: of the figure, "Mask AP".
        own: of the network that was measured.
        other: of the one that it is compared with.
        interval: bounds of own - other at 95 % confidence; None: they were not computed.
    """

    name: str
    own: float
    other: float
    interval: tuple[float, float] | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def comparison_section(
    name: str,
    differences: Sequence[Difference],
    own: Evaluation,
    other: Evaluation,
    photos: Sequence[tuple[str, float, float]] = (),
    photo_figure: str = "",
) -> str:
    """A section that compares.

    Args:
        name: of the other network's file.
        differences: by figure, the most important one first.
        own, other: both evaluations, of the same photos and classes.
        photos: file name, own and other figure of each photo.
        photo_figure: what these figures are.
    """
    titles = ("", "this", "other", "difference", "95 % interval")
    rows = [
        (one.name, percent(one.own), percent(one.other), signed(one.own - one.other), _interval(one))
        for one in differences
    ]
    return section(
        f"Against {name}",
        *(f"<p>{escaped(verdict(one))}</p>" for one in differences[:1]),
        table(titles, rows),
        _classes(own, other),
        _changed(photos, photo_figure),
    )


def verdict(one: Difference) -> str:
    """A sentence: how large the difference is, and whether it is proof.

    Example:
        >>> verdict(Difference("Mask AP", 0.281, 0.276, (-0.011, 0.021)))
        'Mask AP differs by +0.5 points; the 95 % interval, -1.1 to +2.1, holds 0: this proves nothing.'
    """
    difference = f"{one.name} differs by {signed(one.own - one.other)} points"
    if one.interval is None:
        return f"{difference}."
    if one.is_certain:
        better = "better" if one.own > one.other else "worse"
        return f"{difference}; the 95 % interval, {_interval(one)}, leaves out 0: this network is {better}."
    return f"{difference}; the 95 % interval, {_interval(one)}, holds 0: this proves nothing."


def signed(value: float) -> str:
    """A difference in percentage points with its sign.

    Example:
        >>> signed(0.0123), signed(-0.0004), signed(0)
        ('+1.2', '-0.0', '0.0')
    """
    return f"{100 * value:+.1f}" if value else "0.0"


def _interval(one: Difference) -> str:
    return "-" if one.interval is None else f"{signed(one.interval[0])} to {signed(one.interval[1])}"


def _classes(own: Evaluation, other: Evaluation) -> str:
    """The classes whose AP differs most, on either side."""
    pair = (own.masks, other.masks) if own.masks is not None and other.masks is not None else (own.boxes, other.boxes)
    kind = "mask" if pair[0] is own.masks else "box"
    rows = []
    for category, figures in pair[0].per_class.items():
        before, after = pair[1].per_class[category]["AP"], figures["AP"]
        if before is not None and after is not None:
            rows.append((own.dataset.categories[category], percent(after), percent(before), after - before))
    rows.sort(key=lambda row: -row[3])
    lines = [(*row[:3], signed(row[3])) for row in rows]
    titles = ("Class", f"{kind} AP", "other", "difference")
    changed = lines if len(lines) <= 2 * _CLASSES else lines[:_CLASSES] + lines[-_CLASSES:]
    which = "" if len(changed) == len(lines) else ", the most different ones"
    shown = table(titles, changed, f"By class{which}; a class of a few objects differs by chance.")
    return shown if not which else shown + folded("All classes", table(titles, lines))


def _changed(photos: Sequence[tuple[str, float, float]], figure: str) -> str:
    """The photos that got better and worse most."""
    ordered = sorted(photos, key=lambda photo: photo[2] - photo[1])
    titles = ("Photo", "this", "other", "difference")
    parts = []
    for caption, some in (("Better", ordered[:_PHOTOS]), ("Worse", ordered[: -_PHOTOS - 1 : -1])):
        sign = 1 if caption == "Better" else -1
        rows = [
            (name, percent(own), percent(other), signed(own - other))
            for name, own, other in some
            if sign * (own - other) > 0
        ]
        if rows:
            parts.append(f"<div>{table(titles, rows, f'{caption} most: {figure}')}</div>")
    return f'<div class="pair">{"".join(parts)}</div>' if parts else ""
