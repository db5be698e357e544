"""The picture formats that are read and written, and their file suffixes."""

from __future__ import annotations

import os

#: Suffix in lower case -> format.
FORMAT_OF = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}

#: Format -> the suffix that it is written with.
SUFFIX_OF = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}

#: The values of --format.
NAMES = ("jpg", "png", "webp", "bmp", "tif")


def split_name(name: str) -> tuple[str, str]:
    """Splits a file name into stem and picture suffix; the suffix is "" if it is not that of a picture.

    Example:
        >>> split_name("a.JPG"), split_name("scan.2024")
        (('a', '.JPG'), ('scan.2024', ''))
    """
    stem, suffix = os.path.splitext(name)
    return (stem, suffix) if suffix.lower() in FORMAT_OF else (name, "")
