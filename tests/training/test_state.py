"""A run's state on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.training.ema import AveragedWeights
from maskseg_cli.training.optimizer import make_optimizer
from maskseg_cli.training.state import Progress, read_progress, restore_state, save_state


class Run:
    """Two variables, their optimizer and average."""

    def __init__(self, width: int = 3, kind: str = "adamw", ema: bool = True) -> None:
        self.variables: dict[str, Any] = {
            "a/kernel": keras.Variable(np.ones((2, width), np.float32), name="kernel"),
            "a/bias": keras.Variable(np.zeros(width, np.float32), name="bias"),
        }
        self.optimizer = make_optimizer(kind, list(self.variables.values()))
        self.average = AveragedWeights(self.variables, 0.9) if ema else None

    def step(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.optimizer.learning_rate.assign(0.1)
        gradients = [rng.normal(size=variable.shape).astype(np.float32) for variable in self.variables.values()]
        self.optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients])
        if self.average is not None:
            self.average.update()

    def save(self, path: Path, progress: Progress | None = None) -> None:
        save_state(path, self.variables, self.optimizer.variables, self.average, progress or Progress())

    def restore(self, path: Path) -> None:
        restore_state(path, self.variables, self.optimizer.variables, self.average)

    def arrays(self) -> list[np.ndarray]:
        found = [np.asarray(variable) for variable in (*self.variables.values(), *self.optimizer.variables)]
        return found + ([] if self.average is None else list(self.average.averages.values()))


@pytest.mark.parametrize("kind", ["sgd", "adamw", "relative-adamw"])
def test_a_restored_run_goes_on_exactly(tmp_path: Path, kind: str) -> None:
    through, first, second = Run(kind=kind), Run(kind=kind), Run(kind=kind)
    for number in range(6):
        through.step(number)
    for number in range(3):
        first.step(number)
    first.save(tmp_path / "state.npz")
    second.restore(tmp_path / "state.npz")
    assert int(second.optimizer.iterations) == 3
    assert second.average is not None
    assert second.average.updates == 3
    for number in range(3, 6):
        second.step(number)
    for found, wanted in zip(second.arrays(), through.arrays(), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_progress_comes_back(tmp_path: Path) -> None:
    progress = Progress(1, 7, 27, 0.3125, 2, {"loss": 1 / 3}, 12.5, {"stages": [["heads", 1, 0.1]], "seed": 5})
    Run().save(tmp_path / "state.npz", progress)
    assert read_progress(tmp_path / "state.npz") == progress


def test_no_state(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"holds no training to resume: state\.npz is missing"):
        read_progress(tmp_path / "state.npz")


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    Run().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MasksegError, match=r"state\.npz cannot be read"):
        read_progress(path)
    with pytest.raises(MasksegError, match=r"state\.npz cannot be read"):
        Run().restore(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 4}, "another network or optimizer (model/a/kernel)"),
        ({"kind": "sgd"}, "another network or optimizer (optimizer/3)"),
        ({"ema": False}, "was saved with averaged weights"),
    ],
)
def test_another_run_s_state_is_refused_and_changes_nothing(tmp_path: Path, options: dict, words: str) -> None:
    run, other = Run(), Run(**options)
    run.step(0)
    run.save(tmp_path / "state.npz")
    before = [array.copy() for array in other.arrays()]
    with pytest.raises(MasksegError) as error:
        other.restore(tmp_path / "state.npz")
    assert words in str(error.value)
    for array, old in zip(other.arrays(), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_a_state_without_averages_is_refused_where_they_are_wanted(tmp_path: Path) -> None:
    Run(ema=False).save(tmp_path / "state.npz")
    with pytest.raises(MasksegError, match="without averaged weights"):
        Run().restore(tmp_path / "state.npz")


def test_a_state_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.npz"
    run = Run()
    run.save(path, Progress(step=1))

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(MasksegError, match="No space left"):
        run.save(path, Progress(step=2))
    monkeypatch.undo()
    assert read_progress(path).step == 1
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]
