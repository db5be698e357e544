"""AP by class and by size of the objects, as bars and as a table."""

from __future__ import annotations

from collections import Counter

from maskseg_cli.evaluation.coco_ap import AveragePrecision
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.tables import percent
from maskseg_cli.pages.axes import NARROW
from maskseg_cli.pages.charts import bar_chart
from maskseg_cli.pages.elements import folded, paragraph, table
from maskseg_cli.pages.page import section

#: Classes with a bar; the table has all of them.
_BARS = 30
#: Columns of the table.
_FIGURES = ("AP", "AP50", "AP75", "APs", "APm", "APl")
_SIZES = (("small", "APs"), ("medium", "APm"), ("large", "APl"))


def by_size(evaluation: Evaluation) -> str:
    """A section with AP of small, medium and large objects."""
    kind, figures = _kind(evaluation)
    bars = []
    for name, figure in _SIZES:
        value = figures.figures[figure]
        words = "no such object" if value is None else f"{percent(value)} %"
        bars.append((name, value or 0.0, words))
    return section(f"{kind} AP by size", bar_chart(bars, f"{kind} AP by the size of the objects", most=1, width=NARROW))


def by_class(evaluation: Evaluation) -> str:
    """A section with the AP of each class that has objects, best first."""
    kind, chosen = _kind(evaluation)
    dataset = evaluation.dataset
    objects = Counter(one["category_id"] for one in dataset.annotations if not one["iscrowd"])
    measured = [category for category in evaluation.category_ids if objects[category]]
    measured.sort(key=lambda category: -(chosen.per_class[category]["AP"] or 0.0))
    titles = ["Class", "Objects", *(["Box AP"] if kind != "Box" else []), *(f"{kind} {figure}" for figure in _FIGURES)]
    rows: list[tuple[str | int, ...]] = [
        (
            dataset.categories[category],
            objects[category],
            *([percent(evaluation.boxes.per_class[category]["AP"])] if kind != "Box" else []),
            *(percent(chosen.per_class[category][figure]) for figure in _FIGURES),
        )
        for category in measured
    ]
    # The bars are of the classes with the most objects: those of a few objects say little.
    common = set(sorted(measured, key=lambda category: -objects[category])[:_BARS])
    bars = [
        (
            f"{dataset.categories[category]} ({objects[category]})",
            chosen.per_class[category]["AP"] or 0.0,
            f"{percent(chosen.per_class[category]['AP'])} %",
        )
        for category in measured
        if category in common
    ]
    which = f"the {_BARS} classes with the most objects" if len(measured) > _BARS else "all classes that have objects"
    return section(
        f"{kind} AP by class",
        paragraph(f"Of {which}; the number of objects is in brackets. Figures of a few objects say little.", "soft"),
        bar_chart(bars, f"{kind} AP by class", most=1, width=NARROW),
        folded("All classes as a table", table(titles, rows)),
    )


def _kind(evaluation: Evaluation) -> tuple[str, AveragePrecision]:
    """What is shown: masks where they could be measured."""
    return ("Box", evaluation.boxes) if evaluation.masks is None else ("Mask", evaluation.masks)
