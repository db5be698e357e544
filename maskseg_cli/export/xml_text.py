"""XML that any parser reads, whatever the names of files and classes hold."""

from __future__ import annotations

import re
from xml.etree import ElementTree

#: Characters that XML 1.0 cannot hold, not even as entities.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text for XML; characters that it cannot hold become question marks.

    Example:
        >>> xml_text("a\\x1b.jpg")
        'a?.jpg'
    """
    return _UNFIT.sub("?", text)


def xml_bytes(root: ElementTree.Element) -> bytes:
    """An indented XML file."""
    ElementTree.indent(root, " ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "utf-8") + b"\n"
