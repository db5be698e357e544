"""Pictures that a viewer wants to keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.file_names import dated_path
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import encode_image


class Snapshots:
    """Saves pictures as `maskseg-DATE-TIME.jpg`; nothing is ever overwritten.

    Args:
        folder: where they go; made with the first.
        quality: of the JPEG files, 1..100.

    Attributes:
        saved: the files so far.
    """

    def __init__(self, folder: Path | None = None, quality: int = 95) -> None:
        self._folder = folder or Path()
        self._quality = quality
        self.saved: list[Path] = []

    def save(self, image: NDArray[np.uint8]) -> str:
        """Saves a BGR picture, uint8 (H, W, 3); returns the sentence for it, also where it failed."""
        path = dated_path(self._folder, ".jpg")
        try:
            write_atomic(path, encode_image(image, ".jpg", self._quality))
        except OSError as error:
            return f"The snapshot {path} cannot be saved: {error.strerror or error}."
        self.saved.append(path)
        return f"Snapshot saved as {path}."
