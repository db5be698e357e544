"""The engine on OpenVINO: the same results as TensorFlow's, its choices, and its files."""

from __future__ import annotations

import builtins
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from maskseg_cli.checkpoints import registry
from maskseg_cli.config import LITE
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference import loading, openvino_engine, precision_check
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.openvino_file import read_ir
from maskseg_cli.inference.weights_source import WeightsSource, networks_folder
from maskseg_cli.reporter import Reporter
from tests.documents import PROJECT
from tests.kept_conversions import kept_conversions
from tests.model.lite_arrays import write_lite_arrays

LABELS = ["cup", "spoon", "table", "saucer"]
#: Small, so that a network is loaded and run within a second.
SMALL: dict[str, Any] = {"size": 64, "post_nms_rois_inference": 8, "detection_min_confidence": 0.1}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pseudo-random weights of a lite network of five classes with the background."""
    return write_lite_arrays(tmp_path_factory.mktemp("lite") / "arrays.npz")


@pytest.fixture(scope="module", autouse=True)
def _converted_once() -> Iterator[None]:
    with kept_conversions():
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv(registry.HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


class Listener(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def warn(self, sentence: str) -> None:
        self.said.append(f"! {sentence}")


def picture(height: int = 64, width: int = 96) -> NDArray[np.uint8]:
    return np.ascontiguousarray(skimage.data.coffee()[100 : 100 + height, 200 : 200 + width, ::-1])


def same(one: Detections, other: Detections, atol: float) -> None:
    np.testing.assert_array_equal(one.class_id, other.class_id)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=atol)
    np.testing.assert_allclose(one.xyxy, other.xyxy, atol=100 * atol)


@pytest.mark.parametrize("tta", [False, True])
def test_it_finds_what_tensorflow_finds(weights: Path, tta: bool) -> None:
    options = SMALL | {"labels": LABELS, "tta": tta}
    fast = load_model(weights, engine="openvino", precision="float32", **options)
    slow = load_model(weights, engine="tensorflow", **options)
    assert (fast.engine.name, slow.engine.name) == ("openvino float32", "tensorflow float32")
    for image in (picture(), picture(90, 70), picture(64, 65)):
        found = fast(image)
        assert len(found) > 1
        same(found, slow(image), atol=1e-3)


def test_a_network_is_converted_once(weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    first = load_model(weights, reporter=listener, precision="float32", **SMALL)
    assert len(listener.said) == 1
    assert "Preparing arrays.npz" in listener.said[0]
    monkeypatch.setattr("maskseg_cli.inference.openvino_cache.convert_checkpoint", lambda *_: pytest.fail("again"))
    monkeypatch.setattr("maskseg_cli.checkpoints.read_checkpoint", lambda *_: pytest.fail("read"))
    second = load_model(weights, reporter=listener, precision="float32", **SMALL)
    # thresholds, limits and sizes do not belong to the graph
    load_model(weights, precision="float32", **SMALL | {"size": 96, "detection_min_confidence": 0.3})
    assert len(listener.said) == 1
    same(first(picture()), second(picture()), atol=0)


def test_a_broken_cache_entry_is_made_anew(
    weights: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = load_model(weights, precision="float32", **SMALL)(picture())
    (xml,) = networks_folder().glob("*.xml")
    kept = shutil.copytree(networks_folder(), tmp_path / "kept")
    # What the first call has converted: that takes seconds.
    monkeypatch.setattr(
        "maskseg_cli.inference.openvino_cache.convert_checkpoint", lambda *_: read_ir(kept / xml.name)[0]
    )
    file = xml.with_suffix(".bin")
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 0xFF
    for damaged in (b"", content[: len(content) // 2], bytes(flipped), None):
        file.unlink()
        if damaged is not None:
            file.write_bytes(damaged)
        listener = Listener()
        same(load_model(weights, precision="float32", reporter=listener, **SMALL)(picture()), wanted, atol=0)
        assert len(listener.said) == 1
        assert file.read_bytes() == content


def test_another_structure_is_another_network(weights: Path, home: Path) -> None:
    load_model(weights, precision="float32", **SMALL)
    listener = Listener()
    load_model(weights, precision="float32", reporter=listener, roi_align="bins_clamped", **SMALL)
    assert len(listener.said) == 1
    assert len(list(networks_folder().glob("*.xml"))) == 2


def test_a_cache_that_cannot_be_written_costs_time_only(
    weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_text("a file where the folder should be")
    assert len(load_model(weights, precision="float32", **SMALL)(picture())) > 1
    assert home.read_text() == "a file where the folder should be"


def test_thresholds_act_on_the_next_picture(weights: Path) -> None:
    model = load_model(weights, precision="float32", **SMALL)
    before = model(picture())
    model.set_min_confidence(float(before.confidence[1]))
    assert len(model(picture())) == 2
    model.set_options(detection_max_instances=1, detection_min_confidence=0.1)
    assert len(model(picture())) == 1
    model.set_options(detection_max_instances=100)
    same(model(picture()), before, atol=0)
    with pytest.raises(UsageError, match="num_classes belongs to the network's structure"):
        model.set_options(num_classes=7)


def without_openvino(name: str, *arguments: Any, real: Any = builtins.__import__, **options: Any) -> Any:
    if name == "openvino":
        raise ImportError("no wheel for this machine")
    return real(name, *arguments, **options)


def test_tensorflow_takes_over_where_openvino_is_absent(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", without_openvino)
    listener = Listener()
    model = load_model(weights, reporter=listener, **SMALL)
    assert model.engine.name == "tensorflow float32"
    (note,) = (sentence for sentence in listener.said if "TensorFlow is used instead" in sentence)
    assert "no wheel for this machine" in note
    with pytest.raises(MasksegError, match="no wheel for this machine"):
        load_model(weights, engine="openvino", **SMALL)
    with pytest.raises(MasksegError, match="no wheel for this machine"):
        load_model(weights, precision="bfloat16", **SMALL)


def test_tensorflow_takes_over_where_openvino_fails(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("Check failed at a place:\n  the plugin is broken")

    monkeypatch.setattr(openvino_engine, "_choose_stages", fail)
    listener = Listener()
    assert load_model(weights, reporter=listener, **SMALL).engine.name == "tensorflow float32"
    assert any("the plugin is broken" in sentence for sentence in listener.said)


def test_tensorflow_takes_over_where_openvino_cannot_compile(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("Exception from src/core.cpp:\nno kernel for this processor")

    monkeypatch.setattr("maskseg_cli.inference.openvino_requests.CompiledPart.__init__", fail)
    listener = Listener()
    assert load_model(weights, reporter=listener, **SMALL).engine.name == "tensorflow float32"
    assert any("no kernel for this processor" in sentence for sentence in listener.said)
    with pytest.raises(MasksegError, match="no kernel for this processor"):
        load_model(weights, engine="openvino", **SMALL)


def test_the_verdict_of_one_network_is_not_that_of_another(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskseg_cli.inference.openvino_stages.cpu_precisions", lambda: ("float32", "bfloat16"))
    assert load_model(weights, **SMALL).engine.name == "openvino bfloat16"
    other = tmp_path / weights.name
    write_lite_arrays(other, seed=11)
    monkeypatch.setattr(precision_check, "largest_difference", lambda *_: 9.0)
    assert load_model(other, **SMALL).engine.name == "openvino float32"


def test_wrong_weights_are_an_error_and_no_reason_for_tensorflow(tmp_path: Path) -> None:
    file = tmp_path / "wrong.npz"
    file.write_bytes(b"nonsense")
    listener = Listener()
    with pytest.raises(MasksegError, match=r"wrong\.npz"):
        load_model(file, reporter=listener)
    assert listener.said == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "torch"}, "engine is one of auto, openvino, tensorflow"),
        ({"precision": "float8"}, "precision is one of"),
        ({"device": "tpu"}, "device is one of"),
        ({"threads": 0}, "threads is at least 1"),
        ({"engine": "tensorflow", "precision": "int8"}, "float32 only"),
        ({"precision": "int8"}, "has no int8 network"),
    ],
)
def test_what_is_not_possible(weights: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_model(weights, **SMALL | options)


@pytest.mark.parametrize("device", ["gpu", "npu"])
def test_a_device_that_is_not_there_is_named_with_what_is(weights: Path, device: str) -> None:
    from maskseg_cli.inference.openvino_stages import available_devices

    if device.upper() in available_devices():
        pytest.skip(f"this machine has such a {device}")
    with pytest.raises(MasksegError, match=rf"No {device.upper()} can be used.*CPU|finds no {device.upper()}.*CPU"):
        load_model(weights, device=device, **SMALL)


def test_an_nvidia_gpu_is_tensorflows(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "_NVIDIA", (str(tmp_path),))
    monkeypatch.setattr("maskseg_cli.model.tensorflow_start.gpu_names", lambda: ["GPU:0"])
    monkeypatch.setattr("maskseg_cli.model.tensorflow_start.choose_device", lambda *_: None)
    assert load_model(weights, **SMALL).engine.name == "tensorflow float32"
    assert load_model(weights, device="cpu", **SMALL).engine.name.startswith("openvino")


def test_a_precision_that_fails_the_check_is_not_taken(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.inference.openvino_stages.cpu_precisions", lambda: ("float32", "bfloat16"))
    monkeypatch.setattr(precision_check, "largest_difference", lambda *_: 9.0)
    assert load_model(weights, **SMALL).engine.name == "openvino float32"
    # the verdict is kept
    monkeypatch.setattr(precision_check, "_outputs", lambda *_: pytest.fail("checked again"))
    assert load_model(weights, **SMALL).engine.name == "openvino float32"


def test_a_precision_that_passes_is(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.inference.openvino_stages.cpu_precisions", lambda: ("float32", "bfloat16"))
    assert load_model(weights, **SMALL).engine.name == "openvino bfloat16"


def test_the_check_notices_broken_arithmetic() -> None:
    right = [np.linspace(1, 2, 50)]
    assert precision_check.largest_difference([right[0] * 1.01], right) < 0.02
    assert precision_check.largest_difference([-right[0]], right) > max(precision_check.MAX_DIFFERENCE.values())
    assert precision_check.largest_difference([right[0] * np.nan], right) == float("inf")


def test_what_is_known_of_a_matterport_file_is_remembered(matterport_h5: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = WeightsSource(matterport_h5).config
    monkeypatch.setattr("maskseg_cli.inference.weights_source.read_checkpoint", lambda *_: pytest.fail("read again"))
    source = WeightsSource(matterport_h5)
    assert (source.config, source.class_names) == (config, None)


# -- the bundled network

BUNDLED = PROJECT / "weights" / "maskseg-lite-coco-2.npz"

_WITHOUT_TENSORFLOW = """
import sys
from maskseg_cli.cli.main import main
try:
    main(sys.argv[1:])
