"""`train`: a whole training run, as `maskseg train` makes it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.cleanups import register_cleanup, unregister_cleanup
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.outputs import check_writable
from maskseg_cli.model.tensorflow_start import import_tensorflow
from maskseg_cli.stop_token import StopToken
from maskseg_cli.training.choices import Choices, make_choices
from maskseg_cli.training.run_files import STATE_FILE
from maskseg_cli.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from maskseg_cli.training.loop import Outcome, Trainer
    from maskseg_cli.training.reporting import TrainingReporter


def train(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    output: str | Path,
    resume: bool = False,
    reporter: TrainingReporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> Outcome:
    """Trains a network on annotated pictures.

    Args:
        annotations: a file or folder of a known format (`datasets.annotation_formats.FORMATS`), or "shapes".
        images: the folder of the pictures; not needed for shapes.
        output: the folder of the run: weights, state, log.csv, TensorBoard events.
        resume: continue the run in `output`.
        reporter: receives messages and losses (`ProgressBars` shows them); None: nothing is shown.
        stop: ends the run after the current step, with its state saved.
        options: see `make_choices`; names and defaults are those of `maskseg train`.

    Raises:
        MasksegError: data or weights that cannot be used, a folder that holds another run, a loss that is no longer a
            number, or a file that cannot be written.
        UsageError: options that do not go together.

    Example:
        >>> outcome = train("train.json", "photos", output="run", layers=["heads", "all"], epochs=[5, 10])
        ... # doctest: +SKIP
        >>> outcome.weights                                                              # doctest: +SKIP
        PosixPath('run/last.npz')
    """
    check_folder(output, resume)
    choices, chosen = make_choices(annotations, images, output=output, **options)
    with open_trainer(choices, chosen, resume, reporter, stop) as trainer:
        return trainer.run(resume, stop)


@contextmanager
def open_trainer(
    choices: Choices,
    options: TrainingOptions,
    resume: bool = False,
    reporter: TrainingReporter | None = None,
    stop: StopToken | None = None,
) -> Iterator[Trainer]:
    """Yields a `Trainer` that is ready to run, with an open log; the log is closed at the end of the block.

    If the preparation fails or is interrupted, the folder is left as it was. No other process can train in the folder
    until the end of the block.

    Raises:
        MasksegError: data or weights that cannot be used, or another process trains in the folder.
        UsageError: choices that do not go together.
        KeyboardInterrupt: a signal asked `stop` to end the run.
    """
    stop = stop or StopToken()
    with contextlib.ExitStack() as stack:
        stack.enter_context(FileLocks()).take(options.output, folder=True)
        check_folder(options.output, resume)  # again, because another run may have ended meanwhile
        check_writable(options.output)
        if reporter is not None:
            reporter.say("Starting TensorFlow; this takes some seconds.")
        import_tensorflow()
        stop.raise_if_requested()
        # Both load TensorFlow.
        from maskseg_cli.training.log import TrainingLog
        from maskseg_cli.training.setup import prepare

        restored = stack.enter_context(_Restored(options.output))
        log = stack.enter_context(TrainingLog(options.output, reporter))
        try:
            trainer = prepare(choices, options, log, resume)
        finally:
            stop.raise_if_requested()
        restored.ready = True
        yield trainer


class _Restored(contextlib.AbstractContextManager["_Restored"]):
    """Makes a folder, and removes what is new in it at the end of the block, unless `ready` was set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ready = folder, False
        self._made = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._before = set(folder.iterdir())
        register_cleanup(self._restore)

    def __exit__(self, *_: object) -> None:
        unregister_cleanup(self._restore)
        self._restore()

    def _restore(self) -> None:
        if self.ready:
            return
        for path in set(self.folder.iterdir()) - self._before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for folder in self._made:
            with contextlib.suppress(OSError):  # another program has put something there
                folder.rmdir()


def check_folder(output: str | Path, resume: bool) -> None:
    """Refuses a folder that holds a run already, or, with `resume`, one that holds none.

    Raises:
        MasksegError: there is a run that would be overwritten, or none to resume.
    """
    exists = (Path(output) / STATE_FILE).exists()
    if exists and not resume:
        raise MasksegError(f"{output} holds a run already: go on with --resume, or name another folder.")
    if resume and not exists:
        raise MasksegError(f"{output} holds no training to resume.")
