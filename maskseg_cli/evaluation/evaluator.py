"""Runs a network over annotated photos and scores what it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.picture_files import check_picture_size, find_photos
from maskseg_cli.datasets.problems import Problem
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.coco_ap import AveragePrecision, average_precision
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.results_file import read_results
from maskseg_cli.evaluation.unfit_boxes import explain_unfit
from maskseg_cli.evaluation.voc_ap import MIN_SCORE, voc_mean_average_precision
from maskseg_cli.export.coco_json import coco_annotations
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.images import read_image
from maskseg_cli.messages import counted
from maskseg_cli.reporter import Reporter

#: What a row of COCO's result format holds.
RESULT_KEYS = ("image_id", "category_id", "bbox", "score", "segmentation")

Progress = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        dataset: the photos that were scored.
        results: every detection as a row of COCO's result format.
        boxes: average precision by the overlap of boxes.
        masks: the same by the overlap of masks; None where the data set does not outline every object.
        category_ids: the categories that count.
        voc: Matterport's mean average precision at IoU 0.5 of masks, 0..1 (see `voc_ap`); None without masks.
        unknown: names of categories that have objects but that the network cannot find: they count with AP 0.
        failures: a sentence for each photo that was left out.
        notes: what was read in another way than COCO's in a file of results, or looks wrong there.
    """

    dataset: CocoDataset
    results: list[dict[str, Any]]
    boxes: AveragePrecision
    masks: AveragePrecision | None
    category_ids: tuple[int, ...]
    voc: float | None = None
    unknown: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures, each 0..1 or None, ready for JSON: images, bbox, segm and voc."""
        return {
            "images": len(self.dataset.images),
            "bbox": self.boxes.figures,
            "segm": None if self.masks is None else self.masks.figures,
            "voc": {"mAP50": self.voc, "min_score": MIN_SCORE},
        }


def evaluate(
    predictor: Predictor,
    annotations: CocoDataset | str | Path,
    images: str | Path,
    *,
    limit: int | None = None,
    class_ids: Collection[int] | None = None,
    progress: Progress = iter,
) -> Evaluation:
    """Measures box and mask AP of a network on annotated photos.

    Categories are matched with the network's classes by name, in either spelling. Those that the network does
    not know stay in the mean, as in COCO's own evaluation. The network's score threshold is its own: for an
    honest AP give it one of `config.SCORE_FLOOR` or lower.

    Args:
        predictor: called with each photo, uint8 (H, W, 3) BGR upright.
        annotations: a file or folder of a known format, or the data set that was read from it.
        images: folder of the photos.
        limit: only the first so many photos, in the order of the file.
        class_ids: only these of the network's classes count; None: all categories of the file.
        progress: called once with the photos (dicts with id and file_name); returns them one by one, as tqdm does.

    Raises:
        MasksegError: the annotation file is wrong, no class is in common, or no photo could be read.

    Example:
        >>> model = load_model("lite", detection_min_confidence=0.01)               # doctest: +SKIP
        >>> evaluate(model, "instances_val.json", "val").metrics["segm"]["AP50"]    # doctest: +SKIP
        0.445
    """
    dataset = annotations if isinstance(annotations, CocoDataset) else CocoDataset.read(annotations, images)
    dataset = dataset.merge_classes(predictor.class_names)
    dataset.require_objects()
    matches = dataset.match_classes(predictor.class_names)
    if class_ids is not None:
        matches = {index: category for index, category in matches.items() if index in set(class_ids)}
        if not matches:
            raise MasksegError(f"{dataset.path} has none of the chosen classes.")
    category_of = [matches.get(index, 0) for index in range(len(predictor.class_names))]
    results: list[dict[str, Any]] = []
    seen, failures = [], []
    paths = find_photos(Path(images), [record["file_name"] for record in dataset.images[:limit]])
    for record in progress(dataset.images[:limit]):
        path = paths[record["file_name"]]
        try:
            image = read_image(path)
            check_picture_size(path, image.shape, (record["height"], record["width"]))
        except MasksegError as error:
            failures.append(str(error))
            continue
        found = predictor(image).filter(matches)
        rows = coco_annotations(found, record["id"], category_of)
        results += [{key: row[key] for key in RESULT_KEYS} for row in rows]
        seen.append(record["id"])
    if not seen:
        raise MasksegError(f"Not one photo of {dataset.path} could be measured; the first: {failures[0]}")
    dataset = dataset.select(seen)
    chosen = dataset.categories if class_ids is None else matches.values()
    marked = {annotation["category_id"] for annotation in dataset.annotations if not annotation["iscrowd"]}
    unknown = [dataset.categories[category] for category in chosen if category in marked - set(matches.values())]
    return score_rows(dataset, results, chosen, unknown, failures)


def score_results(
    annotations: str | Path,
    results: str | Path,
    images: str | Path | None = None,
    attribute: str | None = None,
    reporter: Reporter | None = None,
    format: str | None = None,
) -> Evaluation:
    """Scores a file in COCO's result format, as `evaluate` gives and other programs write it.

    All photos of the annotation file count. A row without a box gets its mask's.

    Args:
        annotations: a file or folder of a known format.
        results: the file of results.
        images: folder of the photos; only needed where the annotations lack sizes.
        attribute: of a VIA file, as `via.read_via` takes it.
        reporter: is shown the progress where there is much to read.
        format: the name of the annotations' format; None: their content shows it.

    Raises:
        MasksegError: a file is wrong, or a row names a photo or category that the annotations lack.
    """
    dataset = CocoDataset.read(annotations, images, attribute=attribute, reporter=reporter, format=format)
    dataset.require_objects()
    rows, notes = read_results(results, dataset)
    evaluation = score_rows(dataset, rows, dataset.categories)
    if not evaluation.boxes.figures["AP50"]:
        message = "there is no result at all"
        if rows:
            words = explain_unfit(rows, dataset.annotations)
            message = f"{counted(len(rows), 'result')}, of which none fits an object: {words}"
        notes.append(Problem("no-hit", message, len(rows), ()))
    return replace(evaluation, notes=tuple(notes))


def boundary_precision(evaluation: Evaluation) -> AveragePrecision | None:
    """Boundary AP of an evaluation (https://arxiv.org/abs/2103.16562); None where masks could not be measured."""
    if evaluation.masks is None:
        return None
    return average_precision(evaluation.dataset, evaluation.results, "boundary", evaluation.category_ids)


def score_rows(
    dataset: CocoDataset,
    results: list[dict[str, Any]],
    category_ids: Collection[int],
    unknown: Sequence[str] = (),
    failures: Sequence[str] = (),
) -> Evaluation:
    """Scores rows of COCO's result format, which `read_results` or `evaluate` made.

    Args:
        dataset: all of its photos count.
        results: their image_id and category_id are of the data set; rows of other categories do not count.
        category_ids, unknown, failures: see `Evaluation`.
    """
    outlined = dataset.has_masks and all(row.get("segmentation") for row in results)
    return Evaluation(
        dataset,
        results,
        average_precision(dataset, results, "bbox", category_ids),
        average_precision(dataset, results, "segm", category_ids) if outlined else None,
        tuple(category_ids),
        voc_mean_average_precision(dataset, results, category_ids) if outlined else None,
        tuple(unknown),
        tuple(failures),
    )
