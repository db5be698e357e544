"""`write_evaluation_report`: the page of an evaluation, from its sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maskseg_cli.evaluation.calibration import calibration
from maskseg_cli.evaluation.coco_ap import AveragePrecision
from maskseg_cli.evaluation.compared import Compared, changed_photos
from maskseg_cli.evaluation.confusion import confusion_matrix
from maskseg_cli.evaluation.evaluation_options import check_page_name
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.matches import OVERLAP, photo_matches
from maskseg_cli.evaluation.report.calibration_section import calibration_section
from maskseg_cli.evaluation.report.class_figures import by_class, by_size
from maskseg_cli.evaluation.report.comparison_section import comparison_section
from maskseg_cli.evaluation.report.confusion_section import confusion_section
from maskseg_cli.evaluation.report.curves_section import curves_section
from maskseg_cli.evaluation.report.head import figures, head
from maskseg_cli.evaluation.report.photo_errors import errors_by_kind
from maskseg_cli.evaluation.report.photos import Photos
from maskseg_cli.evaluation.report.worst_photos import worst_photos
from maskseg_cli.export.parts import write_parts
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.pages.page import page

#: Detections of lower scores are not among the errors and confusions of the page: it is what `lite` shows by default.
SHOWN_SCORE = 0.5


#: Photos with errors that are shown.
WORST = 12


def write_evaluation_report(
    evaluation: Evaluation,
    path: str | Path,
    images: str | Path | None = None,
    *,
    against: Compared | None = None,
    worst: int = WORST,
    boundary: AveragePrecision | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Writes an evaluation as one web page that needs no network.

    Args:
        evaluation: what `evaluate` or `score_results` returned.
        path: the .html file; one that exists is replaced.
        images: folder of the photos, of which some are shown; None: no photo is shown, and the page says so.
        against: another network on the same photos, from `compare_evaluations`.
        worst: at most so many photos with errors are shown.
        boundary: boundary AP, from `boundary_precision`; None: the page has none.
        settings: what it was measured with, for the first sentence: `weights`, `engine`, `config` and others, as in
            the JSON file of `maskseg evaluate`.

    Raises:
        UsageError: another kind of file.
        OSError: it cannot be written; nothing half-written is left.

    Example:
        >>> evaluation = score_results("instances_val.json", "found.json")      # doctest: +SKIP
        >>> write_evaluation_report(evaluation, "report.html", "val", worst=6)  # doctest: +SKIP
    """
    check_page_name(path)
    name = evaluation.dataset.path.name
    content = _content(evaluation, Photos(images), against, worst, boundary, settings or {})
    write_parts(Path(path), map(utf8, page(f"Evaluation: {name}", f"What a network finds in {name}", content)))


def _content(
    evaluation: Evaluation,
    photos: Photos,
    against: Compared | None,
    worst: int,
    boundary: AveragePrecision | None,
    settings: Mapping[str, Any],
) -> Iterator[str]:
    kind, measured = ("Box", evaluation.boxes) if evaluation.masks is None else ("Mask", evaluation.masks)
    names = evaluation.dataset.categories
    matches = list(photo_matches(evaluation, SHOWN_SCORE))
    yield head(evaluation, settings, boundary)
    yield figures(evaluation, boundary)
    if against is not None:
        changed = changed_photos(matches, list(photo_matches(against.evaluation, SHOWN_SCORE)))
        yield comparison_section(evaluation, against, changed, SHOWN_SCORE)
    yield by_size(evaluation)
    yield by_class(evaluation)
    yield curves_section(kind, measured, names)
    chosen = list(evaluation.category_ids)
    counts = confusion_matrix(matches, chosen)
    yield confusion_section([names[category] for category in chosen], counts, SHOWN_SCORE, OVERLAP)
    yield calibration_section(calibration(measured.matches))
    yield worst_photos(errors_by_kind(matches, names), photos, worst, SHOWN_SCORE)
