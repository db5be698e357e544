"""The start of the program: its own processes, import times, and options on their way to another process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.benchmark.import_time import ImportTimer
from maskseg_cli.benchmark.machine import describe_machine, describe_versions, is_busy
from maskseg_cli.benchmark.memory import peak_memory_mb
from maskseg_cli.benchmark.model_words import options_from_json, options_to_json, words_of
from maskseg_cli.benchmark.startup import PEAK, STEPS, measure_start, run_child
from maskseg_cli.cli.options import model_options
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.engine_options import DEVICES, ENGINES, PRECISIONS
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.images import write_image
from tests.cli.fake_model import scene

_FOLDER = tempfile.TemporaryDirectory()
CONFIG = Path(_FOLDER.name) / "options.toml"
CONFIG.write_text("")

TEXT = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
OPTIONS = st.builds(
    ModelOptions,
    model=st.none() | TEXT,
    weights=st.none() | TEXT,
    labels=st.none() | st.just(Path(__file__)),
    size=st.none() | st.integers(64, 4096),
    min_score=st.none() | st.floats(0, 1),
    classes=st.none() | TEXT,
    max_detections=st.none() | st.integers(1, 500),
    settings=st.lists(TEXT.map(lambda word: f"{word}=[1, 2]")).map(tuple),
    config=st.none() | st.just(CONFIG),
    tta=st.booleans(),
    engine=st.sampled_from(ENGINES),
    precision=st.sampled_from(PRECISIONS),
    device=st.sampled_from(DEVICES),
    threads=st.none() | st.integers(1, 64),
)


@given(OPTIONS)
def test_words_mean_the_same_to_a_command(options: ModelOptions) -> None:
    got: list[ModelOptions] = []

    @click.command()
    @model_options
    def command(model: ModelOptions) -> None:
        got.append(model)

    result = CliRunner().invoke(command, words_of(options))
    assert result.exit_code == 0, result.output
    assert got == [options]


def test_several_classes_become_one_word() -> None:
    assert words_of(ModelOptions(classes=["person", "dog"])) == ["--classes=person,dog"]
    assert words_of(ModelOptions()) == []


@given(OPTIONS)
def test_json_keeps_the_options(options: ModelOptions) -> None:
    again = options_from_json(options_to_json(options))
    assert words_of(again) == words_of(options)
    assert (again.settings, again.config, again.tta) == (options.settings, options.config, options.tta)


# -- imports


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that wait: `outer_slow` imports `inner_slow`, each 0.02 s."""
    (tmp_path / "inner_slow.py").write_text("import time\ntime.sleep(0.02)\n")
    (tmp_path / "outer_slow.py").write_text("import time\nimport inner_slow\ntime.sleep(0.02)\n")
    (tmp_path / "broken_slow.py").write_text("import time\ntime.sleep(0.02)\nraise ImportError('no')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("inner_slow", "outer_slow", "broken_slow"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_imports_are_measured_once_wherever_they_happen(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.benchmark import import_time

    clock = iter(range(1000))
    monkeypatch.setattr(import_time.time, "perf_counter", lambda: float(next(clock)))
    before = list(sys.meta_path)
    with ImportTimer() as imports:
        import outer_slow  # type: ignore[import-not-found]

        # the clock is read when the outer one begins, when the inner one begins, and when the outer one ends
        assert imports.seconds == 2
        import inner_slow  # type: ignore[import-not-found]  # noqa: F401

        assert imports.seconds == 2, "it was imported already"
        with pytest.raises(ImportError, match="no"):
            import broken_slow  # type: ignore[import-not-found]  # noqa: F401
        assert imports.seconds == 3
    assert sys.meta_path == before
    assert outer_slow.__name__ == "outer_slow"


def test_modules_that_do_not_exist_stay_so() -> None:
    with ImportTimer() as imports, pytest.raises(ModuleNotFoundError):
        import there_is_no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert imports.seconds == 0


# -- processes


def test_a_real_start_is_measured_step_by_step(tmp_path: Path, lite_weights: Path) -> None:
    write_image(tmp_path / "photo.jpg", scene())
    found = measure_start(ModelOptions(weights=lite_weights, size=64), tmp_path / "photo.jpg")
    assert set(found) <= {*STEPS, PEAK}
    assert set(STEPS) <= set(found)
    steps = sum(found[step] for step in ("Python", "import", "load", "compile"))
    assert 0 < steps <= found["first result"] * 1.05  # two clocks
    assert found["import"] > 0
    if sys.platform.startswith("linux"):
        assert 50 < found[PEAK] < 5000
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_failure_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"failed: Error: .*missing\.jpg"):
        run_child("maskseg_cli.benchmark.command_child", tmp_path / "report.json", ["image", "missing.jpg"])


def test_memory_is_that_of_this_process() -> None:
    if peak_memory_mb() is None:
        pytest.skip("this system does not say how much memory a process had")
    program = """
from maskseg_cli.benchmark.memory import peak_memory_mb
before = peak_memory_mb()
block = bytearray(200_000_000)
block[::4096] = b"\\1" * len(block[::4096])
print(peak_memory_mb() - before)
"""
    grown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(grown.stdout) == pytest.approx(200, abs=60)


def test_the_machine_is_described() -> None:
    machine = describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert {"maskseg", "Python", "numpy", "OpenCV"} <= set(describe_versions())


@pytest.mark.parametrize(("load", "busy"), [(None, False), (0.9, False), (1.1, True)])
def test_a_busy_machine_is_noticed(load: Any, busy: bool) -> None:
    assert is_busy({"load_average": load, "cores": 2}) is busy
