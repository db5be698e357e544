"""Parts of CVAT's XML files (version 1.1) that those of images and those of videos share."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from maskseg_cli.classes import used_classes
from maskseg_cli.export.mask_polygons import Ring
from maskseg_cli.export.xml_text import xml_text
from maskseg_cli.media.atomic_file import utf8

FOOTER = b"</annotations>\n"


def attribute(text: str) -> str:
    """A text as the value of an attribute, with its quotes, on one line."""
    return quoteattr(xml_text(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def header(class_names: Sequence[str], mode: str, scores: bool = True) -> bytes:
    """What stands before the objects.

    Args:
        class_names: background first.
        mode: "annotation" for images, "interpolation" for videos.
        scores: whether labels have the attribute `score`.
    """
    score = "<attributes></attributes>"
    if scores:
        score = (
            "<attributes><attribute><name>score</name><mutable>True</mutable><input_type>text</input_type>"
            "<default_value></default_value><values></values></attribute></attributes>"
        )
    names = [class_names[number] for number in used_classes(class_names)]
    labels = "".join(f"<label><name>{escape(xml_text(name))}</name>{score}</label>\n" for name in names)
    return utf8(
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
        f"<meta><task><mode>{mode}</mode><labels>\n{labels}</labels></task></meta>\n"
    )


def score_attribute(score: object) -> str:
    """The score of an object, as an attribute in CVAT's sense; "" where it has none."""
    return "" if score != score else f'<attribute name="score">{float(str(score)):.4f}</attribute>'


def points(ring: Ring) -> str:
    """The corners of a polygon."""
    return ";".join(f"{x:.2f},{y:.2f}" for x, y in ring.tolist())
