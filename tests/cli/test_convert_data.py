"""`maskseg convert-data` as users call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from maskseg_cli.cli.main import main
from tests.conversion.samples import document, write


def run(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["convert-data", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, document())
    monkeypatch.chdir(tmp_path)
    there = run("in.json", "labels", "--to", "labelme", "--images", "photos")
    assert (there.stdout, there.stderr) == ("", "3 photos with 3 objects in labels (labelme)\n")
    back = run("labels", "back.json", "--images", "photos", "--rename", "zebra=horse", "--classes", "zebras")
    assert back.stderr == "3 photos with 2 objects in back.json (coco)\n"
    assert [one["name"] for one in json.loads(Path("back.json").read_text())["categories"]] == ["horse"]
    again = run("labels", "back.json", "--images", "photos", code=1)
    assert again.stderr == "Error: back.json exists already: --overwrite replaces it.\n"
    assert run("labels", "back.json", "--images", "photos", "--overwrite", "-q").output == ""


def test_photos_that_are_left_out_give_exit_code_1(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    (tmp_path / "photos" / "a.png").write_bytes(b"no picture")
    arguments = (path, tmp_path / "out", "--to", "yolo", "--images", tmp_path / "photos", "--link-photos")
    result = run(*arguments, code=1)
    assert "1 image files that are no picture, damaged or cut off (left out): a.png" in result.stderr
    assert (tmp_path / "out" / "images" / "trip" / "b.png").is_symlink()
    assert not (tmp_path / "out" / "labels" / "a.txt").exists()


def test_what_is_wrong_is_said_before_anything_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    assert "Which format is" in run(path, tmp_path / "out", code=2).stderr
    assert "did you mean" in run(path, tmp_path / "out.json", "--classes", "zebar", code=2).stderr
    assert "There is no annotation format 'cocoo'" in run(path, tmp_path / "out.json", "--from", "cocoo", code=2).stderr
    result = CliRunner().invoke(main, ["convert-dataset", str(path)])
    assert "convert-data" in result.output
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "photos"}
