"""Names the content of a file that is no photo that can be read."""

from __future__ import annotations

_KINDS = {
    b"GIF8": "a GIF",
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"<svg": "an SVG drawing",
    b"<?xm": "an XML file",
    b"%PDF": "a PDF",
    b"vers": "a git-LFS pointer",
    b"PK\x03\x04": "a ZIP archive",
    b"\xff\x0a": "a JPEG XL picture",
}


def name_content(data: bytes) -> str:
    """What a file holds, with its article: "a PDF"; by its first bytes.

    Example:
        >>> name_content(b"%PDF-1.7"), name_content(b"once upon a time"), name_content(bytes(9))
        ('a PDF', 'a text', 'no picture')
    """
    start = data.lstrip()[:16] if data[:1].isspace() else data[:16]
    if start[4:8] == b"ftyp":
        return "a film"
    for magic, kind in _KINDS.items():
        if start.lower().startswith(magic.lower()):
            return kind
    sample = data[:1024]
    return "a text" if sample.isascii() and b"\0" not in sample else "no picture"
