"""`write_evaluation_report`: the page of an evaluation, from its sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maskseg_cli.evaluation.evaluation_options import check_page_name
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.report.class_figures import by_class, by_size
from maskseg_cli.evaluation.report.comparison_section import comparison_section
from maskseg_cli.evaluation.report.head import figures, head
from maskseg_cli.evaluation.report.photos import Photos
from maskseg_cli.export.parts import write_parts
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.pages.page import page


def write_evaluation_report(
    evaluation: Evaluation,
    path: str | Path,
    images: str | Path | None = None,
    against: Evaluation | None = None,
    worst: int = 12,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Writes an evaluation as one web page that needs no network.

    Args:
        evaluation: what `evaluate`, `score_results` or `run_evaluation` returned.
        path: the .html file; one that exists is replaced.
        images: folder of the photos, of which some are shown; None: no photo is shown, and the page says so.
        against: the result of another network on the same photos and classes.
        worst: at most so many photos with errors are shown.
        settings: what it was measured with, for the first sentence: `weights`, `engine`, `config` and others, as in
            the JSON file of `maskseg evaluate`.

    Raises:
        UsageError: another kind of file.
        OSError: it cannot be written; nothing half-written is left.

    Example:
        >>> evaluation = score_results("instances_val.json", "found.json")                # doctest: +SKIP
        >>> write_evaluation_report(evaluation, "report.html", images="val")               # doctest: +SKIP
    """
    check_page_name(path)
    write_parts(Path(path), map(utf8, _page(evaluation, Photos(images), against, worst, settings or {})))


def _page(
    evaluation: Evaluation, photos: Photos, against: Evaluation | None, worst: int, settings: Mapping[str, Any]
) -> Iterator[str]:
    name = evaluation.dataset.path.name
    content = _content(evaluation, photos, against, worst, settings)
    return page(f"Evaluation: {name}", f"What a network finds in {name}", content)


def _content(
    evaluation: Evaluation, photos: Photos, against: Evaluation | None, worst: int, settings: Mapping[str, Any]
) -> Iterator[str]:
    yield head(evaluation, settings, None)
    yield figures(evaluation)
    if against is not None:
        yield comparison_section(str(settings.get("against", "another network")), evaluation, against)
    yield by_size(evaluation)
    yield by_class(evaluation)
