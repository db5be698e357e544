"""The figures of a data set, for data.json and for the page: counts, sizes, overlaps, as plain numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inspection.data.anchor_targets import TargetCounts, scaled_sizes
from maskseg_cli.inspection.data.mini_mask_errors import MiniMaskErrors
from maskseg_cli.inspection.data.roi_targets import RegionTargets
from maskseg_cli.inspection.data.statistics import (
    SIZE_NAMES,
    Bins,
    bins,
    even_bins,
    percentiles,
    row_iou,
    size_counts,
    size_groups,
    whole_bins,
)
from maskseg_cli.inspection.data.survey import Survey

#: Borders of object sizes in pixels of the network's input, for the share that no anchor fits.
SIZE_STEPS = (0, 8, 16, 32, 64, 128, 256, 512)


def content_figures(survey: Survey, class_names: Sequence[str], config: MaskRCNNConfig) -> dict[str, Any]:
    """What the data set holds: images, objects, classes, sizes."""
    objects = survey.is_object
    per_image = np.bincount(survey.image[objects], minlength=len(survey.names))
    return {
        "images": len(survey.names),
        "objects": int(objects.sum()),
        "ignored_regions": int((survey.class_ids < 0).sum()),
        "doubtful_objects": int(((survey.class_ids > 0) & (survey.weights <= 0)).sum()),
        "boxed_only": int((objects & ~survey.has_mask).sum()),
        "images_without_objects": int((per_image == 0).sum()),
        "classes": class_figures(survey, class_names),
        "objects_per_image": {**percentiles(per_image), "histogram": _plain(whole_bins(per_image))},
        "images_over_limit": _over_limit(survey, config),
        "object_sizes": object_size_figures(survey, config),
        "image_sizes": image_size_figures(survey),
    }


def class_figures(survey: Survey, class_names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Class -> objects, images that have one, and regions to ignore; in the order of the classes."""
    objects = survey.is_object
    found = {}
    for class_id, name in enumerate(class_names):
        if class_id:
            own = objects & (survey.class_ids == class_id)
            found[name] = {
                "objects": int(own.sum()),
                "images": len(np.unique(survey.image[own])),
                "ignored": int((survey.class_ids == -class_id).sum()),
            }
    return found


def _over_limit(survey: Survey, config: MaskRCNNConfig) -> dict[str, int]:
    """Images with more objects than a training step takes (max_gt_instances)."""
    most = np.bincount(survey.image, minlength=1)
    return {"limit": config.max_gt_instances, "images": int((most > config.max_gt_instances).sum())}


def object_size_figures(survey: Survey, config: MaskRCNNConfig) -> dict[str, Any]:
    """Square roots of the objects' areas, in pixels of the photo and of the network's input, and COCO's groups."""
    objects = survey.is_object
    original, scaled = np.sqrt(survey.areas)[objects], scaled_sizes(survey, config)[objects]
    highest = float(np.percentile(np.concatenate([original, scaled]), 99.5)) if len(original) else 1.0
    edges = np.linspace(0, max(1.0, np.ceil(highest)), 31)
    return {
        name: {**percentiles(sizes), "groups": size_counts(sizes**2), "histogram": _plain(bins(sizes, edges))}
        for name, sizes in (("original", original), ("network", scaled))
    }


def image_size_figures(survey: Survey) -> dict[str, Any]:
    """Widths, heights, width / height, and the commonest sizes."""
    heights, widths = survey.sizes[:, 0], survey.sizes[:, 1]
    commonest = Counter((int(width), int(height)) for height, width in survey.sizes).most_common(5)
    ratios = widths / np.maximum(heights, 1)
    return {
        "widths": {**percentiles(widths), "histogram": _plain(even_bins(widths, 25))},
        "heights": {**percentiles(heights), "histogram": _plain(even_bins(heights, 25))},
        "ratios": {**percentiles(ratios), "histogram": _plain(even_bins(ratios, 25))},
        "commonest": [{"width": width, "height": height, "images": count} for (width, height), count in commonest],
    }


