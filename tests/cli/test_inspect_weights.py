"""`maskseg inspect weights` as a user runs it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli import inspect_weights
from maskseg_cli.checkpoints import find_weights
from maskseg_cli.cli.main import main
from maskseg_cli.inspection.weights.stages import by_stage, stage_of
from tests.checkpoints.tiny import tiny_groups, write_h5

Groups = list[tuple[str, list[tuple[str, np.ndarray]]]]


def run(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["inspect", "weights", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as stream:
        return {row["name"]: row for row in csv.DictReader(stream)}


def changed(groups: Groups, changes: dict[str, np.ndarray]) -> Groups:
    return [
        (layer, [(name, changes.get(name.removesuffix(":0"), array)) for name, array in weights])
        for layer, weights in groups
    ]


@pytest.fixture
def groups() -> Groups:
    return tiny_groups()


@pytest.fixture
def healthy(tmp_path: Path, groups: Groups) -> Path:
    return write_h5(tmp_path / "healthy.h5", groups)


def array_of(groups: Groups, wanted: str) -> np.ndarray:
    return next(array for _, weights in groups for name, array in weights if name == f"{wanted}:0")


def test_a_healthy_network(tmp_path: Path, healthy: Path, groups: Groups) -> None:
    result = run(healthy, "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "weights.csv"]
    rows = rows_of(tmp_path / "out/weights.csv")
    arrays = {name.removesuffix(":0"): array for _, weights in groups for name, array in weights}
    assert set(rows) == set(arrays)
    for name, row in rows.items():
        array = arrays[name].astype(np.float64)
        figures = [array.min(), array.max(), array.mean(), array.std(), np.mean(array == 0)]
        found = [float(row[key]) for key in ("min", "max", "mean", "std", "zeros")]
        np.testing.assert_allclose(found, figures, rtol=1e-7, atol=1e-8, err_msg=name)
        assert (row["count"], row["stage"]) == (str(array.size), stage_of(name))
        assert (row["shape"], row["not_finite"], row["dead"]) == ("x".join(map(str, array.shape)), "0", "0")
    lines = result.stdout.splitlines()
    assert f"arrays      {len(arrays)}" in lines
    assert "findings    none: no dead or exploding filters, every value finite" in lines
    assert lines[-1] == f"page        {tmp_path / 'out/index.html'}"

    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    kernels = [name for name in arrays if name.endswith("/kernel")]
    assert re.findall(r"<h3>(\S+) <span", page) == [
        name for names in by_stage(rows).values() for name in names if name in kernels
    ]
    assert page.count("<details>") == 2 * len(by_stage(arrays)), "kernels and arrays of each stage"
    assert not re.search(r"<script|https?://|<details open", page)
    assert "Nothing: no filter is dead or exploding" in page


def test_what_is_wrong_is_named(tmp_path: Path, groups: Groups) -> None:
    kernel = array_of(groups, "res3a_branch2b/kernel").copy()
    kernel[..., 2] = 0
    gamma = array_of(groups, "bn2a_branch2a/gamma").copy()
    gamma[1] = 1e-9
    bias = array_of(groups, "fpn_p2/bias").copy()
    bias[3] = np.nan
    changes = {"res3a_branch2b/kernel": kernel, "bn2a_branch2a/gamma": gamma, "fpn_p2/bias": bias}
    path = write_h5(tmp_path / "<b>ad.h5", changed(groups, changes))
    lines = run(path, "-o", tmp_path / "out").stdout.splitlines()
    assert "  res3a_branch2b/kernel: dead, 2 of 4" in lines
    assert "  bn2a_branch2a/gamma: dead, 1 of 4" in lines
    assert "  fpn_p2/bias: not finite, 3 of 6" in lines
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "<b>ad" not in page
    assert "&lt;b&gt;ad.h5" in page
    assert '<th scope="row">res3a_branch2b/kernel</th><td>dead</td><td>2 of 4</td>' in page
    rows = rows_of(tmp_path / "out/weights.csv")
    assert (rows["res3a_branch2b/kernel"]["dead"], rows["fpn_p2/bias"]["not_finite"]) == ("1", "1")


def test_extreme_values(tmp_path: Path, groups: Groups) -> None:
    changes = {
        "fpn_p2/kernel": np.array([-3.4e38, 3.4e38] * (array_of(groups, "fpn_p2/kernel").size // 2), np.float32),
        "fpn_p3/kernel": np.full(array_of(groups, "fpn_p3/kernel").shape, np.inf, np.float32),
        "fpn_p4/kernel": np.full(array_of(groups, "fpn_p4/kernel").shape, 1e-45, np.float32),
        "conv1/kernel": np.full(array_of(groups, "conv1/kernel").shape, np.nan, np.float32),
    }
    changes["fpn_p2/kernel"] = changes["fpn_p2/kernel"].reshape(array_of(groups, "fpn_p2/kernel").shape)
    path = write_h5(tmp_path / "extreme.h5", changed(groups, changes))
    other = write_h5(tmp_path / "usual.h5", groups)
    lines = run(path, other, "-o", tmp_path / "out").stdout.splitlines()
    assert "  fpn_p3/kernel: not finite, all 324" in lines
    assert "  conv1/kernel: not finite, all 588" in lines
    assert "  conv1/kernel: not finite" in lines[lines.index(f"against     {other}") :]
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert not re.search(r"=.(nan|inf)\b", page), "no attribute of a chart is not a number"


def test_two_files(tmp_path: Path, healthy: Path, groups: Groups) -> None:
    other = write_h5(
        tmp_path / "trained.h5",
        changed(groups, {"mrcnn_mask/kernel": 1.5 * array_of(groups, "mrcnn_mask/kernel")}),
    )
    lines = run(healthy, other, "-o", tmp_path / "out").stdout.splitlines()
    count = len(rows_of(tmp_path / "out/weights.csv"))
    assert f"identical   {count - 1} arrays" in lines
    assert "changed     1 array" in lines
    assert "  mrcnn_mask/kernel: 50 %" in lines
    row = rows_of(tmp_path / "out/weights.csv")["mrcnn_mask/kernel"]
    assert float(row["relative_change"]) == pytest.approx(0.5)
    assert float(row["cosine"]) == pytest.approx(1)
    assert row["in_other"] == "yes"
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "<h2>What changed</h2>" in page
    assert "Relative change of the kernels by stage" in page
    lines = run(healthy, healthy, "-o", tmp_path / "same").stdout.splitlines()
    assert f"identical   {count} arrays" in lines
    assert "All arrays that both have are identical." in (tmp_path / "same/index.html").read_text(encoding="utf-8")


def test_networks_that_have_nothing_in_common(tmp_path: Path, healthy: Path) -> None:
    found = inspect_weights("lite", tmp_path / "out", healthy)
    assert found.comparison is not None
    assert found.comparison.changes == ()
    assert len(found.comparison.only_first) == len(found.statistics) == 174
    rows = rows_of(tmp_path / "out/weights.csv")
    assert {rows[name]["in_other"] for name in found.comparison.only_second} == {"only there"}
    assert {rows[name]["dtype"] for name in found.statistics if name.endswith("kernel")} == {"float16"}
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "have no array of the same name and shape in common" in page
    assert "trunk.stem/kernel: 32 filters of 3 x 3" in page
    assert len(page) < 1_500_000


def test_results_are_not_replaced_without_overwrite(tmp_path: Path, healthy: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/weights.csv").write_text("mine")
    result = run(healthy, "-o", tmp_path / "out", code=1)
    assert f"{tmp_path / 'out/weights.csv'} exists already: --overwrite replaces it." in result.stderr
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["mine"]
    assert run(healthy, "-o", tmp_path / "out", "--overwrite", "-q").output == ""
    assert len(rows_of(tmp_path / "out/weights.csv")) > 100


def test_wrong_files(tmp_path: Path, healthy: Path) -> None:
    out = tmp_path / "out"
    assert "There is no weights file nowhere.h5" in run("nowhere.h5", "-o", out, code=2).stderr
    assert "There is no weights file nowhere.h5" in run(healthy, "nowhere.h5", "-o", out, code=2).stderr
    damaged = tmp_path / "damaged.h5"
    damaged.write_bytes(healthy.read_bytes()[:5000])
    assert "damaged.h5" in run(damaged, "-o", out, code=1).stderr
    assert "damaged.h5" in run(healthy, damaged, "-o", out, code=1).stderr
    assert not list(out.glob("*")), "nothing is left"
    assert "is a file" in run(healthy, "-o", healthy, code=2).stderr
    assert find_weights(healthy) == healthy
