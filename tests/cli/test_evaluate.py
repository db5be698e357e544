"""`maskseg evaluate` as a user runs it, with a network that knows the answer."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from maskseg_cli.classes import parse_classes
from maskseg_cli.cli.main import main
from maskseg_cli.conversion.convert import convert_data
from maskseg_cli.detections import Detections
from maskseg_cli.inference.model_options import ModelOptions, overrides_of
from tests.coco_samples import FakePredictor, Sample, found, make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "data")


@pytest.fixture
def asked(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> list[ModelOptions]:
    """Puts a perfect network into the command; gives the options that it was asked for with."""
    return use(monkeypatch, sample)


def use(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, answer: Callable[..., Detections] = lambda _, o: found(o)
) -> list[ModelOptions]:
    calls: list[ModelOptions] = []

    def load(options: ModelOptions, **_: Any) -> FakePredictor:
        calls.append(options)
        predictor = FakePredictor(sample, answer)
        overrides = overrides_of(options)
        overrides.pop("size", None)
        predictor.config = predictor.config.replace(**overrides)
        if options.classes:
            predictor.class_ids = parse_classes(str(options.classes), predictor.class_names)
        predictor.max_detections = options.max_detections
        return predictor

    monkeypatch.setattr("maskseg_cli.inference.loading.load_predictor", load)
    return calls


def run(sample: Sample, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", str(sample.annotations), str(sample.photos), *map(str, arguments)])


def test_table_and_metrics(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    output = tmp_path / "deep" / "metrics.json"
    result = run(sample, "--output", output)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "4 photos, 12 objects, 3 classes",
        "          AP   AP50   AP75    APs    APm    APl  AR100",
        "box    100.0  100.0  100.0  100.0  100.0      -  100.0",
        "mask   100.0  100.0  100.0  100.0  100.0      -  100.0",
        "VOC mAP50 (Matterport, per photo, scores from 0.7): 66.7",
    ]
    assert "Score floor 0.01" in result.stderr
    metrics = json.loads(output.read_text())
    assert list(metrics)[:4] == ["images", "bbox", "segm", "voc"]
    assert metrics["voc"] == {"mAP50": pytest.approx(2 / 3), "min_score": 0.7}, "one of three has less"
    for kind in ("bbox", "segm"):
        assert metrics[kind] == pytest.approx(
            {"AP": 1, "AP50": 1, "AP75": 1, "APs": 1, "APm": 1, "APl": None, "AR100": 1}
        )
    assert metrics["images"] == 4
    assert set(metrics["per_class"]) == {"motorbike", "dog", "tvmonitor"}
    assert metrics["settings"]["annotations"] == "instances.json"
    assert metrics["settings"]["config"]["detection_min_confidence"] == 0.01


def test_the_floor_is_not_the_threshold_for_showing(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("detection_min_confidence = 0.7\npool_size = 5\n")
    for arguments, floor in (
        ([], "0.01"),
        (["--config", config], "0.01"),
        (["--min-score", "0.01"], "0.01"),
        (["--set", "DETECTION_MIN_CONFIDENCE=0.001"], "0.001"),
        (["--min-score", "0.5"], "0.5"),
    ):
        result = run(sample, *arguments)
        assert f"Score floor {floor};" in result.stderr, arguments
        assert ("lowers AP" in result.stderr) == (floor == "0.5")
    assert asked[1].config == config


def test_model_options_reach_the_network(sample: Sample, asked: list[ModelOptions]) -> None:
    run(sample, "--model", "lite", "--weights", "mine.npz", "--size", "320", "--max-detections", "7")
    settings = ("detection_duplicate_threshold=none", "detection_voting_floor=0")
    assert asked == [ModelOptions("lite", "mine.npz", size=320, min_score=0.01, max_detections=7, settings=settings)]


def test_several_views_are_asked_for_and_noted(sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    views = []

    def load(options: ModelOptions, **_: Any) -> FakePredictor:
        views.append(overrides_of(options).get("tta", False))
        return FakePredictor(sample, lambda _, o: found(o))

    monkeypatch.setattr("maskseg_cli.inference.loading.load_predictor", load)
    for arguments in ([], ["--tta"]):
        output = tmp_path / f"metrics{len(arguments)}.json"
        assert run(sample, "--output", output, *arguments).exit_code == 0
        assert json.loads(output.read_text())["settings"]["tta"] is bool(arguments)
    assert views == [False, True]


def test_per_class_and_chosen_classes(sample: Sample, asked: list[ModelOptions]) -> None:
    result = run(sample, "--per-class", "--classes", "Motorcycle,dog")
    assert result.stdout.splitlines()[0] == "4 photos, 8 objects, 2 classes"
    assert result.stdout.splitlines()[5:] == [
        "",
        "class      objects     box AP   box AP50    mask AP  mask AP50",
        "motorbike        4      100.0      100.0      100.0      100.0",
        "dog              4      100.0      100.0      100.0      100.0",
    ]


def test_limit(sample: Sample, asked: list[ModelOptions]) -> None:
    assert run(sample, "--limit", "3").stdout.startswith("3 photos, 9 objects")


def test_results_are_cocos_and_score_again(sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, sample, lambda photo, objects: found(objects[photo % 2 :]))
    results, first, second = tmp_path / "results.json", tmp_path / "first.json", tmp_path / "second.json"
    ran = run(sample, "--results", results, "-o", first)
    assert ran.exit_code == 0
    rows = json.loads(results.read_text())
    assert len(rows) == 10
    assert list(rows[0]) == ["image_id", "category_id", "bbox", "score", "segmentation"]
    scored = CliRunner().invoke(
        main, ["evaluate", str(sample.annotations), "--from-results", str(results), "-o", str(second)]
    )
    assert (scored.exit_code, scored.stderr) == (0, "")
    assert scored.stdout == ran.stdout
    once, again = (json.loads(file.read_text()) for file in (first, second))
    assert {**again, "settings": None} == {**once, "settings": None}
    assert once["bbox"]["AP"] == pytest.approx((1 + 1 + 51 / 101) / 3)


def test_missing_photos_are_named_and_the_rest_is_done(
    sample: Sample, asked: list[ModelOptions], tmp_path: Path
) -> None:
    (sample.photos / "2.png").unlink()
    (sample.photos / "3.png").write_bytes(b"\x89PNG\r\n")
    output = tmp_path / "metrics.json"
    result = run(sample, "--quiet", "-o", output)
    assert result.exit_code == 1
    assert result.stdout.startswith("2 photos, 6 objects")
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert "2.png" in lines[0]
    assert "3.png" in lines[1]
    assert lines[2] == "2 of 4 photos could not be measured and do not count."
    assert json.loads(output.read_text())["images"] == 2


def test_missing_photos_without_a_size_are_left_out(sample: Sample, asked: list[ModelOptions]) -> None:
    sample.change(lambda document: [image.pop("width") for image in document["images"]])
    (sample.photos / "2.png").unlink()
    result = run(sample, "--quiet")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "3 photos, 9 objects, 3 classes")
    assert result.stderr.endswith("instances.json: 1 image files that are not there (left out): 2.png.\n")


def test_no_photo_at_all(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    for photo in sample.photos.iterdir():
        photo.unlink()
    output = tmp_path / "metrics.json"
    result = run(sample, "-o", output)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Not one photo" in result.stderr
    assert not output.exists()


def test_unknown_classes_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = make_sample(tmp_path, names=("motorbike", "unicorn", "dragon"))
    use(monkeypatch, sample)
    result = run(sample)
    assert result.exit_code == 0
    assert "does not know these classes, which count with AP 0: unicorn, dragon." in result.stderr
    assert result.stdout.splitlines()[2].split()[1] == "33.3"
    assert run(sample, "--quiet").stderr == ""


def test_problems_of_the_file_are_named(sample: Sample, asked: list[ModelOptions]) -> None:
    sample.change(lambda document: document["annotations"].append(document["annotations"][3]))
    result = run(sample)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "4 photos, 12 objects, 3 classes")
    words = (
        "1 annotations that are in the file more than once, whatever their id (counted once): annotation 3 of 2.png."
    )
    assert f"instances.json: {words}" in result.stderr
    assert run(sample, "--quiet").stderr == ""


def test_sizes_that_the_file_lacks_are_those_of_the_photos(sample: Sample, asked: list[ModelOptions]) -> None:
    expected = run(sample).stdout
    sample.change(lambda document: [image.pop("height") for image in document["images"]])
    assert run(sample).stdout == expected


def test_the_format_can_be_named(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    expected = run(sample, "--results", results).stdout
    assert run(sample, "--format", "coco").stdout == expected
    assert run(sample, "--format", "coco", "--from-results", results).stdout == expected
    for more in ((), ("--from-results", results)):
        refused = run(sample, "--format", "labelme", *more)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "instances.json is not a file of labelme" in refused.stderr
    unknown = run(sample, "--format", "cocoo")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "There is no annotation format 'cocoo'; there are coco, via" in unknown.stderr


def test_the_part_of_a_set_that_is_measured_is_said(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    convert_data(sample.annotations, tmp_path / "set", to="yolo", images=sample.photos, split=0.5, copy_photos=True)
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path / "set")])
    assert "set: val is read (2 pictures), not train (2 pictures)." in result.stderr.splitlines()


def test_results_are_scored_with_the_sizes_of_the_photos(sample: Sample, asked: Any, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    expected = run(sample, "--results", results).stdout
    assert run(sample, "--from-results", results).stdout == expected, "IMAGES is not needed, and no harm"
    sample.change(lambda document: [image.pop("height") for image in document["images"]])
    assert run(sample, "--from-results", results).stdout == expected
    without = CliRunner().invoke(main, ["evaluate", str(sample.annotations), "--from-results", str(results)])
    assert (without.exit_code, without.stdout) == (1, "")
    assert "1.png has no width and height of a picture (160): name the folder of the pictures" in without.stderr


def test_without_an_object_nothing_is_measured(sample: Sample, asked: list[ModelOptions]) -> None:
    sample.change(lambda document: [row.update(category_id=99) for row in document["annotations"][1:]])
    assert run(sample).exit_code == 1
    sample.change(lambda document: document.update(annotations=[]))
    result = run(sample)
    assert (result.exit_code, result.stdout, asked) == (1, "", [])
    assert "marks no object: there is nothing to measure." in result.stderr


def test_an_attribute_of_via_is_the_class(sample: Sample, asked: list[ModelOptions]) -> None:
    shape = {"name": "rect", "x": 5, "y": 5, "width": 30, "height": 30}
    region = {"shape_attributes": shape, "region_attributes": {"species": "dog", "ripe": "no"}}
    sample.annotations.write_text(json.dumps({"a": {"filename": "1.png", "size": 1, "regions": [region]}}))
    result = run(sample)
    assert result.exit_code == 2
    assert "have the attributes species, ripe: name the one that is the class with --via-attribute" in result.stderr
    assert run(sample, "--via-attribute", "species").stdout.startswith("1 photo, 1 object, 1 class")


def test_boxes_only(sample: Sample, asked: list[ModelOptions]) -> None:
    sample.change(lambda document: document["annotations"][0].pop("segmentation"))
    result = run(sample)
    assert result.exit_code == 0
    assert "1 of 12 objects have no outline: masks are not measured." in result.stderr
    assert "mask" not in result.stdout


def test_outputs_are_not_overwritten(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    output = tmp_path / "metrics.json"
    output.write_text("precious")
    result = run(sample, "-o", output)
    assert (result.exit_code, output.read_text()) == (1, "precious")
    assert "--overwrite" in result.stderr
    assert asked == [], "before the network runs"
    assert run(sample, "-o", output, "--overwrite").exit_code == 0
    assert json.loads(output.read_text())["images"] == 4
    annotations = sample.annotations.read_bytes()
    result = run(sample, "--overwrite", "-o", sample.annotations)
    assert result.exit_code == 2
    assert "is an input" in result.stderr
    assert sample.annotations.read_bytes() == annotations
    result = run(sample, "-o", tmp_path / "a.json", "--results", tmp_path / "a.json")
    assert (result.exit_code, "the same file" in result.stderr) == (2, True)


def test_unwritable_output(sample: Sample, asked: list[ModelOptions], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(sample, "-o", tmp_path / "file" / "metrics.json")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 or "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["yolo", "cvat", "labelme"])
def test_other_formats_give_the_same_figures(
    sample: Sample, asked: list[ModelOptions], tmp_path: Path, name: str
) -> None:
    output = tmp_path / ("data/annotations.xml" if name == "cvat" else "data")
    convert_data(sample.annotations, output, to=name, images=sample.photos, copy_photos=name == "yolo")
    photos = [] if name == "yolo" else [sample.photos]
    results = tmp_path / "results.json"
    options = ["--output", tmp_path / "metrics.json", "--results", results]
    result = CliRunner().invoke(main, ["evaluate", *map(str, [output, *photos, *options])])
    assert result.exit_code == 0, result.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["images"], len(json.loads(results.read_text()))) == (4, 12)
    # Outlines of polygons differ by single pixels from the masks that the network gives.
    assert metrics["segm"]["AP"] == pytest.approx(1, abs=0 if name == "cvat" else 0.02)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["none.json", "."], 2, "none.json"),
        (["{annotations}"], 2, "IMAGES is missing"),
        (["{annotations}", "nowhere"], 2, "nowhere"),
        (["{annotations}", "{photos}", "--limit", "0"], 2, "--limit"),
        (["{annotations}", "{photos}", "--worst", "3"], 2, "add --report"),
        (["{annotations}", "{photos}", "--set", "pool_sise=3"], 2, "did you mean pool_size"),
        (
            ["{annotations}", "{photos}", "--from-results", "{annotations}", "--limit", "1"],
            2,
            "--from-results runs no network",
        ),
        (
            ["{annotations}", "--from-results", "{annotations}", "--size", "320"],
            2,
            "--from-results runs no network",
        ),
        (["{annotations}", "--from-results", "{annotations}"], 1, "is not a file of COCO results"),
        (["{photo}", "{photos}"], 1, "is a picture: name the annotation file first"),
    ],
)
def test_errors_are_sentences(
    sample: Sample, asked: list[ModelOptions], arguments: list[str], code: int, sentence: str
) -> None:
    names: dict[str, Any] = {"annotations": sample.annotations, "photos": sample.photos}
    names["photo"] = sample.photos / "1.png"
    result = CliRunner().invoke(main, ["evaluate", *(argument.format(**names) for argument in arguments)])
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_wrong_annotations_do_not_wait_for_the_network(sample: Sample) -> None:
    sample.change(lambda document: document.pop("images"))
    code = (
        "import sys; from maskseg_cli.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: sys.stderr.write(' '.join({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "evaluate", str(sample.annotations), str(sample.photos)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no list of images" in done.stderr


def test_a_real_network_on_real_photos(shared: Path, tmp_path: Path) -> None:
    """Ten photos of COCO val2017; an independent implementation finds 27 and 24 on all hundred."""
    data, output = shared / "data/coco", tmp_path / "metrics.json"
    command = [
        *(sys.executable, "-m", "maskseg_cli", "evaluate", data / "instances_val.json", data / "val"),
        *("--weights", shared / "weights/lite-init.npz", "--size", "320", "--limit", "10", "-o", output),
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(r"Score floor 0\.01; \d+\.\d\d s a photo with openvino \w+\.", last), (
        "no chatter of TensorFlow's"
    )
    assert all(line.startswith("Preparing ") for line in done.stderr.splitlines()[:-1])
    assert done.stdout.startswith("10 photos, 80 objects, 80 classes\n")
    metrics = json.loads(output.read_text())
    assert metrics["images"] == 10
    assert metrics["bbox"]["AP"] == pytest.approx(0.33, abs=0.03)
    assert metrics["segm"]["AP"] == pytest.approx(0.24, abs=0.03)
    assert metrics["settings"]["config"]["image_max_dim"] == 640


@pytest.mark.parametrize("option", ["--output", "--results"])
def test_a_file_that_cannot_be_written_is_told_before_measuring(
    sample: Sample, asked: list[ModelOptions], tmp_path: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    result = run(sample, option, tmp_path / "file" / "m.json")
    assert (result.exit_code, asked) == (1, [])
    assert "is no folder, so nothing can be written into it" in result.stderr
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)  # as on a read-only disk
    result = run(sample, option, tmp_path / "m.json")
    assert (result.exit_code, asked) == (1, [])
    assert "cannot be written: choose another one" in result.stderr


def test_figures_are_shown_although_the_disk_is_full(
    sample: Sample, asked: list[ModelOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("maskseg_cli.media.atomic_file.write_atomic", fail)
    result = run(sample, "--output", tmp_path / "m.json", "--per-class")
    assert result.exit_code == 1
    assert result.stderr.endswith(f"Error: {tmp_path / 'm.json'}: No space left on device.\n")
    assert "box    100.0" in result.stdout
