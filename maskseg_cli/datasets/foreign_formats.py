"""Naming annotation formats that are not read, with what to do about each."""

from __future__ import annotations

import re
from typing import Any

#: What to do with a file of another format.
EXPORT = "export the annotations in COCO's format (instances)"

#: How a file begins -> what it is, and what to do.
_BEGINNINGS = (
    (b"PK\x03\x04", "is a ZIP archive: unpack it, and name the JSON file and the folder of pictures in it"),
    (b"\x1f\x8b", "is packed with gzip: unpack it first"),
    (b"Rar!", "is a RAR archive: unpack it, and name the JSON file in it"),
    (b"7z\xbc\xaf", "is a 7-Zip archive: unpack it, and name the JSON file in it"),
    (b"\x89PNG", "is a picture: name the annotation file first, then the folder of pictures"),
    (b"\xff\xd8\xff", "is a picture: name the annotation file first, then the folder of pictures"),
)


#: Two lines with a JSON record each, however long the first one is.
_RECORDS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{[^\n]*\}\s*\n\s*\{")


def explain_bytes(data: bytes, remedy: str = EXPORT) -> str:
    """What a file that is no JSON is, and what to do about it, as the rest of a sentence; "" where that is unknown.

    Args:
        data: the file's bytes.
        remedy: what to do where the file is of another format.
    """
    for beginning, words in _BEGINNINGS:
        if data.startswith(beginning):
            return words
    text = data[:4000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        if "<annotation" in text:
            return f"is an XML file of one picture, as Pascal VOC and LabelImg have it: {remedy}"
        return f"is an XML or HTML file: {remedy}"
    first = text.partition("\n")[0]
    if "region_shape_attributes" in first:
        return "is a CSV file of the VGG Image Annotator: choose Annotation, Export Annotations (as JSON) there"
    if _RECORDS.match(data):
        return f"has one JSON record a line: {remedy}, as one JSON document"
    if first and all(_is_numeric(word) for word in first.split()) and len(first.split()) >= 5:
        return "has lines of numbers, as YOLO's label files have: name their folder, or data.yaml"
    if re.match(r"(train|val|names|nc|path):", first):
        return (
            "is a YAML file, as YOLO's data sets have it: its name must end with .yaml, and it needs the classes' names"
        )
    if re.match(r"(var|let|const)\s", first):
        return f"is a program in JavaScript: {remedy}"
    if first.count(",") >= 3 and not first.startswith(("{", "[", "/")):
        return f"is a table (CSV): {remedy}"
    return ""


def explain_document(document: Any) -> str:
    """What a JSON document that is not in COCO's format is, and what to do, as the rest of a sentence; "": unknown."""
    if isinstance(document, list):
        first = document[0] if document and isinstance(document[0], dict) else {}
        if {"image_id", "category_id", "score"} <= set(first):
            return "it is a list of results; the annotations come first, and results go behind --from-results"
        if "annotations" in first and ("image" in first or "data" in first):
            program = "Label Studio" if "data" in first else "CreateML"
            return f"it is a file of {program}; {EXPORT}"
        if "Labeled Data" in first or "data_row" in first:
            return f"it is a file of Labelbox; {EXPORT}"
        if {"images", "annotations"} <= set(first):
            return "it is a list with such a file in it: save the document itself, without the list"
        return ""
    if not isinstance(document, dict):
        return ""
    keys = set(document)
    if "data_row" in keys:
        return f"it is a file of Labelbox; {EXPORT}"
    if "items" in keys and "categories" in keys:
        return f"it is a file of Datumaro; {EXPORT} there (datum convert)"
    if "samples" in keys:
        return f"it is a file of FiftyOne; {EXPORT} there"
    if "item" in keys and "annotations" in keys:
        return f"it is a file of V7 Darwin; {EXPORT} there"
    if {"description", "objects"} <= keys or {"size", "objects", "tags"} <= keys:
        return f"it is a file of Supervisely; {EXPORT} there"
    if "frames" in keys or {"objects", "imgHeight", "imgWidth"} <= keys:
        return f"it is a file of Scalabel or Cityscapes; {EXPORT}"
    inner = [
        name for name, part in document.items() if isinstance(part, dict) and {"images", "annotations"} <= set(part)
    ]
    if inner:
        return f"its part {inner[0]!r} is such a file: save that part by itself"
    annotations = document.get("annotations")
    first = annotations[0] if isinstance(annotations, list) and annotations else {}
    if isinstance(first, dict) and "segments_info" in first:
        return "it is COCO's panoptic format; the one for instances is needed"
    if isinstance(first, dict) and "caption" in first:
        return "it holds captions; the file for instances is needed"
    return ""


def _is_numeric(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
