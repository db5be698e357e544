"""The page about a weights file: what stands out, the first layer, and every kernel as a histogram and as norms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from maskseg_cli.checkpoints.description import BACKBONES
from maskseg_cli.inspection.weights.array_statistics import histogram_of
from maskseg_cli.inspection.weights.comparison_section import comparison_section
from maskseg_cli.inspection.weights.filter_health import DEAD, EXPLODING, KINDS, count_of, outliers
from maskseg_cli.inspection.weights.filter_pictures import (
    CELLS_A_ROW,
    FILTERS_A_ROW,
    filter_sheet,
    norm_cells,
)
from maskseg_cli.inspection.weights.filters import filter_norms, is_kernel, untrained_filters
from maskseg_cli.inspection.weights.inspection import WeightsInspection, stored_type
from maskseg_cli.inspection.weights.stages import by_stage
from maskseg_cli.messages import counted
from maskseg_cli.pages.charts import bar_chart, histogram
from maskseg_cli.pages.elements import escaped, folded, paragraph, pictures, table, tiles
from maskseg_cli.pages.page import page, section
from maskseg_cli.pages.thumbnails import thumbnail

#: Bins of a histogram, and the side of a filter's cell in pixels of the page, which enlarges a small picture.
_BINS, _CELL = 40, 8

#: First layers: the pictures of other ones have no colours.
_FIRST = ("conv1/kernel", "trunk.stem/kernel")


def weights_page(inspection: WeightsInspection) -> Iterator[str]:
    """The parts of the page, joined they are the whole page."""
    name = inspection.path.name
    heading = f"The weights in {name}"
    if inspection.other is not None:
        heading += f", compared with {inspection.other.name}"
    return page(f"Weights: {name}", heading, _content(inspection))


def _content(inspection: WeightsInspection) -> Iterator[str]:
    yield _facts(inspection)
    yield _findings(inspection)
    if inspection.comparison is not None and inspection.other is not None:
        yield comparison_section(inspection.comparison, inspection.path.name, inspection.other.name)
    yield from _first_layer(inspection)
    yield from _stages(inspection)
    yield _arrays(inspection)


def _facts(inspection: WeightsInspection) -> str:
    checkpoint, findings = inspection.checkpoint, inspection.findings
    facts = [
        ("Arrays", f"{len(checkpoint.arrays):,}"),
        ("Parameters", f"{checkpoint.parameters / 1e6:.2f} million"),
        ("Stored as", checkpoint.stored_dtype),
        ("Backbone", BACKBONES[checkpoint.config.backbone]),
    ]
    if not checkpoint.backbone_only:
        facts.append(("Classes with background", str(checkpoint.config.num_classes)))
    facts += [(f"{kind.capitalize()}", f"{count_of(findings, kind):,}") for kind in ("dead", "exploding", "not finite")]
    return tiles(facts)


def _findings(inspection: WeightsInspection) -> str:
    rules = paragraph(
        "Sizes are compared with the median of their layer. A filter is dead when the L2 norm of its "
        f"weights, or the scale (gamma) of its batch normalisation, is below {DEAD:g} of it: its output is nearly the "
        f"same for every picture. It is exploding above {EXPLODING:g} times the median. Variances of batch "
        "normalisation are squares, and so are their limits. Not judged are boxes and masks of the background and "
        "classes that the data do not have, which training never changes.",
        "soft",
    )
    if not inspection.findings:
        nothing = "Nothing: no filter is dead or exploding, and every value is finite."
        return section("What stands out", paragraph(nothing), rules)
    rows = [(one.name, one.kind, one.which) for one in inspection.findings]
    found = {one.kind: None for one in inspection.findings}
    note = "".join(
        paragraph(f"{count_of(inspection.findings, kind):,} {kind}: {KINDS[kind]}.", "note") for kind in found
    )
    return section("What stands out", note, table(("Array", "What", "Index of the filter or value"), rows), rules)


def _first_layer(inspection: WeightsInspection) -> Iterator[str]:
    for name in _FIRST:
        kernel = inspection.checkpoint.arrays.get(name)
        if kernel is None or kernel.ndim != 4 or kernel.shape[2] != 3:
            continue
        sheet = filter_sheet(kernel, inspection.checkpoint.config.channel_order)
        caption = (
            f"{name}: {kernel.shape[-1]} filters of {kernel.shape[0]} x {kernel.shape[1]}, {FILTERS_A_ROW} in a row "
            "from 0 on; each is scaled by its own largest weight, grey is 0."
        )
        words = paragraph(
            "What the first layer looks for: edges, spots and colours. Filters that look like noise were hardly "
            "trained."
        )
        yield section("First layer", words, pictures([thumbnail(sheet, caption, side=0, lossless=True)], "steps"))


def _stages(inspection: WeightsInspection) -> Iterator[str]:
    stages = by_stage(inspection.statistics)
    sizes = {stage: sum(inspection.statistics[name].count for name in names) for stage, names in stages.items()}
    bars = [(stage, float(size), f"{size:,}") for stage, size in sizes.items()]
    words = paragraph(
        f"Below, each kernel of a stage: the distribution of its weights, and one cell for each output filter, "
        f"{CELLS_A_ROW} in a row from 0 on, the darker the larger its L2 norm; dead ones are orange, exploding ones "
        f"pink, those that are not finite black."
    )
    yield section("Parameters by stage", bar_chart(bars, "Parameters by stage"), words)
    for stage, names in stages.items():
        kernels = [name for name in names if is_kernel(name, inspection.checkpoint.arrays[name])]
        if kernels:
            inner = "".join(_kernel(inspection, name) for name in kernels)
            yield folded(f"{stage}: {counted(len(kernels), 'kernel')}", inner)


def _kernel(inspection: WeightsInspection, name: str) -> str:
    """The histogram of a kernel, and the norms of its filters."""
    kernel = inspection.checkpoint.arrays[name]
    figures = inspection.statistics[name]
    finite = figures.count - figures.broken
    shape = " x ".join(map(str, kernel.shape))
    chart = ""
    if finite:
        counts, edges = histogram_of(kernel, figures, _BINS)
        shares = [float(f"{100 * count / finite:.4g}") for count in counts]
        places = [float(f"{edge:.5g}") for edge in edges]
        chart = histogram(shares, places, f"Weights of {name}", "weight", "% of the weights")
    norms = filter_norms(name, kernel)
    marks = outliers(norms, ~untrained_filters(name, len(norms), inspection.checkpoint))
    cells = norm_cells(norms, marks["dead"], marks["exploding"])
    known = norms[np.isfinite(norms)]
    caption = counted(len(norms), "filter")
    if known.size:
        caption += f"; L2 norm {known.min():.3g} to {known.max():.3g}, median {np.median(known):.3g}"
    small = thumbnail(cells, caption, side=0, lossless=True)
    sheet = pictures([replace(small, width=_CELL * small.width, height=_CELL * small.height)], "cells")
    return f'<h3>{escaped(name)} <span class="soft">{shape}</span></h3><div class="pair">{chart}{sheet}</div>'


def _arrays(inspection: WeightsInspection) -> str:
    titles = ("Array", "Shape", "Type", "Values", "Min", "Max", "Mean", "Std", "Zeros")
    content = []
    for stage, names in by_stage(inspection.statistics).items():
        rows = []
        for name in names:
            one = inspection.statistics[name]
            shape = " x ".join(map(str, inspection.checkpoint.arrays[name].shape))
            figures = [f"{value:.4g}" for value in (one.minimum, one.maximum, one.mean, one.std)]
            kind = stored_type(name, inspection.checkpoint)
            rows.append((name, shape, kind, f"{one.count:,}", *figures, f"{100 * one.zeros:.3g} %"))
        content.append(folded(f"{stage}: {counted(len(names), 'array')}", table(titles, rows)))
    words = paragraph("Figures of the finite values; weights.csv beside this page has them with more digits.")
    return section("All arrays", words, *content)
