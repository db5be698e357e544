"""docs/scale.md holds what benchmarks/scale_costs.py computes from the figures that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import scale_costs
from benchmarks.model_card import sections
from maskseg_cli.errors import MasksegError
from tests.documents import PROJECT

PAGE = PROJECT / "docs" / "scale.md"


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """The figures that are kept with the benchmarks."""
    return json.loads(scale_costs.FIGURES.read_bytes())


def test_the_page_holds_the_tables_and_the_plot_of_the_figures(kept: dict[str, Any]) -> None:
    text, made = PAGE.read_text(encoding="utf-8"), scale_costs.made_tables(kept)
    assert sections.names(text) == list(scale_costs.TABLES) == list(made)
    for name, content in made.items():
        assert sections.content(text, name) == content
    assert scale_costs.PLOT.read_text(encoding="utf-8") == scale_costs.memory_plot(kept["simulation"])
    assert f"(images/{scale_costs.PLOT.name})" in text


def test_the_figures_are_complete(kept: dict[str, Any]) -> None:
    assert set(kept["rates"]) == set(scale_costs.KINDS)
    assert 0 < kept["efficiency"] <= 1
    assert kept["simulation"][-1][0] == 10 * scale_costs.MILLION


def test_times_follow_from_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    machine = {"processor": "P", "cores": 2, "system": "S", "load_average": 0.1}
    figures.write_text(
        json.dumps({"rates": {"lite": 1}, "efficiency": 0.5, "machine": machine, "versions": {"v": "1"}})
    )
    rates = ["lite=100", "video=1000", "an H200=2000"]
    scale_costs.main(["--tables-only", "--output", str(figures), "--price", "2", "--rates", *rates])
    out = capsys.readouterr().out
    # 10,000 s alone; ten nodes at half of their sum 2,000 s; 100 nodes 200 s, which are 5.6 hours of nodes.
    assert "| `lite`, outlined photos | 100 | 2.8 hours | 33 minutes | 3.3 minutes | 11.11 |" in out
    # 108 million frames: 108,000 s.
    assert "| `lite`, each frame | 1000 | 30 hours | 6.0 hours | 36 minutes | 120.00 |" in out
    assert "| an H200 | 2000 | 8.3 minutes | 1.7 minutes | 0.2 minutes | 0.56 |" in out
    assert json.loads(figures.read_bytes())["rates"] == {"lite": 1}, "rates of one's own are not kept"


@pytest.mark.parametrize("rate", ["lite=0", "lite=inf", "lite=-1"])
def test_rates_that_are_none(tmp_path: Path, rate: str) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps({"rates": {}}))
    with pytest.raises(MasksegError, match="a number above 0"):
        scale_costs.main(["--tables-only", "--output", str(figures), "--rates", rate])


def test_a_simulation_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("something else")
    with pytest.raises(MasksegError, match="no output of"):
        scale_costs.read_simulation(tmp_path / "a.txt")
