"""What a run records: log.csv and TensorBoard's events; and what it reports."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.reporting import ProgressBars

from .stand_in import RecordingReporter

LOSSES = {"loss": 3.0, "rpn_class_loss": 1.0}


def read_events(folder: Path) -> list[Any]:
    """Every event of a folder, file by file, as TensorBoard reads them."""
    events = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event()
            event.ParseFromString(record.numpy())
            events.append(event)
    return events


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for event in read_events(folder):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which stands still unless a test sets it."""
    now = [100.0]
    monkeypatch.setattr("maskseg_cli.training.log.time.monotonic", lambda: now[0])
    return now


def write_epoch(log: TrainingLog, epoch: int, metrics: dict[str, float]) -> None:
    log.start_epoch("all", 2)
    log.step(2 * epoch - 1, LOSSES, 0.1)
    log.step(2 * epoch, {"loss": 1.0, "rpn_class_loss": 0.0}, 0.05)
    log.end_epoch(epoch, 2 * epoch, 0.05, metrics)


def test_a_table_of_means(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        write_epoch(log, 1, {})
        write_epoch(log, 2, {"mask AP": 0.25})
    first, second = rows(tmp_path)
    assert first == {
        "epoch": "1",
        "step": "2",
        "learning_rate": "0.05",
        "seconds": "0",
        "loss": "2",
        "rpn_class_loss": "0.5",
        "mask AP": "",
    }
    assert (second["epoch"], second["mask AP"]) == ("2", "0.25")


def test_the_reporter_receives_messages_and_means(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    with TrainingLog(tmp_path, reporter) as log:
        log.start_epoch("heads 2/5", 4, 1, {"loss": 5.0})
        log.step(2, LOSSES, 0.1)
        log.end_epoch(2, 2, 0.1, {"mask AP": 0.25})
    means = {"loss": 4.0, "rpn_cls": 0.5}
    assert reporter.calls[:3] == [("heads 2/5", 4, 1), ("step", means), ("end",)]
    assert reporter.said == ["epoch 2: loss 4.000, rpn_cls 0.500; mask AP 25.0 (0.0 s)"]


def test_the_time_of_an_epoch_and_both_lengths_of_the_gradient(tmp_path: Path, clock: list[float]) -> None:
    reporter = RecordingReporter()
    with TrainingLog(tmp_path, reporter) as log:
        log.start_epoch("all", 2)
        clock[0] += 2.5
        log.step(1, {"loss": 1.0, "gradient_norm": 40.0, "clipped_norm": 5.0}, 0.1)
        sums, seconds = log.sums, log.seconds
    clock[0] += 1000
    with TrainingLog(tmp_path, reporter) as log:
        log.start_epoch("all", 2, 1, sums, seconds)
        clock[0] += 1
        log.step(2, {"loss": 1.0, "gradient_norm": 2.0, "clipped_norm": 2.0}, 0.1)
        log.end_epoch(1, 2, 0.1, {})
    assert reporter.said == ["epoch 1: loss 1.000, gradient 21.000, clipped 3.500 (3.5 s)"]
    [row] = rows(tmp_path)
    assert (row["seconds"], row["gradient_norm"], row["clipped_norm"]) == ("3.5", "21", "3.5")


def test_messages_go_to_stderr_without_bars_where_there_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TrainingLog(tmp_path, ProgressBars()) as log:
        write_epoch(log, 2, {"mask AP": 0.25})
    assert capsys.readouterr() == ("", "epoch 2: loss 2.000, rpn_cls 0.500; mask AP 25.0 (0.0 s)\n")


def test_a_bar_shows_steps_and_losses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingLog(tmp_path, ProgressBars(bars=True)) as log:
        write_epoch(log, 1, {})
        log.start_epoch("all 2/2", 2)  # the run ends within this epoch
    said = capsys.readouterr().err
    assert "all: 100%" in said
    assert "2/2" in said
    assert "loss=2.000, rpn_cls=0.500" in said
    assert said.endswith("\n")


def test_nothing_is_said_without_a_reporter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingLog(tmp_path) as log:
        log.say("a message")
        write_epoch(log, 1, {"mask AP": 0.25})
    assert capsys.readouterr() == ("", "")
    assert len(rows(tmp_path)) == 1


def test_a_resumed_run_goes_on_with_the_same_table_and_its_sums(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        write_epoch(log, 1, {})
        log.start_epoch("all", 2)
        log.step(3, {"loss": 5.0}, 0.1)
        sums = log.sums
    assert sums == {"loss": 5.0}
    with TrainingLog(tmp_path) as log:
        log.start_epoch("all", 2, 1, sums)
        log.step(4, {"loss": 2.0}, 0.1)
        log.end_epoch(2, 4, 0.1, {"box AP": 0.5})
    assert [(row["epoch"], row["loss"], row["box AP"]) for row in rows(tmp_path)] == [
        ("1", "2", ""),
        ("2", "3.5", "0.5"),
    ]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 2


def test_an_epoch_that_is_done_again_has_one_row(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        for epoch in (1, 2):
            write_epoch(log, epoch, {"mask AP": 0.25})
    with TrainingLog(tmp_path) as log:
        write_epoch(log, 2, {"mask AP": 0.5})
    assert [(row["epoch"], row["mask AP"]) for row in rows(tmp_path)] == [("1", "0.25"), ("2", "0.5")]


def test_large_counts_keep_all_their_digits(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        log.start_epoch("all", 1)
        log.step(1_234_567, LOSSES, 0.1)
        log.end_epoch(1, 1_234_567, 0.1, {})
    assert rows(tmp_path)[0]["step"] == "1234567"


def test_events_can_be_read_back(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        write_epoch(log, 1, {"mask AP": 0.25})
    events = read_events(tmp_path / "tensorboard")
    assert events[0].file_version == "brain.Event:2"
    assert all(event.wall_time > 1.6e9 for event in events)
    found = curves(tmp_path / "tensorboard")
    assert found["train/loss"] == [(1, 3.0), (2, 1.0)]
    assert found["train/learning_rate"] == [(1, pytest.approx(0.1)), (2, pytest.approx(0.05))]
    assert found["validation/mask AP"] == [(2, 0.25)]


def test_a_full_disk_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.errors import MasksegError

    with TrainingLog(tmp_path) as log:
        write_epoch(log, 1, {})
        before = (tmp_path / "log.csv").read_bytes()

        def full(self: Any, rows: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(csv.DictWriter, "writerows", full)
        with pytest.raises(MasksegError, match="No space left"):
            write_epoch(log, 2, {})
    assert (tmp_path / "log.csv").read_bytes() == before
