"""`maskseg weights convert` to OpenVINO's files, and `quantize`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli.checkpoints import registry
from maskseg_cli.cli.main import main
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.loading import load_model
from tests.model.lite_arrays import write_lite_arrays


def run(*arguments: str, code: int | None = 0) -> Result:
    result = CliRunner().invoke(main, ["weights", *arguments])
    assert code is None or result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(registry.HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def lite_arrays_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pseudo-random weights of a lite network of five classes with the background."""
    return write_lite_arrays(tmp_path_factory.mktemp("lite") / "arrays.npz")


def test_convert_to_openvino(lite_arrays_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "network.xml"
    result = run("convert", str(lite_arrays_file), str(out))
    assert f"{out} and network.bin: " in result.stderr
    result = run("convert", str(lite_arrays_file), str(out), code=1)
    assert "exists already: --overwrite" in result.stderr


def test_quantize(lite_arrays_file: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(3):
        noise = np.random.default_rng(i).integers(0, 256, (40, 60, 3), np.uint8)
        cv2.imwrite(str(photos / f"{i}.png"), noise)
    out = tmp_path / "int8.xml"
    result = run("quantize", str(lite_arrays_file), str(photos), "-o", str(out), "--limit", "2")
    assert result.stdout == ""
    assert f"{out} and int8.bin: " in result.stderr
    model = load_model(out, size=64)
    assert model.engine.name == "openvino int8"
    model(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(UsageError, match="holds an int8 network: float32 needs its weights file"):
        load_model(out, precision="float32")


def test_quantize_without_nncf(lite_arrays_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    result = run("quantize", str(lite_arrays_file), str(tmp_path), "-o", str(tmp_path / "int8.xml"), code=1)
    assert "pip install 'maskseg[quantize]'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["nowhere", "-o", "out.xml"], "nowhere"), ([".", "-o", "out.npz"], "does not end in .xml")],
)
def test_quantize_with_wrong_paths(
    arguments: list[str], words: str, lite_arrays_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("quantize", str(lite_arrays_file), *arguments, code=None)
    assert result.exit_code in (1, 2)
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_reported_over_the_network(lite_arrays_file: Path, tmp_path: Path) -> None:
    """OpenVINO's converter and NNCF tell their makers of each use where the package for that is found."""
    program = f"""
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a connection")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from maskseg_cli.inference.quantization import import_nncf
from maskseg_cli.inference.loading import load_model
import_nncf()
load_model({str(lite_arrays_file)!r}, size=64)
assert "openvino_telemetry" not in sys.modules, "loaded"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
