"""`PictureFiles`: a sink that writes each drawn picture into a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import write_atomic, write_stdout
from maskseg_cli.media.embedding import with_metadata
from maskseg_cli.media.images import encode_image
from maskseg_cli.media.metadata import Metadata
from maskseg_cli.media.picture_formats import FORMAT_OF


class PictureFiles(PreparedSink):
    """Writes the pictures of a run.

    A photo that a run has planned a result for (`frame.job`) goes there; job results that are kept are not written.
    Any other frame goes into `folder`, under the name of its source, with the frame's number where it has a time.

    Args:
        folder: for frames without a job; it is made.
        quality: of JPEG and WebP, 1 to 100.
        strip_metadata: leave out date, camera, colour profile and resolution of the photo, which results
            otherwise keep.

    Example:
        >>> with PictureFiles("marked") as sink:                                # doctest: +SKIP
        ...     for frame, detections in segment_images("photos/"):
        ...         sink.add(frame, detections, draw(frame.image, detections))
    """

    on_cluster = "workers"

    def __init__(self, folder: str | Path = ".", quality: int = 95, strip_metadata: bool = False) -> None:
        self._folder = Path(folder)
        self._quality = quality
        self._strip_metadata = strip_metadata

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Encodes the picture; the function that is returned writes it."""
        assert picture is not None
        job = frame.job
        if job is None:
            path = self._path(frame)
            data = self._encode(frame, picture, path.suffix)
            return lambda: write_atomic(path, data)
        if job.done:
            return lambda: None
        data = self._encode(frame, picture, job.suffix or ".png")
        target = job.target
        return (lambda: write_stdout(data)) if target is None else (lambda: write_atomic(target, data))

    def _encode(self, frame: Frame, picture: NDArray[np.uint8], suffix: str) -> bytes:
        data = encode_image(picture, suffix, self._quality)
        if self._strip_metadata or not isinstance(frame.metadata, Metadata):
            return data
        return with_metadata(data, frame.metadata)

    def _path(self, frame: Frame) -> Path:
        name = PurePosixPath(frame.source or "frame")
        suffix = name.suffix if name.suffix.lower() in FORMAT_OF else ".png"
        number = f"_{frame.index:06d}" if frame.duration or frame.time else ""
        return self._folder / name.with_name(f"{name.stem}{number}{suffix}")
