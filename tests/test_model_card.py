"""The tools behind weights/README.md: what they measure, and what they write into the documents."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import scale_costs
from benchmarks.model_card import __main__ as program
from benchmarks.model_card import accuracy, misses, precisions, report, search, sections, speed, tables
from benchmarks.performance import tables as performance_tables
from maskseg_cli import Detections, Predictor, load_model
from maskseg_cli.benchmark import interleaving
from maskseg_cli.checkpoints import Checkpoint, write_checkpoint
from maskseg_cli.config import LITE
from maskseg_cli.config.overrides import parse_settings
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.inference.model_options import ModelOptions, overrides_of
from tests.coco_samples import NAMES, FakePredictor, Sample, found, make_sample
from tests.documents import PROJECT

CARD = PROJECT / "weights" / "README.md"


# -- parts of documents


@given(
    before=st.text(st.characters(exclude_characters="<>")),
    old=st.text(st.characters(exclude_characters="<>")),
    new=st.text(st.characters(exclude_characters="<>\r"), min_size=1).map(str.strip).filter(bool),
)
def test_a_filled_part_holds_what_was_put_in_and_the_rest_stays(before: str, old: str, new: str) -> None:
    text = f"{before}\n<!-- one -->\n{old}\n<!-- /one -->\n{before}\n<!-- two -->\nkept\n<!-- /two -->"
    after = sections.filled(text, {"one": new, "three": "not here"})
    assert sections.content(after, "one") == new
    assert after.startswith(f"{before}\n<!-- one -->\n")
    assert after.endswith(f"\n<!-- /one -->\n{before}\n<!-- two -->\nkept\n<!-- /two -->")
    assert sections.filled(after, {"one": new}) == after


@pytest.mark.parametrize(
    "text",
    [
        "<!-- one -->\nno end",
        "no beginning\n<!-- /one -->",
        "<!-- one -->\n<!-- two -->\n<!-- /one -->\n<!-- /two -->",
        "<!-- one -->\n<!-- one -->\n<!-- /one -->",
    ],
)
def test_marks_without_their_partner_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(text)
    with pytest.raises(MasksegError, match=r"page\.md: The part one does not begin with the line <!-- one -->"):
        sections.fill(file, {"one": "new"})
    assert file.read_text() == text


def test_a_mark_is_a_whole_line() -> None:
    assert sections.names("the tables go between `<!-- name -->` and `<!-- /name -->`") == []


def test_every_part_of_the_documents_is_one_that_is_made() -> None:
    parts = {name: path.name for path in sections.documents() for name in sections.names(path.read_text("utf-8"))}
    made = {*tables.TABLES, *performance_tables.TABLES, *scale_costs.TABLES, "limits", "limits-size"}
    assert set(parts) <= made, parts
    card = sections.names(CARD.read_text("utf-8"))
    assert set(card) >= {"model-facts", "ap-per-size", "ap-per-class", "ap-and-start", "speed", "missed"}
    assert set(card) >= {"precisions", "search"}
    assert len(card) == len(set(card))


def test_the_licence_of_the_weights_is_the_whole_standard_text() -> None:
    digest = hashlib.sha256((PROJECT / "weights" / "LICENSE-Apache-2.0.txt").read_bytes()).hexdigest()
    # https://www.apache.org/licenses/LICENSE-2.0.txt
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


# -- measuring


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "data", photos=3)


def weights_file(path: Path, marker: float) -> Path:
    """A weights file of the fakes; `marker` makes its content its own."""
    arrays = {"box.class_logits/kernel": np.full((2, 4), marker, np.float32)}
    write_checkpoint(path, Checkpoint(arrays, LITE.replace(num_classes=4), NAMES))
    return path


@pytest.fixture
def asked(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> list[ModelOptions]:
    """Networks that find all objects, but start.npz, any at size 96 and int8, none of the last class."""
    calls: list[ModelOptions] = []

    def load(options: ModelOptions) -> FakePredictor:
        calls.append(options)
        worse = str(options.weights).endswith("start.npz") or options.size == 96 or options.precision == "int8"
        fake = FakePredictor(sample, lambda _, objects: found(objects[:2] if worse else objects))
        overrides = overrides_of(options)
        overrides.pop("tta", None)
        fake.config = with_size(fake.config, overrides.pop("size", None)).replace(**overrides)
        return fake

    monkeypatch.setattr(accuracy, "load_predictor", load)
    monkeypatch.setattr(misses, "load_predictor", load)
    monkeypatch.setattr(search, "load_predictor", load)
    monkeypatch.setattr(precisions, "load_model", lambda _, **computed: " ".join(computed.values()))
    monkeypatch.setattr(precisions, "int8_digest", lambda _: "a digest")
    monkeypatch.setattr(speed, "interleaved", made_up_times)
    return calls


def made_up_times(predictors: dict[str, Any], photos: list[Any], rounds: int, progress: Any) -> speed.Times:
    """0.2 s for each call of TensorFlow and 0.1 s for others, of networks that are only names."""
    assert list(predictors) == list(predictors.values())  # each is computed as its name says
    seconds = {name: 0.2 if name.startswith("tensorflow") else 0.1 for name in predictors}
    return {name: {kind: [one] * rounds for kind in speed.KINDS} for name, one in seconds.items()}


@pytest.fixture
def arguments(sample: Sample, tmp_path: Path) -> list[str]:
    """Everything but the time, of the model `new.npz`."""
    new, start = weights_file(tmp_path / "new.npz", 1), weights_file(tmp_path / "start.npz", 2)
    given = {"weights": new, "start": start, "output": tmp_path / "figures.json"}
    given |= {"annotations": sample.annotations, "images": sample.photos}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    words += ["--training", str(sample.annotations), str(sample.photos)]
    return [*words, "--sizes", "96", "400", "--parts", *(part for part in report.PARTS if part != "speed")]


def test_everything_is_measured_and_worded(
    arguments: list[str], asked: list[ModelOptions], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.main(arguments)
    figures = json.loads((tmp_path / "figures.json").read_bytes())
    assert (figures["photos"], figures["objects"], figures["complete"]) == (3, 9, True)
    assert figures["annotations"] == "instances.json"
    assert figures["accuracy"]["sizes"]["400"]["bbox"]["AP"] == pytest.approx(1)
    assert figures["accuracy"]["sizes"]["96"]["segm"]["AP"] == pytest.approx(2 / 3)
    assert figures["accuracy"]["per_class"]["dog"] == {"objects": 3, "box_AP": 1.0, "mask_AP": 1.0}
    assert figures["start"]["own"]["segm"]["AP"] == pytest.approx(2 / 3)
    made = tables.parts(figures)
    assert set(made) == set(tables.TABLES) - {"speed", "size-table"}
    assert "| 400 (default) | 100.0 | 100.0 |" in made["ap-per-size"]
    assert "| 400, `--tta` | 100.0 |" in made["ap-per-size"]
    assert "| 400 (default) | 66.7 → 100.0 (+33.3) | 66.7 → 100.0 (+33.3) |" in made["ap-and-start"]
    ways = [line.rsplit(" | ", 3) for line in made["precisions"].splitlines()[2:6]]
    assert [row[0] for row in ways] == [
        "| TensorFlow | float32 | 100.0 | 100.0",
        "| OpenVINO | float32 | 100.0 | 100.0",
        "| OpenVINO | bfloat16 | 100.0 | 100.0",
        "| OpenVINO | int8 | 66.7 | 66.7",
    ]
    assert [row[-2:] for row in ways] == [["200", "1.00 |"], *[["100", "0.50 |"]] * 3]
    assert figures["precisions"]["int8_sha256"] == "a digest"
    searched = made["search"].splitlines()
    assert searched[2].startswith("| earlier | 100.0 | 100.0 |")
    assert searched[2].endswith("| 0.6 | 9 / 0 | 9 / 0 |")
    assert searched[3].endswith("| 0.5 | 9 / 0 | 9 / 0 |")
    assert "| tvmonitor | 3 | 100.0 | 100.0 |" in made["ap-per-class"]
    assert "| tvmonitor | 3 | 100 | 0 | 0 |" in made["missed"]
    output = capsys.readouterr()
    assert all(f"{name}\n\n{text}\n" in output.out for name, text in made.items())
    assert "No figures for: speed, size-table." in output.err
    # as `maskseg evaluate` measures, except for what is shown to people
    floors = {options.min_score for options in asked if "detection_duplicate_threshold=none" in options.settings}
    assert floors == {0.01}
    shown = [options for options in asked if "detection_duplicate_threshold=none" not in options.settings]
    assert [(options.min_score, options.settings) for options in shown] == [
        (None, ()),
        (0.6, search.EARLIER),
        (None, ()),
    ]
    ways = {(options.engine, options.precision) for options in asked}
    assert ways == {*precisions.WAYS, accuracy.FLOAT32}
    assert sum((options.engine, options.precision) != accuracy.FLOAT32 for options in asked) == 3


def test_parts_are_added_to_the_figures_of_the_same_model_only(
    arguments: list[str], asked: list[ModelOptions], tmp_path: Path
) -> None:
    arguments = arguments[: arguments.index("--parts")]
    program.main([*arguments, "--parts", "accuracy"])
    program.main([*arguments, "--parts", "tta"])
    figures = report.read_figures(tmp_path / "figures.json")
    assert {"accuracy", "tta"} <= set(figures)
    weights_file(tmp_path / "new.npz", 3)
    program.main([*arguments, "--parts", "tta"])
    changed = report.read_figures(tmp_path / "figures.json")
    assert "accuracy" not in changed
    assert changed["model"]["sha256"] != figures["model"]["sha256"]


def test_figures_of_a_few_photos_are_not_filled_in(
    arguments: list[str], asked: list[ModelOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        program.main([*arguments, "--limit", "1", "--fill"])
    assert "--fill needs figures of all photos" in capsys.readouterr().err
    program.main([*arguments, "--limit", "1"])
    with pytest.raises(SystemExit, match="figures of a few photos only"):
        program.main([*arguments, "--tables-only", "--fill"])


def test_documents_are_filled(
    arguments: list[str], asked: list[ModelOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "weights" / "README.md"
    page.parent.mkdir()
    page.write_text("# Card\n<!-- model-facts -->\n<!-- /model-facts -->\n<!-- speed -->\nold\n<!-- /speed -->\n")
    monkeypatch.setattr(sections, "PROJECT", tmp_path)
    program.main([*arguments, "--fill"])
    text = page.read_text()
    assert "| file | `new.npz` |" in text
    assert sections.content(text, "speed") == "old"


def test_a_photo_that_is_missing_stops_it(arguments: list[str], asked: list[ModelOptions], sample: Sample) -> None:
    (sample.photos / "2.png").unlink()
    with pytest.raises(SystemExit, match=r"1 photos could not be measured; the first: .*2\.png"):
        program.main(arguments)


def test_a_part_without_its_file_is_refused(arguments: list[str]) -> None:
    place = arguments.index("--start")
    with pytest.raises(SystemExit, match="The part start needs a file"):
        program.main(arguments[:place] + arguments[place + 2 :])


def test_objects_are_found_taken_for_others_or_missed(sample: Sample) -> None:
    dataset = CocoDataset.read(sample.annotations)
    motorbike, dog, tv = sample.objects[1]
    half = tv[1].copy()
    half[:, : int(np.median(np.nonzero(tv[1])[1])) + 1] = False
    answers = found([motorbike, (3, dog[1]), (3, half)])
    rows = _rows(answers, dataset)
    judged = misses.outcomes(dataset.select([10]), rows)
    assert [outcome for _, outcome in judged] == ["found", "other class", "missed"]
    assert [outcome for _, outcome in misses.outcomes(dataset.select([20]), rows[:0])] == ["missed"] * 3


def _rows(detections: Detections, dataset: CocoDataset) -> list[dict[str, Any]]:
    from maskseg_cli.export.coco_json import coco_annotations

    matches = dataset.match_classes(NAMES)
    return list(coco_annotations(detections, 10, [matches.get(index, 0) for index in range(len(NAMES))]))


def test_the_start_searches_as_the_model_does() -> None:
    start = LITE.replace(**parse_settings(search.EARLIER), roi_align="bins")
    model = LITE.replace(image_min_dim=480)
    settings = accuracy.settings_like(start, model)
    assert start.replace(**parse_settings(settings)) == LITE
    earlier = accuracy.settings_like(model, start)
    assert model.replace(**parse_settings(earlier)) == start.replace(image_min_dim=480)
    assert accuracy.settings_like(model, model) == ()


def test_shown_objects_are_right_once_and_wrong_everywhere_else(sample: Sample) -> None:
    dataset = CocoDataset.read(sample.annotations).select([10])
    motorbike, dog, tv = sample.objects[1]
    half = tv[1].copy()
    half[:, : int(np.median(np.nonzero(tv[1])[1])) + 1] = False
    # the second motorcycle is one too many, the third dog is a television, and half a television overlaps too little
    answers = found([motorbike, motorbike, dog, (2, tv[1]), (3, half)])
    assert search.right_and_wrong(dataset, _rows(answers, dataset)) == (2, 3)
    assert search.right_and_wrong(dataset, []) == (0, 0)


def test_shown_objects_in_a_crowd_do_not_count(sample: Sample) -> None:
    sample.change(lambda document: document["annotations"][0].update(iscrowd=1))
    dataset = CocoDataset.read(sample.annotations).select([10])
    motorbike, dog, tv = sample.objects[1]
    answers = found([motorbike, (1, motorbike[1] & (np.arange(160) < 20)), (1, dog[1]), tv])
    assert search.right_and_wrong(dataset, _rows(answers, dataset)) == (1, 1)


def test_shown_objects_are_counted_as_by_pycocotools(sample: Sample) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(11)
    dataset = CocoDataset.read(sample.annotations).select([10])
    moved = [(index, np.roll(mask, rng.integers(-9, 10), axis=1)) for index, mask in sample.objects[1] * 6]
    rows = _rows(found(moved, (rng.permutation(len(moved)) / 20).tolist()), dataset)
    truth = COCO()
    truth.dataset = {
        "images": list(dataset.images),
        "annotations": list(dataset.annotations),
        "categories": [{"id": key, "name": name} for key, name in dataset.categories.items()],
    }
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes([{**row} for row in rows]), "segm")
    evaluation.params.iouThrs, evaluation.params.areaRng = np.array([search.IOU]), [[0, 1e10]]
    evaluation.evaluate()
    matches = np.concatenate([one["dtMatches"][0] for one in evaluation.evalImgs])
    assert search.right_and_wrong(dataset, rows) == (np.sum(matches > 0), np.sum(matches == 0))


def test_the_digest_of_int8_is_that_of_graph_and_weights(tmp_path: Path) -> None:
    weights = tmp_path / "new.npz"
    assert precisions.int8_digest(weights) is None
    (tmp_path / "new-int8.xml").write_bytes(b"graph")
    (tmp_path / "new-int8.bin").write_bytes(b"weights")
    assert precisions.int8_digest(weights) == hashlib.sha256(b"graphweights").hexdigest()


# -- time


@pytest.fixture(scope="module")
def network(lite_weights: Path) -> Predictor:
    return load_model(lite_weights, size=96, detection_duplicate_threshold=None)


def test_the_network_that_is_timed_is_the_one_that_answers(network: Predictor) -> None:
    photo = np.random.default_rng(3).integers(0, 256, (100, 140, 3), np.uint8)
    boxes, class_ids, *_ = speed.network_call(network, photo)()
    whole = network(photo)
    assert len(whole) == len(boxes) > 0
    np.testing.assert_array_equal(class_ids, whole.class_id)


def test_calls_are_timed_turn_by_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    clock = iter(range(1000))

    def fake(name: str) -> Any:
        return lambda *_: calls.append(name)

    monkeypatch.setattr(speed, "network_call", lambda predictor, _: lambda: predictor("network"))
    monkeypatch.setattr(interleaving.time, "perf_counter", lambda: float(next(clock)))
    photos = [np.zeros((4, 4, 3), np.uint8)] * 2
    times = speed.interleaved({"a": fake("a"), "b": fake("b")}, photos, rounds=2)
    # the first round of each photo is not counted; the second goes backwards
    assert calls == 2 * (["a", "b", "a", "b"] + ["b", "a", "b", "a"] + ["a", "b", "a", "b"])
    assert times == {name: dict.fromkeys(speed.KINDS, [1.0] * 4) for name in ("a", "b")}
    assert speed.median_ms(times)["a"] == {"network": 1000, "whole": 1000}


def test_the_time_of_every_size_is_compared(
    network: Predictor, lite_weights: Path, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "load_model", lambda *_, **__: network)
    monkeypatch.setattr(accuracy, "load_for_measuring", lambda *_, **__: network)
    dataset = CocoDataset.read(sample.annotations)
    plan = report.Plan(lite_weights, dataset, sample.photos, lite_weights, sizes=(64,), timed_photos=1, rounds=1)
    figures = report.run(plan, ["speed"], tmp_path / "figures.json", report.silent)
    assert set(figures["speed"]["to_start"]) == {"64", "400", "default", "measuring"}
    assert figures["speed"]["to_default"]["400"] == {"network": 1.0, "whole": 1.0}
    lines = tables.speed(figures).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == [
        "| 64",
        "| 400 (default)",
        "| 400, settings of `maskseg evaluate`",
    ]
