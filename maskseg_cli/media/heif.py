"""Reads HEIC and AVIF photos, as telephones take them, where the packages for them are installed."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

#: What installs the package.
REMEDY = "pip install 'maskseg[heif]'"

_BRANDS = {
    b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"heis": "HEIC",
    b"hevc": "HEIC", b"hevx": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC",
}  # fmt: skip


class HeifPhoto(NamedTuple):
    """A decoded photo: uint8 (H, W, 3), BGR, upright; its EXIF block and colour profile, perhaps empty."""

    image: NDArray[np.uint8]
    exif: bytes
    profile: bytes


def heif_format(start: bytes) -> str | None:
    """ "HEIC" or "AVIF" by the first bytes of a file (64 are enough), or None."""
    if start[4:8] != b"ftyp":
        return None
    kind = _BRANDS.get(start[8:12])
    # "mif1" says only that it is a photo: the names behind it say how it is coded.
    return "AVIF" if kind is not None and b"avif" in start[8:64] and b"hei" not in start[8:64] else kind


def can_read(kind: str) -> bool:
    """Whether the package that decodes "HEIC" or "AVIF" is installed: pillow-heif, or PIL with AVIF."""
    if kind == "HEIC":
        return importlib.util.find_spec("pillow_heif") is not None
    if importlib.util.find_spec("PIL") is None:
        return False
    from PIL import features

    return "avif" in features.get_supported_modules()


def decode_heif(data: bytes, name: str, kind: str, check_size: Callable[[int, int], None]) -> HeifPhoto:
    """Decodes a photo.

    Args:
        data: the file's bytes.
        name: of the photo, for messages.
        kind: "HEIC" or "AVIF".
        check_size: called with width and height before memory is taken for the pixels; its errors pass through.

    Raises:
        MasksegError: the package is not installed, or the file is damaged.
    """
    if not can_read(kind):
        article = "an" if kind == "AVIF" else "a"
        raise MasksegError(f"{name} is {article} {kind} photo, which needs the package pillow-heif: {REMEDY}.")
    try:
        return _decode_heic(data, check_size) if kind == "HEIC" else _decode_avif(data, check_size)
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError) as error:
        raise MasksegError(f"{name} is a damaged {kind} file and cannot be read.") from error


# OpenCV is imported when there is something to decode: commands look at the names of files before.


def _decode_heic(data: bytes, check_size: Callable[[int, int], None]) -> HeifPhoto:
    import pillow_heif

    from maskseg_cli.media.pixels import to_bgr

    file = pillow_heif.open_heif(io.BytesIO(data))  # decodes nothing yet, and turns the picture itself
    check_size(*file.size)
    pixels = np.asarray(file)
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    return HeifPhoto(to_bgr(pixels, "The picture", premultiplied=False), *_blocks(file.info))


def _decode_avif(data: bytes, check_size: Callable[[int, int], None]) -> HeifPhoto:
    from PIL import Image

    from maskseg_cli.media.pil_pictures import from_pil

    with Image.open(io.BytesIO(data), formats=["AVIF"]) as picture:
        check_size(*picture.size)
        return HeifPhoto(from_pil(picture), *_blocks(picture.info))


def _blocks(info: dict[str, Any]) -> tuple[bytes, bytes]:
    return bytes(info.get("exif") or b""), bytes(info.get("icc_profile") or b"")
