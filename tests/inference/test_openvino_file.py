"""Networks in OpenVINO's files: what is written is read again, and what is damaged is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.errors import MasksegError, UsageError
from tests.inference.openvino_networks import CONFIGS, converted, images_of

openvino = pytest.importorskip("openvino")

from maskseg_cli.inference.openvino_file import (  # noqa: E402  needs openvino
    NetworkDescription,
    read_ir,
    weights_file,
    write_ir,
)
from maskseg_cli.inference.openvino_stages import OpenVinoStages  # noqa: E402

CONFIG = CONFIGS["lite_bins"]
NAMES = ("background", "cup", "spoon", 'table "a" <b>', "Löffel")
DESCRIPTION = NetworkDescription(CONFIG, NAMES, "ab" * 32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_ir(converted("lite_bins"), tmp_path / "network.xml", DESCRIPTION)
    return tmp_path / "network.xml"


def test_what_is_written_is_read(file: Path) -> None:
    model, description = read_ir(file)
    assert description == DESCRIPTION
    images = images_of(CONFIG)
    _, *wanted = OpenVinoStages(converted("lite_bins"), CONFIG).features(images)
    _, *found = OpenVinoStages(model, description.config).features(images)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert sorted(path.name for path in file.parent.iterdir()) == ["network.bin", "network.xml"]


def test_half_precision_takes_half_the_space(file: Path) -> None:
    small = file.with_name("small.xml")
    write_ir(converted("lite_bins"), small, NetworkDescription(CONFIG, None, "ab" * 32, "float16"))
    assert weights_file(small).stat().st_size < 0.52 * weights_file(file).stat().st_size
    model, description = read_ir(small)
    assert description.class_names is None
    assert description.precision == "float16"
    OpenVinoStages(model, CONFIG).features(images_of(CONFIG))


def test_the_same_network_gives_the_same_bytes(file: Path) -> None:
    again = file.with_name("again.xml")
    write_ir(converted("lite_bins"), again, DESCRIPTION)
    assert again.read_bytes() == file.read_bytes()
    assert weights_file(again).read_bytes() == weights_file(file).read_bytes()


def test_missing_files(file: Path) -> None:
    weights_file(file).unlink()
    with pytest.raises(MasksegError, match=r"no file .*network\.bin, which belongs to network\.xml"):
        read_ir(file)
    with pytest.raises(MasksegError, match=r"no file .*other\.xml\."):
        read_ir(file.with_name("other.xml"))


@pytest.mark.parametrize("content", [b"", b"<net", b'<?xml version="1.0"?><a/>', b"\x00" * 100])
def test_a_damaged_graph(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(MasksegError, match="damaged"):
        read_ir(file)


def test_cut_off_anywhere(file: Path) -> None:
    whole = file.read_bytes()
    for part in (0.1, 0.5, 0.99):
        file.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(MasksegError, match="damaged"):
            read_ir(file)


def test_damaged_weights(file: Path) -> None:
    weights = weights_file(file)
    values = bytearray(weights.read_bytes())
    values[len(values) // 2] ^= 1
    weights.write_bytes(values)
    with pytest.raises(MasksegError, match=r"network\.bin is damaged or belongs to another file"):
        read_ir(file)
    weights.write_bytes(values[:1000])
    with pytest.raises(MasksegError, match="damaged"):
        read_ir(file)


def test_a_foreign_network(tmp_path: Path) -> None:
    from openvino import opset13 as ops

    number = ops.parameter([1], np.float32, "x")
    path = tmp_path / "other.xml"
    openvino.save_model(openvino.Model([ops.relu(number)], [number], "other"), path)
    with pytest.raises(MasksegError, match="maskseg did not write"):
        read_ir(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"version": 2}, "newer maskseg"), ({"config": {"colour": 1}}, "cannot build"), ({"class_names": 5}, "build")],
)
def test_another_description(file: Path, changes: dict[str, object], message: str) -> None:
    text = file.read_text(encoding="utf-8")
    start = text.index("{&quot;") if "{&quot;" in text else text.index('{"')
    end = text.index("}&", start) if "}&" in text[start:] else text.index('}"', start)
    described = json.loads(text[start : end + 1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">"))
    changed = json.dumps(described | changes).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    file.write_text(text[:start] + changed + text[end + 1 :], encoding="utf-8")
    with pytest.raises(MasksegError, match=message):
        read_ir(file)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"end in \.xml"):
        write_ir(converted("lite_bins"), tmp_path / "network.npz", DESCRIPTION)
    (tmp_path / "file").write_text("")
    with pytest.raises(MasksegError, match="cannot be written"):
        write_ir(converted("lite_bins"), tmp_path / "file" / "network.xml", DESCRIPTION)
