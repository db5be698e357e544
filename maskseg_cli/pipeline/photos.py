"""Reading the photos of jobs as `Frame`s."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace

from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.header import picture_format
from maskseg_cli.media.heif import heif_format
from maskseg_cli.media.images import decode_photo, load_photo
from maskseg_cli.media.picture_formats import HEIF_RESULT, SUFFIX_OF
from maskseg_cli.media.time_limit import TIMEOUT, within
from maskseg_cli.pipeline.read_ahead import decoded_bytes, read_ahead
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.standard_streams import binary_stdin


def read_photos(
    jobs: Sequence[Job],
    workers: Workers,
    ahead: int,
    bytes_in_flight: Callable[[], int],
    timeout: float = TIMEOUT,
    first: int = 0,
) -> Iterator[tuple[Job, Future[Frame]]]:
    """Reads the photos of jobs in threads before they are asked for; see `read_ahead`.

    Args:
        first: number of the first photo in the run.

    Yields:
        each job and the future of its frame, in order.
    """
    items = read_ahead(
        enumerate(jobs, first),
        lambda item: read_photo(item[1], item[0], timeout),
        lambda item: estimate_bytes(item[1]),
        workers,
        ahead,
        bytes_in_flight=bytes_in_flight,
    )
    for (_, job), future in items:
        yield job, future
        del future  # and with it the photo


def read_photo(job: Job, index: int = 0, timeout: float = TIMEOUT) -> Frame:
    """Reads and decodes the photo of a job.

    Args:
        index: number of the photo in the run.
        timeout: seconds for it; 0 for no limit.

    Returns:
        a frame whose `job` has a suffix, also where only the content of the photo gives its format.

    Raises:
        MasksegError: it cannot be read.
    """
    if job.source.path is not None:
        # A named pipe that the user names has a writer; one in a folder may have none and would block for ever.
        kind = None if job.source.alone else special_file_type(job.source.path)
        if kind is not None:
            raise MasksegError(f"{job.source.path} is {kind}, not a file.")
        photo, suffix = load_photo(job.source.path, timeout), job.suffix or ".png"
    else:
        data = binary_stdin().read()
        suffix = (
            job.suffix or SUFFIX_OF[picture_format(data[:32]) or "PNG"]
            if heif_format(data[:64]) is None
            else HEIF_RESULT
        )
        name = "Standard input"
        photo = within(timeout, lambda: decode_photo(data, name), name)
    return Frame(
        photo.image,
        index,
        source=job.source.exported_name,
        job=replace(job, suffix=suffix),
        notes=photo.notes,
        metadata=photo.metadata,
    )


def estimate_bytes(job: Job) -> int:
    """Bytes that the decoded photo will take, as far as its header says."""
    return 0 if job.source.path is None else decoded_bytes(job.source.path)
