"""`as_array`: a picture in any form in which Python programs hold one, as an array."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import UsageError
from maskseg_cli.media.images import read_image
from maskseg_cli.media.pil_pictures import from_pil

#: Name of a type that is no picture -> what to do.
_REMEDIES = {
    **dict.fromkeys(
        ("bytes", "bytearray"), "; cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR) decodes a file"
    ),
    **dict.fromkeys(("BufferedReader", "BytesIO"), "; give the path of the file"),
    "Frame": "; frame.image is its picture",
    "UMat": "; picture.get() makes an array",
    "bool": "; cv2.VideoCapture.read returns two values, of which the second one is the picture",
}


def is_one_picture(value: Any) -> bool:
    """Whether a value is one picture, right or wrong, and not a sequence of several."""
    if isinstance(value, np.ndarray):
        return value.ndim != 4
    several = isinstance(value, Iterable) and not hasattr(value, "read") and not hasattr(value, "__array__")
    return not several or isinstance(value, (str, bytes, bytearray, Mapping, os.PathLike)) or _is_pil(value)


def as_array(value: Any, order: str = "BGR") -> Any:
    """Reads a file and converts a picture of PIL, both turned upright; an array is returned as it is.

    Args:
        value: a path, a `PIL.Image.Image`, or an array.
        order: of the channels in the result, BGR or RGB.

    Returns:
        uint8 array (H, W, 3); or `value` itself if it is neither a path nor of PIL.

    Raises:
        MasksegError: the file cannot be read.
        UsageError: None.
    """
    if value is None:
        raise UsageError(
            "The picture must be an array or a path, not None, which cv2.imread returns for a file that it cannot "
            "read: check the path, or give the path itself."
        )
    if isinstance(value, (str, os.PathLike)):
        image = read_image(os.fspath(value))
    elif _is_pil(value):
        image = from_pil(value)
    else:
        return value
    return image if order == "BGR" else np.ascontiguousarray(image[:, :, ::-1])


def check_picture(image: Any) -> None:
    """Checks that a value is a picture as the network takes it.

    Raises:
        UsageError: not a uint8 array (H, W, 3) of at least one pixel; the message says how to convert it.
    """
    if not isinstance(image, np.ndarray):
        name = type(image).__name__
        hint = "; numpy.asarray(picture) makes an array" if hasattr(image, "__array__") else _REMEDIES.get(name, "")
        raise UsageError(
            f"A picture is a path, a PIL picture or an array (height, width, 3) of uint8, not {name}{hint}."
        )
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 4)):
        kind, code = ("has an alpha channel", "BGRA2BGR") if image.shape[2:] == (4,) else ("is gray", "GRAY2BGR")
        raise UsageError(
            f"A picture is an array (height, width, 3), not {image.shape}; this one {kind}: "
            f"cv2.cvtColor(image, cv2.COLOR_{code}) converts it."
        )
    if image.ndim != 3 or image.shape[2] != 3:
        hint = ""
        if image.ndim == 3 and image.shape[0] == 3:
            hint = "; its channels come first: image.transpose(1, 2, 0) puts them last"
        raise UsageError(f"A picture is an array (height, width, 3), not {image.shape}{hint}.")
    if image.dtype != np.uint8:
        hint = type_hint(image)
        raise UsageError(f"A picture's values are uint8, 0 to 255, not {image.dtype}{hint}")
    if 0 in image.shape:
        raise UsageError(f"A picture has at least one pixel, not {image.shape[1]} x {image.shape[0]}.")


def type_hint(image: NDArray[Any]) -> str:
    """The end of a sentence about an array of another type than uint8: how to convert it, where that can be known.

    Example:
        >>> type_hint(np.zeros((2, 2, 3), bool))
        ': 255 * image.astype(numpy.uint8) converts it.'
    """
    kind = image.dtype.kind
    if kind == "b":
        return ": 255 * image.astype(numpy.uint8) converts it."
    if kind not in "fiu" or not image.size:
        return "."
    values = image[np.isfinite(image)]
    if kind == "f" and values.size and values.min() >= 0 and values.max() <= 1:
        return ": (255 * image).astype(numpy.uint8) converts it."
    if image.dtype == np.uint16 and values.max() > 255:
        return ": (image // 257).astype(numpy.uint8) converts it, if its numbers have 16 bits."
    return ". numpy.clip(image, 0, 255).astype(numpy.uint8) converts it."


def _is_pil(value: Any) -> bool:
    # PIL itself is not imported: who has a picture of it has imported it.
    return any(kind.__module__.startswith("PIL.") and kind.__name__ == "Image" for kind in type(value).__mro__)
