"""`watch`: does the photos of folders as they arrive, for `maskseg image --watch`."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Job, Source
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.outputs import check_writable, plan_outputs, refuse_existing
from maskseg_cli.media.picture_formats import FORMAT_OF
from maskseg_cli.media.readable_photos import readable_photos
from maskseg_cli.media.same_file import name_key, name_keys
from maskseg_cli.media.watch import FolderWatch

if TYPE_CHECKING:
    from maskseg_cli.pipeline.photo_run import PhotoRun

#: Seconds between two scans of the folders; longer where a scan itself takes long.
_INTERVAL = 0.5
_SHARE_OF_SCANNING = 0.1


@dataclass
class WatchedPhotos:
    """Which photos are watched, and where the result of each goes.

    Raises:
        UsageError: standard input or output, one file instead of a folder, or results among the photos.
        MasksegError: the output folder cannot be written.
    """

    arguments: Sequence[str]
    output: str | None = None
    recursive: bool = False
    format_name: str | None = None
    overwrite: bool = False
    skip_existing: bool = False
    _made: dict[str, str] = field(default_factory=dict)
    _inputs: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        files = [argument for argument in self.arguments if argument == "-" or Path(argument).is_file()]
        if files:
            raise UsageError(f"--watch waits for photos in folders; {files[0]} is none.")
        if self.output is None:
            return
        folder = Path(self.output)
        if self.output == "-" or folder.is_file() or (not folder.is_dir() and folder.suffix.lower() in FORMAT_OF):
            raise UsageError(f"--watch writes into a folder, which {self.output} is not.")
        for argument in self.arguments:
            if folder.is_dir() and Path(argument).is_dir() and folder.samefile(argument):
                raise UsageError(f"--watch would take its results in {argument} for new photos: name another folder.")
        check_writable(folder)

    def find(self) -> list[Source]:
        """The photos in the folders, without the results of this run."""
        avoid = None if self.output is None else Path(self.output)
        found_here = find_sources(self.arguments, self.recursive, avoid, may_be_empty=True)
        sources = readable_photos(found_here, may_be_empty=True)
        keys = name_keys(Path(source.name) for source in sources)
        found = [(source, key) for source, key in zip(sources, keys, strict=True) if key not in self._made]
        self._inputs = {key for _, key in found}
        return [source for source, _ in found]

    def job(self, source: Source) -> Job:
        """Where the result of a photo goes. An earlier result of this run for the same photo is replaced.

        Raises:
            MasksegError: another file exists there.
        """
        [job] = plan_outputs([source], self.output, self.format_name, overwrite=True)
        assert job.target is not None
        name = name_key(job.target)
        maker = self._made.get(name)
        if name in self._inputs:
            raise UsageError(f"The output {job.target} is an input; inputs are never overwritten.")
        if maker is None and os.path.lexists(job.target):
            if self.skip_existing:
                return replace(job, done=True)
            if not self.overwrite:
                refuse_existing([job.target])
        if maker not in (None, source.name):
            raise UsageError(f"{maker} and {source.name} would both be written to {job.target}.")
        self._made[name] = source.name
        return job


def watch(run: PhotoRun, photos: WatchedPhotos) -> None:
    """Does the photos in the folders, then each that arrives, until a stop is requested or the window is closed.

    Raises:
        MasksegError: nothing more can be written.
    """
    arrivals = FolderWatch(photos.find)
    announced = False
    problem = ""
    while not run.stop.requested:
        before = time.monotonic()
        sources: list[Source] = []
        try:
            sources = arrivals.arrived()
            problem = ""
        except MasksegError as error:  # such as a drive that is disconnected for a while
            if str(error) != problem:
                problem = str(error)
                run.reporter.warn(f"Error: {problem}")
        jobs = [job for job in (_planned(run, photos, source) for source in sources) if job is not None]
        if jobs and not run.process(jobs):
            return
        if not announced and not run.stop.requested:
            announced = True
            run.reporter.say(f"Watching {', '.join(photos.arguments)}: Ctrl-C ends.")
        if not sources:
            run.stop.wait(max(_INTERVAL, (time.monotonic() - before) / _SHARE_OF_SCANNING))


def _planned(run: PhotoRun, photos: WatchedPhotos, source: Source) -> Job | None:
    try:
        return photos.job(source)
    except MasksegError as error:
        for sink in run.sinks:
            sink.fail(source.name, str(error))
        run.reporter.warn(f"Error: {error}")
        return None
