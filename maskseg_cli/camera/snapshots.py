"""`Snapshots`: saves single pictures of a live session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.file_names import dated_path
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import encode_image


class Snapshots:
    """Saves pictures as `maskseg-DATE-TIME.jpg`; existing files are never overwritten.

    Args:
        folder: created with the first picture; None: the current folder.
        quality: of the JPEG files, 1..100.

    Attributes:
        saved: the files so far.
    """

    def __init__(self, folder: Path | None = None, quality: int = 95) -> None:
        self._folder = folder or Path()
        self._quality = quality
        self.saved: list[Path] = []

    def save(self, image: NDArray[np.uint8]) -> Path:
        """Saves a picture, uint8 (H, W, 3), BGR, and returns the new file.

        Raises:
            MasksegError: it cannot be written.
        """
        path = dated_path(self._folder, ".jpg")
        try:
            write_atomic(path, encode_image(image, ".jpg", self._quality))
        except OSError as error:
            raise MasksegError(f"The snapshot {path} cannot be saved: {error.strerror or error}.") from error
        self.saved.append(path)
        return path
