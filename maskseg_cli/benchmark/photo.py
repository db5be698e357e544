"""`BenchmarkPhoto`: the photo that is measured, as the bytes of its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.header import picture_format
from maskseg_cli.media.images import decode_image, encode_image
from maskseg_cli.media.picture_formats import SUFFIX_OF

#: Name of the photo that is measured where the user names none.
SAMPLE = "coffee.jpg"


@dataclass(frozen=True)
class BenchmarkPhoto:
    """A photo in a file's format.

    Attributes:
        name: for the report.
        data: the content of the file.
        suffix: its format, ".jpg"; results are encoded in the same one.
    """

    name: str
    data: bytes
    suffix: str

    def decode(self) -> NDArray[np.uint8]:
        """The picture, uint8 (H, W, 3), BGR.

        Raises:
            MasksegError: it cannot be read.
        """
        return decode_image(self.data, self.name)


def read_photo(path: Path | None) -> BenchmarkPhoto:
    """Reads a photo; None: a sample of scikit-image, which is part of its package.

    Raises:
        MasksegError: the file cannot be read.
    """
    if path is None:
        return sample_photo()
    kind = "a folder" if path.is_dir() else special_file_type(path) if path.exists() else None
    if kind is not None:
        raise MasksegError(f"{path} is {kind}, not a photo.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror or error}.") from error
    photo = BenchmarkPhoto(path.name, data, SUFFIX_OF[picture_format(data[:32]) or "PNG"])
    decode_image(data, str(path))
    return photo


def sample_photo() -> BenchmarkPhoto:
    """A cup of coffee with a spoon on a table, 600 x 400 pixels, as JPEG."""
    from skimage import data

    return as_photo(SAMPLE, np.ascontiguousarray(data.coffee()[:, :, ::-1]))


def as_photo(name: str, image: NDArray[np.uint8]) -> BenchmarkPhoto:
    """A picture, uint8 (H, W, 3) BGR, as the bytes of a file; `name` decides the format.

    Example:
        >>> as_photo("black.png", np.zeros((4, 6, 3), np.uint8)).decode().shape
        (4, 6, 3)
    """
    return BenchmarkPhoto(name, encode_image(image, Path(name).suffix), Path(name).suffix)
