"""`maskseg config` as a user runs it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli.checkpoints import Checkpoint, write_checkpoint
from maskseg_cli.cli.main import main
from maskseg_cli.config import COCO, LITE
from maskseg_cli.config.display import display
from maskseg_cli.config.mask_rcnn_config import option_types
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.inference.model_options import EVERYDAY, ModelOptions, overrides_of
from maskseg_cli.pipeline.run_options import split_options


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["config", *map(str, arguments)])


def shown(*arguments: str | Path) -> dict[str, str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    lines = [line.split(None, 1) for line in result.stdout.splitlines() if line[30:31] == " "]
    return {line[0]: line[1] for line in lines}


def test_presets_need_no_weights() -> None:
    assert run().stdout == display(LITE) + "\n"
    assert run("--model", "lite").stdout == display(LITE) + "\n"
    assert run("--model", "coco").stdout == display(COCO) + "\n"


def test_everything_that_changes_the_network_shows(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("POOL_SIZE = 5\nmask_pool_size = 9\ndetection_min_confidence = 0.1\n")
    options = shown(
        *("--model", "coco", "--config", file, "--set", "mask_pool_size=11", "--set", "MEAN_PIXEL=[1 2 3]"),
        *("--size", "512", "--min-score", "0.25", "--max-detections", "7"),
    )
    assert options["POOL_SIZE"] == "5"
    assert options["MASK_POOL_SIZE"] == "11", "--set goes before the file"
    assert options["MEAN_PIXEL"] == "[1 2 3]"
    assert options["DETECTION_MIN_CONFIDENCE"] == "0.25", "an option of its own goes before the file"
    assert options["DETECTION_MAX_INSTANCES"] == "7"
    assert options["IMAGE_SHAPE"] == "[512 512   3]"
    assert options["BACKBONE"] == "resnet101"


def test_size_of_lite_is_the_short_side() -> None:
    options = shown("--size", "320")
    assert (options["IMAGE_MIN_DIM"], options["IMAGE_MAX_DIM"]) == ("320", "640")


@pytest.mark.parametrize("form", ["--toml", "--json"])
def test_output_reads_back(tmp_path: Path, form: str) -> None:
    written = run("--model", "lite", "--set", "name=mine", "--set", "bbox_delta_limit=none", form)
    assert written.exit_code == 0
    file = tmp_path / "mine"
    file.write_text(written.stdout)
    assert run("--model", "coco", "--config", file, form).stdout == written.stdout


def test_json_is_one_object() -> None:
    options = json.loads(run("--json").stdout)
    assert options["backbone"] == "mobile"
    assert len(options["rpn_anchor_sizes"]) == 15


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--set", "imge_min_dim=3"], 2, "no option 'imge_min_dim' (did you mean image_min_dim"),
        (["--set", "image_min_dim=abc"], 2, "image_min_dim is a whole number, not 'abc'"),
        (["--set", "backbone=vgg"], 2, "backbone is one of resnet50, resnet101, mobile"),
        (["--model", "coco", "--size", "500"], 2, "multiple of 64"),
        (["--config", "none.toml"], 2, "none.toml"),
        (["--classes", "dog"], 2, "--classes does not belong"),
        (["--tta"], 2, "--tta does not belong"),
        (["--toml", "extra"], 2, "extra"),
    ],
)
def test_errors_are_sentences(arguments: list[str], code: int, sentence: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_broken_config_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("pool_size = 5\noops\n")
    result = run("--config", file)
    assert result.exit_code == 1
    assert "mine.toml is not valid TOML" in result.stderr
    assert "line 2" in result.stderr


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A weights file of a network with other options than any preset."""
    path = tmp_path / "mine.npz"
    config = LITE.replace(name="mine", num_classes=4, detection_nms_threshold=0.45)
    arrays = {"trunk.stem/bias": np.zeros(32, np.float32)}
    write_checkpoint(path, Checkpoint(arrays, config, ("background", "a", "b", "c")))
    return path


@pytest.mark.parametrize("option", ["--weights", "--model"])
def test_weights_files_hold_their_options(weights: Path, option: str) -> None:
    options = shown(option, weights, "--size", "320")
    assert (options["NAME"], options["NUM_CLASSES"], options["IMAGE_META_SIZE"]) == ("mine", "4", "16")
    assert (options["DETECTION_NMS_THRESHOLD"], options["IMAGE_MIN_DIM"]) == ("0.45", "320")


