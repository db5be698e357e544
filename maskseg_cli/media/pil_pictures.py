"""`from_pil`: a picture of PIL as an array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.media.header import EXIF_ORIENTATION
from maskseg_cli.media.pixels import to_bgr, turn_upright

#: Modes of PIL whose arrays `to_bgr` takes; others are converted by PIL.
_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "F")


def from_pil(picture: Any) -> NDArray[np.uint8]:
    """Converts a `PIL.Image.Image` of any mode, and turns it upright.

    Returns:
        uint8 array (H, W, 3), BGR, writable.

    Raises:
        MasksegError: the picture holds no colours.
        OSError: PIL cannot decode it.
    """
    orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    if picture.mode not in _MODES:
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    pixels = np.asarray(picture)
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    return turn_upright(np.array(to_bgr(pixels, "The picture", premultiplied=False)), orientation)
