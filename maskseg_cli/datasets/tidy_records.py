"""Turning records of annotations and of results into COCO's form, where a program wrote another of the same meaning.

The one place for both, so that annotations and results are read alike.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from typing import Any

from maskseg_cli.datasets.coordinate_systems import Label, SizeOf, to_pixels
from maskseg_cli.datasets.field_values import from_text
from maskseg_cli.datasets.polygons_and_rle import as_polygons
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.references import Names

_NO_NAMES = Names()


def tidy_records(
    records: Iterable[dict[str, Any]], size_of: SizeOf, label_of: Label, log: ProblemLog, names: Names = _NO_NAMES
) -> Sequence[dict[str, Any]]:
    """The same records with outlines, boxes, areas and scores as COCO has them, in pixels; they are not changed.

    Numbers may be texts, outlines and boxes may be texts of JSON, the RLE may be in a list of one, its counts may be
    floats; polygons as `as_polygons` takes them, coordinates as `to_pixels` does. What has no meaning stays as it is.

    Args:
        size_of: as `to_pixels` takes it.
        label_of: names a record in messages.
        log: gets what was converted, if it is not COCO's at all.
        names: of images and categories, which may stand for their ids.
    """
    tidy = []
    for number, record in enumerate(records, 1):
        changed = _changed(record)
        for key, known in (("image_id", names.images), ("category_id", names.categories)):
            if isinstance(name := record.get(key), str) and name in known:
                changed[key] = known[name]
                log.add(key, label_of(record, number))
        tidy.append({**record, **changed} if changed else record)
    return to_pixels(tidy, size_of, label_of, log)


def _changed(record: dict[str, Any]) -> dict[str, Any]:
    """The fields that have another form than COCO's, in COCO's."""
    changed = {}
    for key, form in _FORMS:
        value = record.get(key)
        if value is not None and (new := form(value)) is not value:
            changed[key] = new
    return changed


def as_outline(value: Any) -> Any:
    """COCO's polygons or RLE.

    Example:
        >>> as_outline([{"size": [1, 2], "counts": [1.0, 1.0]}]), as_outline([["1", "2", "5", 2, 5, 6.5]])
        ({'size': [1, 2], 'counts': [1, 1]}, [[1, 2, 5, 2, 5, 6.5]])
    """
    value = inner = _from_json(value)
    while isinstance(inner, list) and len(inner) == 1:
        [inner] = inner
    if isinstance(inner, dict) and "counts" in inner:
        return _whole_counts(inner)
    value = as_polygons(value)
    if isinstance(value, list) and any(str in set(map(type, one)) for one in value if isinstance(one, list)):
        return [list(map(from_text, one)) if isinstance(one, list) else one for one in value]
    return value


def as_box(value: Any) -> Any:
    """COCO's list of four numbers.

    Example:
        >>> as_box(["1", 2, "3.5", 4]), as_box({"x": 1, "y": 2, "width": 3, "height": 4})
        ([1, 2, 3.5, 4], [1, 2, 3, 4])
    """
    value = _from_json(value)
    if isinstance(value, str):  # "1,2,3,4"
        numbers = [from_text(one) for one in value.replace(",", " ").split()]
        value = value if len(numbers) != 4 or str in map(type, numbers) else numbers
    if isinstance(value, dict) and value.keys() >= _SIDES.keys():
        value = [value[side] for side in _SIDES]
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        [value] = value
    return list(map(from_text, value)) if isinstance(value, list) and str in set(map(type, value)) else value


_SIDES = dict.fromkeys(("x", "y", "width", "height"))

_FORMS = (("segmentation", as_outline), ("bbox", as_box), ("area", from_text), ("score", from_text))


def _from_json(value: Any) -> Any:
    """The list or record that a text holds, as a table of texts has them; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass
    return value


def _whole_counts(rle: dict[str, Any]) -> dict[str, Any]:
    counts = rle["counts"]
    if isinstance(counts, str) and counts[:2] in ("b'", 'b"'):  # what Python makes a text of from bytes
        try:
            return {**rle, "counts": ast.literal_eval(counts).decode("ascii")}
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return rle
    if not isinstance(counts, list) or float not in set(map(type, counts)):
        return rle
    whole = [int(one) if isinstance(one, float) and one.is_integer() else one for one in counts]
    return {**rle, "counts": whole}
