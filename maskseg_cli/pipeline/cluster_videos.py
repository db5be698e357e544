"""`spread_videos`: the videos of a plan over the workers of a Ray cluster, each video as a whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from maskseg_cli.cluster.actor_pool import ActorPool, LostTask
from maskseg_cli.cluster.connection import Cluster, connected
from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.errors import MasksegError, UsageError, explain
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.inference.model_options import ModelOptions, may_use_gpu
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.job import Job
from maskseg_cli.media.cleanups import register_cleanup, unregister_cleanup
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.leftovers import forget_cleaned, remove_leftovers
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.cluster_plan import folder_of_parts, longest_first, plan_for_workers
from maskseg_cli.pipeline.equipment import equipped
from maskseg_cli.pipeline.video_batch import VideoBatch
from maskseg_cli.pipeline.video_plan import VideoPlan
from maskseg_cli.pipeline.video_run import VideoSummary
from maskseg_cli.pipeline.video_worker import Failure, Network, VideoResult, VideoWorker, WorkerTask
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform
from maskseg_cli.video.opening import shown_name

#: Seconds between two looks at the user's stop; seconds that workers have to end their videos after it.
_TICK, _PATIENCE = 0.2, 60.0


def spread_videos(
    batch: VideoBatch,
    plan: VideoPlan,
    options: RayOptions,
    open_lines: Callable[[], JsonLines] | None,
    transforms: Sequence[Transform],
    reporter: Reporter,
    stop: StopToken,
    locks: FileLocks,
) -> None:
    """Does the videos of a plan on a cluster; messages, summary and files of the whole run are in the plan's order.

    Args:
        batch: reports each video.
        options: which cluster.
        open_lines: opens the JSON lines of the run; None: there are none.
        transforms: the user's own, which are sent to the workers.

    Raises:
        MasksegError, KeyboardInterrupt: as `VideoBatch.run`.
    """
    network = cast(ModelOptions, plan.network)
    with connected(options, may_use_gpu(network), data=False) as cluster:
        stop.raise_if_requested()
        videos = _ClusterVideos(batch, plan, cluster, transforms, reporter, stop, locks)
        try:
            videos.run(open_lines)
        finally:
            videos.close()


class _ClusterVideos:
    """The workers, and what comes from them."""

    def __init__(
        self,
        batch: VideoBatch,
        plan: VideoPlan,
        cluster: Cluster,
        transforms: Sequence[Transform],
        reporter: Reporter,
        stop: StopToken,
        locks: FileLocks,
    ) -> None:
        import ray

        self._batch, self._plan, self._transforms = batch, plan, transforms
        self._reporter, self._stop, self._locks = reporter, stop, locks
        self._numbers = [number for number, job in enumerate(plan.jobs) if not job.done]
        self._number_of = {plan.jobs[number]: number for number in self._numbers}
        self._folder = folder_of_parts(plan)
        register_cleanup(self._remove_folder)
        self._sinks: list[Sink] = []
        self._said: set[str] = set()
        self._frames: dict[int, int] = {}  # frames of the videos that are done
        self._show_done: Callable[[int], None] = lambda frames: None
        self._lost_in: set[Path] = set()
        self._cluster, self._ray = cluster, ray
        self._pool: ActorPool | None = None

    def run(self, open_lines: Callable[[], JsonLines] | None) -> None:
        """Does the videos."""
        plan = self._plan
        with contextlib.ExitStack() as stack:
            pool = self._pool = self._start(open_lines is not None)
            order, total = longest_first(plan, self._stop)
            network = self._wait_for_network(pool)
            for is_warning, sentence in network.messages:
                (self._reporter.warn if is_warning else self._reporter.say)(sentence)
            parts = stack.enter_context(
                equipped(
                    plan.features,
                    "video",
                    cast(Predictor, network),
                    plan.drawing,
                    output=plan.output,
                    overwrite=plan.overwrite,
                    skip_existing=plan.skip_existing,
                    reporter=self._reporter,
                )
            )
            lines = None if open_lines is None else open_lines()
            self._sinks = [*([] if lines is None else [lines]), *parts.sinks]
            pool.give(order)
            label = counted(len(order), "video") if len(order) > 1 else plan.jobs[order[0]].source.exported_name
            self._show_done = stack.enter_context(self._reporter.progress(total, "frame", label))
            self._batch.run_each(self._prepare, network.class_names, lines, parts.sinks, self._end)

    def close(self) -> None:
        """Ends the workers, and removes what those have left that were lost."""
        if self._pool is not None:
            self._pool.close()
        self._remove_folder()
        unregister_cleanup(self._remove_folder)
        forget_cleaned()
        for folder in self._lost_in:
            remove_leftovers(folder)

    def result_of(self, number: int) -> VideoResult | LostTask | None:
        """What became of a video; None where it was not begun because of a stop."""
        assert self._pool is not None
        pool = self._pool
        while number not in pool.results and not self._stop.requested:
            self._step(pool)
        if self._stop.requested:
            pool.stop(_PATIENCE)
        return pool.results.pop(number, None)

    def join(self, number: int, result: VideoResult) -> None:
        """Says what was said, and adds to the files of the whole run."""
        self._frames[number] = result.summary.frames
        for is_warning, sentence in result.messages:
            if sentence not in self._said:  # a sink says it once a run
                self._said.add(sentence)
                (self._reporter.warn if is_warning else self._reporter.say)(sentence)
        try:
            for sink, part in zip(self._sinks, result.parts, strict=False):  # no parts where it could not begin
                if part is not None:
                    sink.join(part)
        except BrokenPipeError as error:
            raise MasksegError(explain(error)) from error
        finally:
            shutil.rmtree(result.folder, ignore_errors=True)

    def stop_soon(self) -> None:
        """Ends the videos that are being done."""
        if self._pool is not None:
            self._pool.stop(_PATIENCE)

    def _start(self, lines: bool) -> ActorPool:
        ray, plan = self._ray, self._plan
        task = WorkerTask(
            plan_for_workers(plan),
            tuple(self._transforms),
            self._cluster.threads,
            os.getcwd(),
            self._folder,
            lines,
        )
        try:
            arguments = ray.put(task)
        except Exception as error:
            raise UsageError(f"The transforms cannot be sent to other processes: {error}") from error
        actor = ray.remote(VideoWorker).options(
            num_cpus=self._cluster.cpus, num_gpus=self._cluster.gpus, max_concurrency=2, scheduling_strategy="SPREAD"
        )
        size = min(self._cluster.workers, len(self._numbers))
        pool = ActorPool(
            ray,
            lambda: actor.remote(arguments),
            size,
            lambda loaded: isinstance(loaded, Network),
            self._begin,
            self._lost,
        )
        pool.step(0)
        return pool

    def _wait_for_network(self, pool: ActorPool) -> Network:
        while pool.loaded is None:
            self._stop.raise_if_requested()
            self._step(pool)
        return cast(Network, pool.loaded)

    def _step(self, pool: ActorPool) -> None:
        try:
            pool.step(_TICK)
        except LostTask as error:
            raise MasksegError(str(error)) from error
        if not pool.size and pool.refused:
            raise cast(Failure, pool.refused[0]).error()
        self._show_done(sum(self._frames.values()) + sum(pool.numbers.values()) + self._waiting_frames(pool))

    @staticmethod
    def _waiting_frames(pool: ActorPool) -> int:
        return sum(one.summary.frames for one in pool.results.values() if isinstance(one, VideoResult))

    def _prepare(self, job: Job) -> _RemoteRun:
        return _RemoteRun(self, self._number_of[job], job, self._stop)

    def _end(self) -> None:
        """Reports the videos that are further down the list than the one at which the run has ended early."""
        if self._pool is None:
            return
        self._pool.stop(_PATIENCE)
        for number in sorted(self._pool.results):
            job = self._plan.jobs[number]
            with contextlib.suppress(KeyboardInterrupt, MasksegError):
                self._batch.do(job, self._prepare(job))

    def _begin(self, number: int) -> None:
        """Locks the result of a video."""
        target = self._plan.jobs[number].target
        assert target is not None
        try:
            self._locks.take(target)
        except MasksegError as error:
            raise LostTask(str(error)) from error

    def _lost(self, number: int) -> None:
        job = self._plan.jobs[number]
        assert job.target is not None
        self._lost_in.add(job.target.parent)
        self._reporter.warn(
            f"Note: {shown_name(job.source.name)} is done again, because the process that did it has ended."
        )

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass
class _RemoteRun:
    """The run over one video in a process of the cluster, as `VideoBatch` wants it."""

    videos: _ClusterVideos
    number: int
    job: Job
    stop: StopToken
    summary: VideoSummary = field(default_factory=VideoSummary, init=False)

    def run(self) -> VideoSummary:
        """Waits for the video; see `VideoRun.run`."""
        self.summary.name = shown_name(self.job.source.name)
        try:
            result = self.videos.result_of(self.number)
        except KeyboardInterrupt:  # where no signal handler takes it
            self.videos.stop_soon()
            result = self.videos.result_of(self.number)
            if isinstance(result, VideoResult):
                self._take(result)
            raise
        if isinstance(result, LostTask):
            raise MasksegError(str(result))
        if result is not None:
            self._take(result)
        self.stop.raise_if_requested()
        return self.summary

    def _take(self, result: VideoResult) -> None:
        self.summary = result.summary
        self.videos.join(self.number, result)
        if result.failure is not None:
            raise result.failure.error()
