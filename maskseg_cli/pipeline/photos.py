"""What is done to one photo before and after the network; any thread may do it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.outputs import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskseg_cli.detections import Detections
    from maskseg_cli.export.coco_journal import CocoJournal


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo that was read.

    Attributes:
        image: uint8 array (H, W, 3), BGR, upright.
        suffix: decides the format of the result.
    """

    image: NDArray[np.uint8]
    suffix: str


@dataclass(frozen=True, eq=False)
class Result:
    """What is made of a photo.

    Attributes:
        job: where it goes.
        encoded: the bytes of the drawn picture; None where the one that is there is kept.
        picture: the drawn picture for the window, uint8 array (H, W, 3), BGR; None where nobody looks at it.
        entry: the photo's line for the journal of the JSON, or None.
    """

    job: Job
    encoded: bytes | None
    picture: NDArray[np.uint8] | None
    entry: tuple[str, bytes] | None


@dataclass(frozen=True, eq=False)
class Finishing:
    """How results are made, the same for all photos of a run.

    Args:
        drawing: what is drawn.
        quality: of JPEG and WebP, 1 to 100.
        journal: makes the lines for the JSON, if there is to be one.
        show: keep the drawn picture.
    """

    drawing: DrawingOptions
    quality: int = 95
    journal: CocoJournal | None = None
    show: bool = False

    def prepare(self, job: Job, photo: Photo, found: Detections) -> Result:
        """Draws and encodes; touches no file."""
        from maskseg_cli.drawing import draw
        from maskseg_cli.media.images import encode_image

        picture = draw(photo.image, found, self.drawing) if self.show or not job.done else None
        encoded = None if job.done or picture is None else encode_image(picture, photo.suffix, self.quality)
        entry = None if self.journal is None else self.journal.entry(name_in_json(job), found)
        return Result(job, encoded, picture if self.show else None, entry)


def write_result(result: Result) -> Result:
    """Writes the picture, and gives the result back without its bytes.

    Raises:
        OSError: it cannot be written; nothing half-written is left.
    """
    from maskseg_cli.media.atomic_file import write_atomic, write_stdout

    if result.encoded is not None:
        if result.job.target is None:
            write_stdout(result.encoded)
        else:
            write_atomic(result.job.target, result.encoded)
    return Result(result.job, None, result.picture, result.entry)


def read_photo(job: Job) -> Photo:
    """Reads and decodes the photo of a job.

    Raises:
        MasksegError: it cannot be read.
    """
    from maskseg_cli.media.file_type import special_file_type
    from maskseg_cli.media.header import picture_format
    from maskseg_cli.media.images import decode_image, read_image
    from maskseg_cli.media.picture_formats import SUFFIX_OF

    if job.source.path is not None:
        # Whoever names a pipe knows who writes into it; one that lies in a folder might be waited for for ever.
        kind = None if job.source.alone else special_file_type(job.source.path)
        if kind is not None:
            raise MasksegError(f"{job.source.path} is {kind}, not a file.")
        return Photo(read_image(job.source.path), job.suffix or ".png")
    data = sys.stdin.buffer.read()
    suffix = job.suffix or SUFFIX_OF[picture_format(data[:32]) or "PNG"]
    return Photo(decode_image(data, "Standard input"), suffix)


def weigh_photo(job: Job) -> int:
    """The bytes that the decoded photo will take, as far as its file tells."""
    from maskseg_cli.pipeline.read_ahead import decoded_bytes

    return 0 if job.source.path is None else decoded_bytes(job.source.path)


def name_in_json(job: Job) -> str:
    """The photo's name in the JSON: its place below the folder that the user named."""
    return job.source.relative.as_posix()
