"""Training on several devices at once (`tf.distribute.MirroredStrategy`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.training.setup import make_strategy

from . import two_devices


def test_two_devices_train_as_one_that_accumulates_two_pictures(tmp_path: Path) -> None:
    program = [sys.executable, "-m", two_devices.__name__, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=300)
    assert done.returncode == 0, done.stderr
    # the run on two devices was stopped once, its second half resumed
    assert [line for line in done.stderr.splitlines() if line in ("1 False", "2 True", "2 False")] == [
        "1 False",
        "2 True",
        "2 False",
    ]
    learned, difference, averages = map(float, done.stdout.split())
    assert learned > 1e-3
    assert difference < 1e-5
    assert averages < 1e-5


def test_one_device_needs_no_strategy() -> None:
    assert make_strategy(1) is None


def test_more_devices_than_there_are() -> None:
    with pytest.raises(UsageError, match="--gpus 64: TensorFlow sees"):
        make_strategy(64)