def test_weights_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "page.h5").write_text("<!DOCTYPE html><html></html>")
    for name, code in (("none.h5", 2), ("page.h5", 1)):
        result = run("--weights", tmp_path / name)
        assert (result.exit_code, result.stdout) == (code, "")
        assert name in result.stderr
        assert result.stderr.count("\n") == 1


def test_tensorflow_stays_out(weights: Path) -> None:
    code = (
        "import sys; from maskseg_cli.cli.main import main;"
        "main(['config', '--weights', sys.argv[1], '--size', '320'], standalone_mode=False);"
        "sys.stderr.write(' '.join({'tensorflow', 'keras', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(weights)], capture_output=True, text=True)
    assert done.stdout.startswith("Configurations:\n")
    assert (done.returncode, done.stderr) == (0, "")


EVERYDAY_FILE = """
alpha = 0.25
color-by = "class"
boxes = false
classes = ["person", "dog"]
min_score = 0.6
size = 256
precision = "float32"
detection_nms_threshold = 0.4
"""


@pytest.fixture
def everyday(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(EVERYDAY_FILE)
    return file


def chosen(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> tuple[ModelOptions, DrawingOptions]:
    """What `maskseg image` makes of its options."""
    caught: dict[str, Any] = {}

    def process(*_: Any, **options: Any) -> Any:
        caught.update(options)
        return SimpleNamespace(failed=0)

    monkeypatch.setattr("maskseg_cli.pipeline.images.process_images", process)
    result = CliRunner().invoke(main, ["image", "x.jpg", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    fields = {field.name for field in dataclasses.fields(DrawingOptions)}
    return caught["model"], DrawingOptions(**{name: value for name, value in caught.items() if name in fields})


def test_everyday_options_in_a_file_count_as_if_given(everyday: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, drawing = chosen(monkeypatch, "--config", everyday)
    assert (drawing.alpha, drawing.color_by, drawing.boxes, drawing.masks) == (0.25, "class", False, True)
    assert (model.classes, model.min_score, model.size, model.precision) == ("person,dog", 0.6, 256, "float32")
    overrides = overrides_of(model)
    assert overrides["detection_nms_threshold"] == 0.4
    assert overrides["detection_min_confidence"] == 0.6


def test_the_command_line_goes_before_the_file(everyday: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, drawing = chosen(monkeypatch, "--alpha", "0.9", "--boxes", "--classes", "cat", "--config", everyday)
    assert (drawing.alpha, drawing.boxes, model.classes, model.min_score) == (0.9, True, "cat", 0.6)


def test_a_command_leaves_out_what_it_does_not_have(everyday: Path) -> None:
    options = shown("--config", everyday)
    assert (options["DETECTION_MIN_CONFIDENCE"], options["IMAGE_MIN_DIM"]) == ("0.6", "256")


def test_functions_take_the_file_too(everyday: Path) -> None:
    model, drawing = split_options("lite", {"config": everyday, "alpha": 0.5})
    assert isinstance(model, ModelOptions)
    assert (drawing.alpha, drawing.boxes, model.classes) == (0.5, False, "person,dog")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("alhpa = 0.3", "no option 'alhpa' (did you mean alpha?)"),
        ("alpha = 30", "30 is not a number from 0 to 1 (30 % is 0.3)"),
        ('boxes = "maybe"', "'maybe' is not a valid boolean"),
    ],
)
def test_wrong_everyday_options_are_refused(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(line)
    result = CliRunner().invoke(main, ["image", "x.jpg", "--config", str(file)])
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())


def test_a_wrong_value_names_the_file_it_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("alpha = 30\nmin_score = 0.5")
    refused = CliRunner().invoke(main, ["image", "x.jpg", "--config", "mine.toml"]).stderr
    assert "Invalid value for 'alpha' in mine.toml: 30 is not" in refused
    refused = CliRunner().invoke(main, ["image", "x.jpg", "--config", "mine.toml", "--alpha", "20"]).stderr
    assert "Invalid value for '--alpha': 20 is not" in refused


def test_no_everyday_option_has_the_name_of_an_option_of_the_network() -> None:
    assert EVERYDAY.isdisjoint(option_types())
    command = main.get_command(None, "image")  # type: ignore[arg-type]
    assert command is not None
    names = {
        str(option.name).partition("_")[2]
        for option in command.params
        if str(option.name).startswith(("model_", "drawing_"))
    }
    assert names - {"settings", "config"} == EVERYDAY
