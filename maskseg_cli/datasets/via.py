"""Annotations of the VGG Image Annotator, versions 1 and 2 (the format of Matterport's balloons), as COCO's.

https://www.robots.ox.ac.uk/~vgg/software/via/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotated_images import AnnotatedImages
from maskseg_cli.datasets.coco import from_document
from maskseg_cli.datasets.coco_document import DEFAULT_CLASS
from maskseg_cli.datasets.field_values import shown, truth
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.outline_shapes import ellipse
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError, UsageError

#: Attributes of a region that are taken for its class if none is named, in this order.
CLASS_ATTRIBUTES = ("class", "label", "category", "name", "type", "object")


def read_via(
    path: str | Path,
    folder: str | Path | None = None,
    class_name: str = DEFAULT_CLASS,
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
            only one there is. Where each region has one attribute only, which is ticked or repeats its own name, the
            attribute's name is the class. If there is no attribute, every region is a `class_name`.
        class_names: a network's classes, background first; None: those of the file, in the order of the project's
            options, then of the alphabet.
        strict: refuse a file with any problem.

    Raises:
        UsageError: no region has the named attribute, or one of several must be named.
        MasksegError: as `read_coco`.
    """
    path, log = Path(path), ProblemLog()
    converted = via_to_coco(read_json(path), path, log, class_name, attribute)
    return from_document(converted, path, path.parent if folder is None else folder, class_names, strict, log)


def via_to_coco(
    document: Any, path: Path, log: ProblemLog, class_name: str = DEFAULT_CLASS, attribute: str | None = None
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
    for name, entry in entries.items():
        if not _is_entry(entry):
            log.add("via-entry", f"the entry {shown(name)}")
    pictures = [entry for entry in entries.values() if _is_entry(entry)]
    regions = [region for entry in pictures for region in _regions(entry)]
    if not regions:
        what = f"none of its {len(pictures)} pictures has a region" if pictures else "it holds no picture"
        raise MasksegError(
            f"{path} is a file of the VGG Image Annotator without any object: {what}. Mark the objects there, and save "
            "it again."
        )
    class_of, classes = _classes(document, regions, class_name, attribute, path)
    if not classes:
        raise MasksegError(f"No region of {path} has a class.")
    named = any(_value(region, name) for region in regions for name in _attributes(region))
    if class_name == DEFAULT_CLASS and classes == [class_name] and not named:
        for _ in regions:
            log.add("unnamed")
    number = {name: category for category, name in enumerate(classes, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for entry in pictures:
        outlined = _regions(entry)
        if not outlined:
            continue
        images.append({"id": len(images) + 1, "file_name": entry["filename"]})
        for region in outlined:
            shape = region.get("shape_attributes")
            if isinstance(shape, dict) and shape.get("name") == "point":
                log.add("point", entry["filename"])
            elif not (name := class_of(region)):
                log.add("no-class", entry["filename"])
            else:
                if any(len(ticked) > 1 and name in ticked for ticked in map(_ticked, _attributes(region).values())):
                    log.add("two-classes", entry["filename"])
                # A text is an outline that is none: counted, and left out or refused.
                outline = _outline(shape)
                segmentation = "a broken region" if outline is None else [outline]
                annotations.append({"image_id": len(images), "category_id": number[name], "segmentation": segmentation})
    categories = [{"id": category, "name": name} for name, category in number.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def via_entries(document: Any) -> dict[str, Any] | None:
    """The entries of a VIA file or project, of which some may be no picture; None if it is neither."""
    if not isinstance(document, dict):
        return None
    project = document.get("_via_img_metadata")
    if isinstance(project, dict):
        return project
    return document if any(map(_is_entry, document.values())) else None


def _is_entry(value: Any) -> bool:
    """Whether this is what VIA writes of a picture."""
    return isinstance(value, dict) and isinstance(value.get("filename"), str) and "regions" in value


def _regions(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Version 1 numbers regions in a dict, version 2 lists them."""
    regions = entry["regions"]
    regions = list(regions.values()) if isinstance(regions, dict) else regions
    return [region for region in regions if isinstance(region, dict)] if isinstance(regions, list) else []


def _value(region: dict[str, Any], attribute: str) -> str:
    """An attribute as text: typed or chosen from a list, or the first that is ticked of several."""
    attributes = region.get("region_attributes")
    value = attributes.get(attribute) if isinstance(attributes, dict) else None
    if isinstance(value, dict):
        value = next(iter(_ticked(value)), None)
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _ticked(value: Any) -> list[str]:
    """The boxes that are ticked in an attribute of that kind."""
    return [name for name, ticked in value.items() if truth(ticked) is not False] if isinstance(value, dict) else []


def _attributes(region: dict[str, Any]) -> dict[str, Any]:
    attributes = region.get("region_attributes")
    return attributes if isinstance(attributes, dict) else {}


def _classes(
    document: dict[str, Any], regions: list[dict[str, Any]], class_name: str, attribute: str | None, path: Path
) -> tuple[Callable[[dict[str, Any]], str], list[str]]:
    """A function from a region to its class, "" if it has none; and all classes.

    Every class that occurs is there; those that the project lists come first, in its order, whether they occur or not.
    """
    used = Counter(name for region in regions for name in _attributes(region) if _value(region, name))
    if attribute is None and len(used) != 1:
        known = {name.lower(): name for name in used}
        attribute = next((known[name] for name in CLASS_ATTRIBUTES if name in known), None)
        if attribute is None and used and _names_are_classes(regions):
            return lambda region: next(iter(_attributes(region)), ""), sorted(used)
        if attribute is None and used:
            raise UsageError(
                f"The regions of {path} have the attributes {', '.join(used)}: name the one that is the class with "
                "--via-attribute."
            )
    elif attribute is None:
        attribute = next(iter(used))
    elif attribute not in used:
        others = f"; they have {', '.join(used)}" if used else ""
        raise UsageError(f"No region of {path} has the attribute {attribute!r}{others}.")
    if attribute is None:
        return lambda _: class_name, [class_name]
    name = attribute
    settings: Any = document.get("_via_attributes", {})
    for step in ("region", name, "options"):
        settings = settings.get(step, {}) if isinstance(settings, dict) else {}
    listed = [str(option) for option in settings] if isinstance(settings, dict) else []
    found = list(dict.fromkeys(listed + sorted({_value(region, name) for region in regions} - {""})))
    return lambda region: _value(region, name), found


def _names_are_classes(regions: list[dict[str, Any]]) -> bool:
    """Whether each region has at most one attribute, whose value says no more than that it is there."""
    for region in regions:
        attributes = _attributes(region)
        for name in attributes:
            if len(attributes) > 1 or _value(region, name).lower() not in (name.lower(), "1", "true", "yes", "x", "on"):
                return False
    return True


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
            return ellipse(float(shape["cx"]), float(shape["cy"]), float(shape["r"]), float(shape["r"]))
        if kind == "ellipse":
            x, y, rx, ry = (float(shape[key]) for key in ("cx", "cy", "rx", "ry"))
            return ellipse(x, y, rx, ry, float(shape.get("theta") or 0.0))
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    return None
