"""`maskseg train`, as a user runs it."""

from __future__ import annotations

import csv
import functools
import inspect
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.cli import train as command
from maskseg_cli.cli.main import main
from maskseg_cli.datasets.shapes import make_coco
from maskseg_cli.training.choices import Choices, DataChoice, make_choices
from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.stages import Stage
from maskseg_cli.training.state import read_progress
from maskseg_cli.training.training_options import TrainingOptions
from tests.training import program
from tests.training.stand_in import CountingStep, RecordingReporter
from tests.training.tiny import ARGUMENTS, shrink

#: Two epochs, 8 steps; tests/training/test_loop.py has runs of several stages.
RUN = [*ARGUMENTS, "--optimizer", "adamw", "--ema", "0.9", "--evaluate-every", "2", "--steps-per-epoch", "4"]
RUN += ["--epochs", "2"]


@pytest.fixture(autouse=True)
def _tiny_and_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A tiny trunk; and TensorFlow's default mode again, since training makes the whole process deterministic."""
    shrink(monkeypatch)
    yield
    if "tensorflow" in sys.modules:
        from tensorflow.python.framework.config import disable_op_determinism

        disable_op_determinism()


def run(*arguments: Any, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["train", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files if name not in ("progress", "maskseg.json")}


def start(folder: Path, when: str, *more: str) -> subprocess.Popen[str]:
    """The run in a process of its own, which gets a signal after a step ("SIGINT@2", see `program`)."""
    words = [sys.executable, "-m", program.__name__, when, "train", *RUN, "-o", str(folder), *more]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_ran_through(tmp_path: Path) -> None:
    broken, through = tmp_path / "broken", tmp_path / "through"
    killed = start(broken, "SIGKILL@3", "--checkpoint-minutes", "0")
    run(*RUN, "-o", through)  # meanwhile, and with the same seed in another process
    assert (killed.communicate(timeout=200), killed.returncode)[1] == -signal.SIGKILL
    assert read_progress(broken / "state.npz").total_steps == 2
    run(*RUN, "-o", broken, "--resume")

    for name in ("state.npz", "last.npz", "best.npz"):
        found, wanted = arrays_of(broken / name), arrays_of(through / name)
        assert set(found) == set(wanted)
        for key, array in wanted.items():
            np.testing.assert_array_equal(found[key], array, err_msg=f"{name}: {key}")
    assert read_progress(broken / "state.npz") == read_progress(through / "state.npz")
    # the losses' means, too
    tables = [[row | {"seconds": ""} for row in csv.DictReader((run / "log.csv").open())] for run in (broken, through)]
    assert tables[0] == tables[1]
    best = read_checkpoint(through / "best.npz")
    assert best.class_names == ("background", "square", "circle", "triangle")
    assert best.config.name == "shapes"
    assert best.provenance["trained_on"] == "shapes"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> type[CountingStep]:
    """The stand-in for a step, which tests may change."""
    kind = type("Step", (CountingStep,), {"made": []})
    monkeypatch.setattr("maskseg_cli.training.loop.GradientStep", kind)
    return kind


def _raise_at(step: int, number: int, last: int) -> None:
    if step == last:
        signal.raise_signal(number)


def test_a_signal_saves_the_state(tmp_path: Path, steps: Any) -> None:
    """Three signals stop one run, which goes on each time."""
    signals = [("SIGINT", 130, 2), ("SIGTERM", 143, 4), ("SIGHUP", 129, 5)]
    for name, code, last in signals if hasattr(signal, "SIGHUP") else signals[:2]:  # Windows has no SIGHUP
        number = getattr(signal, name)
        before = signal.signal(number, signal.default_int_handler)  # under nohup SIGHUP is ignored
        try:
            steps.before = staticmethod(functools.partial(_raise_at, number=number, last=last))
            result = run(*RUN, "-o", tmp_path / "run", *(["--resume"] if last > 2 else []), code=code)
            assert signal.getsignal(number) is signal.default_int_handler
        finally:
            signal.signal(number, before)
        assert "Stopped; the state is saved: go on with --resume" in result.stderr
        assert read_progress(tmp_path / "run/state.npz").total_steps == last + 1
    steps.before = CountingStep.before
    run(*RUN, "-o", tmp_path / "run", "--resume")
    assert [step for step, _ in steps.made] == list(range(8))


def test_a_second_ctrl_c_ends_the_run_at_once_and_leaves_no_half_file(tmp_path: Path) -> None:
    process = start(tmp_path, "CountingStep@all,SIGINT@2,SIGINT@save")
    said = process.communicate(timeout=200)[1]
    assert process.returncode == 130, said
    assert said.endswith("being written: ['.tmp']\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last.npz", "tensorboard", "validation"]


def test_ctrl_c_during_the_preparation_ends_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("maskseg_cli.training.setup.find_start", interrupt)
    assert run(*RUN, "-o", tmp_path / "run", code=130).stderr.endswith("Interrupted.\n")
    assert not (tmp_path / "run").exists()


def test_python_has_the_names_and_defaults_of_the_command() -> None:
    context = command.train.make_context("train", ["shapes", "-o", "run"])
    options = {name: value for name, value in context.params.items() if name not in ("resume", "quiet", "overrides")}
    parameters = inspect.signature(make_choices).parameters
    required = {"annotations": "shapes", "output": Path("run")}
    defaults = {name: required.get(name, parameter.default) for name, parameter in parameters.items()}
    assert options == {name: value for name, value in defaults.items() if name != "overrides"}


def test_a_folder_that_holds_a_run(tmp_path: Path) -> None:
    (tmp_path / "state.npz").write_bytes(b"")
    result = run(*RUN, "-o", tmp_path, code=1)
    assert "holds a run already: go on with --resume, or name another folder" in result.stderr
    result = run(*RUN, "-o", tmp_path, "--resume", code=1)
    assert "state.npz cannot be read" in result.stderr


def test_nothing_to_resume(tmp_path: Path) -> None:
    result = run(*RUN, "-o", tmp_path / "new", "--resume", code=1)
    assert "holds no training to resume" in result.stderr
    assert not (tmp_path / "new").exists()


def chosen(tmp_path: Path, *arguments: Any) -> tuple[Choices, TrainingOptions]:
    """What the command would train with."""
    words = [*map(str, arguments), "-o", str(tmp_path / "run")]
    options = command.train.make_context("train", words).params
    return make_choices(**{name: value for name, value in options.items() if name not in ("resume", "quiet")})


RECIPE = """
[train]
layers = ["heads", "all"]
epochs = [2, 3]
learning-rate = 0.02
optimizer = "relative-adamw"
model = "coco"
init = "random"
augment = false
set = "train_bn=yes"
sizes = [320, 400]

[maskseg]
train_rois_per_image = 64
"""


def test_a_recipe_gives_defaults_that_the_command_line_overrides(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    choices, options = chosen(tmp_path, "shapes", "--recipe", recipe)
    assert options.stages == (Stage("heads", 2, 0.02), Stage("all", 3, 0.02))
    assert (options.optimizer, options.sizes) == ("relative-adamw", (320, 400))
    assert (choices.preset, choices.init, choices.augment) == ("coco", "random", False)
    assert choices.overrides == {"train_rois_per_image": 64, "train_bn": True}

    more = ["--layers", "5+", "--epochs", 1, "--augment", "--set", "train_rois_per_image=32", "--model", "lite"]
    choices, options = chosen(tmp_path, "shapes", "--recipe", recipe, *more)
    assert options.stages == (Stage("5+", 1, 0.02),)
    assert (choices.preset, choices.augment) == ("lite", True)
    assert choices.overrides == {"train_rois_per_image": 32}


def test_a_recipe_may_have_one_table_alone(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[train]\nlayers = "heads"\nepochs = 4\n')
    choices, options = chosen(tmp_path, "shapes", "--recipe", recipe)
    assert options.stages == (Stage("heads", 4, 0.001),)
    assert choices.overrides == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[train]\nepoch = 3\n", "unknown training option: epoch (did you mean epochs?)"),
        ("[train]\nresume = true\n", "unknown training option: resume"),
        ('[train]\noptimizer = "adam"\n', "recipe.toml: 'adam' is not one of"),
        ("[maskseg]\nmask_haed = 1\n", "mask_head"),
    ],
)
def test_a_wrong_recipe(tmp_path: Path, text: str, words: str) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text)
    assert words in run("shapes", "--recipe", recipe, "-o", tmp_path / "run", code=2).stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([__file__], "IMAGES is missing: name the folder of the pictures."),
        (["none.json", "."], "Path 'none.json' does not exist"),
        (["shapes", "--also", "none.json", ".", "1"], "Path 'none.json' does not exist"),
        (["shapes", "--also", __file__, "nowhere", "1"], "Directory 'nowhere' does not exist"),
        (["shapes", "--also", __file__, ".", "much"], "a number above 0, not 'much'"),
        (["shapes", "--also", __file__, ".", "0"], "a number above 0, not '0'"),
        (["shapes", "--teacher", __file__], "--teacher completes the set of --also: there is none."),
        (["shapes", "--learning-rate", "0"], "0 is not in the range: above 0."),
        (["shapes", "--seed", "-1"], "--seed"),
        (["shapes", "--set", "mask_haed=unet"], "mask_head"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: list[str], words: str) -> None:
    assert words in run(*arguments, "-o", tmp_path / "run", code=2).stderr
    assert not (tmp_path / "run").exists()


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Shapes as files, one of whose pictures is missing and one of whose boxes is empty."""
    path = make_coco(tmp_path / "data", count=4, size=64)
    (path.parent / "images/shapes_00002.png").unlink()
    document = json.loads(path.read_text())
    document["annotations"][0]["category_id"] = 99
    path.write_text(json.dumps(document))
    return path


def test_bad_data_is_refused_with_strict(tmp_path: Path, coco: Path) -> None:
    result = run(coco, coco.parent, "-o", tmp_path / "run", "--init", "random", "--strict", code=1)
    assert "shapes_00002.png" in result.stderr
    assert "category that is not in the file" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_pictures_that_are_left_out_make_the_exit_code_1(
    tmp_path: Path, coco: Path, steps: Any, quiet: list[str]
) -> None:
    words = [coco, coco.parent, *ARGUMENTS[4:], "--steps-per-epoch", "2", "-o", tmp_path / "run", *quiet]
    result = run(*words, code=1)
    assert (len(steps.made), (tmp_path / "run/last.npz").is_file()) == (2, True), "the run is complete"
    assert result.stderr.splitlines()[-1] == "1 picture of the data could not be used for training."
    assert "1 picture of the data could not be used" in run(*words, "--resume", code=1).stderr


def test_the_format_can_be_named(tmp_path: Path, coco: Path) -> None:
    words = [coco, coco.parent, "--init", "random", "-o", tmp_path / "run"]
    assert "is not a file of labelme" in run(*words, "--format", "labelme", code=1).stderr
    assert "There is no annotation format 'cocoo'" in run(*words, "--format", "cocoo", code=2).stderr
    assert not (tmp_path / "run").exists()


def test_data_without_any_picture(tmp_path: Path, coco: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(coco, tmp_path / "empty", "-o", tmp_path / "run", "--init", "random", code=1)
    assert "gives no picture that can be used" in result.stderr
    assert not (tmp_path / "run").exists()


def test_bad_records_are_named_and_left_out(tmp_path: Path, coco: Path) -> None:
    from maskseg_cli.training.setup import prepare

    settings = dict(word.split("=") for word in ARGUMENTS if "=" in word)
    overrides = {name: int(value) for name, value in settings.items()}
    choices = Choices([DataChoice(str(coco), coco.parent)], init="random", overrides=overrides, size=64)
    reporter = RecordingReporter()
    with TrainingLog(tmp_path / "run", reporter) as log:
        trainer = prepare(choices, TrainingOptions(tmp_path / "run"), log, resume=False)
    said = reporter.said
    assert [line for line in said if "shapes_00002.png" in line]
    assert [line for line in said if "category that is not in the file" in line]
    assert said[-1].endswith(": 3 pictures, 3 classes")
    assert trainer.steps_per_epoch == 3
    assert trainer.validate is None
    assert next(trainer.batches(0))["image"].shape == (1, 64, 64, 3)
