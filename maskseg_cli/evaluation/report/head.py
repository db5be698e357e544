"""The head of the report: what was measured with what, and the figures that people quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maskseg_cli.evaluation.coco_ap import FIGURES, AveragePrecision
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.tables import percent
from maskseg_cli.messages import counted
from maskseg_cli.pages.elements import paragraph, table, tiles
from maskseg_cli.pages.page import section

#: What the columns of the table mean, for people who see it for the first time.
_MEANING = (
    "AP is the mean over the IoU thresholds 0.50, 0.55 ... 0.95 and all classes, in percent; AP50 and AP75 are those "
    "at one threshold; APs, APm and APl those of small (under 32 x 32 pixels), medium and large (above 96 x 96) ones; "
    "AR100 is the recall with up to 100 objects a photo. Boundary AP takes, in place of the IoU of masks, that of the "
    "pixels near their borders, where it is less."
)


def head(evaluation: Evaluation, settings: Mapping[str, Any], boundary: AveragePrecision | None) -> str:
    """Tiles of the main figures, and a table of all.

    Args:
        settings: what it was measured with, as the JSON file of `maskseg evaluate` has it; what is absent is not named.
        boundary: boundary AP; None: not measured.
    """
    dataset = evaluation.dataset
    masks = evaluation.masks
    chosen = set(evaluation.category_ids)
    objects = sum(not one["iscrowd"] for one in dataset.annotations if one["category_id"] in chosen)
    facts = [("Box AP", percent(evaluation.boxes.figures["AP"]))]
    if masks is not None:
        facts.append(("Mask AP", percent(masks.figures["AP"])))
    if boundary is not None:
        facts.append(("Boundary AP", percent(boundary.figures["AP"])))
    if evaluation.voc is not None:
        facts.append(("VOC mAP50", percent(evaluation.voc)))
    facts += [("Photos", f"{len(dataset.images):,}"), ("Objects", f"{objects:,}")]
    return paragraph(_measured_with(evaluation, settings), "soft") + tiles(facts)


def figures(evaluation: Evaluation, boundary: AveragePrecision | None) -> str:
    """A section with COCO's figures of boxes, masks and boundaries as a table."""
    kinds = {"box": evaluation.boxes, "mask": evaluation.masks, "boundary": boundary}
    rows = [
        (name, *(percent(kind.figures[figure]) for figure in FIGURES))
        for name, kind in kinds.items()
        if kind is not None
    ]
    unknown = ""
    if evaluation.unknown:
        names = ", ".join(evaluation.unknown)
        unknown = paragraph(f"The network does not know these classes, which count with AP 0: {names}.", "note")
    if evaluation.failures:
        number = counted(len(evaluation.failures), "photo")
        unknown += paragraph(f"{number} could not be measured and do not count.", "note")
    return section("Average precision", unknown, table(("", *FIGURES), rows), paragraph(_MEANING, "soft"))


def _measured_with(evaluation: Evaluation, settings: Mapping[str, Any]) -> str:
    """One sentence: which network, computed by what, on which annotations."""
    weights, engine, results = (settings.get(name) for name in ("weights", "engine", "results"))
    who = f"The network {weights}" if weights else f"The results of {results}" if results else "The network"
    ways = [f"computed by {engine}"] if engine else []
    config = settings.get("config") or {}
    if config.get("detection_min_confidence") is not None:
        ways.append(f"scores from {config['detection_min_confidence']:g}")
    ways += ["six views of each photo"] if settings.get("tta") else []
    ways += [f"tiles {settings['tiles']}"] if settings.get("tiles") else []
    classes = counted(len(evaluation.category_ids), "class")
    return f"{', '.join([who, *ways])}, on {evaluation.dataset.path.name} with {classes}."
