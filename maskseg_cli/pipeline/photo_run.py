"""`PhotoRun`: photos are read ahead, go through the network in batches, and are drawn and written behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.errors import StoppedError, explain
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.job import Job
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.time_limit import TIMEOUT
from maskseg_cli.messages import describe
from maskseg_cli.pipeline.drawn_sinks import prepare_sinks
from maskseg_cli.pipeline.photos import read_photos
from maskseg_cli.pipeline.predictions import PhotoPredictions, Prediction
from maskseg_cli.pipeline.workers import THREADS, Workers
from maskseg_cli.pipeline.write_behind import WriteBehind
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, apply_transforms

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


def is_kept(job: Job, sinks: Sequence[Sink]) -> bool:
    """Whether a photo is left out because all of its outputs are there."""
    return job.done and all(sink.has(job.source.exported_name) for sink in sinks)


def skip_photo(job: Job, sinks: Sequence[Sink], summary: RunSummary) -> None:
    """Tells the sinks that a photo is left out; the summary gets its objects from the sink that knows them."""
    target = None if job.target is None else str(job.target)
    known = (sink.objects_of(job.source.exported_name) for sink in sinks)
    objects = next((found for found in known if found is not None), None)
    for sink in sinks:
        if sink is summary:
            summary.skip(job.source.name, target, objects)
        else:
            sink.skip(job.source.name, target)


@dataclass(frozen=True)
class PhotoRun:
    """Does photos; one that fails is reported, and the others are still done.

    Args:
        predictor: the network; None where all results exist already.
        sinks: in the order in which they are called for each photo.
        transforms: in the order in which they are applied.
        rendering: makes the pictures.
        batch: consecutive photos of equal size that the network takes at once.
        threaded: read and write in threads. Without, a photo is begun when the one before it is finished, and all
            sinks are called in the thread of the caller.
        endless: the number of photos is not known.
        timeout: seconds for reading one photo; 0 for no limit.
        stop: a requested stop ends the run after the photos that the network has begun.
        reporter: messages and progress.
        summary: counts the photos; one of `sinks`.
        first: number of the first photo, where the run is a part of another.
    """

    predictor: Predictor | None
    sinks: Sequence[Sink]
    summary: RunSummary
    transforms: Sequence[Transform] = ()
    rendering: Rendering = field(default_factory=Rendering)
    batch: int = 1
    threaded: bool = True
    endless: bool = False
    timeout: float = TIMEOUT
    stop: StopToken = field(default_factory=StopToken)
    reporter: Reporter = field(default_factory=Reporter)
    first: int = 0

    def process(self, jobs: Sequence[Job], alone: bool = False) -> bool:
        """Does these photos, except those whose result is to be kept.

        Args:
            alone: there is nothing else to do: an error of the photo is raised.

        Returns:
            False if a sink was closed, such as the window.

        Raises:
            StoppedError: the disk is full, or read-only.
        """
        kept = [job for job in jobs if is_kept(job, self.sinks)]
        for job in kept:
            skip_photo(job, self.sinks, self.summary)
        kept_ids = {id(job) for job in kept}
        waiting = [job for job in jobs if id(job) not in kept_ids]
        threads = THREADS if self.threaded and not alone else 0
        calls = 1 if self.predictor is None else self.predictor.workers
        callers = calls if threads and calls > 1 and len(waiting) > 1 else 0  # one call at a time needs no thread
        with (
            self.reporter.progress(len(jobs), "photo", done=len(kept)) as show_done,
            Workers(threads) as readers,
            Workers(threads) as writers,
            Workers(callers) as network,
        ):
            results: WriteBehind[Job] = WriteBehind(writers, 2 * threads or 1)
            finished = len(kept)

            def report(everything: bool = False) -> bool:
                """Reports the photos that are written; False if a sink was closed."""
                nonlocal finished
                for job, future in results.take(everything):
                    self._report(job, future, len(jobs), alone)
                    finished += 1
                    show_done(finished)
                    if any(sink.closed for sink in self.sinks):
                        return False
                return True

            predictions = PhotoPredictions(self.predictor, network, calls, self.batch, self.stop)
            ahead = max(2 * threads, self.batch) or 1
            photos = read_photos(waiting, readers, ahead, lambda: predictions.bytes_in_flight, self.timeout, self.first)
            try:
                for prediction in predictions.results(photos):
                    self._put(results, prediction)
                    if not report():
                        return False
            except StoppedError:
                raise
            except BaseException:  # what is under way gets written, and so it is reported
                report(everything=True)
                raise
            return report(everything=True)

    def _put(self, results: WriteBehind[Job], prediction: Prediction) -> None:
        """Begins to draw and write a photo. Errors pass through the same queue, so that sinks see them in order."""
        job, frame, detections = prediction.job, prediction.frame, prediction.detections
        error = prediction.error
        if error is None:
            assert frame is not None
            assert detections is not None
            try:
                detections = apply_transforms(self.transforms, frame, detections)
            except Exception as problem:
                error = problem

        def prepare() -> list[Callable[[], None]] | Exception:
            if error is not None:
                return error
            assert frame is not None
            assert detections is not None
            try:
                return prepare_sinks(self.sinks, frame, detections, self.rendering)
            except Exception as problem:
                return problem

        def write(prepared: list[Callable[[], None]] | Exception) -> tuple[Detections, tuple[str, ...]]:
            try:
                if isinstance(prepared, Exception):
                    raise prepared
                for complete in prepared:
                    complete()
            except Exception as problem:
                for sink in self.sinks:
                    sink.fail(job.source.name, explain(problem))
                raise
            assert frame is not None
            assert detections is not None
            return detections, frame.notes

        size = 0 if frame is None else 2 * frame.image.nbytes  # the photo, and the drawn picture
        results.put(job, size, prepare, write)

    def _report(self, job: Job, future: Future[Any], photos: int, alone: bool) -> None:
        try:
            detections, notes = future.result()
        except Exception as error:
            if alone:
                raise
            reason = explain(error)
            self.reporter.fail(job.source.name, error, reason)
            if is_disk_unwritable(error):
                of = "" if self.endless else f" of {photos}"
                raise StoppedError(f"Stopped after {self.summary.done}{of} photos.") from error
            return
        for note in notes:
            self.reporter.warn(f"Note: {job.source.name}: {note}")
        arrow = "" if job.target is None or job.done else f" -> {job.target}"
        self.reporter.say(f"{job.source.name}: {describe(detections.labels)}{arrow}")
