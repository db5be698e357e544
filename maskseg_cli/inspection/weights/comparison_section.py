"""What two weights files differ in, as a section of the page."""

from __future__ import annotations

import math

from maskseg_cli.inspection.weights.inspection import change_words
from maskseg_cli.inspection.weights.stages import stage_of
from maskseg_cli.inspection.weights.weights_comparison import ArrayChange, WeightsComparison
from maskseg_cli.messages import counted
from maskseg_cli.pages.charts import bar_chart
from maskseg_cli.pages.elements import escaped, folded, paragraph, table, tiles
from maskseg_cli.pages.page import section

#: So many changed arrays stand open; the others are folded.
_OPEN = 15

_TITLES = ("Array", "Stage", "Relative change", "Largest difference", "Cosine")


def comparison_section(comparison: WeightsComparison, first: str, second: str) -> str:
    """The section.

    Args:
        comparison: from the first to the second file.
        first, second: names of the files.
    """
    changed = comparison.largest_first()
    facts = [
        ("Identical arrays", f"{comparison.identical:,}"),
        ("Changed arrays", f"{len(changed):,}"),
        ("Only in the first", f"{len(comparison.only_first):,}"),
        ("Only in the second", f"{len(comparison.only_second):,}"),
        ("Other shapes", f"{len(comparison.reshaped):,}"),
    ]
    words = paragraph(
        f"From {first} to {second}. The relative change is ||a - b|| / ||a||, of an array or of "
        "all kernels of a stage together."
    )
    parts = [words, tiles(facts)]
    if not comparison.changes:
        parts.append(paragraph("The files have no array of the same name and shape in common.", "note"))
    elif not changed:
        parts.append(paragraph("All arrays that both have are identical."))
    else:
        parts += [_stages(comparison), table(_TITLES, [_row(one) for one in changed[:_OPEN]])]
        if len(changed) > _OPEN:
            rest = table(_TITLES, [_row(one) for one in changed[_OPEN:]])
            parts.append(folded(f"{counted(len(changed) - _OPEN, 'more changed array')}", rest))
    parts += _others(comparison, first, second)
    return section("What changed", *parts)


def _stages(comparison: WeightsComparison) -> str:
    found = comparison.stage_changes()
    longest = max((value for value in found.values() if math.isfinite(value)), default=0.0)
    bars = [(stage, value if math.isfinite(value) else longest, change_words(value)) for stage, value in found.items()]
    return (
        f"<h3>Relative change of the kernels by stage</h3>{bar_chart(bars, 'Relative change of the kernels by stage')}"
    )


def _row(change: ArrayChange) -> tuple[str, ...]:
    cosine = "" if math.isnan(change.cosine) else f"{change.cosine:.9f}"
    return change.name, stage_of(change.name), change_words(change.relative), f"{change.largest:.4g}", cosine


def _others(comparison: WeightsComparison, first: str, second: str) -> list[str]:
    """Folded lists of what only one of the files has, and of other shapes."""
    parts = []
    for file, names in ((first, comparison.only_first), (second, comparison.only_second)):
        if names:
            lines = "".join(f"<li>{escaped(name)}</li>" for name in names)
            parts.append(folded(f"Only in {file}: {counted(len(names), 'array')}", f"<ul>{lines}</ul>"))
    if comparison.reshaped:
        rows = [
            (name, " x ".join(map(str, here)), " x ".join(map(str, there))) for name, here, there in comparison.reshaped
        ]
        shapes = table(("Array", f"Shape in {first}", f"Shape in {second}"), rows)
        parts.append(folded(f"Other shapes: {counted(len(rows), 'array')}", shapes))
    return parts
