"""`maskseg evaluate --report` and `--against`: what is refused, and what is written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from maskseg_cli.cli.main import main
from maskseg_cli.detections import Detections
from tests.coco_samples import FakePredictor, Sample, found, make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "data")


def use(
    monkeypatch: pytest.MonkeyPatch, sample: Sample, answer: Callable[..., Detections] = lambda _, o: found(o)
) -> list[Any]:
    calls: list[Any] = []

    def load(options: Any, **_: Any) -> FakePredictor:
        calls.append(options)
        return FakePredictor(sample, answer)

    monkeypatch.setattr("maskseg_cli.inference.loading.load_predictor", load)
    return calls


def run(sample: Sample, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", str(sample.annotations), str(sample.photos), *map(str, arguments)])


def test_a_report_of_a_network_and_of_its_results(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, sample, lambda n, o: found(o[: n % 3]))
    results, first, second = (tmp_path / name for name in ("found.json", "deep/first.html", "second.htm"))
    plain = run(sample)
    done = run(sample, "--results", results, "--report", first)
    assert (done.exit_code, done.stdout) == (0, plain.stdout), "the table is the same"
    text = first.read_text(encoding="utf-8")
    assert "The network lite, computed by fake float32" in text
    assert "Which classes" in text
    assert "The worst photos" in text
    assert "data:image/jpeg" in text
    scored = CliRunner().invoke(
        main, ["evaluate", str(sample.annotations), "--from-results", str(results), "--report", str(second)]
    )
    assert (scored.exit_code, scored.stderr) == (0, "")
    text = second.read_text(encoding="utf-8")
    assert "The results of found.json" in text
    assert "no photo is shown" in text
    assert "data:image/jpeg" not in text


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--report", "{folder}/r.txt"], 2, "--report is a web page: name it r.html, not r.txt."),
        (["--report", "{folder}"], 2, "is a folder; name a file."),
        (["--report", "{folder}/a.html", "-o", "{folder}/a.html"], 2, "--output writes JSON"),
        (["--report", "{there}"], 1, "--overwrite replaces it"),
        (["--report", "{there}/x/r.html"], 1, "is no folder, so nothing can be written into it"),
        (["--worst", "-1"], 2, "--worst"),
        (["--against", "{folder}/none.json"], 2, "does not exist"),
        (["--against", "{strange}"], 1, "belongs to no image or category of"),
        (["--against", "{strange}", "--results", "{strange}", "--overwrite"], 2, "is an input"),
        (["--against", "{late}", "--limit", "2"], 1, "has no result of the 2 photos that were measured"),
        (["--against", "{annotations}"], 1, "is not a file of COCO results"),
    ],
)
def test_errors_are_sentences(
    sample: Sample,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    asked = use(monkeypatch, sample)
    row = {"image_id": 7, "category_id": 4, "bbox": [1, 1, 9, 9], "score": 0.5}
    names = {"annotations": sample.annotations, "folder": tmp_path}
    for name, rows in (("strange", [row]), ("late", [{**row, "image_id": 40}])):
        names[name] = tmp_path / f"{name}.json"
        names[name].write_text(json.dumps(rows))
    names["there"] = tmp_path / "there.html"
    names["there"].write_text("precious")
    result = run(sample, *(argument.format(**names) for argument in arguments))
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert names["there"].read_text() == "precious"
    assert asked == [] or "--limit" in arguments, "before the network is loaded"


def test_a_report_in_a_folder_that_cannot_be_written_is_told_before_measuring(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = use(monkeypatch, sample)
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)
    result = run(sample, "--report", tmp_path / "r.html")
    assert (result.exit_code, asked) == (1, [])
    assert "cannot be written: choose another one" in result.stderr


def test_two_networks_are_compared(sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, sample, lambda n, o: found(o[: n % 3]))
    other, output, report = tmp_path / "other.json", tmp_path / "m.json", tmp_path / "r.html"
    weak = run(sample, "--results", other, "--limit", "3")
    use(monkeypatch, sample)
    plain = run(sample)
    done = run(sample, "--against", other, "-o", output, "--report", report)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:5] == plain.stdout.splitlines()
    assert lines[5:7] == ["", "Against other.json:"]
    assert lines[7].startswith("mask AP +")
    assert lines[7].endswith(": on these 4 photos that is no proof of a difference."), "four are too few in any case"
    assert "other.json has no result of 2 of 4 photos: nothing was found there." in done.stderr
    document = json.loads(output.read_text())
    assert document["boundary"]["AP"] == pytest.approx(1)
    difference = document["against"]["differences"]["mask_AP"]
    assert difference["difference"] == pytest.approx(document["segm"]["AP"] - document["against"]["segm"]["AP"])
    assert difference["is_proof"] is False
    assert document["settings"]["against"] == "other.json"
    assert "Against other.json" in report.read_text(encoding="utf-8")
    assert weak.exit_code == 0
