"""An evaluation as tables and sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from maskseg_cli.datasets.problems import pictures_left_out
from maskseg_cli.evaluation.coco_ap import FIGURES
from maskseg_cli.evaluation.compared import Compared
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.voc_ap import MIN_SCORE
from maskseg_cli.messages import counted
from maskseg_cli.printable import printable


def table(evaluation: Evaluation) -> str:
    """Box and mask figures and Matterport's mAP in percent; "-" where nothing could be measured."""
    chosen = [a for a in evaluation.dataset.annotations if a["category_id"] in set(evaluation.category_ids)]
    lines = [
        f"{counted(len(evaluation.dataset.images), 'photo')}, "
        f"{counted(sum(not a['iscrowd'] for a in chosen), 'object')}, "
        f"{counted(len(evaluation.category_ids), 'class')}",
        "     " + "".join(f"{name:>7}" for name in FIGURES),
        "box  " + _row(evaluation.boxes.figures),
    ]
    if evaluation.masks is not None:
        lines.append("mask " + _row(evaluation.masks.figures))
        lines.append(f"VOC mAP50 (Matterport, per photo, scores from {MIN_SCORE}): {percent(evaluation.voc)}")
    return "\n".join(lines)


def remarks(evaluation: Evaluation, results: str | Path | None = None, quiet: bool = False) -> Iterator[str]:
    """Sentences about what could not be measured, and what looks wrong.

    Args:
        results: the file that was scored, where no network ran.
        quiet: only what makes the figures incomplete.
    """
    dataset = evaluation.dataset
    for path, problems in ((dataset.path, dataset.problems), (results, evaluation.notes)):
        for problem in problems:
            if not quiet or pictures_left_out([problem]):
                yield printable(f"{path}: {problem}.".replace("?.", "?"))
    if not quiet:
        if evaluation.unknown:
            unknown = printable(", ".join(evaluation.unknown))
            yield f"The network does not know these classes, which count with AP 0: {unknown}."
        if dataset.unmasked:
            yield f"{dataset.unmasked} of {len(dataset.annotations)} objects have no outline: masks are not measured."
        elif evaluation.masks is None:
            yield "Not every result has a mask: masks are not measured."
    yield from map(printable, evaluation.failures)
    if evaluation.failures:
        left_out = len(evaluation.failures)
        yield f"{left_out} of {left_out + len(dataset.images)} photos could not be measured and do not count."


def class_table(evaluation: Evaluation) -> str:
    """A line for each class that has objects: how many, box AP and AP50, mask AP and AP50, in percent."""
    objects: dict[int, int] = {}
    for annotation in evaluation.dataset.annotations:
        if not annotation["iscrowd"]:
            objects[annotation["category_id"]] = objects.get(annotation["category_id"], 0) + 1
    kinds = {"box": evaluation.boxes} | ({"mask": evaluation.masks} if evaluation.masks else {})
    shown = [category for category in evaluation.category_ids if category in objects]
    names = {category: printable(evaluation.dataset.categories[category]) for category in shown}
    width = max([len("class"), *map(len, names.values())])
    columns = [f"{kind} {figure}" for kind in kinds for figure in ("AP", "AP50")]
    lines = [f"{'class':{width}}  objects" + "".join(f"{column:>11}" for column in columns)]
    for category in shown:
        figures = [kind.per_class[category][figure] for kind in kinds.values() for figure in ("AP", "AP50")]
        cells = "".join(f"{percent(figure):>11}" for figure in figures)
        lines.append(f"{names[category]:{width}}  {objects[category]:7}{cells}")
    return "\n".join(lines)


def against_lines(compared: Compared) -> str:
    """A heading, and a sentence for each figure that was compared."""
    sentences = [one.sentence(figure) for figure, one in compared.figures.items()]
    return "\n".join([printable(f"Against {compared.name}:"), *sentences])


def per_class(evaluation: Evaluation) -> dict[str, dict[str, dict[str, float | None] | None]]:
    """Class name -> bbox and segm -> AP and AP50, ready for JSON."""
    masks = evaluation.masks
    return {
        evaluation.dataset.categories[category]: {
            "bbox": evaluation.boxes.per_class[category],
            "segm": None if masks is None else masks.per_class[category],
        }
        for category in evaluation.category_ids
    }


def _row(figures: Mapping[str, float | None]) -> str:
    return "".join(f"{percent(figures[name]):>7}" for name in FIGURES)


def percent(figure: float | None) -> str:
    """A figure of 0..1 in percent, "-" for None."""
    return "-" if figure is None else f"{100 * figure:.1f}"
