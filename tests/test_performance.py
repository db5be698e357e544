"""The tools behind docs/performance.md: what they measure, draw and write."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.model_card import sections
from benchmarks.performance import __main__ as program
from benchmarks.performance import growth, scenes, tables
from benchmarks.performance.charts import Axis, Series, line_chart, linear_ticks, log_ticks
from benchmarks.performance.plots import plots
from maskseg_cli.benchmark.startup import PEAK, STEPS
from tests.cli.fake_model import use_blob_engine
from tests.documents import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
SVG = "{http://www.w3.org/2000/svg}"


# -- the figures of the page


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """The figures that are kept with the benchmarks."""
    assert program.FIGURES.is_file(), "python -m benchmarks.performance --fill measures them"
    return program.read_figures(program.FIGURES)


def test_the_page_holds_the_tables_of_the_figures(kept: dict[str, Any]) -> None:
    text, made = PAGE.read_text(encoding="utf-8"), tables.made_tables(kept)
    assert sections.names(text) == list(tables.TABLES)
    for name in tables.TABLES:
        assert sections.content(text, name) == made[name].strip(), f"{name} is not what figures.json says"


def test_the_plots_are_those_of_the_figures(kept: dict[str, Any]) -> None:
    for name, text in plots(kept).items():
        assert (PROJECT / "docs" / "images" / name).read_text(encoding="utf-8") == text
        assert f"(images/{name})" in PAGE.read_text(encoding="utf-8")


def test_the_figures_are_complete(kept: dict[str, Any]) -> None:
    assert list(kept["parts"]) == list(growth.PARTS)
    assert not any(part["quick"] for part in kept["parts"].values())
    assert not re.search(r'": "[^"]*(/|\\\\)', program.FIGURES.read_text(encoding="utf-8")), "a path of the machine"
    plan = growth.Plan()
    steps = {"size": plan.megapixels, "objects": plan.objects, "batch": plan.batches, "length": plan.frames}
    for part, values in steps.items():
        assert len(kept["parts"][part]["steps"]) == len(values)


# -- measuring


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The stand-in for the network, few steps, and processes that are not started; their commands."""
    use_blob_engine(monkeypatch.setattr)
    commands: list[list[str]] = []

    def child(module: str, report: Path, words: list[str]) -> tuple[float, dict[str, Any]]:
        commands.append(words)
        Path(words[words.index("-o") + 1]).touch()
        return 1.5 * len(commands), {"peak_mb": 300.04}

    monkeypatch.setattr(growth, "run_child", child)
    monkeypatch.setattr("maskseg_cli.benchmark.run.measure_start", lambda *_: dict.fromkeys((*STEPS, PEAK), 1.0))
    few = {"rounds": 1, "starts": 1, "megapixels": (0.02, 0.05), "objects": (0, 2), "batches": (1, 2)}
    monkeypatch.setattr(program, "QUICK", {**few, "frames": (3, 5)})
    return commands


def test_everything_is_measured_drawn_and_worded(
    small: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.main(["--quick", "--output", str(tmp_path / "f.json"), "--images", str(tmp_path / "images")])
    figures = json.loads((tmp_path / "f.json").read_bytes())
    assert list(figures["parts"]) == list(growth.PARTS)
    made = tables.made_tables(figures)
    assert list(made) == list(tables.TABLES)
    output = capsys.readouterr().out
    assert all(f"{name}\n\n{text}\n" in output for name, text in made.items())
    assert "| 0.02 | " in made["performance-size"]
    assert made["performance-size"].count("| 300 |") == 2
    assert "| 3 | 4.5 | 0.7 | 300 |" in made["performance-length"]
    assert "between the shortest and the longest video: 1.3 frames a second" in made["performance-length"]
    assert "| · " not in made["performance-stages"], "the stand-in reports no parts"
    assert [words[0] for words in small] == ["image", "image", "video", "video"]
    drawn = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert drawn == [f"performance-{part}.svg" for part in ("batch", "length", "objects", "size")]


def test_parts_are_added_and_missing_ones_measured(small: list[list[str]], tmp_path: Path) -> None:
    output = ["--quick", "--output", str(tmp_path / "f.json")]
    program.main([*output, "--parts", "batch"])
    first = json.loads((tmp_path / "f.json").read_bytes())
    assert list(first["parts"]) == ["batch"]
    program.main([*output, "--parts", "batch", "length", "--missing"])
    second = json.loads((tmp_path / "f.json").read_bytes())
    assert list(second["parts"]) == ["batch", "length"]
    assert second["parts"]["batch"] == first["parts"]["batch"]


def test_figures_of_few_rounds_are_not_filled_in(small: list[list[str]], tmp_path: Path) -> None:
    output = ["--quick", "--output", str(tmp_path / "f.json"), "--parts", "batch"]
    with pytest.raises(SystemExit, match="Figures of few rounds are not filled in: measure batch"):
        program.main([*output, "--fill"])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text("[]")
    with pytest.raises(SystemExit, match="holds no figures of the performance"):
        program.main(["--tables-only", "--output", str(tmp_path / "f.json")])


def test_photos_have_their_size_and_are_the_same_each_time() -> None:
    photo = scenes.photo_of(0.5)
    height, width = photo.decode().shape[:2]
    assert height * width == pytest.approx(0.5e6, rel=0.01)
    assert photo == scenes.photo_of(0.5)


def test_the_mosaic_is_full() -> None:
    image = scenes.mosaic()
    assert (image.shape, image.dtype) == ((*scenes.MOSAIC, 3), np.uint8)


# -- drawing


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6))
def test_linear_ticks_are_few_and_cover_the_values(low: float, span: float) -> None:
    ticks = linear_ticks(low, low + span)
    assert 2 <= len(ticks) <= 9
    assert ticks == sorted(ticks)
    slack = 1e-6 * (span + abs(low))
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + span - slack


@given(low=st.floats(1e-6, 1e6), factor=st.floats(1, 1e6))
def test_logarithmic_ticks_are_powers_of_ten_around_the_values(low: float, factor: float) -> None:
    ticks = log_ticks(low, low * factor)
    assert len(ticks) >= 2
    assert ticks[0] <= low * (1 + 1e-9)
    assert ticks[-1] >= low * factor * (1 - 1e-9)
    assert all(f"{tick:e}".startswith("1.000000e") for tick in ticks)


@given(
    points=st.lists(st.tuples(st.floats(0.01, 1e4), st.floats(0.01, 1e4)), min_size=1, max_size=8),
    logarithmic=st.booleans(),
)
def test_charts_are_valid_and_stay_inside(points: list[tuple[float, float]], logarithmic: bool) -> None:
    axis = Axis("a < b & c", logarithmic)
    text = line_chart('of "all" <things>', axis, axis, [Series("one & two", tuple(points))])
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == 'of "all" <things>'  # type: ignore[union-attr]
    marks = root.findall(f"{SVG}circle")
    assert len(marks) == len(points) + 1  # and one in the legend
    for mark in marks:
        assert 0 <= float(mark.attrib["cx"]) <= float(root.attrib["width"])
        assert 0 <= float(mark.attrib["cy"]) <= float(root.attrib["height"])
    assert "prefers-color-scheme:dark" in text


def test_larger_values_are_further_right_and_higher() -> None:
    text = line_chart("t", Axis("x"), Axis("y"), [Series("s", ((0, 1), (1, 5), (2, 30)))])
    marks = ElementTree.fromstring(text).findall(f"{SVG}circle")[:3]
    xs, ys = ([float(mark.attrib[name]) for mark in marks] for name in ("cx", "cy"))
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
