"""`maskseg image --watch`: goes on with photos as they arrive."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.input_files import Source, find_sources
from maskseg_cli.media.outputs import Job, check_writable, plan_outputs, refuse_existing
from maskseg_cli.media.picture_formats import FORMAT_OF
from maskseg_cli.media.watch import FolderWatch
from maskseg_cli.pipeline.images import Run, say

#: Seconds between two looks at the folders; longer where a look itself takes long.
_INTERVAL = 0.5
_SHARE_OF_LOOKING = 0.1

#: Seconds after which the wait between looks asks whether the user wants to stop.
_GLANCE = 0.1


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
        """The photos that are there now, our own results left out."""
        avoid = None if self.output is None else Path(self.output)
        sources = find_sources(self.arguments, self.recursive, avoid, may_be_empty=True)
        sources = [source for source in sources if os.path.abspath(source.name) not in self._made]
        self._inputs = {os.path.abspath(source.name) for source in sources}
        return sources

    def job(self, source: Source) -> Job:
        """Where the result of a photo goes. What this run made of the same photo before is replaced.

        Raises:
            MasksegError: something else stands there.
        """
        [job] = plan_outputs([source], self.output, self.format_name, overwrite=True)
        assert job.target is not None
        name = os.path.abspath(job.target)
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


def watch(run: Run, photos: WatchedPhotos, stop_requested: Callable[[], bool]) -> None:
    """Does the photos that are there, then each that arrives, until the user stops it, also in the window.

    Raises:
        MasksegError: nothing more can be written.
    """
    arrivals = FolderWatch(photos.find)
    told = problem = ""
    while not stop_requested():
        before = time.monotonic()
        sources: list[Source] = []
        try:
            sources = arrivals.arrived()
            problem = ""
        except MasksegError as error:  # a drive that is away for a while
            if str(error) != problem:
                problem = str(error)
                say(f"Error: {problem}")
        jobs = [job for job in (_planned(run, photos, source) for source in sources) if job is not None]
        if jobs and not run.process(jobs):
            return
        if not told and not run.quiet and not stop_requested():
            told = f"Watching {', '.join(photos.arguments)}: Ctrl-C ends."
            say(told)
        if not sources:
            _rest(max(_INTERVAL, (time.monotonic() - before) / _SHARE_OF_LOOKING), stop_requested)


def _planned(run: Run, photos: WatchedPhotos, source: Source) -> Job | None:
    try:
        return photos.job(source)
    except MasksegError as error:
        run.summary.add_failed(source.name, str(error))
        say(f"Error: {error}")
        return None


def _rest(seconds: float, stop_requested: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop_requested():
        time.sleep(min(left, _GLANCE))
