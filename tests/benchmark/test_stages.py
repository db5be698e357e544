"""The stages of a photo: what is done is what the predictor does, and the engine's parts are added up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli import load_model
from maskseg_cli.benchmark import stages
from maskseg_cli.benchmark.contestants import contestants, distinct
from maskseg_cli.benchmark.figures import stage_figures, start_figures
from maskseg_cli.benchmark.photo import as_photo, read_photo, sample_photo
from maskseg_cli.benchmark.stages import CALL, STAGES, WHOLE, PhotoStages, StageTimes, observed
from maskseg_cli.benchmark.startup import PEAK, STEPS
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.images import write_image
from tests.cli.fake_model import BlobEngine, blob_predictor, scene

PHOTO = as_photo("scene.png", scene())


def test_every_stage_is_timed_once() -> None:
    times = PhotoStages(blob_predictor(), PHOTO).run()
    assert list(times.stages) == [*STAGES, WHOLE, CALL]
    assert times.stages[WHOLE] == pytest.approx(sum(times.stages[stage] for stage in STAGES))
    assert all(seconds > 0 for seconds in times.stages.values())
    assert (times.objects, times.parts) == (2, {})


@pytest.mark.parametrize("options", [{}, {"tta": True}, {"class_ids": [1]}, {"max_detections": 1}])
def test_the_stages_find_what_the_predictor_finds(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Detections] = []

    def draw(image: np.ndarray, detections: Detections) -> np.ndarray:
        drawn.append(detections)
        return image

    monkeypatch.setattr(stages, "draw", draw)
    predictor = blob_predictor(**options)
    PhotoStages(predictor, PHOTO).run()
    expected = predictor(PHOTO.decode())
    assert drawn[0].names == expected.names
    np.testing.assert_array_equal(drawn[0].xyxy, expected.xyxy)
    np.testing.assert_array_equal(drawn[0].mask, expected.mask)


@pytest.mark.parametrize("tta", [False, True])
def test_the_real_network_gives_the_same_by_stages(
    lite_weights: Path, monkeypatch: pytest.MonkeyPatch, tta: bool
) -> None:
    drawn: list[Detections] = []
    monkeypatch.setattr(stages, "draw", lambda image, found: drawn.append(found) or image)
    predictor = load_model(lite_weights, size=96, tta=tta)
    photo = sample_photo()
    times = PhotoStages(predictor, photo).run()
    expected = predictor(photo.decode())
    assert len(expected) == times.objects > 0
    np.testing.assert_array_equal(drawn[0].xyxy, expected.xyxy)
    np.testing.assert_array_equal(drawn[0].confidence, expected.confidence)
    assert sum(times.parts.values()) <= times.stages["network"]
    if not tta:
        assert {"box head", "mask head"} <= set(times.parts)


class _ToldEngine(BlobEngine):
    """Reports its parts, one of them twice."""

    def run(self, *arguments: Any, **options: Any) -> Any:
        if self.observe is not None:
            for name, seconds in (("features", 0.5), ("mask head", 0.25), ("features", 0.5)):
                self.observe(name, seconds)
        return super().run(*arguments, **options)


def test_parts_are_added_up_and_the_observer_leaves() -> None:
    engine = _ToldEngine()
    times = PhotoStages(Predictor(engine, ("background", "person")), PHOTO).run()
    assert times.parts == {"features": 1.0, "mask head": 0.25}
    assert engine.observe is None
    with pytest.raises(KeyError), observed(engine, {}):
        raise KeyError
    assert engine.observe is None


# -- what is measured


def test_the_sample_needs_no_network() -> None:
    assert read_photo(None).decode().shape == (400, 600, 3)


def test_a_photo_is_read_in_its_own_format(tmp_path: Path) -> None:
    write_image(tmp_path / "one.webp", scene())
    (tmp_path / "one.webp").rename(tmp_path / "one.jpg")
    photo = read_photo(tmp_path / "one.jpg")
    assert (photo.name, photo.suffix) == ("one.jpg", ".webp")


@pytest.mark.parametrize("name", ["missing.jpg", ".", "text.jpg"])
def test_what_is_no_photo_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(MasksegError, match=str(tmp_path)):
        read_photo(tmp_path / name)


def test_contestants_have_the_same_options_but_for_the_engine() -> None:
    first, second, third = contestants(ModelOptions(size=320), ["tensorflow", "openvino:int8"])
    assert first == ModelOptions(size=320)
    assert second == ModelOptions(size=320, engine="tensorflow")
    assert third == ModelOptions(size=320, engine="openvino", precision="int8")


@pytest.mark.parametrize("word", ["", "onnx", "openvino:int4", "openvino:", ":int8", "tensorflow:int8"])
def test_engines_that_do_not_exist_are_refused(word: str) -> None:
    if word == "openvino:":
        assert contestants(ModelOptions(), [word])[1].precision == "auto"
        return
    with pytest.raises(UsageError):
        contestants(ModelOptions(), [word])


def test_names_are_distinct() -> None:
    assert distinct(["a", "a", "b", "a"]) == ["a", "a (2)", "b", "a (3)"]


# -- figures


def _times(factor: float, parts: dict[str, float]) -> StageTimes:
    return StageTimes(dict.fromkeys((*STAGES, WHOLE, CALL), factor), parts, 3)


def test_figures_are_medians_and_ratios_of_neighbours() -> None:
    slow = [_times(2 * one, {"features": one}) for one in (1, 100, 3)]
    fast = [_times(one, {"mask head": 1.0} if one > 1 else {}) for one in (1, 100, 3)]
    networks = stage_figures({"slow": slow, "fast": fast})
    assert [network["name"] for network in networks] == ["slow", "fast"]
    assert networks[0]["stages_ms"][WHOLE] == {"median": 6000, "low": 4000, "high": 103000}
    assert networks[1]["network_parts_ms"] == {"mask head": {"median": 1000, "low": 500, "high": 1000}}
    assert networks[0]["ratios"] == {"fast": dict.fromkeys((*STAGES, WHOLE, CALL), 2)}
    assert "ratios" not in networks[1]


def test_starts_have_no_ratio_where_nothing_was_measured() -> None:
    first = dict.fromkeys(STEPS, 1.0) | {PEAK: 300.0}
    other = dict.fromkeys(STEPS, 2.0) | {PEAK: 900.0, "compile": 0.0}
    one, two = start_figures({"one": [first], "two": [other]})
    assert one["start_ratios"]["two"]["compile"] is None
    assert one["start_ratios"]["two"]["import"] == 0.5
    assert one["start_ratios"]["two"][PEAK] == 0.3333
    assert two["peak_mb"]["median"] == 900
    del first[PEAK]
    assert "peak_mb" not in start_figures({"one": [first]})[0]
