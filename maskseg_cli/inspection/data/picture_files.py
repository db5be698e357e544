"""`PictureFiles`: the pictures of a page, each also a file beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.media.images import encode_image
from maskseg_cli.pages.thumbnails import Thumbnail, shrunk, thumbnail

#: Longest side of a picture file in pixels, and its quality.
_SIDE, _QUALITY = 1600, 88


class PictureFiles:
    """Encodes pictures and keeps them until the folder is written.

    Attributes:
        files: name in the folder -> the file's bytes.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(
        self, name: str, picture: NDArray[np.uint8], caption: str, side: int = 480, lossless: bool = False
    ) -> Thumbnail:
        """Keeps a picture as a file, and makes a small one for the page.

        Args:
            name: of the file, without its suffix.
            picture: uint8 (H, W, 3) BGR.
            caption: what it shows.
            side: longest side on the page, in pixels.
            lossless: PNG, for flat colours and small grids; otherwise JPEG.
        """
        suffix = ".png" if lossless else ".jpg"
        self.files[f"{name}{suffix}"] = encode_image(shrunk(picture, _SIDE), suffix, _QUALITY)
        return thumbnail(picture, caption, side, lossless)
