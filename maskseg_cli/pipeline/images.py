"""One pass over photos: read ahead, segmented in batches, drawn and written behind, reported in order."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.outputs import Job
from maskseg_cli.pipeline.photos import Finishing, Photo, Result, name_in_json, read_photo, weigh_photo, write_result
from maskseg_cli.pipeline.predictions import Answer, NetworkCalls
from maskseg_cli.pipeline.read_ahead import read_ahead
from maskseg_cli.pipeline.workers import THREADS, Workers
from maskseg_cli.pipeline.write_behind import WriteBehind

if TYPE_CHECKING:
    from maskseg_cli.export.coco_journal import CocoJournal
    from maskseg_cli.inference.model_options import Segmenter
    from maskseg_cli.media.window import Window


class StoppedError(MasksegError):
    """The disk is full, or read-only; the message says how far the run came."""


@dataclass
class Run:
    """Does photos; one that fails is named, and the others are still done.

    Args:
        segmenter: the network; None where all results are there already.
        batch: neighbours of equal size that the network takes at once.
        threaded: read and write in threads. Without, a photo is begun when the one before it is finished, and an
            error of reading comes before anything else is done.
        stop_requested: asked often; True ends the run after what the network has already seen.
        endless: nobody knows how many photos there will be.
        window: shows each result.
        journal: takes what was found, for the JSON.
    """

    segmenter: Segmenter | None = None
    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    quality: int = 95
    batch: int = 1
    threaded: bool = True
    quiet: bool = False
    debug: bool = False
    stop_requested: Callable[[], bool] = lambda: False
    endless: bool = False
    window: Window | None = None
    journal: CocoJournal | None = None
    summary: RunSummary = field(default_factory=RunSummary)

    def process(self, jobs: Sequence[Job], alone: bool = False) -> bool:
        """Does these photos, those that are done already left out.

        Args:
            alone: there is nothing else to do: an error of the photo is raised.

        Returns:
            False if the user has seen enough: q in the window.

        Raises:
            StoppedError: the disk is full, or read-only.
        """
        kept = [job for job in jobs if job.done and (self.journal is None or name_in_json(job) in self.journal)]
        for job in kept:
            self.summary.add_kept(job.source.name, str(job.target))
        there = {id(job) for job in kept}
        waiting = [job for job in jobs if id(job) not in there]
        threads = THREADS if self.threaded and not alone else 0
        calls = 1 if self.segmenter is None else self.segmenter.workers
        callers = calls if threads and calls > 1 and len(waiting) > 1 else 0  # one at a time needs no thread
        with (
            self._progress(len(jobs), len(kept)) as tick,
            Workers(threads) as readers,
            Workers(threads) as writers,
            Workers(callers) as network,
        ):
            results: WriteBehind[tuple[Job, Answer]] = WriteBehind(writers, 2 * threads or 1)

            def report(everything: bool = False) -> bool:
                for (job, answer), future in results.take(everything):
                    try:
                        go_on = self._finish(job, answer, future)
                    except Exception as error:
                        if alone:
                            self.summary.add_failed(job.source.name, explain(error))
                            raise
                        self._fail(job, error, len(jobs))
                        go_on = True
                    tick()
                    if not go_on:
                        return False
                return True

            asked = NetworkCalls(self.segmenter, network, calls, self.batch, self.stop_requested)
            ahead = max(2 * threads, self.batch) or 1
            photos = read_ahead(waiting, read_photo, weigh_photo, readers, ahead, held=lambda: asked.held)
            try:
                for group in asked.answers(photos):
                    for job, photo, answer in group:
                        self._put(results, job, photo, answer)
                    if not report():
                        return False
            except StoppedError:
                raise
            except BaseException:  # what is under way is whole on the disk, and so it is told of
                report(everything=True)
                raise
            return report(everything=True)

    def _put(self, results: WriteBehind[tuple[Job, Answer]], job: Job, photo: Photo | None, answer: Answer) -> None:
        finishing = Finishing(self.drawing, self.quality, self.journal, self.window is not None)

        def prepare() -> Result:
            if answer.error is not None:  # passes through the queue, so that messages come in the photos' order
                raise answer.error
            assert photo is not None
            assert answer.found is not None
            return finishing.prepare(job, photo, answer.found)

        weight = 0 if photo is None else 2 * photo.image.nbytes  # the photo, and the drawn picture
        results.put((job, answer), weight, prepare, write_result)

    def _finish(self, job: Job, answer: Answer, future: Future[Any]) -> bool:
        """Tells of a photo that is done; False if the user has seen enough."""
        from maskseg_cli.export.messages import describe

        result: Result = future.result()
        if self.journal is not None and result.entry is not None:
            self.journal.append(result.entry)
        assert answer.found is not None
        target = None if job.target is None or job.done else str(job.target)
        self.summary.add_done(job.source.name, target, answer.found.names, answer.seconds)
        if not self.quiet:
            arrow = f" -> {target}" if target else ""
            say(f"{job.source.name}: {describe(answer.found)}{arrow}")
        return self.window is None or result.picture is None or self.window.show(result.picture)

    def _fail(self, job: Job, error: Exception, photos: int) -> None:
        reason = explain(error)
        self.summary.add_failed(job.source.name, reason)
        if self.debug:
            say("".join(traceback.format_exception(error)).rstrip())
        say(f"Error: {reason if job.source.name in reason else f'{job.source.name}: {reason}'}")
        if is_disk_unwritable(error):
            of = "" if self.endless else f" of {photos}"
            raise StoppedError(f"Stopped after {self.summary.done}{of} photos.") from error

    @contextmanager
    def _progress(self, photos: int, kept: int) -> Iterator[Callable[[], object]]:
        from tqdm import tqdm

        hidden = self.quiet or photos == 1 or not sys.stderr.isatty()
        with tqdm(total=photos, initial=kept, unit="photo", file=sys.stderr, disable=hidden, dynamic_ncols=True) as bar:
            yield bar.update


def say(line: str) -> None:
    """Writes a line to standard error without breaking the bar."""
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)
