"""What a training run tells: a progress bar, a CSV table, and TensorBoard's events."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from maskseg_cli.media.atomic_file import atomic_path

#: Loss -> what the progress bar calls it.
SHORT_NAMES = {
    "rpn_class_loss": "rpn_cls",
    "rpn_bbox_loss": "rpn_box",
    "mrcnn_class_loss": "cls",
    "mrcnn_bbox_loss": "box",
    "mrcnn_mask_loss": "mask",
}


class TrainingLog:
    """Writes one run's figures; use it as a context manager.

    Args:
        folder: of the run; `log.csv` and `tensorboard/` go there and are continued when a run is resumed.
        quiet: no progress bar.
    """

    def __init__(self, folder: Path, quiet: bool = False) -> None:
        self.folder = folder
        self.quiet = quiet
        self._bar: Any = None
        self._events: Any = None
        self._sums: dict[str, float] = {}
        self._count = 0

    def __enter__(self) -> TrainingLog:
        from maskseg_cli.training.events import EventFile

        self._events = EventFile(self.folder / "tensorboard")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()
        self._events.close()

    def say(self, text: str) -> None:
        """One line for the user, on stderr, beside the progress bar."""
        if not self.quiet:
            tqdm.write(text, file=sys.stderr)

    @property
    def sums(self) -> dict[str, float]:
        """Sums of the losses since the epoch began."""
        return dict(self._sums)

    def start_epoch(self, title: str, steps: int, done: int = 0, sums: Mapping[str, float] | None = None) -> None:
        """Opens the bar of an epoch of so many steps, of which some are done, with these sums of their losses."""
        self._close_bar()
        self._sums, self._count = dict(sums or {}), done
        silent = self.quiet or not sys.stderr.isatty()
        self._bar = tqdm(total=steps, initial=done, desc=title, unit="step", file=sys.stderr, disable=silent)

    def step(self, number: int, losses: Mapping[str, float], rate: float) -> None:
        """Shows and records the losses of one optimizer step."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        curves = {f"train/{name}": value for name, value in losses.items()}
        self._events.scalars(number, {**curves, "train/learning_rate": rate})
        shown = {SHORT_NAMES.get(name, name): f"{value / self._count:.3f}" for name, value in self._sums.items()}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update()

    def end_epoch(self, epoch: int, number: int, rate: float, metrics: Mapping[str, float]) -> None:
        """Adds a row to log.csv: mean losses of the epoch, and the validation's figures if there were any."""
        self._close_bar()
        means = {name: value / max(1, self._count) for name, value in self._sums.items()}
        self._events.scalars(number, {f"validation/{name}": value for name, value in metrics.items()})
        self._events.flush()
        row = {"epoch": epoch, "step": number, "learning_rate": rate, **means, **metrics}
        self._append({name: str(value) if isinstance(value, int) else f"{value:.6g}" for name, value in row.items()})
        losses = ", ".join(f"{SHORT_NAMES.get(name, name)} {value:.3f}" for name, value in means.items())
        figures = ", ".join(f"{name} {100 * value:.1f}" for name, value in metrics.items())
        self.say(f"epoch {epoch}: {losses}" + (f"; {figures}" if figures else ""))

    def _append(self, row: dict[str, str]) -> None:
        path = self.folder / "log.csv"
        columns = list(row)
        rows: list[dict[str, str]] = []
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                table = csv.DictReader(file)
                # a run that was killed after an epoch's row and before its state was saved does the epoch again
                rows = [old for old in table if int(old["epoch"]) < int(row["epoch"])]
            columns = list(dict.fromkeys([*(table.fieldnames or []), *columns]))
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows([*rows, row])

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
