"""`VideoWorker`: does whole videos of a run in a process of a cluster."""

from __future__ import annotations

import contextlib
import os
import socket
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError, explain
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.leftovers import forget_cleaned
from maskseg_cli.pipeline.equipment import equipped
from maskseg_cli.pipeline.video_batch import planned_run
from maskseg_cli.pipeline.video_plan import VideoPlan
from maskseg_cli.pipeline.video_run import VideoSummary
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform
from maskseg_cli.video.writer import DiskFull


@dataclass
class Network:
    """What the run has to know of the network that its workers have loaded; has `Predictor`'s attributes of a name.

    Attributes:
        class_names: background first.
        config, class_ids, max_detections, name: as those of `Predictor`.
        messages: what was said while it was loaded, each with whether it is a warning.
    """

    class_names: tuple[str, ...]
    config: MaskRCNNConfig
    class_ids: Any = None
    max_detections: int | None = None
    name: str = ""
    messages: list[tuple[bool, str]] = field(default_factory=list)

    def set_options(self, **options: Any) -> None:
        """As `Predictor.set_options`, for what is asked of `config` alone."""
        self.config = self.config.replace(**options)


class _ElsewhereError(Exception):
    """Its message is the traceback of an error in another process."""


@dataclass
class Failure:
    """An error in another process.

    Attributes:
        reason: as a sentence.
        wrong_use: it is a `UsageError`.
        full: nothing more can be written to the disk.
        trace: the traceback.
    """

    reason: str
    wrong_use: bool = False
    full: bool = False
    trace: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Describes an error."""
        cause = error.__cause__
        full = isinstance(cause, DiskFull) or is_disk_unwritable(cause)
        return cls(explain(error), isinstance(error, UsageError), full, "".join(traceback.format_exception(error)))

    def error(self) -> MasksegError:
        """An error with the same message; its cause has the traceback."""
        error = (UsageError if self.wrong_use else MasksegError)(self.reason)
        error.__cause__ = (DiskFull if self.full else _ElsewhereError)(f"in another process:\n{self.trace}")
        return error


@dataclass
class VideoResult:
    """What became of one video.

    Attributes:
        summary: as that of `VideoRun`.
        failure: why it is not done, or None.
        messages: what was said meanwhile, each with whether it is a warning.
        parts: for `Sink.join`, in the order of the run's sinks, the JSON lines first.
        folder: of the files that belong to `parts`.
    """

    summary: VideoSummary
    failure: Failure | None = None
    messages: list[tuple[bool, str]] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    folder: Path = Path()


class Messages(Reporter):
    """Keeps what is said, for the process that shows it, and counts frames.

    Attributes:
        sentences: each with whether it is a warning.
        frames: of the video that are done.
    """

    def __init__(self) -> None:
        self.sentences: list[tuple[bool, str]] = []
        self.frames = 0

    def say(self, sentence: str) -> None:
        self.sentences.append((False, sentence))

    def warn(self, sentence: str) -> None:
        self.sentences.append((True, sentence))

    @contextlib.contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        def show_done(number: int) -> None:
            self.frames = number

        yield show_done


@dataclass(frozen=True)
class WorkerTask:
    """What a worker has to know of the run.

    Attributes:
        plan: of the whole run.
        transforms: the user's own.
        threads: of the engine, where the user has not said how many.
        folder: in which the run was started; names of files count from there.
        parts: below this folder each video has one for its part of the files of the whole run.
        lines: whether JSON lines are written.
    """

    plan: VideoPlan
    transforms: Sequence[Transform]
    threads: int
    folder: str
    parts: Path
    lines: bool


class VideoWorker:
    """Loads the network once, and does videos with it as a run in one process does."""

    def __init__(self, task: WorkerTask) -> None:
        plan, network = task.plan, task.plan.network
        if isinstance(network, ModelOptions) and network.threads is None:
            plan = replace(plan, network=replace(network, threads=task.threads))
        self._plan, self._task = plan, task
        self._stop, self._messages = StopToken(), Messages()
        self._predictor: Predictor | None = None

    def load(self) -> Network | Failure:
        """Loads the network."""
        messages = Messages()
        with contextlib.suppress(OSError, AttributeError):  # a Ctrl-C at the terminal is the run's own affair
            os.setpgid(0, 0)
        try:
            _enter(self._task.folder)
            one = self._predictor = self._plan.load(messages)
        except Exception as error:
            return Failure.of(error)
        return Network(one.class_names, one.config, one.class_ids, one.max_detections, one.name, messages.sentences)

    def progress(self) -> int:
        """Frames of the present video that are done."""
        return self._messages.frames

    def stop(self) -> None:
        """Ends the video early; what was made so far is kept as NAME.partial.EXT."""
        self._stop.request()

    def do(self, number: int, tries: int) -> VideoResult:
        """Does one video.

        Args:
            number: of its job in the plan.
            tries: how often it was begun, this time too.
        """
        messages = self._messages = Messages()
        result = VideoResult(VideoSummary(), messages=messages.sentences, folder=self._task.parts / f"{number}-{tries}")
        try:
            self._run(number, tries, result)
        except Exception as error:
            result.failure = result.failure or Failure.of(error)
        return result

    def _run(self, number: int, tries: int, result: VideoResult) -> None:
        plan, predictor, messages = self._plan, self._predictor, self._messages
        assert predictor is not None
        if tries > 1:
            forget_cleaned()
        with equipped(
            plan.features,
            "video",
            predictor,
            plan.drawing,
            self._task.transforms,
            (),
            plan.output,
            plan.overwrite,
            plan.skip_existing or tries > 1,  # what a process that has ended has written of it stays
            messages,
            part=True,
            part_folder=result.folder,
        ) as parts:
            messages.sentences.clear()  # said by the run itself
            job = plan.jobs[number]
            earlier = [one.source.exported_name for one in plan.jobs[:number] if not one.done]
            lines = JsonLines(result.folder / "lines.jsonl") if self._task.lines else None
            sinks: list[Sink] = [*([] if lines is None else [lines]), *parts.sinks]
            for sink in sinks:
                for name in earlier:
                    sink.reserve(name)
                sink.start(predictor.class_names)
            run = planned_run(plan, job, predictor, parts, lines, None, self._stop, messages)
            result.summary = run.summary
            try:
                run.run()
            except Exception as error:
                result.failure = Failure.of(error)
            failed = result.failure is not None and len(plan.jobs) == 1
            result.parts = [self._part(sink, failed, result) for sink in sinks]

    @staticmethod
    def _part(sink: Sink, failed: bool, result: VideoResult) -> Any:
        """What a sink gives to the run; an error is the video's, if it has no other."""
        try:
            return sink.part(failed)
        except Exception as error:
            result.failure = result.failure or Failure.of(error)
            return None


def _enter(folder: str) -> None:
    """Makes names of files count from a folder.

    Raises:
        MasksegError: it is not on this machine.
    """
    try:
        os.chdir(folder)
    except OSError as error:
        raise MasksegError(
            f"{folder} cannot be opened on {socket.gethostname()}: start maskseg in a folder that all machines of the "
            "cluster share."
        ) from error