finally:
    heavy = {"tensorflow", "keras", "h5py", "skimage", "matplotlib"} & set(sys.modules)
    assert not heavy, heavy
"""


@pytest.mark.skipif(not BUNDLED.is_file(), reason="the weights of lite are not in weights/")
@pytest.mark.parametrize("command", ["image", "video", "webcam", "evaluate"])
def test_the_bundled_network_needs_no_tensorflow(command: str, tmp_path: Path) -> None:
    import cv2

    from tests.cli.video_running import film

    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "coffee.png"), picture(200, 300))
    truth = {
        "images": [{"id": 1, "file_name": "coffee.png", "width": 300, "height": 200}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 47, "bbox": [0, 0, 50, 50], "area": 2500, "iscrowd": 0}
            | {"segmentation": [[0, 0, 50, 0, 50, 50, 0, 50]]}
        ],
        "categories": [{"id": 47, "name": "cup"}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    film(tmp_path / "in.mp4")
    arguments = {
        "image": [str(folder / "coffee.png"), "-o", "out.jpg"],
        "video": ["in.mp4", "-o", "out.mp4"],
        "webcam": ["--camera", "in.mp4", "--no-window", "--record", "cam.mp4", "--duration", "0.5"],
        "evaluate": ["truth.json", str(folder)],
    }[command]
    program = [sys.executable, "-c", _WITHOUT_TENSORFLOW, command, *arguments]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not BUNDLED.is_file(), reason="the weights of lite are not in weights/")
def test_the_bundled_networks_belong_to_the_bundled_weights() -> None:
    """Their digests say so, and the network in float32 computes what Keras computes with the weights."""
    from maskseg_cli.inference.openvino_file import read_ir

    source = WeightsSource(BUNDLED)
    for suffix, precision in ((".xml", "float32"), ("-int8.xml", "int8")):
        _, info = read_ir(BUNDLED.with_name(BUNDLED.stem + suffix))
        assert (info.weights_sha256, info.precision) == (source.digest, precision)
        assert (info.config, info.class_names) == (source.config, source.class_names)
    image = np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1])
    fast, slow = load_model(precision="float32"), load_model(engine="tensorflow")
    found, wanted = fast(image), slow(image)
    same(found, wanted, atol=2e-3)  # float16 weights in the one file, float32 arithmetic of other order
    for mask, other in zip(found.masks, wanted.masks, strict=True):
        here, there = mask.full(*image.shape[:2]), other.full(*image.shape[:2])
        assert (here & there).sum() / (here | there).sum() > 0.99
    files = list(BUNDLED.parent.glob("*.xml")) + list(BUNDLED.parent.glob("*.bin"))
    assert sum(file.stat().st_size for file in files) <= 11_000_000


@pytest.mark.skipif(not BUNDLED.is_file(), reason="the weights of lite are not in weights/")
@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_reduced_precision_finds_the_same_things(precision: str) -> None:
    from maskseg_cli.inference.openvino_stages import cpu_precisions

    if precision not in cpu_precisions():
        pytest.skip(f"this processor has no {precision}")
    image = np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1])
    found, wanted = load_model(precision=precision)(image), load_model(precision="float32")(image)
    assert sorted(found.names) == sorted(wanted.names)
    np.testing.assert_array_equal(load_model(precision=precision)(image).confidence, found.confidence)
    assert LITE.post_nms_rois_inference == 80
