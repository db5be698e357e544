"""`WeightsInspection`: everything that the page, the table and the text say about a weights file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.inspection.weights.array_statistics import ArrayStatistics, statistics_of
from maskseg_cli.inspection.weights.filter_health import KINDS, Finding, count_of, findings_of
from maskseg_cli.inspection.weights.stages import by_stage
from maskseg_cli.inspection.weights.weights_comparison import WeightsComparison, compare_weights
from maskseg_cli.messages import counted


@dataclass(frozen=True)
class WeightsInspection:
    """What was found in a weights file.

    Attributes:
        path: of the file.
        checkpoint: its content.
        statistics: name of an array -> its figures, stage by stage.
        findings: what stands out; empty for a healthy network.
        other: the file that it was compared with, or None.
        comparison: the difference, from `path` to `other`; None without another file.
    """

    path: Path
    checkpoint: Checkpoint
    statistics: dict[str, ArrayStatistics]
    findings: list[Finding]
    other: Path | None = None
    comparison: WeightsComparison | None = None


def inspect_checkpoint(
    path: Path, checkpoint: Checkpoint, other: Path | None = None, against: Checkpoint | None = None
) -> WeightsInspection:
    """Computes all figures.

    Args:
        path, checkpoint: the file.
        other, against: another file that it is compared with, or None.
    """
    order = [name for names in by_stage(checkpoint.arrays).values() for name in names]
    statistics = {name: statistics_of(checkpoint.arrays[name]) for name in order}
    comparison = None if against is None else compare_weights(checkpoint.arrays, against.arrays)
    return WeightsInspection(path, checkpoint, statistics, findings_of(checkpoint), other, comparison)


def stored_type(name: str, checkpoint: Checkpoint) -> str:
    """How the file stores an array: maskseg's own keep biases and statistics as float32 beside kernels of float16."""
    narrow = checkpoint.kind != "maskseg" or checkpoint.arrays[name].ndim > 1
    return checkpoint.stored_dtype if narrow else "float32"


def as_lines(inspection: WeightsInspection) -> list[str]:
    """The facts as lines of text: counts, what stands out array by array, and the largest changes."""
    checkpoint, findings = inspection.checkpoint, inspection.findings
    lines = [
        f"file        {inspection.path}",
        f"arrays      {len(checkpoint.arrays)}",
        f"parameters  {checkpoint.parameters:,}",
    ]
    lines += [f"{kind + ':':<20}{count_of(findings, kind)}" for kind in KINDS if count_of(findings, kind)]
    lines += [f"  {one.name}: {one.kind}, {one.which}" for one in findings]
    if not findings:
        lines.append("findings    none: no dead or exploding filters, every value finite")
    if inspection.comparison is not None:
        lines += _comparison_lines(inspection.comparison, inspection.other)
    return lines


def _comparison_lines(comparison: WeightsComparison, other: Path | None) -> list[str]:
    changed = comparison.largest_first()
    lines = [
        f"against     {other}",
        f"identical   {counted(comparison.identical, 'array')}",
        f"changed     {counted(len(changed), 'array')}",
    ]
    lines += [f"  {one.name}: {change_words(one.relative)}" for one in changed[:5]]
    lines += [f"  and {len(changed) - 5} more"] if len(changed) > 5 else []
    parts = (
        ("only in the first", len(comparison.only_first)),
        ("only in the second", len(comparison.only_second)),
        ("of another shape", len(comparison.reshaped)),
    )
    lines += [f"{words}: {counted(count, 'array')}" for words, count in parts if count]
    return lines


def change_words(relative: float) -> str:
    """A relative change as a percentage, or why there is none.

    Example:
        >>> change_words(0.01234), change_words(0.0), change_words(float("inf"))
        ('1.23 %', '0 %', 'from zero')
    """
    if relative != relative:
        return "not finite"
    return "from zero" if relative == float("inf") else f"{100 * relative:.3g} %"
