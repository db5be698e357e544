"""`JobSpool`: a list of photos that waits on the disk, however long it is."""

from __future__ import annotations

import marshal
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import TypeAlias, cast

from maskseg_cli.job import Job, Source
from maskseg_cli.media.storage import StoragePath, is_storage

#: Photos that are packed together.
_TOGETHER = 1000


class JobSpool:
    """Photos with their results in order; each loop over it reads them again. Memory does not grow with their number.

    Attributes:
        undone: how many of them have no result yet.

    Example:
        >>> spool = JobSpool()
        >>> spool.add([Job(Source(Path("a/1.jpg"), PurePath("1.jpg"), alone=False), Path("out/1.jpg"), ".jpg")])
        >>> len(spool), [job.target.as_posix() for job in spool]
        (1, ['out/1.jpg'])
    """

    def __init__(self) -> None:
        self.undone = 0
        self._count = 0
        self._file = tempfile.TemporaryFile(prefix="maskseg-list-")  # noqa: SIM115  ends with the spool

    def __len__(self) -> int:
        return self._count

    def add(self, jobs: Sequence[Job]) -> None:
        """Adds photos of folders.

        Raises:
            OSError: the disk is full.
        """
        for begin in range(0, len(jobs), _TOGETHER):
            part = jobs[begin : begin + _TOGETHER]
            packed = zlib.compress(marshal.dumps([job_row(job) for job in part]), 1)
            self._file.write(len(packed).to_bytes(4, "big") + packed)
            self._count += len(part)
            self.undone += sum(not job.done for job in part)

    def __iter__(self) -> Iterator[Job]:
        self._file.flush()
        at = 0
        while True:
            self._file.seek(at)
            size = int.from_bytes(self._file.read(4), "big")
            if not size:
                self._file.seek(0, 2)
                return
            rows = marshal.loads(zlib.decompress(self._file.read(size)))
            at += 4 + size
            yield from (job_of(*row) for row in rows)


def has_undone(jobs: Sequence[Job] | JobSpool) -> bool:
    """Whether a photo has no result yet."""
    return bool(jobs.undone) if isinstance(jobs, JobSpool) else not all(job.done for job in jobs)


JobRow: TypeAlias = tuple[str, str, "str | None", "str | None", bool, bool]


def job_row(job: Job) -> JobRow:
    """A job with a file as its source, as plain values."""
    target = None if job.target is None else str(job.target)
    return str(job.source.path), str(job.source.relative), target, job.suffix, job.done, job.source.alone


def _path(text: str) -> Path:
    return cast(Path, StoragePath(text)) if is_storage(text) else Path(text)


def job_of(
    path: str, relative: str, target: str | None, suffix: str | None, done: bool = False, alone: bool = False
) -> Job:
    """The inverse of `job_row`."""
    source = Source(_path(path), PurePath(relative), alone)
    return Job(source, None if target is None else _path(target), suffix, done)
