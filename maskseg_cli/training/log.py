"""`TrainingLog`: the figures of a training run in a CSV table, in TensorBoard's events and for the reporter."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from maskseg_cli.media.atomic_file import atomic_path
from maskseg_cli.training.events import EventFile
from maskseg_cli.training.reporting import TrainingReporter

#: Loss -> its name in messages and progress bars.
SHORT_NAMES = {
    "rpn_class_loss": "rpn_cls",
    "rpn_bbox_loss": "rpn_box",
    "mrcnn_class_loss": "cls",
    "mrcnn_bbox_loss": "box",
    "mrcnn_mask_loss": "mask",
    "gradient_norm": "gradient",
    "clipped_norm": "clipped",
}


class TrainingLog:
    """Records the losses and validation metrics of one run; use it as a context manager.

    Args:
        folder: of the run; `log.csv` and `tensorboard/` are written there, and continued when a run is resumed.
        reporter: receives messages and the losses of each step; None: nothing is shown.
    """

    def __init__(self, folder: Path, reporter: TrainingReporter | None = None) -> None:
        self.folder = folder
        self.reporter = reporter or TrainingReporter()
        self._events = EventFile(folder / "tensorboard")
        self._sums: dict[str, float] = {}
        self._count = 0
        self._began = time.monotonic()

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reporter.end_epoch()
        self._events.close()

    def say(self, sentence: str) -> None:
        """Passes a message on to the reporter."""
        self.reporter.say(sentence)

    @property
    def sums(self) -> dict[str, float]:
        """Sums of the losses since the epoch began."""
        return dict(self._sums)

    @property
    def seconds(self) -> float:
        """Time since the epoch began, without breaks."""
        return time.monotonic() - self._began

    def start_epoch(
        self, title: str, steps: int, done: int = 0, sums: Mapping[str, float] | None = None, seconds: float = 0.0
    ) -> None:
        """Begins an epoch.

        Args:
            title: for the reporter.
            steps: optimizer steps of the epoch.
            done: how many of them were made before the run was resumed.
            sums: sums of their losses.
            seconds: the time that they took.
        """
        self._sums, self._count = dict(sums or {}), done
        self._began = time.monotonic() - seconds
        self.reporter.start_epoch(title, steps, done)

    def step(self, number: int, losses: Mapping[str, float], rate: float) -> None:
        """Records the losses and the learning rate of one optimizer step; `number` counts from the start of the run."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        curves = {f"train/{name}": value for name, value in losses.items()}
        self._events.scalars(number, {**curves, "train/learning_rate": rate})
        self.reporter.step({SHORT_NAMES.get(name, name): value / self._count for name, value in self._sums.items()})

    def end_epoch(self, epoch: int, number: int, rate: float, metrics: Mapping[str, float]) -> None:
        """Adds a row to log.csv: mean losses of the epoch, its time, and the validation metrics if there are any.

        Args:
            epoch: number of the epoch, from 1 in the whole run.
            number: optimizer steps since the start of the run.
            rate: learning rate of the last step.
            metrics: name -> value in 0..1.
        """
        self.reporter.end_epoch()
        means = {name: value / max(1, self._count) for name, value in self._sums.items()}
        self._events.scalars(number, {f"validation/{name}": value for name, value in metrics.items()})
        self._events.flush()
        seconds = self.seconds
        row = {"epoch": epoch, "step": number, "learning_rate": rate, "seconds": round(seconds, 1), **means, **metrics}
        self._append({name: str(value) if isinstance(value, int) else f"{value:.6g}" for name, value in row.items()})
        losses = ", ".join(f"{SHORT_NAMES.get(name, name)} {value:.3f}" for name, value in means.items())
        figures = ", ".join(f"{name} {100 * value:.1f}" for name, value in metrics.items())
        self.say(f"epoch {epoch}: {losses}{f'; {figures}' if figures else ''} ({seconds:.1f} s)")

    def _append(self, row: dict[str, str]) -> None:
        path = self.folder / "log.csv"
        columns = list(row)
        rows: list[dict[str, str]] = []
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                table = csv.DictReader(file)
                # A run that was killed after an epoch's row and before its state was saved repeats the epoch.
                rows = [old for old in table if int(old["epoch"]) < int(row["epoch"])]
            columns = list(dict.fromkeys([*(table.fieldnames or []), *columns]))
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows([*rows, row])
