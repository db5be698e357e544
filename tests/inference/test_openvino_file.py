"""OpenVINO's files: what is written is read, and what is damaged or foreign is named."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import openvino
import pytest

from maskseg_cli.config import LITE
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.openvino_export import export_network
from maskseg_cli.inference.openvino_file import FORMAT_VERSION, NetworkInfo, read_ir, write_ir
from maskseg_cli.inference.openvino_stages import OpenVinoStages
from maskseg_cli.model.openvino_parts import join, split
from tests.model.lite_arrays import write_lite_arrays

NAMES = ("background", "cup", "spoon", "table", "saucer")
SMALL = {"size": 64, "post_nms_rois_inference": 8, "detection_min_confidence": 0.1}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lite_arrays(tmp_path_factory.mktemp("lite") / "arrays.npz")


@pytest.fixture(scope="module")
def made(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted network."""
    path = tmp_path_factory.mktemp("network") / "lite.xml"
    export_network(weights, path, "float32", NAMES)
    return path


@pytest.fixture
def network(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    for file in (made, made.with_suffix(".bin")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path / made.name


def test_a_file_is_loaded_as_any_weights(weights: Path, made: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    found = load_model(made, precision="float32", **SMALL)(image)
    wanted = load_model(weights, labels=NAMES, engine="tensorflow", **SMALL)(image)
    assert len(found) > 1
    assert found.names == wanted.names
    np.testing.assert_allclose(found.confidence, wanted.confidence, atol=1e-3)


def test_nothing_else_lies_beside_it(made: Path) -> None:
    assert sorted(file.name for file in made.parent.iterdir()) == ["lite.bin", "lite.xml"]


def test_float16_is_half_the_size(weights: Path, made: Path, tmp_path: Path) -> None:
    export_network(weights, tmp_path / "half.xml", "float16", NAMES)
    size = made.with_suffix(".bin").stat().st_size
    assert (tmp_path / "half.bin").stat().st_size == pytest.approx(size / 2, rel=0.02)


def test_what_it_was_made_from_is_kept(made: Path) -> None:
    _, info = read_ir(made)
    assert info.class_names == NAMES
    assert info.config.num_classes == 5
    assert info.precision == "float32"
    assert len(info.weights_sha256) == 64


def test_the_weights_stay_what_they_are(weights: Path) -> None:
    """They are no view of memory that TensorFlow frees."""
    from maskseg_cli.inference.openvino_cache import convert_checkpoint
    from maskseg_cli.inference.weights_source import WeightsSource

    source = WeightsSource(weights)
    model = convert_checkpoint(source, source.config)
    constants = [node for node in model.get_ops() if node.get_type_name() == "Constant"]
    before = [np.array(node.data) for node in constants]
    gc.collect()
    garbage = [np.full(1 << 16, i, np.float32) for i in range(200)]
    for node, values in zip(constants, before, strict=True):
        np.testing.assert_array_equal(node.data, values)
    assert len(garbage) == 200


def test_parts_join_again(made: Path) -> None:
    model, info = read_ir(made)
    parts = split(model)
    assert list(parts) == ["features", "boxes", "masks"]
    again = join(parts)
    assert {port.any_name for port in again.inputs} == {port.any_name for port in model.inputs}
    OpenVinoStages(again, info.config)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda xml: xml.with_suffix(".bin").unlink(), r"There is no .*lite\.bin"),
        (lambda xml: xml.write_text("<net>"), "damaged or no OpenVINO network"),
        (lambda xml: xml.write_bytes(xml.read_bytes()[:5000]), "damaged or no OpenVINO network"),
        (lambda xml: xml.write_bytes(xml.read_bytes().replace(b'opset1"', b'opset\xff"', 1)), "its text is not UTF-8"),
        (lambda xml: xml.write_bytes(b"\x08\x07\x12\x07pytorch"), "is no OpenVINO network"),
        (
            lambda xml: xml.write_bytes(
                xml.read_bytes().replace(b"<net", b'<!DOCTYPE net [<!ENTITY a SYSTEM "file:///etc/passwd">]><net', 1)
            ),
            "is no OpenVINO network",
        ),
        (lambda xml: xml.with_suffix(".bin").write_bytes(b""), "damaged"),
        (
            lambda xml: xml.with_suffix(".bin").write_bytes(xml.with_suffix(".bin").read_bytes()[:-4] + b"abcd"),
            r"lite\.bin is damaged or does not belong to lite\.xml",
        ),
        (
            lambda xml: xml.write_text(
                xml.read_text().replace(f'<format value="{FORMAT_VERSION}"', '<format value="99"')
            ),
            "has the format 99",
        ),
        (
            lambda xml: xml.write_text(xml.read_text().replace("num_classes", "number_of_classes")),
            "does not describe its network",
        ),
    ],
)
def test_damage_is_named(network: Path, change: object, words: str) -> None:
    change(network)  # type: ignore[operator]
    with pytest.raises(MasksegError, match=words):
        load_model(network)


def test_a_model_of_somebody_else_is_refused(tmp_path: Path) -> None:
    ops = openvino.opset13
    parameter = ops.parameter([1, 3], np.float32, "x")
    openvino.save_model(openvino.Model([ops.relu(parameter)], [parameter], "other"), tmp_path / "other.xml")
    with pytest.raises(MasksegError, match="that maskseg has not made"):
        load_model(tmp_path / "other.xml")


def test_a_model_without_the_parts_is_refused(tmp_path: Path) -> None:
    ops = openvino.opset13
    parameter = ops.parameter([1, 3], np.float32, "x")
    model = openvino.Model([ops.relu(parameter)], [parameter], "other")
    write_ir(model, tmp_path / "other.xml", NetworkInfo(LITE, None, "0" * 64))
    with pytest.raises(MasksegError, match="not a network that maskseg has converted"):
        load_model(tmp_path / "other.xml", precision="float32")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "tensorflow"}, "needs the weights file itself"),
        ({"roi_align": "bins_clamped"}, "structure of the network"),
        ({"precision": "int8"}, "has no int8 network"),
    ],
)
def test_what_a_converted_network_cannot_do(made: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_model(made, **options)  # type: ignore[arg-type]


def test_the_number_of_labels_is_checked(made: Path) -> None:
    with pytest.raises(MasksegError, match="has 5 classes"):
        load_model(made, labels=["cup"])


def test_a_full_disk_leaves_nothing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, info = read_ir(made)

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("Can't write: no space left")

    monkeypatch.setattr(openvino, "save_model", full)
    with pytest.raises(MasksegError, match="no space left"):
        write_ir(model, tmp_path / "out.xml", info)
    assert list(tmp_path.iterdir()) == []
