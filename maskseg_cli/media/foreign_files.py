"""Names the content of a file that is no photo that can be read."""

from __future__ import annotations

from maskseg_cli.media.picture_formats import is_heif_name

_KINDS = {
    b"GIF8": "a GIF",
    b"\x1aE\xdf\xa3": "a film",  # Matroska and WebM
    b"FLV\x01": "a film",
    b"\0\0\x01\xba": "a film",  # MPEG
    b"0&\xb2u\x8ef\xcf\x11": "a film",  # WMV
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"<svg": "an SVG drawing",
    b"<?xm": "an XML file",
    b"%PDF": "a PDF",
    b"vers": "a git-LFS pointer",
    b"PK\x03\x04": "a ZIP archive",
    b"\xff\x0a": "a JPEG XL picture",
}


#: What `maskseg video` reads.
FILMS = ("a film", "a GIF")


def name_content(data: bytes) -> str:
    """What a file holds, with its article: "a PDF"; by its first bytes.

    Example:
        >>> name_content(b"%PDF-1.7"), name_content(b"once upon a time"), name_content(bytes(9))
        ('a PDF', 'a text', 'no picture')
    """
    start = data.lstrip()[:16] if data[:1].isspace() else data[:16]
    if start[8:12] == b"AVI " or (start[:1] == b"G" and data[188:189] == b"G" == data[376:377]):  # 188: MPEG-TS packets
        return "a film"
    if start[4:8] == b"ftyp":
        return "a film"
    for magic, kind in _KINDS.items():
        if start.lower().startswith(magic.lower()):
            return kind
    sample = data[:1024]
    return "a text" if sample.isascii() and b"\0" not in sample else "no picture"


def is_film(path: str) -> bool:
    """Whether a file is what `maskseg video` reads, by its first bytes; a folder and a file that is not there are not.

    HEIC and AVIF photos begin as films do, so that their names decide.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(1024)
    except OSError:
        return False
    return name_content(start) in FILMS and not is_heif_name(path)
