"""Average precision, as `maskseg evaluate` measures it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, Evaluation, evaluate
from maskseg_cli.evaluation.tables import per_class
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions, for_measuring
from maskseg_cli.inference.predictor import Predictor

Figures = dict[str, Any]

#: Called with what is being done and the photos; gives them back one by one.
Progress = Callable[[str, Sequence[Any]], Iterable[Any]]

#: Engine and precision of every AP but those of the part `precisions`, so that differences between sizes, options and
#: weights are not mixed with what a lower precision costs.
FLOAT32 = ("openvino", "float32")

#: `maskseg`'s own choice of engine and precision.
AUTO = ("auto", "auto")

#: The sizes of the tables.
SIZES = (256, 320, 400, 480, 640)

#: Options of the search for objects that any weights can be used with.
SEARCH_OPTIONS = (
    "detection_classes",
    "detection_mask_scoring",
    "detection_max_instances",
    "detection_nms_threshold",
    "detection_soft_sigma",
    "detection_suppression",
    "detection_voting_threshold",
    "mask_border",
    "post_nms_rois_inference",
    "pre_nms_limit",
    "roi_align",
    "rpn_nms_threshold",
)


def size_of(config: MaskRCNNConfig) -> int:
    """What `--size` would have to say for this config."""
    return config.image_max_dim if config.image_resize_mode == "square" else config.image_min_dim


def load_for_measuring(
    weights: Path,
    size: int | None = None,
    tta: bool = False,
    settings: tuple[str, ...] = (),
    computed: tuple[str, str] = FLOAT32,
) -> Predictor:
    """The network as `maskseg evaluate --weights WEIGHTS --size SIZE [--tta] [--set SETTING ...]` loads it.

    Args:
        computed: engine and precision.
    """
    engine, precision = computed
    options = ModelOptions(
        weights=str(weights), size=size, tta=tta, settings=settings, engine=engine, precision=precision
    )
    return load_predictor(for_measuring(options))


def settings_like(config: MaskRCNNConfig, model: MaskRCNNConfig) -> tuple[str, ...]:
    """What `--set` must say so that a network of `config` looks for objects as one of `model` does.

    Only options that change neither a weight's shape nor the size of the picture.
    """
    return tuple(
        f"{option}={getattr(model, option)}"
        for option in SEARCH_OPTIONS
        if getattr(config, option) != getattr(model, option)
    )


def measure(
    predictor: Predictor, dataset: CocoDataset, images: Path, limit: int | None, progress: Progress, label: str
) -> Figures:
    """Figures 0..1 of one network with one setting.

    Returns:
        size, bbox and segm (AP, AP50, AP75, APs, APm, APl, AR100), voc_mAP50, and per_class: class name -> objects,
        box_AP and mask_AP.

    Raises:
        MasksegError: a photo could not be measured, or masks could not: half a table would look like a whole one.
    """
    found = evaluate(predictor, dataset, images, limit=limit, progress=lambda photos: progress(label, photos))
    if found.failures:
        raise MasksegError(f"{len(found.failures)} photos could not be measured; the first: {found.failures[0]}")
    if found.masks is None:
        raise MasksegError(f"Not every object of {dataset.path} has an outline: masks cannot be measured.")
    return {
        "size": size_of(predictor.config),
        "bbox": found.boxes.figures,
        "segm": found.masks.figures,
        "voc_mAP50": found.voc,
        "per_class": _per_class(found),
    }


def _per_class(found: Evaluation) -> dict[str, Figures]:
    objects = dict.fromkeys(found.category_ids, 0)
    for annotation in found.dataset.annotations:
        if not annotation["iscrowd"]:
            objects[annotation["category_id"]] += 1
    counts = {found.dataset.categories[category]: count for category, count in objects.items()}
    return {
        name: {
            "objects": counts[name],
            "box_AP": (figures["bbox"] or {}).get("AP"),
            "mask_AP": (figures["segm"] or {}).get("AP"),
        }
        for name, figures in per_class(found).items()
    }


def at_default(
    weights: Path,
    dataset: CocoDataset,
    images: Path,
    limit: int | None,
    progress: Progress,
    label: str,
    *,
    tta: bool = False,
    settings: tuple[str, ...] = (),
    computed: tuple[str, str] = FLOAT32,
) -> Figures:
    """A file's figures at its default size, without those of each class; the last three as `load_for_measuring`."""
    predictor = load_for_measuring(weights, tta=tta, settings=settings, computed=computed)
    return without_classes(measure(predictor, dataset, images, limit, progress, label))


def without_classes(figures: Figures) -> Figures:
    """The figures of all classes together."""
    return {key: value for key, value in figures.items() if key != "per_class"}


def measure_sizes(
    weights: Path,
    sizes: Sequence[int],
    dataset: CocoDataset,
    images: Path,
    limit: int | None,
    progress: Progress,
    settings: tuple[str, ...] = (),
) -> dict[str, Figures]:
    """Size -> figures, at the file's default size and at each of `sizes`, with these settings for `--set`.

    The default is measured once, also where one of the sizes means the same.
    """
    usual = load_for_measuring(weights, settings=settings)
    name = Path(weights).name
    figures = measure(usual, dataset, images, limit, progress, f"{name}, default")
    found = {str(size_of(usual.config)): figures}
    for size in sizes:
        if with_size(usual.config, size) != usual.config:
            predictor = load_for_measuring(weights, size, settings=settings)
            found[str(size)] = measure(predictor, dataset, images, limit, progress, f"{name}, {size}")
    return dict(sorted(found.items(), key=lambda item: int(item[0])))
