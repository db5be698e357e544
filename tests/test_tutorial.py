"""docs/tutorial.md as a reader follows it, with fewer pictures and steps, and the scripts that it uses."""

from __future__ import annotations

import csv
import json
import re
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from maskseg_cli import convert_data
from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.media.images import read_image
from tests.conftest import SHARED
from tests.documents import PROJECT, blocks, commands
from tests.shell import opened_shell

TUTORIAL = PROJECT / "docs" / "tutorial.md"
EXAMPLES = PROJECT / "examples"
RECIPE = EXAMPLES / "recipes" / "own-classes.toml"
CLASSES = ["coin", "key", "button", "stamp"]

#: What makes the commands short enough for a test.
SHORTER = {
    "make_desk_dataset.py": "--train 6 --val 2",
    # one stage, since each has to be compiled
    "maskseg train": "--size 128 --layers heads --learning-rate 0.003 --warmup 0 --epochs 2 --steps-per-epoch 8",
    # after so few steps nothing is sure, but whatever is found must be drawn
    "maskseg image": "--min-score 0",
}


def run(name: str, *arguments: str | Path) -> None:
    """Runs an example in this process, which has loaded its libraries already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "desk"
    run("make_desk_dataset.py", folder, "--train", "24", "--val", "6")
    return folder


@pytest.fixture
def _as_free_as_before() -> Iterator[None]:
    """Training makes TensorFlow deterministic for the whole process."""
    yield
    from tensorflow.python.framework.config import disable_op_determinism

    disable_op_determinism()


@pytest.fixture
def home(lite_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Real weights for `--init lite`, where they lie beside the checkout, or else nonsense."""
    real = SHARED / "weights" / "lite-init.npz"
    if real.is_file():
        folder = tmp_path_factory.mktemp("real")
        (folder / "maskseg-lite-coco.npz").symlink_to(real)
        monkeypatch.setenv("MASKSEG_HOME", str(folder))


