"""Annotations of the VGG Image Annotator, versions 1 and 2 (the format of Matterport's balloons), as COCO's.

https://www.robots.ox.ac.uk/~vgg/software/via/
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotated_images import AnnotatedImages
from maskseg_cli.datasets.coco import from_document
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError, UsageError

#: Attributes of a region that are taken for its class if none is named, in this order.
CLASS_ATTRIBUTES = ("class", "label", "category", "name", "type", "object")

#: Corners of the polygon that stands for a circle or an ellipse.
_CORNERS = 72


def read_via(
    path: str | Path,
    folder: str | Path | None = None,
    class_name: str = "object",
    attribute: str | None = None,
    class_names: Sequence[str] | None = None,
    strict: bool = False,
) -> AnnotatedImages:
    """Reads and checks an annotation file or project of VIA; the pictures themselves are read later.

    Polygons, polylines (closed), rectangles, circles and ellipses are outlines; points are left out. Pictures
    without a region count as not annotated and are left out, as in Matterport's balloon example.

    Args:
        folder: where the pictures lie; None: beside the file.
        class_name: the class of every region, if no attribute says it.
        attribute: the region attribute that holds the class; None: the first of `CLASS_ATTRIBUTES` in use, or the
            only one there is; if there is none, every region is a `class_name`.
        class_names: a network's classes, background first; None: those of the file, in the order of the project's
            options, then of the alphabet.
        strict: refuse a file with any problem.

    Raises:
        UsageError: no region has the named attribute.
        MasksegError: as `read_coco`.
    """
    path, log = Path(path), ProblemLog()
    converted = via_to_coco(read_json(path), path, log, class_name, attribute)
    return from_document(converted, path, path.parent if folder is None else folder, class_names, strict, log)


def via_to_coco(
    document: Any, path: Path, log: ProblemLog, class_name: str = "object", attribute: str | None = None
) -> dict[str, Any]:
    """The content of a VIA file in COCO's format; its images have no width and height.

    Args:
        path: the file, for messages.
        log: gets the regions without a class.
        class_name, attribute: as `read_via` takes them.

    Raises:
        UsageError, MasksegError: as `read_via`.
    """
    entries = via_entries(document)
    if entries is None:
        raise MasksegError(f"{path} is not a file of the VGG Image Annotator, version 1 or 2.")
    regions = [region for entry in entries for region in _regions(entry)]
    named = _class_attribute(regions, attribute)
    if named is None and attribute is not None:
        raise UsageError(f"No region of {path} has the attribute {attribute!r}.")
    classes = [class_name] if named is None else _classes(document, regions, named)
    if not classes:
        raise MasksegError(f"No region of {path} has a class.")
    number = {name: category for category, name in enumerate(classes, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for entry in entries:
        outlined = _regions(entry)
        if not outlined:
            continue
        images.append({"id": len(images) + 1, "file_name": entry["filename"]})
        for region in outlined:
            name = class_name if named is None else _value(region, named)
            if not name:
                log.add("no-class", entry["filename"])
                continue
            # [[]] is an outline that is no outline: counted, and left out.
            outline = _outline(region.get("shape_attributes")) or []
            annotations.append({"image_id": len(images), "category_id": number[name], "segmentation": [outline]})
    categories = [{"id": category, "name": name} for name, category in number.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def via_entries(document: Any) -> list[dict[str, Any]] | None:
    """The pictures of a VIA file or project; None if it is neither."""
    if not isinstance(document, dict):
        return None
    entries = document.get("_via_img_metadata", document)
    if not isinstance(entries, dict) or not entries:
        return None
    found = list(entries.values())
    good = all(isinstance(one, dict) and isinstance(one.get("filename"), str) and "regions" in one for one in found)
    return found if good else None


def _regions(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Version 1 numbers regions in a dict, version 2 lists them."""
    regions = entry["regions"]
    regions = list(regions.values()) if isinstance(regions, dict) else regions
    return [region for region in regions or [] if isinstance(region, dict)]


def _value(region: dict[str, Any], attribute: str) -> str:
    """An attribute as text: typed or chosen from a list, or the first that is ticked of several."""
    attributes = region.get("region_attributes")
    value = attributes.get(attribute) if isinstance(attributes, dict) else None
    if isinstance(value, dict):
        value = next((name for name, ticked in value.items() if ticked), None)
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _class_attribute(regions: list[dict[str, Any]], attribute: str | None) -> str | None:
    used = Counter(
        name
        for region in regions
        if isinstance(region.get("region_attributes"), dict)
        for name in region["region_attributes"]
        if _value(region, name)
    )
    if attribute is not None:
        return attribute if attribute in used else None
    known = {name.lower(): name for name in used}
    for name in CLASS_ATTRIBUTES:
        if name in known:
            return known[name]
    return next(iter(used)) if len(used) == 1 else None


def _classes(document: dict[str, Any], regions: list[dict[str, Any]], attribute: str) -> list[str]:
    """Every class that occurs; those that the project lists come first, in its order, whether they occur or not."""
    settings: Any = document.get("_via_attributes", {})
    for step in ("region", attribute, "options"):
        settings = settings.get(step, {}) if isinstance(settings, dict) else {}
    listed = [str(name) for name in settings] if isinstance(settings, dict) else []
    return list(dict.fromkeys(listed + sorted({_value(region, attribute) for region in regions} - {""})))


def _outline(shape: Any) -> list[float] | None:
    """x1 y1 x2 y2 ... of a region's shape; None if it encloses nothing."""
    if not isinstance(shape, dict):
        return None
    try:
        kind = shape.get("name")
        if kind in ("polygon", "polyline"):
            points = zip(shape["all_points_x"], shape["all_points_y"], strict=True)
            return [float(number) for point in points for number in point]
        if kind == "rect":
            x, y, width, height = (float(shape[key]) for key in ("x", "y", "width", "height"))
            return [x, y, x + width, y, x + width, y + height, x, y + height]
        if kind == "circle":
            return list(_ellipse(float(shape["cx"]), float(shape["cy"]), float(shape["r"]), float(shape["r"]), 0.0))
        if kind == "ellipse":
            x, y, rx, ry = (float(shape[key]) for key in ("cx", "cy", "rx", "ry"))
            return list(_ellipse(x, y, rx, ry, float(shape.get("theta") or 0.0)))
    except (KeyError, TypeError, ValueError):
        pass
    return None


def _ellipse(x: float, y: float, rx: float, ry: float, angle: float) -> Iterator[float]:
    """Corners around (x, y); `angle` in radians, clockwise on the screen."""
    for corner in range(_CORNERS):
        turn = 2 * math.pi * corner / _CORNERS
        along, across = rx * math.cos(turn), ry * math.sin(turn)
        yield x + along * math.cos(angle) - across * math.sin(angle)
        yield y + along * math.sin(angle) + across * math.cos(angle)
