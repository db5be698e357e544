"""Projects of the VGG Image Annotator 3, as those of version 2.

https://gitlab.com/vgg/via/-/blob/master/via-3.x.y/CodeDoc.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maskseg_cli.datasets.field_values import id_of, is_number, shown
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.via import via_to_coco
from maskseg_cli.errors import MasksegError

#: Numbers of shapes: those that are points or lines, and the names that version 2 has for the others.
_LINES = (1, 5)
_RECTANGLE, _CIRCLE, _ELLIPSE, _POLYLINE, _POLYGON, _EXTREME_RECTANGLE = 2, 3, 4, 6, 7, 8

#: Types of attributes whose value is the number of an option, or several with commas between them.
_WITH_OPTIONS = (2, 3, 4)

#: The type of a file that is a picture.
_IMAGE = 2


def is_via3(document: Any) -> bool:
    """Whether this is a project of VIA 3."""
    parts = ("project", "config", "file", "metadata", "attribute")
    return isinstance(document, dict) and all(isinstance(document.get(part), dict) for part in parts)


def via3_to_coco(document: Any, path: Path, log: ProblemLog, class_name: str, attribute: str | None) -> dict[str, Any]:
    """A project of VIA 3 in COCO's format; its images have no width and height.

    Rectangles, circles, ellipses, polygons and polylines (closed) of pictures are outlines. Regions in videos are left
    out, and so are points and lines, and regions in views of several pictures.

    Args:
        path: the file, for messages.
        log: gets what is left out.
        class_name, attribute: as `via.read_via` takes them.

    Raises:
        UsageError, MasksegError: as `via.read_via`.
    """
    if not is_via3(document):
        raise MasksegError(f"{path} is not a project of the VGG Image Annotator 3.")
    attributes = {number: one for number, one in document["attribute"].items() if isinstance(one, dict)}
    entries: dict[str, dict[str, Any]] = {}
    for key, record in document["metadata"].items():
        name = f"the metadata {shown(key)}"
        if not isinstance(record, dict) or not isinstance(record.get("xy"), list):
            log.add("via3-record", name)
        elif record["xy"]:  # without them it is about a whole file or a time
            file = _picture(document, record, name, log)
            if file is not None:
                entry = entries.setdefault(file, {"filename": file, "regions": []})
                region = {"region_attributes": _values(record.get("av"), attributes)}
                entry["regions"].append({**region, "shape_attributes": _shape(record["xy"])})
    options = {
        str(one.get("aname")): {"options": dict.fromkeys(_options(one).values(), "")} for one in attributes.values()
    }
    project = {"_via_img_metadata": entries, "_via_attributes": {"region": options}}
    return via_to_coco(project, path, log, class_name, attribute)


def _picture(document: dict[str, Any], record: dict[str, Any], name: str, log: ProblemLog) -> str | None:
    """The file name of the picture that a region lies in; None where there is none, which `log` notes."""
    views, view_id = document.get("view"), record.get("vid")
    view = views.get(str(view_id)) if isinstance(views, dict) and id_of(view_id) is not None else None
    numbers = view.get("fid_list") if isinstance(view, dict) else None
    if not isinstance(numbers, list) or not numbers:
        log.add("via3-record", name)
        return None
    file = document["file"].get(str(numbers[0])) if id_of(numbers[0]) is not None else None
    if len(numbers) > 1:
        log.add("several-pictures", name)
        return None
    if not isinstance(file, dict) or not any(map(_is_name, (file.get("fname"), file.get("src")))):
        log.add("via3-record", name)
        return None
    if file.get("type", _IMAGE) != _IMAGE:
        log.add("video-region", name)
        return None
    return str(file["fname"] if _is_name(file.get("fname")) else file["src"])


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not value.startswith("data:")


def _options(attribute: dict[str, Any]) -> dict[str, str]:
    """Number of an option -> its text."""
    options = attribute.get("options")
    if attribute.get("type") not in _WITH_OPTIONS or not isinstance(options, dict):
        return {}
    return {number: text.strip() for number, text in options.items() if isinstance(text, str) and text.strip()}


def _values(values: Any, attributes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A region's attributes by name, with the texts of options; several that are ticked as version 2 has them."""
    found: dict[str, Any] = {}
    for number, value in values.items() if isinstance(values, dict) else ():
        attribute = attributes.get(number)
        name = None if attribute is None else attribute.get("aname")
        if attribute is None or not isinstance(name, str) or not isinstance(value, (str, int)):
            continue
        options = _options(attribute)
        texts = [options[key.strip()] for key in str(value).split(",") if key.strip() in options]
        found[name] = value if not options else texts[0] if len(texts) == 1 else dict.fromkeys(texts, True)
    return found


def _shape(xy: list[Any]) -> dict[str, Any] | None:
    """A region's shape as version 2 has it; None for one that encloses nothing or is broken."""
    kind, numbers = xy[0], xy[1:]
    if not all(map(is_number, xy)):
        return None
    if kind in _LINES:
        return {"name": "point"}
    named = {
        _RECTANGLE: ("rect", "x y width height"),
        _CIRCLE: ("circle", "cx cy r"),
        _ELLIPSE: ("ellipse", "cx cy rx ry"),
    }
    if kind in named:
        name, keys = named[kind]
        return {"name": name, **dict(zip(keys.split(), numbers, strict=False))}
    if len(numbers) % 2 or not numbers:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    if kind in (_POLYLINE, _POLYGON):
        return {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
    if kind == _EXTREME_RECTANGLE:  # a point on each side
        x, y = min(xs), min(ys)
        return {"name": "rect", "x": x, "y": y, "width": max(xs) - x, "height": max(ys) - y}
    return None
