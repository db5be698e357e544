"""The recipes in examples/recipes, with the very commands that docs/mask-heads.md gives for them, only shorter."""

from __future__ import annotations

import csv
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.cli.main import main
from maskseg_cli.config import LITE
from maskseg_cli.config.overrides import read_config_file, read_table
from maskseg_cli.training.choices import make_choices
from maskseg_cli.training.recipes import read_recipe
from maskseg_cli.training.run_files import LAST_WEIGHTS
from tests.documents import PROJECT, blocks, commands
from tests.training.tiny import shrink

PAGE = PROJECT / "docs" / "mask-heads.md"
RECIPES = PROJECT / "examples" / "recipes"

#: The commands of the page, as words: ["maskseg", "train", "shapes", ...].
SHOWN = [shlex.split(line) for block in blocks(PAGE, "sh") for line in commands(block)]

HEADS = ("fcn", "unet")

#: What makes a recipe short: two steps on small pictures, few regions, few masks to measure; only the fresh layers
#: learn, since most of the time goes into making the gradients' graph.
SHORTER = ["--shapes", "4", "64", "--size", "64", "--batch", "1", "--steps-per-epoch", "2", "--warmup", "0"]
SHORTER += ["--set", "train_rois_per_image=8", "--set", "train_masks_per_image=2", "--set", "post_nms_rois_training=20"]
SHORTER += ["--set", "post_nms_rois_inference=4", "--set", "detection_max_instances=1"]
SHORTER += ["--layers", r"mrcnn_mask.*|box\.class_logits|box\.deltas"]


@pytest.fixture
def _tiny_and_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A tiny trunk; and TensorFlow's default mode again, since training makes the whole process deterministic."""
    shrink(monkeypatch)
    yield
    if "tensorflow" in sys.modules:
        from tensorflow.python.framework.config import disable_op_determinism

        disable_op_determinism()


def shown(head: str, command: str) -> list[str]:
    """What the page has after `maskseg`, for this head."""
    found = [words[1:] for words in SHOWN if words[1] == command and any(f"-{head}" in word for word in words)]
    assert len(found) == 1, f"{PAGE.name} shows {len(found)} times maskseg {command} for {head}"
    return found[0]


def run(*arguments: Any) -> Result:
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result


def overrides(recipe: Path) -> dict[str, Any]:
    return read_config_file(recipe) if read_table(recipe, "maskseg") else {}


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.name)
def test_a_recipe_says_what_training_understands(recipe: Path) -> None:
    choices, options = make_choices("shapes", output="run", **read_recipe(recipe))
    assert choices.overrides == overrides(recipe)
    assert sum(stage.epochs for stage in options.stages) >= 1
    assert LITE.replace(num_classes=4, **choices.overrides)


def test_the_two_recipes_differ_in_the_head_alone() -> None:
    texts = [(RECIPES / f"shapes-{head}.toml").read_text(encoding="utf-8") for head in HEADS]
    settings = [
        [line for line in text.splitlines() if line and not line.startswith("#") and "mask_head" not in line]
        for text in texts
    ]
    assert settings[0] == settings[1]
    assert [overrides(RECIPES / f"shapes-{head}.toml")["mask_head"] for head in HEADS] == list(HEADS)


@pytest.mark.usefixtures("lite_home", "_tiny_and_as_before")
@pytest.mark.parametrize("head", HEADS)
def test_the_documented_commands_train_a_head_and_measure_it(
    head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").symlink_to(PROJECT / "examples")
    monkeypatch.chdir(tmp_path)
    words = shown(head, "train")
    said = run(*words, *SHORTER).stderr
    assert "starting from lite" in said
    assert "mrcnn_mask" in said.split("not there, so these layers start fresh: ")[1]
    folder = tmp_path / words[words.index("-o") + 1]

    checkpoint = read_checkpoint(folder / LAST_WEIGHTS)
    assert checkpoint.class_names == ("background", "square", "circle", "triangle")
    assert (checkpoint.config.mask_head, checkpoint.config.mask_shape) == (head, (28, 28))
    bn = "mrcnn_mask_unet_bn1" if head == "unet" else "mrcnn_mask_bn1"
    for weight, before in (("gamma", 1.0), ("moving_mean", 0.0), ("moving_variance", 1.0)):
        assert (checkpoint.arrays[f"{bn}/{weight}"] != before).any(), weight
    with (folder / "log.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert 0 < float(row["mrcnn_mask_loss"]) < 5
    assert 0 <= float(row["mask AP"]) <= 1

    measured = shown(head, "evaluate")
    # what is measured is the run's best weights; nonsense may have none above 0
    (folder / "best.npz").exists() or (folder / LAST_WEIGHTS).rename(folder / "best.npz")
    assert "VOC mAP50" in run(*measured, "--limit", "2").stdout


def test_the_page_compares_what_the_recipes_train() -> None:
    """The parameters that the page's table gives are those of the heads."""
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    text = PAGE.read_text(encoding="utf-8")
    for head in HEADS:
        model = MaskRCNN(LITE.replace(num_classes=4, **overrides(RECIPES / f"shapes-{head}.toml")))
        assert f"{model.mask_head.count_params():,}" in text
        assert np.prod(model.mask_head.output_shape[1:]) == 28 * 28 * 4
