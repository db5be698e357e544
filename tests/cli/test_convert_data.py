"""`maskseg convert-data` as users call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from maskseg_cli.cli.main import main
from tests.conversion.samples import document, write
from tests.datasets.voc_samples import voc


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


def test_pascal_voc_to_pictures_of_masks_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voc(tmp_path / "voc")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voc" / "Annotations" / "2007_000002.xml").unlink()  # it has boxes only
    assert run("voc", "found", "--to", "masks").stderr == "1 photo with 2 objects in found (masks)\n"
    assert run("found", "back.json", "--images", "voc/JPEGImages").exit_code == 0
    assert run("voc", "direct.json").exit_code == 0
    back, direct = (json.loads(Path(name).read_text()) for name in ("back.json", "direct.json"))
    assert back["categories"] == direct["categories"]
    for one, other in zip(back["annotations"], direct["annotations"], strict=True):
        assert (one["segmentation"], one["category_id"]) == (other["segmentation"], other["category_id"])
    (tmp_path / "voc" / "Annotations" / "2007_000001.xml").write_text("<annotation><object>")
    (tmp_path / "voc" / "SegmentationObject" / "2007_000001.png").unlink()
    refused = run("voc", "none.json", code=1)
    assert "is of Pascal VOC, and no file of it can be read. 1 annotation files of single pictures" in refused.stderr
    assert refused.stderr.count("\n") == 1