def document(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def masks_of(path: Path) -> dict[int, list[tuple[dict[str, Any], np.ndarray]]]:
    """Image id -> its annotations, each with its mask."""
    found: dict[int, list[tuple[dict[str, Any], np.ndarray]]] = {}
    for record in document(path)["annotations"]:
        mask = coco_mask.decode(record["segmentation"]).astype(bool)
        found.setdefault(record["image_id"], []).append((record, mask))
    return found


def test_the_data_set_is_whole(desk: Path) -> None:
    for split, count in (("train", 24), ("val", 6)):
        content = document(desk / f"{split}.json")
        assert [category["name"] for category in content["categories"]] == CLASSES
        names = [record["file_name"] for record in content["images"]]
        assert sorted(names) == sorted(path.name for path in (desk / split).iterdir())
        assert len(names) == count
        assert all(read_image(desk / split / name).shape == (240, 320, 3) for name in names)
        assert {record["category_id"] for record in content["annotations"]} == {1, 2, 3, 4}
        assert len({record["id"] for record in content["annotations"]}) == len(content["annotations"])
    assert read_image(desk / "museum.png").shape == (303, 384, 3)


def test_outlines_are_those_of_what_can_be_seen(desk: Path) -> None:
    holes = 0
    for objects in masks_of(desk / "train.json").values():
        assert sum(mask.astype(int) for _, mask in objects).max() == 1, "two things cannot be seen in one place"
        for record, mask in objects:
            assert record["area"] == mask.sum() > 30
            assert list(cv2.boundingRect(mask.astype(np.uint8))) == record["bbox"]
            if record["category_id"] == 2:
                hierarchy = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[1]
                holes += int((hierarchy[0, :, 3] >= 0).any())
    assert holes, "a key has a hole"


def test_coins_stand_out_from_their_ground(desk: Path) -> None:
    """The masks lie where the things are: along its outline a thing differs from its ground."""
    steps = []
    for number, objects in masks_of(desk / "train.json").items():
        image = read_image(desk / "train" / f"train-{number:04}.jpg").astype(float)
        for record, mask in objects:
            if record["category_id"] != 1 or mask.sum() < 500:
                continue
            solid = mask.astype(np.uint8)
            inside = cv2.erode(solid, np.ones((3, 3))).astype(bool) & ~cv2.erode(solid, np.ones((7, 7))).astype(bool)
            outside = ~cv2.dilate(solid, np.ones((3, 3))).astype(bool)
            outside &= cv2.dilate(solid, np.ones((7, 7))).astype(bool)
            steps.append(np.abs(image[inside].mean(axis=0) - image[outside].mean(axis=0)).max())
    assert len(steps) > 5
    assert np.median(steps) > 20


def test_the_same_seed_gives_the_same_pictures_and_validation_has_others(desk: Path, tmp_path: Path) -> None:
    run("make_desk_dataset.py", tmp_path, "--train", "2", "--val", "2")
    for name in ("train-0002.jpg", "val-0002.jpg"):
        split = name.split("-")[0]
        assert (tmp_path / split / name).read_bytes() == (desk / split / name).read_bytes()
    script = runpy.run_path(str(EXAMPLES / "make_desk_dataset.py"))
    coins = script["coin_cutouts"]()
    assert [len(coins[split]) for split in ("train", "val")] == [18, 6]
    assert not set(script["GROUNDS"]["train"]) & set(script["GROUNDS"]["val"])
    assert not set(script["STAMPS"]["train"]) & set(script["STAMPS"]["val"])


def test_show_annotations(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("show_annotations.py", desk / "train.json", desk / "train", tmp_path, "--limit", "3")
    written = sorted(tmp_path.iterdir())
    assert capsys.readouterr().out.splitlines() == list(map(str, written))
    assert [path.name for path in written] == [f"train-{number:04}.jpg" for number in (1, 2, 3)]
    marked = masks_of(desk / "train.json")
    for number, path in enumerate(written, start=1):
        changed = np.abs(read_image(path).astype(int) - read_image(desk / "train" / path.name)).max(axis=2) > 25
        assert all(changed[mask].mean() > 0.5 for _, mask in marked[number])


def test_show_annotations_names_what_is_wrong(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = document(desk / "val.json")
    content["images"][0]["file_name"] = "nowhere.jpg"
    (tmp_path / "bad.json").write_text(json.dumps(content))
    run("show_annotations.py", tmp_path / "bad.json", desk / "val", tmp_path / "marked")
    assert "nowhere.jpg" in capsys.readouterr().err
    assert len(list((tmp_path / "marked").iterdir())) == 5
    with pytest.raises(SystemExit, match="There is no folder"):
        run("show_annotations.py", tmp_path / "bad.json", tmp_path / "none", tmp_path / "marked")


def test_a_division_into_two_parts_loses_nothing(desk: Path, tmp_path: Path) -> None:
    convert_data(desk / "train.json", tmp_path, to="coco", split=0.75)
    parts = [document(tmp_path / f"{name}.json") for name in ("train", "val")]
    names = [{record["file_name"] for record in part["images"]} for part in parts]
    assert [len(part) for part in names] == [18, 6]
    assert names[0] | names[1] == {path.name for path in (desk / "train").iterdir()}
    before = masks_of(desk / "train.json")
    for name in ("train", "val"):
        for number, objects in masks_of(tmp_path / f"{name}.json").items():
            assert len(objects) == len(before[number])
            for (found, mask), (wanted, true_mask) in zip(objects, before[number], strict=True):
                np.testing.assert_array_equal(mask, true_mask)
                assert {key: found[key] for key in ("category_id", "bbox", "area", "iscrowd")} == {
                    key: wanted[key] for key in ("category_id", "bbox", "area", "iscrowd")
                }


def shortened(line: str) -> str:
    """A command of the tutorial with fewer pictures and steps."""
    for beginning, more in SHORTER.items():
        if beginning in line:
            line += f" {more}"
    return line


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to run the lines")
@pytest.mark.usefixtures("home", "_as_free_as_before")
def test_the_tutorial_from_beginning_to_end(tmp_path: Path) -> None:
    """All commands of the page, in their order, as one user runs them."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    lines = [line for block in blocks(TUTORIAL, "sh") for line in commands(block)]
    lines = [line for line in lines if "my-" not in line]  # photos that the reader alone has
    assert [line for line in lines if line.startswith("maskseg train")]
    with opened_shell(tmp_path) as shell:
        for line in lines:
            done = shell.run(shortened(line))
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    best = read_checkpoint(tmp_path / "run" / "best.npz")
    assert best.class_names == ("background", *CLASSES)
    assert best.config.image_min_dim == 128
    with (tmp_path / "run" / "log.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert float(second["loss"]) < 0.9 * float(first["loss"])
    figures = document(tmp_path / "run" / "ap.json")
    assert 0 <= figures["segm"]["AP"] <= 1
    assert set(figures["per_class"]) == set(CLASSES)
    assert {path.name for path in (tmp_path / "found").iterdir()} == {"val-0001.jpg", "val-0002.jpg"}
    assert read_image(tmp_path / "museum.png").shape == (303, 384, 3)
    found = document(tmp_path / "coins.json")
    assert [category["name"] for category in found["categories"]] == CLASSES
    assert found["annotations"], "with --min-score 0 there is always something to draw"
    changed = read_image(tmp_path / "museum.png") != read_image(tmp_path / "desk" / "museum.png")
    assert changed.mean() > 0.01


def test_the_tutorial_shows_the_recipe_as_it_is() -> None:
    [shown] = blocks(TUTORIAL, "toml")
    recipe = RECIPE.read_text(encoding="utf-8")
    assert shown.code == recipe[recipe.index("[train]") :]


def test_the_tutorial_lists_no_script_that_is_not_there() -> None:
    named = re.findall(r"examples/[\w/.-]+\.(?:py|toml)", TUTORIAL.read_text(encoding="utf-8"))
    assert named
    assert all((PROJECT / path).is_file() for path in named)
