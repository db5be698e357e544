"""`ClusterRun`: a run over photos whose work is done by processes on a Ray cluster; the leader joins what they give."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from maskseg_cli.cluster.block_map import map_blocks
from maskseg_cli.cluster.block_worker import BlockResult, Work
from maskseg_cli.cluster.connection import Cluster, connected
from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.errors import MasksegError, StoppedError, UsageError, explain
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.inference.model_options import may_use_gpu
from maskseg_cli.job import Job
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.storage import StoragePath
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.job_spool import JobSpool
from maskseg_cli.pipeline.photo_records import PhotoItem, PhotoRecord
from maskseg_cli.pipeline.photo_run import is_kept, skip_photo
from maskseg_cli.pipeline.photo_worker import PhotoSettings, PhotoWork, is_whole_run
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform

#: Blocks for each worker, where the photos are few.
_SHARES = 8


@dataclass
class ClusterRun:
    """Does what `PhotoRun` does, on a cluster: results, messages and files come in the same order.

    Args:
        options: which cluster.
        settings: sent to the workers.
        sinks: of the leader; those with `on_cluster` "workers" are called for names and for what exists only.
        summary: counts the photos; one of `sinks`.
        transforms: of the leader; those with `whole_run` are called.
        stop, reporter: as for `PhotoRun`.
        work: what the workers do.
        most: photos of a block at most, which is what a lost worker costs.
    """

    options: RayOptions
    settings: PhotoSettings
    sinks: Sequence[Sink]
    summary: RunSummary
    transforms: Sequence[Transform]
    stop: StopToken
    reporter: Reporter
    work: Callable[..., Work] = PhotoWork
    most: int = 128

    def process(self, jobs: Sequence[Job] | JobSpool, alone: bool = False) -> bool:
        """Does these photos, except those whose result is to be kept.

        Args:
            alone: of no meaning here; see `PhotoRun`.

        Raises:
            StoppedError: the disk is full, or read-only.
            MasksegError: the cluster cannot do the work.
        """
        self._check_sinks(next(iter(jobs), None))
        kept = 0
        none_done = isinstance(jobs, JobSpool) and jobs.undone == len(jobs)
        for job in () if none_done else jobs:
            if is_kept(job, self.sinks):
                skip_photo(job, self.sinks, self.summary)
                kept += 1
        waiting = len(jobs) - kept
        with self.reporter.progress(len(jobs), "photo", done=kept) as show_done:
            if waiting:
                self._do(jobs, waiting, lambda done: show_done(kept + done))
        return True

    def _check_sinks(self, first: Job | None) -> None:
        on_storage = first is not None and any(isinstance(p, StoragePath) for p in (first.source.path, first.target))
        others = [type(sink).__name__ for sink in self.sinks if sink.on_cluster == "workers"][1:]
        if on_storage and others:
            raise UsageError(f"{others[0]} writes a file for each photo, which a storage does not get: leave it out.")
        for sink in self.sinks:
            if sink.on_cluster is None:
                raise MasksegError(f"{type(sink).__name__} needs all photos in one process: leave out --ray.")

    def _do(self, jobs: Iterable[Job], waiting: int, show_done: Callable[[int], None]) -> None:
        network = self.settings.network
        with connected(self.options, may_use_gpu(network)) as cluster:
            if self.stop.requested:
                return
            blocks = self._blocks(jobs, block_size(waiting, cluster.workers, self.settings.batch, self.most))
            arguments = {"settings": self.settings, "threads": cluster.threads}
            photos = _Photos(self, waiting)
            for result in map_blocks(cluster, blocks, self.work, arguments, self.stop):
                photos.take(result, cluster)
                show_done(photos.taken)
        if photos.taken < waiting and not self.stop.requested:
            raise MasksegError(f"{counted(waiting - photos.taken, 'photo')} came back from no worker.")

    def _blocks(self, jobs: Iterable[Job], size: int) -> Iterator[list[PhotoItem]]:
        """The photos that are to be done, in blocks."""
        waiting = (job for job in jobs if not is_kept(job, self.sinks))
        written = [sink for sink in self.sinks if sink.on_cluster == "workers"]
        numbered = enumerate(waiting)
        while block := list(itertools.islice(numbered, size)):
            items = []
            for index, job in block:
                names = {number: sink.reserve(job.source.exported_name) for number, sink in enumerate(written)}
                items.append(PhotoItem(index, job, {number: name for number, name in names.items() if name}))
            yield items


class _Photos:
    """Takes the records of blocks, in order, and gives them to the sinks of the leader.

    Attributes:
        taken: photos so far.
    """

    def __init__(self, run: ClusterRun, waiting: int) -> None:
        self.taken = 0
        self._run, self._waiting = run, waiting
        self._leaders = [sink for sink in run.sinks if sink.on_cluster == "leader"]
        self._transforms = [one for one in run.transforms if is_whole_run(one)]
        self._said: set[str] = set()
        self._seen_result = False

    def take(self, result: BlockResult, cluster: Cluster) -> None:
        records: list[PhotoRecord] = result.results
        if result.attempts > 1 and records:
            first, last = records[0].item.job.source.name, records[-1].item.job.source.name
            lost = counted(result.attempts - 1, "worker")
            which = first if first == last else f"the {len(records)} photos from {first} to {last}"
            self._run.reporter.warn(f"Note: {lost} ended while doing {which}, which were done again on {result.node}.")
        for record in records:
            self._take_one(record, result.node)
            self.taken += 1

    def _take_one(self, record: PhotoRecord, node: str) -> None:
        run, name = self._run, record.item.job.source.name
        for sentence in record.said:
            if sentence not in self._said:
                self._said.add(sentence)
                run.reporter.warn(sentence) if sentence.startswith("Note: ") else run.reporter.say(sentence)
        if record.reason is not None:
            self._fail(name, MasksegError(record.reason), record.reason, record.ends_run)
            return
        self._check_shared(record, node)
        frame = record.frame()
        try:
            for transform, detections in zip(self._transforms, record.tapped, strict=True):
                transform(frame, detections)
            for sink, condensed in zip(self._leaders, record.condensed, strict=True):
                sink.add_condensed(frame, condensed)
        except Exception as error:
            self._fail(name, error, explain(error), is_disk_unwritable(error))
            return
        for note in record.notes:
            run.reporter.warn(f"Note: {name}: {note}")
        target = record.item.job.target
        arrow = "" if target is None or record.item.job.done else f" -> {target}"
        run.reporter.say(f"{name}: {record.words}{arrow}")

    def _fail(self, name: str, error: Exception, reason: str, ends_run: bool) -> None:
        for sink in self._run.sinks:
            sink.fail(name, reason)
        self._run.reporter.fail(name, error, reason)
        if ends_run:
            raise StoppedError(f"Stopped after {self._run.summary.done} of {self._waiting} photos.") from error

    def _check_shared(self, record: PhotoRecord, node: str) -> None:
        """Checks of the first result that this machine sees what a worker has written."""
        target = record.item.job.target
        if self._seen_result or target is None or isinstance(target, StoragePath):
            return
        self._seen_result = True
        if not os.path.exists(target):
            raise MasksegError(
                f"{node} has written {target}, but it is not here: the output must be in a folder that all machines of "
                "the cluster share."
            )


def block_size(photos: int, workers: int, batch: int = 1, most: int = 128) -> int:
    """Photos of a block: some blocks for each worker, whole batches, and not more than `most`.

    Example:
        >>> block_size(300, 2), block_size(10_000_000, 100), block_size(3, 8), block_size(100, 2, batch=4)
        (19, 128, 1, 8)
    """
    size = min(most, -(-photos // (_SHARES * workers)))
    return -(-size // batch) * batch
