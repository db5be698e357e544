"""`train`: a whole training run, as `maskseg train` makes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.errors import MasksegError, UsageError
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
        annotations: COCO JSON, VIA JSON, or "shapes".
        images: the folder of the pictures; not needed for shapes.
        output: the folder of the run: weights, state, log.csv, TensorBoard events.
        resume: continue the run in `output`.
        reporter: receives messages and losses (`ProgressBars` shows them); None: nothing is shown.
        stop: ends the run after the current step, with its state saved.
        options: see `make_choices`; names and defaults are those of `maskseg train`.

    Raises:
        MasksegError: data or weights that cannot be used, a loss that is no longer a number, or a file that cannot
            be written.
        UsageError: options that do not go together, or a folder that holds another run.

    Example:
        >>> outcome = train("train.json", "photos", output="run", layers=["heads", "all"], epochs=[5, 10])
        ... # doctest: +SKIP
        >>> outcome.weights                                                              # doctest: +SKIP
        PosixPath('run/last.npz')
    """
    check_folder(output, resume)
    choices, chosen = make_choices(annotations, images, output=output, **options)
    with open_trainer(choices, chosen, resume, reporter) as trainer:
        return trainer.run(resume, stop)


@contextmanager
def open_trainer(
    choices: Choices, options: TrainingOptions, resume: bool = False, reporter: TrainingReporter | None = None
) -> Iterator[Trainer]:
    """Yields a `Trainer` that is ready to run, with an open log; the log is closed at the end of the block.

    Raises:
        MasksegError: data or weights that cannot be used.
        UsageError: choices that do not go together.
    """
    if reporter is not None:
        reporter.say("Starting TensorFlow; this takes some seconds.")
    import_tensorflow()
    # Both load TensorFlow.
    from maskseg_cli.training.log import TrainingLog
    from maskseg_cli.training.setup import prepare

    options.output.mkdir(parents=True, exist_ok=True)
    with TrainingLog(options.output, reporter) as log:
        yield prepare(choices, options, log, resume)


def check_folder(output: str | Path, resume: bool) -> None:
    """Refuses a folder that holds a run already, or, with `resume`, one that holds none.

    Raises:
        UsageError: there is a run that would be overwritten.
        MasksegError: there is no run to resume.
    """
    exists = (Path(output) / STATE_FILE).exists()
    if exists and not resume:
        raise UsageError(f"{output} holds a run already: go on with --resume, or name another folder.")
    if resume and not exists:
        raise MasksegError(f"{output} holds no training to resume.")
