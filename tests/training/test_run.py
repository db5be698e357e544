"""`train`: a whole run from Python, without the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.shapes import make_coco
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
    assert "shapes: 4 pictures, 3 classes" in reporter.said
    assert read_progress(tmp_path / "state.npz").total_steps == 2
    with pytest.raises(MasksegError, match="holds a run already"):
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


def test_a_refused_run_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    # with a wrong name of a layer, which is found when the pictures for AP have been made
    with pytest.raises(UsageError, match="did you mean heads"):
        train("shapes", output=tmp_path / "a/b/run", layers="head", **OPTIONS)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "run").mkdir()
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(UsageError):
        train("shapes", output=tmp_path / "run", layers="head", **OPTIONS)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_without_an_object_nothing_is_trained(tmp_path: Path) -> None:
    path = make_coco(tmp_path / "data", 2, 64)
    content = json.loads(path.read_text())
    for change, words in (({"iscrowd": "1"}, ""), ({"category_id": 9}, "annotations of a category that is not in the")):
        rows = [row | change for row in content["annotations"]]
        path.write_text(json.dumps(content | {"annotations": rows}))
        with pytest.raises(MasksegError, match=f"(?s)There is no object to learn in .*{words}"):
            train(path, path.parent, output=tmp_path / "run", **OPTIONS)
        assert not (tmp_path / "run").exists()
    # pictures without objects beside others with some teach what background is
    make_coco(tmp_path / "more", 2, 64)
    more = [(tmp_path / "more/annotations.json", tmp_path / "more", 1)]
    assert train(path, path.parent, output=tmp_path / "run", also=more, **OPTIONS).weights.name == "last.npz"


def test_an_unknown_option(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="epoch"):
        train("shapes", output=tmp_path / "new", epoch=2)
    assert not (tmp_path / "new").exists()
