"""Options of a training run: from Python, and from recipes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.training.choices import Choices, DataChoice, make_choices
from maskseg_cli.training.recipes import read_recipe
from maskseg_cli.training.stages import Stage
from maskseg_cli.training.training_options import TrainingOptions
from tests.documents import PROJECT, blocks


def test_the_defaults_are_those_of_the_dataclasses() -> None:
    choices, options = make_choices("shapes", output="run")
    assert choices == Choices([DataChoice("shapes")])
    assert options == TrainingOptions(Path("run"))


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="There is no annotation format 'cocoo'; there are coco, via"):
        make_choices("a.json", "a", output="run", format="cocoo")


def test_every_option() -> None:
    choices, options = make_choices(
        "a.json",
        "a",
        output="run",
        also=[("b.json", "b", 0.5)],
        teacher="b-results.json",
        val=("v.json", "v"),
        via_attribute="species",
        format="via",
        layers="heads",
        epochs=[5, 10],
        sizes=320,
        settings="train_bn=yes",
        overrides={"train_bn": False, "mask_head": "unet"},
        shapes=[8, 64],
    )
    first, second = DataChoice("a.json", Path("a")), DataChoice("b.json", Path("b"), 0.5, Path("b-results.json"))
    assert choices.data == [first, second]
    assert choices.validation == (Path("v.json"), Path("v"))
    assert choices.via_attribute == "species"
    assert choices.format == "via"
    assert choices.overrides == {"train_bn": True, "mask_head": "unet"}
    assert choices.shapes == (8, 64)
    assert options.stages == (Stage("heads", 5), Stage("heads", 10))
    assert options.sizes == (320,)


@pytest.mark.parametrize("share", ["much", 0, -1, float("nan")])
def test_a_share_is_above_0(share: object) -> None:
    with pytest.raises(UsageError, match="a number above 0"):
        make_choices("shapes", output="run", also=[("b.json", "b", share)])


def test_a_folder_with_its_pictures_needs_no_other(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "data.yaml"):
        choices, _ = make_choices(place, output="run", val=(str(tmp_path), tmp_path))
        assert choices.data == [DataChoice(str(place))]
        assert choices.validation == (tmp_path, tmp_path)
    with pytest.raises(UsageError, match="IMAGES is missing: name the folder of the pictures"):
        make_choices(tmp_path / "a.json", output="run")


def test_shapes_need_no_folder_of_pictures() -> None:
    with pytest.raises(UsageError, match="shapes are drawn on the fly: leave out the folder photos"):
        make_choices("shapes", "photos", output="run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": "2"}, "epochs is a whole number, not '2'"),
        ({"layers": ()}, "layers is empty: a training has at least one stage"),
        ({"layers": 5}, "layers is a text, not 5"),
        ({"learning_rate": "x"}, "learning_rate is a number, not 'x'"),
        ({"learning_rate": float("nan")}, "learning_rate is a number, not nan"),
        ({"batch": "2"}, "batch is a whole number, not '2'"),
        ({"size": "400"}, "size is a whole number or none, not '400'"),
        ({"optimizer": "adam"}, "The optimizer is one of sgd, adamw, relative-adamw, not 'adam'"),
        ({"seed": -1}, "seed is at least 0, not -1"),
        ({"workers": 0}, "workers is at least 1, not 0"),
        ({"gpus": 0}, "gpus is at least 1, not 0"),
        ({"clip_norm": -1}, "clip_norm is at least 0, not -1"),
        ({"init": None}, "init is a text, not None"),
        ({"strict": "no"}, "strict is yes or no, not 'no'"),
        ({"shapes": (2,)}, "shapes is a list of 2 whole numbers"),
    ],
    ids=str,
)
def test_values_of_another_kind_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_choices("shapes", output="run", **arguments)  # type: ignore[arg-type]


def test_a_recipe_is_arguments(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        '[train]\nlayers = "heads"\nlearning-rate = 0.02\nset = "train_bn=yes"\n[maskseg]\nmask_head = "unet"\n'
    )
    choices, options = make_choices("shapes", output="run", **read_recipe(recipe))
    assert options.stages == (Stage("heads", 1, 0.02),)
    assert choices.overrides == {"mask_head": "unet", "train_bn": True}


@pytest.mark.parametrize("name", ["settings", "overrides", "resume", "epoch"])
def test_an_unknown_option_in_a_recipe(tmp_path: Path, name: str) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f"[train]\n{name} = 1\n")
    with pytest.raises(UsageError, match=f"unknown training option: {name}"):
        read_recipe(recipe)


def test_the_documented_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = []

    def train(*arguments: Any, reporter: Any = None, **options: Any) -> SimpleNamespace:
        runs.append(make_choices(*arguments, **options))
        return SimpleNamespace(weights="run/last.npz", best=None)

    (block,) = blocks(PROJECT / "docs" / "train.md", "py")
    (recipe,) = blocks(PROJECT / "docs" / "train.md", "toml")
    (tmp_path / "balloon.toml").write_text(recipe.code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("maskseg_cli.training.run.train", train)
    exec(compile(block.code, str(block), "exec"), {})
    assert [options.stages for _, options in runs] == [
        (Stage("heads", 5), Stage("all", 10)),
        (Stage("heads", 5, 0.001), Stage("all", 10, 0.0003)),
    ]
    assert capsys.readouterr().out == "run/last.npz None\n"