def box_ious(survey: Survey) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows of the survey with a mask and a given box, and the IoU of the given box with the mask's own."""
    rows = np.flatnonzero(~np.isnan(survey.mask_boxes[:, 0]) & ~np.isnan(survey.given_boxes[:, 0]))
    return rows, row_iou(survey.mask_boxes[rows], survey.given_boxes[rows])


def box_figures(survey: Survey) -> dict[str, Any]:
    """How well the file's boxes fit the masks."""
    rows, ious = box_ious(survey)
    return {
        "compared": len(rows),
        **percentiles(ious),
        "below_half": int((ious < 0.5).sum()),
        "below_0.9": int((ious < 0.9).sum()),
        "histogram": _plain(even_bins(ious, 25, 0, 1)),
    }


def mini_mask_figures(errors: MiniMaskErrors) -> dict[str, Any]:
    """What mini masks lose."""
    ious = np.array(errors.ious)
    lowest = min(0.9, float(np.floor(ious.min(initial=0.9) * 20) / 20))
    return {
        "shape": list(errors.shape),
        "measured": len(ious),
        **percentiles(ious),
        "below_0.95": int((ious < 0.95).sum()),
        "histogram": _plain(even_bins(ious, 25, lowest, 1)),
    }


def anchor_figures(counts: TargetCounts, survey: Survey, threshold: float) -> dict[str, Any]:
    """Sampled anchors, and the objects that no anchor fits well.

    Args:
        counts: of the pictures that were looked at.
        survey: of the data set.
        threshold: the IoU from which on an anchor is an object by itself (`rpn_targets.OBJECT_IOU`).
    """
    sampled = np.maximum(counts.positives + counts.negatives, 1)
    below = counts.best_iou < threshold
    groups = size_groups(survey.areas[counts.rows])
    steps = np.searchsorted(SIZE_STEPS, counts.sizes, side="right") - 1
    return {
        "images": len(counts.images),
        "anchors_per_image": percentiles(counts.anchors),
        "positives_per_image": {**percentiles(counts.positives), "histogram": _plain(whole_bins(counts.positives))},
        "positive_share": {
            **percentiles(counts.positives / sampled),
            "histogram": _plain(even_bins(counts.positives / sampled, 25, 0, 0.5)),
        },
        "threshold": threshold,
        "objects": len(counts.rows),
        "below_threshold": int(below.sum()),
        "without_anchor": int((counts.best_iou <= 0).sum()),
        "best_iou": {**percentiles(counts.best_iou), "histogram": _plain(even_bins(counts.best_iou, 25, 0, 1))},
        "below_by_group": {name: _share(below, groups == number) for number, name in enumerate(SIZE_NAMES)},
        "below_by_network_size": {
            _step_name(number): _share(below, steps == number) for number in range(len(SIZE_STEPS))
        },
    }


def region_figures(found: Sequence[RegionTargets]) -> dict[str, Any]:
    """Regions of interest of some pictures."""
    positives = np.array([one.positives for one in found], int)
    totals = np.array([len(one.class_ids) for one in found], int)
    return {
        "images": len(found),
        "regions_per_image": percentiles(totals),
        "positives_per_image": percentiles(positives),
        "positive_share": round(float(positives.sum() / max(1, totals.sum())), 4),
        "objects": sum(one.objects for one in found),
        "objects_without_proposal": sum(one.unmatched for one in found),
    }


def _share(below: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> dict[str, int]:
    return {"objects": int(chosen.sum()), "below": int((below & chosen).sum())}


def _step_name(number: int) -> str:
    """The name of a size step: "8 to 16"."""
    last = number == len(SIZE_STEPS) - 1
    return f"{SIZE_STEPS[number]} or more" if last else f"{SIZE_STEPS[number]} to {SIZE_STEPS[number + 1]}"


def _plain(found: Bins) -> dict[str, list[Any]]:
    return {"counts": found.counts, "edges": [round(edge, 4) for edge in found.edges]}
