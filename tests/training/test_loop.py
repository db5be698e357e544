"""The training loop: stages, validation, stopping, resuming. Its step is a stand-in; tests/cli/test_train.py has the
real one."""

from __future__ import annotations

import csv
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.stop_token import StopToken
from maskseg_cli.training import loop
from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.stages import Stage
from maskseg_cli.training.state import read_progress

from . import tiny
from .stand_in import CountingStep, RecordingReporter
from .tiny import CONFIG, make_trainer, put_back, values

STAGES = (Stage("heads", 1, 0.1), Stage("all", 2, 0.01))


#: The networks that earlier tests here had, and the weights that they all began with.
NETWORKS: list[Any] = []
INITIAL: dict[str, np.ndarray] = {}


@pytest.fixture(autouse=True)
def _networks_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trainer of a test has a network of its own, as new; to build one takes longer than to train it here."""
    free, build = list(NETWORKS), tiny.tiny_model

    def lent() -> Any:
        if not free:
            NETWORKS.append(build())
            INITIAL.update(INITIAL or values(NETWORKS[-1]))
            return NETWORKS[-1]
        keras.utils.set_random_seed(0)  # as `tiny_model` does
        put_back(free[-1], INITIAL)
        return free.pop()

    monkeypatch.setattr(tiny, "tiny_model", lent)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, quick_compression: None) -> type[CountingStep]:
    """The stand-in, which tests may change."""
    kind = type("Step", (CountingStep,), {"made": []})
    monkeypatch.setattr(loop, "GradientStep", kind)
    return kind


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TrainingLog]:
    with TrainingLog(tmp_path, RecordingReporter()) as found:
        yield found


def table(folder: Path) -> list[dict[str, str]]:
    """The rows of log.csv without the time, which differs from run to run."""
    with (folder / "log.csv").open(newline="") as file:
        return [{name: text for name, text in row.items() if name != "seconds"} for row in csv.DictReader(file)]


class Killed(BaseException):
    """As if the process had ended here."""


def kill_at(number: int) -> Callable[[int], None]:
    def before(step: int) -> None:
        if step == number:
            raise Killed

    return staticmethod(before)  # type: ignore[return-value]


def test_stages_follow_each_other(tmp_path: Path, log: Any, steps: Any) -> None:
    trainer = make_trainer(tmp_path, log, stages=STAGES, schedule="cosine", warmup=1)
    before = values(trainer.model)
    outcome = trainer.run()
    assert [number for number, _ in steps.made] == list(range(12))
    # warm-up and schedule begin anew with each stage
    np.testing.assert_allclose([rate for _, rate in steps.made[:4]], [0.05, 0.1, 0.075, 0.025])
    assert max(rate for _, rate in steps.made[4:]) == steps.made[5][1] == 0.01
    assert outcome == loop.Outcome(tmp_path / "last.npz", None, False)
    assert [(row["epoch"], row["step"]) for row in table(tmp_path)] == [("1", "4"), ("2", "8"), ("3", "12")]
    changed = {name for name, array in values(trainer.model).items() if (array != before[name]).any()}
    # the first layer of the heads, and of all
    assert len(changed) == 2
    assert "trunk.stem/kernel" in changed
    first, *_, second, _, _ = log.reporter.said
    assert first.startswith("stage 1: heads:")
    assert second.startswith("stage 2: all:")
    saved = read_checkpoint(tmp_path / "last.npz")
    assert saved.class_names == ("background", "square", "circle", "triangle")
    assert saved.config == CONFIG
    assert saved.provenance == {"made_by": "a test", "steps": "12"}
    for name, array in values(trainer.model).items():
        np.testing.assert_array_equal(saved.arrays[name], array)


def test_a_killed_run_goes_on_where_its_last_state_is(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    with TrainingLog(tmp_path) as log:
        through = make_trainer(tmp_path, log, stages=STAGES, ema=0.5)
        through.run()
    # in the first epoch of the second stage, which has no state yet, and in its second one
    for number in (6, 9):
        run = tmp_path_factory.mktemp("killed")
        with TrainingLog(run) as log:
            steps.before = kill_at(number)
            with pytest.raises(Killed):
                make_trainer(run, log, stages=STAGES, ema=0.5).run()
        steps.made.clear()
        steps.before = CountingStep.before
        with TrainingLog(run) as log:
            resumed = make_trainer(run, log, stages=STAGES, ema=0.5)
            resumed.run(resume=True)
        assert steps.made[0][0] == number // 4 * 4
        assert table(run) == table(tmp_path)
        assert resumed.progress == through.progress
        for name, array in values(through.model).items():
            np.testing.assert_array_equal(values(resumed.model)[name], array)
            np.testing.assert_array_equal(resumed.average.averages[name], through.average.averages[name])


def test_a_run_killed_before_its_first_state_cannot_go_on(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    steps.before = kill_at(2)
    with pytest.raises(Killed):
        make_trainer(tmp_path, log).run()
    with pytest.raises(MasksegError, match="holds no training to resume"):
        make_trainer(tmp_path, log).run(resume=True)


def test_the_state_is_saved_every_so_many_minutes_and_means_span_the_break(
    tmp_path: Path, log: TrainingLog, steps: Any
) -> None:
    steps.before = kill_at(2)
    with pytest.raises(Killed):
        make_trainer(tmp_path, log, checkpoint_minutes=0).run()
    assert read_progress(tmp_path / "state.npz").step == 2
    steps.before = CountingStep.before
    make_trainer(tmp_path, log, checkpoint_minutes=0).run(resume=True)
    assert [number for number, _ in steps.made] == [0, 1, 2, 3]
    assert float(table(tmp_path)[0]["loss"]) == pytest.approx((1 / 3 + 1 / 4 + 1 / 5 + 1 / 6) / 4, rel=1e-5)


def test_a_finished_run_has_nothing_to_do_and_says_so(tmp_path: Path, log: Any, steps: Any) -> None:
    make_trainer(tmp_path, log).run()
    outcome = make_trainer(tmp_path, log).run(resume=True)
    assert len(steps.made) == 4
    assert outcome.weights == tmp_path / "last.npz"
    said = [line for line in log.reporter.said if "is finished" in line]
    assert len(said) == 1
    assert f"--init {tmp_path / 'last.npz'} -o ANOTHER_FOLDER" in said[0]


def test_a_stop_request_ends_the_run_after_the_current_step(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    stop = StopToken()
    steps.before = staticmethod(lambda step: stop.request() if step == 1 else None)
    assert make_trainer(tmp_path, log).run(stop=stop).stopped
    assert len(steps.made) == 2
    assert read_progress(tmp_path / "state.npz").step == 2
    assert not make_trainer(tmp_path, log).run(resume=True).stopped
    assert [step for step, _ in steps.made] == [0, 1, 2, 3]


def test_a_stop_request_during_validation_comes_before_the_next_step(
    tmp_path: Path, log: TrainingLog, steps: Any
) -> None:
    stop = StopToken()

    def validate(arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
        stop.request()
        return {}

    stages = (Stage("heads", 2, 0.1),)
    assert make_trainer(tmp_path, log, validate=validate, stages=stages).run(stop=stop).stopped
    assert len(steps.made) == 4
    make_trainer(tmp_path, log, stages=stages).run(resume=True)
    assert [step for step, _ in steps.made] == list(range(8))


def test_signals_are_the_programs_business(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    numbers = [signal.SIGINT, signal.SIGTERM]
    before, seen = [signal.getsignal(number) for number in numbers], []
    steps.before = staticmethod(lambda step: seen.append([signal.getsignal(number) for number in numbers]))
    make_trainer(tmp_path, log).run()
    assert seen == [before] * 4


def test_it_runs_in_a_thread_and_prints_nothing(tmp_path: Path, steps: Any, capfd: Any) -> None:
    outcomes = []

    def run() -> None:
        with TrainingLog(tmp_path) as log:
            outcomes.append(make_trainer(tmp_path, log).run())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [outcome.stopped for outcome in outcomes] == [False]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", ["mrcnn_mask_loss", "gradient_norm"])
def test_a_diverged_run_stops_and_leaves_the_earlier_state(
    tmp_path: Path, log: TrainingLog, steps: Any, wrong: str
) -> None:
    fine = {"loss": 1.0, "mrcnn_mask_loss": 0.5, "gradient_norm": 2.0}
    steps.losses = staticmethod(lambda number: {**fine, wrong: float("nan")} if number == 5 else fine)
    stages = (Stage("heads", 3, 0.1),)
    with pytest.raises(MasksegError) as error:
        make_trainer(tmp_path, log, stages=stages).run()
    assert str(error.value).startswith(f"The training diverged at step 6 ({wrong} is no longer a number)")
    assert "try a lower learning rate" in str(error.value)
    assert read_progress(tmp_path / "state.npz").total_steps == 4
    assert read_checkpoint(tmp_path / "last.npz").provenance["steps"] == "4"


def test_weights_that_are_no_numbers_never_replace_a_sound_state(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    trainer = make_trainer(tmp_path, log, stages=(Stage("heads", 2, 0.1),))

    def spoil(number: int) -> None:
        if number == 7:
            variable = trainer.variables["mask.logits/bias"]
            variable.assign(np.full(variable.shape, np.nan, np.float32))

    steps.before = staticmethod(spoil)
    with pytest.raises(MasksegError, match="not finite"):
        trainer.run()
    assert read_progress(tmp_path / "state.npz").total_steps == 4


def test_the_best_weights_are_kept(tmp_path: Path, log: Any, steps: Any) -> None:
    figures = iter([0.2, 0.6, 0.4])
    seen = []

    def validate(arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
        seen.append({name: array.copy() for name, array in arrays.items()})
        return {"box AP": 0.9, "mask AP": next(figures)}

    outcome = make_trainer(tmp_path, log, validate=validate, stages=(Stage("heads", 3, 0.1),)).run()
    assert (outcome.best, outcome.weights) == (0.6, tmp_path / "best.npz")
    best = read_checkpoint(tmp_path / "best.npz")
    assert best.provenance["validation"] == "0.6000 after epoch 2"
    for name, array in seen[1].items():
        np.testing.assert_array_equal(best.arrays[name], array)
    assert [row["mask AP"] for row in table(tmp_path)] == ["0.2", "0.6", "0.4"]
    assert "mask AP 60.0" in log.reporter.said[2]


def test_validation_every_few_epochs_and_at_the_end(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    stages = (Stage("heads", 5, 0.1),)
    make_trainer(tmp_path, log, validate=lambda arrays: {"box AP": 0.1}, stages=stages, evaluate_every=2).run()
    assert [row["box AP"] for row in table(tmp_path)] == ["", "0.1", "", "0.1", "0.1"]


def test_averaged_weights_are_validated_and_kept(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    trainer = make_trainer(tmp_path, log, ema=0.9)
    trainer.run()
    changed = [name for name, array in trainer.average.averages.items() if (array != values(trainer.model)[name]).any()]
    assert len(changed) == 1
    saved = read_checkpoint(tmp_path / "last.npz")
    np.testing.assert_array_equal(saved.arrays[changed[0]], trainer.average.averages[changed[0]])


def test_what_is_kept_lies_part_of_the_way_from_the_start_also_in_a_run_that_goes_on(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    with TrainingLog(tmp_path) as log:
        trainer = make_trainer(tmp_path, log, stages=STAGES, keep_start=0.25)
        start = values(trainer.model)
        trainer.run()
    kept, trained = read_checkpoint(tmp_path / "last.npz").arrays, values(trainer.model)
    assert [name for name in start if (trained[name] != start[name]).any()]
    for name, array in kept.items():
        np.testing.assert_allclose(array, 0.25 * start[name] + 0.75 * trained[name], rtol=1e-6, atol=1e-7)
    run = tmp_path_factory.mktemp("killed")
    with TrainingLog(run) as log:
        steps.before = kill_at(9)
        with pytest.raises(Killed):
            make_trainer(run, log, stages=STAGES, keep_start=0.25).run()
    steps.before = CountingStep.before
    with TrainingLog(run) as log:
        make_trainer(run, log, stages=STAGES, keep_start=0.25).run(resume=True)
    for name, array in read_checkpoint(run / "last.npz").arrays.items():
        np.testing.assert_array_equal(array, kept[name])


def test_a_run_goes_on_with_its_own_options_only(tmp_path: Path, log: TrainingLog, steps: Any) -> None:
    make_trainer(tmp_path, log).run()
    changes: dict[str, Any] = {
        "stages": (Stage("all", 1, 0.2),),
        "steps_per_epoch": 8,
        "seed": 1,
        "momentum": 0.5,
        "weight_decay": 0.0,
        "clip_norm": 1.0,
        "ema": 0.5,
        "sizes": (64, 128),
    }
    for name, value in changes.items():
        with pytest.raises(MasksegError, match=rf"made with other options \({name}\)"):
            make_trainer(tmp_path, log, **{name: value}).run(resume=True)


def test_a_stage_without_layers_is_refused_before_anything_is_trained(tmp_path: Path, log: TrainingLog) -> None:
    with pytest.raises(UsageError, match=r"No layer of this network is called 'maks': --layers is one of heads, 3\+"):
        make_trainer(tmp_path, log, stages=(Stage("heads"), Stage("maks")))
    with pytest.raises(UsageError, match=r"called 'head' \(did you mean heads\?\): --layers"):
        make_trainer(tmp_path, log, stages=(Stage("head"),))
