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

#: Suffix in lower case -> format, of photos that are read where the package for them is installed, and never written.
HEIF_FORMAT_OF = {".heic": "HEIC", ".heif": "HEIC", ".hif": "HEIC", ".avif": "AVIF"}

#: Format -> the suffix that it is written with.
SUFFIX_OF = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}

#: The format in which the results of HEIC and AVIF photos are written.
HEIF_RESULT = ".jpg"

#: The values of --format.
NAMES = ("jpg", "png", "webp", "bmp", "tif")

#: Formats of results that can be transparent.
TRANSPARENT = ("PNG", "WebP", "TIFF")


def split_name(name: str) -> tuple[str, str]:
    """Splits a file name into stem and picture suffix; the suffix is "" if it is not that of a picture.

    Example:
        >>> split_name("a.JPG"), split_name("scan.2024")
        (('a', '.JPG'), ('scan.2024', ''))
    """
    stem, suffix = os.path.splitext(name)
    return (stem, suffix) if suffix.lower() in FORMAT_OF else (name, "")


def split_input_name(name: str) -> tuple[str, str]:
    """As `split_name`, for photos that are read: the suffixes of HEIC and AVIF count too.

    Example:
        >>> split_input_name("IMG_1.HEIC"), split_name("IMG_1.HEIC")
        (('IMG_1', '.HEIC'), ('IMG_1.HEIC', ''))
    """
    stem, suffix = os.path.splitext(name)
    return (stem, suffix) if is_heif_name(name) else split_name(name)


def is_heif_name(name: str) -> bool:
    """Whether a file's name is that of a HEIC or AVIF photo."""
    return os.path.splitext(name)[1].lower() in HEIF_FORMAT_OF
