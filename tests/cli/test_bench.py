"""`maskseg bench` as a user runs it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from maskseg_cli.benchmark import run as benchmark_run
from maskseg_cli.benchmark.stages import CALL, STAGES, WHOLE
from maskseg_cli.benchmark.startup import PEAK, STEPS
from maskseg_cli.cli.main import main
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.images import write_image

from .fake_model import scene


def bench(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["bench", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def photo(here: Path) -> Path:
    write_image(here / "scene.png", scene())
    return here / "scene.png"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ModelOptions]:
    """Starts that are not made: each step takes 1 s, or 2 s with TensorFlow."""
    calls: list[ModelOptions] = []

    def start(options: ModelOptions, path: Path) -> dict[str, float]:
        assert path.suffix == ".png"
        assert path.is_file()
        calls.append(options)
        factor = 2.0 if options.engine == "tensorflow" else 1.0
        return {**dict.fromkeys(STEPS, factor), PEAK: 100 * factor}

    monkeypatch.setattr(benchmark_run, "measure_start", start)
    return calls


def check_spreads(found: dict[str, dict[str, float]], names: tuple[str, ...]) -> None:
    assert tuple(found) == names
    for spread in found.values():
        assert list(spread) == ["median", "low", "high"]
        assert 0 <= spread["low"] <= spread["median"] <= spread["high"]


def test_the_json_has_everything(photo: Path, started: list[ModelOptions]) -> None:
    arguments = ("--photo", photo, "--against", "tensorflow", "--rounds", "3", "--starts", "2", "--json", "-")
    document: dict[str, Any] = json.loads(bench(*arguments).stdout)
    assert list(document) == ["machine", "versions", "photo", "rounds", "starts", "networks"]
    assert set(document["machine"]) == {"processor", "cores", "memory_gb", "system", "load_average"}
    assert document["photo"] == {"name": "scene.png", "width": 96, "height": 64, "bytes": photo.stat().st_size}
    assert (document["rounds"], document["starts"]) == (3, 2)
    first, second = document["networks"]
    assert (first["name"], second["name"]) == ("blobs", "blobs (2)")
    for network in (first, second):
        assert network["objects"] == 2
        check_spreads(network["stages_ms"], (*STAGES, WHOLE, CALL))
        check_spreads(network["start_s"], STEPS)
        check_spreads({"": network["peak_mb"]}, ("",))
    assert tuple(first["ratios"]["blobs (2)"]) == (*STAGES, WHOLE, CALL)
    assert first["start_ratios"]["blobs (2)"] == dict.fromkeys((*STEPS, PEAK), 0.5)
    assert not {"ratios", "start_ratios"} & set(second)
    # turn by turn, and every other round backwards
    assert [options.engine for options in started] == ["auto", "tensorflow", "tensorflow", "auto"]


def test_the_text_shows_a_line_for_each_stage(photo: Path, started: list[ModelOptions]) -> None:
    result = bench("--photo", photo, "--against", "tensorflow", "--rounds", "2", "--starts", "1")
    lines = result.stdout.splitlines()
    labels = [line[:22].strip() for line in lines]
    for label in (*STAGES, WHOLE, CALL, *STEPS, "peak memory, MB"):
        assert labels.count(label) == 1, label
    assert any("scene.png: 96 x 64 pixels; objects found: 2 by blobs, 2 by blobs (2)." in line for line in lines)
    assert lines[labels.index("import")].endswith(" 0.50")
    assert any(line.startswith("maskseg ") and "Python" in line for line in lines)


def test_without_starts_no_process_is_started(photo: Path, started: list[ModelOptions]) -> None:
    result = bench("--photo", photo, "--rounds", "1", "--starts", "0")
    assert started == []
    assert "Start, seconds" not in result.stdout
    assert "ratio" not in result.stdout


def test_a_file_of_figures_is_whole_and_is_not_replaced_unasked(photo: Path, here: Path) -> None:
    arguments = ("--photo", photo, "--rounds", "1", "--starts", "0", "--json", here / "new" / "figures.json")
    shown = bench(*arguments).stdout
    figures = json.loads((here / "new" / "figures.json").read_bytes())
    assert figures["networks"][0]["name"] == "blobs"
    assert "whole photo" in shown
    assert "exists already: --overwrite replaces it" in bench(*arguments, code=1).stderr
    bench(*arguments, "--overwrite")
    assert [path.name for path in (here / "new").iterdir()] == ["figures.json"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--against", "onnx"], 2, "--against takes ENGINE or ENGINE:PRECISION, not 'onnx'"),
        (["--against", "tensorflow:int8"], 2, "tensorflow computes in float32 only"),
        (["--photo", "missing.jpg"], 1, "missing.jpg cannot be read"),
        (["--json", "."], 2, ". is a folder; name a file."),
        (["--photo", "scene.png", "--json", "scene.png", "--overwrite"], 2, "inputs are never overwritten"),
        (["--rounds", "0"], 2, "0 is not in the range"),
    ],
)
def test_mistakes_are_named(photo: Path, arguments: list[str], code: int, message: str) -> None:
    assert message in bench(*arguments, code=code).stderr


def test_other_work_on_the_machine_is_mentioned(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0), raising=False)
    arguments = ("--photo", photo, "--rounds", "1", "--starts", "0")
    result = bench(*arguments)
    assert "Other work is running on this machine (load average 99.0" in result.stderr
    assert "load average at the start 99.00: other work was running" in result.stdout
    assert bench(*arguments, "--quiet").stderr == ""


def test_the_real_network_is_measured(lite_home: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "photo.jpg", scene(200, 150))
    result = bench("--photo", tmp_path / "photo.jpg", "--size", "96", "--rounds", "1", "--starts", "0", "--json", "-")
    (network,) = json.loads(result.stdout)["networks"]
    assert {"box head", "mask head"} <= set(network["network_parts_ms"])
    assert network["objects"] > 0


def test_figures_are_shown_although_the_disk_is_full(
    photo: Path, started: list[ModelOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("maskseg_cli.media.atomic_file.write_atomic", fail)
    result = bench("--photo", photo, "--rounds", "1", "--starts", "0", "--json", "f.json", code=1)
    assert result.stderr.endswith("Error: f.json: No space left on device.\n")
    assert "scene.png: 96 x 64 pixels" in result.stdout
