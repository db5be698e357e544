"""`train`: a whole run from Python, without the command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.stop_token import StopToken
from maskseg_cli.training.run import train
from maskseg_cli.training.state import read_progress

from .stand_in import CountingStep, RecordingReporter
from .tiny import SETTINGS, shrink

OPTIONS: dict[str, Any] = {"shapes": (4, 64), "size": 64, "init": "random", "overrides": SETTINGS}


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A tiny trunk, a step that takes no time, and no AP; then TensorFlow as before, which training changes."""
    kind = type("Step", (CountingStep,), {"made": []})
    shrink(monkeypatch)
    monkeypatch.setattr("maskseg_cli.training.loop.GradientStep", kind)
    monkeypatch.setattr("maskseg_cli.training.setup.Validation", lambda *_: lambda arrays: {"mask AP": 0.5})
    yield kind
    if "tensorflow" in sys.modules:
        from tensorflow.python.framework.config import disable_op_determinism

        disable_op_determinism()


def test_a_run_that_is_stopped_and_resumed(tmp_path: Path, steps: Any, capfd: pytest.CaptureFixture[str]) -> None:
    stop, reporter = StopToken(), RecordingReporter()
    steps.before = staticmethod(lambda step: stop.request() if step == 1 else None)
    outcome = train("shapes", output=tmp_path, epochs=2, reporter=reporter, stop=stop, **OPTIONS)
    assert (outcome.stopped, outcome.best) == (True, None)
    assert reporter.said[0] == "shapes: 4 pictures, 3 classes"
    assert read_progress(tmp_path / "state.npz").total_steps == 2
    with pytest.raises(UsageError, match="holds a run already"):
        train("shapes", output=tmp_path, epochs=2, **OPTIONS)

    steps.before = CountingStep.before
    outcome = train("shapes", output=tmp_path, epochs=2, resume=True, **OPTIONS)
    assert (outcome.stopped, outcome.best, outcome.weights) == (False, 0.5, tmp_path / "best.npz")
    assert [step for step, _ in steps.made] == list(range(8))
    assert capfd.readouterr() == ("", "")


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="holds no training to resume"):
        train("shapes", output=tmp_path / "new", resume=True)
    assert not (tmp_path / "new").exists()


def test_an_unknown_option(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="epoch"):
        train("shapes", output=tmp_path / "new", epoch=2)
    assert not (tmp_path / "new").exists()
