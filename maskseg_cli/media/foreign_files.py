"""Names the content of a file that is no photo that can be read, and says what to do with it."""

from __future__ import annotations

from maskseg_cli.media.foreign_pictures import CONVERT, EXPORT_RAW, PICTURES, PictureKind, raw_kind
from maskseg_cli.media.picture_formats import is_heif_name

#: How a file begins -> what it is, with its article, and what to do; without that there is nothing to do.
_OTHERS = {
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
}

_REMEDIES = {
    "a web page": "download the picture itself",
    "a PDF": "export its page as PNG",
    "a git-LFS pointer": "fetch the picture itself with `git lfs pull`",
    "a ZIP archive": "unpack it",
}

#: What `maskseg video` reads.
_FILMS = ("a film", "a GIF")


def explain_file(data: bytes, name: str) -> str:
    """The sentence about a file that is no photo that can be read: what it is, and what to do.

    Args:
        data: its bytes.
        name: what the sentence calls it; a suffix tells a camera's raw file.

    Example:
        >>> explain_file(b"%PDF-1.7", "a.jpg")
        'a.jpg is a PDF: export its page as PNG; maskseg reads JPEG, PNG, WebP, BMP and TIFF photos.'
    """
    raw = raw_kind(data, name)
    if raw is not None:
        return f"{name} is a camera's raw file ({raw}), which maskseg does not read: {EXPORT_RAW}."
    picture = _picture_kind(data)
    kind = name_content(data) if picture is None else picture.words
    if kind in _FILMS:
        return f"{name} is {kind}, not a photo: maskseg video {name}"
    if picture is not None or kind == "an SVG drawing":
        return f"{name} is {kind}, which maskseg does not read: {CONVERT}."
    remedy = f": {_REMEDIES[kind]}" if kind in _REMEDIES else ""
    return f"{name} is {kind}{remedy}; maskseg reads JPEG, PNG, WebP, BMP and TIFF photos."


def name_content(data: bytes) -> str:
    """What a file holds, with its article: "a PDF"; by its first bytes.

    Example:
        >>> name_content(b"%PDF-1.7"), name_content(b"once upon a time"), name_content(bytes(9))
        ('a PDF', 'a text', 'no picture')
    """
    picture = _picture_kind(data)
    if picture is not None:
        return picture.words
    start = data.lstrip()[:16] if data[:1].isspace() else data[:16]
    if start[8:12] == b"AVI " or (start[:1] == b"G" and data[188:189] == b"G" == data[376:377]):  # 188: MPEG-TS packets
        return "a film"
    if start[4:8] == b"ftyp":
        return "a film"
    for magic, kind in _OTHERS.items():
        if start.lower().startswith(magic.lower()):
            return "an SVG drawing" if kind == "an XML file" and b"<svg" in data[:4096] else kind
    sample = data[:1024]
    return "a text" if sample.isascii() and b"\0" not in sample else "no picture"


def _picture_kind(data: bytes) -> PictureKind | None:
    return next((kind for kind in PICTURES for at, magic in kind.magic if data[at : at + len(magic)] == magic), None)


def is_film(path: str) -> bool:
    """Whether a file is what `maskseg video` reads, by its first bytes; a folder and a file that is not there are not.

    HEIC and AVIF photos begin as films do, so that their names decide.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(1024)
    except OSError:
        return False
    return name_content(start) in _FILMS and not is_heif_name(path)
