"""`inspect_data` and its command: the folder, the page, the figures; what is refused."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

import maskseg_cli
from maskseg_cli.cli.main import main
from maskseg_cli.datasets.problems import BadRecord
from maskseg_cli.datasets.shapes import make_coco
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inspection.data.data_inspection import DataInspection
from maskseg_cli.inspection.data.options import DataOptions
from maskseg_cli.reporter import Reporter


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["inspect", "data", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def annotations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos of shapes; the second one is damaged, a fifth is missing, and one category has a hostile name."""
    folder = tmp_path_factory.mktemp("set")
    path = make_coco(folder, count=4, size=64, seed=5)
    document = json.loads(path.read_text())
    document["categories"].append({"id": 9, "name": "<script>alert(1)</script>"})
    document["annotations"].append({"id": 900, "image_id": 1, "category_id": 77, "bbox": [1, 1, 9, 9]})
    document["images"].append({"id": 99, "file_name": "gone.png", "width": 64, "height": 64})
    path.write_text(json.dumps(document))
    photo = folder / document["images"][1]["file_name"]
    data = bytearray(photo.read_bytes())
    middle = data.index(b"IDAT") + 12
    data[middle : middle + 20] = bytes(20)
    photo.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def inspected(annotations: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder, and the result of the command that wrote it."""
    folder = tmp_path_factory.mktemp("out") / "look"
    return folder, run(annotations, annotations.parent, "-o", folder, "--examples", 3, "--size", 64, code=1)


class Links(HTMLParser):
    """Collects the tags of a page, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_summary_counts_and_names_problems(inspected: tuple[Path, Result]) -> None:
    folder, result = inspected
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"4 photos, \d+ objects, \d of 4 classes with objects", lines[0])
    assert any(line.startswith("broken-pixels: 1 ") for line in lines)
    assert any(line.startswith("unknown-category: 1 ") for line in lines)
    assert lines[-1] == str(folder / "index.html")


def test_photos_that_cannot_be_used_are_named(
    annotations: Path, inspected: tuple[Path, Result], tmp_path: Path
) -> None:
    damaged = Path(json.loads(annotations.read_text())["images"][1]["file_name"]).name
    named = (
        "2 photos of the data cannot be used for training:\n"
        "  image files that are not there: gone.png\n"
        f"  image files whose pixels cannot be read: {damaged}\n"
    )
    assert inspected[1].stderr == named
    quiet = run(annotations, "-o", tmp_path / "x", "--examples", 1, "--size", 64, "--quiet", code=1)
    assert (quiet.stdout, quiet.stderr) == ("", named)
    many = [BadRecord("missing-image", f"{number}.jpg", "") for number in range(23)]
    other = BadRecord("crowd", "annotation 3", "2")
    lines = DataInspection(tmp_path, {}, [*many, other]).left_out_lines()
    assert lines[0] == "23 photos of the data cannot be used for training:"
    assert lines[1].endswith("18.jpg, 19.jpg and 3 more, which problems.csv names")
    assert DataInspection(tmp_path, {}, [other]).left_out_lines() == []


def test_the_page_needs_nothing_and_escapes_names(inspected: tuple[Path, Result]) -> None:
    page = (inspected[0] / "index.html").read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    assert "script" not in links.tags
    assert "&lt;script&gt;" in page
    assert len(links.addresses) > 10
    assert all(address.startswith("data:image/") for address in links.addresses)
    for heading in ("Problems", "Classes", "Mini masks", "Augmentation", "anchors", "regions"):
        assert heading in page


def test_the_pictures_are_files_too(inspected: tuple[Path, Result]) -> None:
    folder = inspected[0]
    names = json.loads((folder / "data.json").read_text())["files"]
    assert sorted({*names, "index.html", "data.json", "problems.csv"}) == sorted(one.name for one in folder.iterdir())
    assert {name.split("-")[1] for name in names} >= {
        "photo",
        "input",
        "mini",
        "augmented",
        "anchors",
        "regions",
        "mask",
    }
    assert all(cv2.imread(str(folder / name)) is not None for name in names)


def test_figures_and_bad_records_are_those_of_the_data(annotations: Path, inspected: tuple[Path, Result]) -> None:
    folder = inspected[0]
    found = json.loads((folder / "data.json").read_text())
    document = json.loads(annotations.read_text())
    assert found["images"] == 4
    assert found["objects"] == len(document["annotations"]) - 1
    for category in document["categories"]:
        of_class = [one for one in document["annotations"] if one["category_id"] == category["id"]]
        assert found["classes"][category["name"]]["objects"] == len(of_class)
    assert found["boxes"]["compared"] == found["objects"]
    assert found["boxes"]["least"] == 1
    assert found["anchors"]["images"] == 4
    # The photo that cannot be decoded has no regions; its objects still count.
    assert found["regions"]["images"] == sum("-photo-" in name for name in found["files"]) >= 2
    table = (folder / "problems.csv").read_text().splitlines()
    assert sum(line.startswith("broken-pixels,") for line in table) == 1
    assert "annotation 900" in "".join(table)


def test_an_earlier_inspection_is_kept_unless_told(annotations: Path, inspected: tuple[Path, Result]) -> None:
    folder = inspected[0]
    before = (folder / "index.html").stat().st_mtime_ns
    result = run(annotations, "-o", folder, code=1)
    assert "--overwrite" in result.stderr
    assert (folder / "index.html").stat().st_mtime_ns == before


def test_no_photo_is_replaced(annotations: Path, tmp_path: Path) -> None:
    """A photo with the name of a picture of the page, in the folder that gets the page."""
    document = json.loads(annotations.read_text())
    first = document["images"][0]
    photo = tmp_path / "01-photo-00001.jpg"
    photo.write_bytes((annotations.parent / first["file_name"]).read_bytes())
    own = [one for one in document["annotations"] if one["image_id"] == first["id"]]
    kept = {**document, "images": [{**first, "file_name": photo.name}], "annotations": own}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(kept))
    before = photo.read_bytes()
    result = run(path, "-o", tmp_path, "--examples", 1, "--size", 64, "--overwrite", code=2)
    assert "inputs are never overwritten" in result.stderr
    assert photo.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == [photo.name, path.name]


def test_wrong_requests_are_refused_before_anything_is_loaded(annotations: Path, tmp_path: Path) -> None:
    assert "leave out the folder" in run("shapes", annotations.parent, "-o", tmp_path / "x", code=2).stderr
    assert "is a file" in run(annotations, "-o", annotations, code=2).stderr
    assert "holds the annotations" in run(annotations.parent, "-o", annotations.parent, "--overwrite", code=2).stderr
    run(tmp_path / "missing.json", "-o", tmp_path / "x", code=2)
    run(annotations, "-o", tmp_path / "x", "--examples", 0, code=2)
    with pytest.raises(UsageError, match="no option 'exampels'"):
        maskseg_cli.inspect_data(annotations, folder=tmp_path / "x", exampels=3)
    assert not (tmp_path / "x").exists()


def test_data_without_any_picture_is_one_error(annotations: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MasksegError, match="gives no picture"):
        maskseg_cli.inspect_data(annotations, empty, tmp_path / "x", reporter=Reporter())
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("wrong", [{"examples": 0}, {"examples": 500}, {"seed": -1}])
def test_options_have_limits(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        DataOptions(**wrong)


def test_a_large_set_of_photos(shared: Path, tmp_path: Path) -> None:
    """The figures of COCO photos are those of its file."""
    document = json.loads((shared / "data/coco/instances_val.json").read_text())
    from maskseg_cli.datasets.data_source import open_source
    from maskseg_cli.inspection.data.survey import take_survey

    survey = take_survey(open_source(shared / "data/coco/instances_val.json", shared / "data/coco/val"))
    crowds = sum(one["iscrowd"] for one in document["annotations"])
    assert survey.is_object.sum() == len(document["annotations"]) - crowds
    assert (survey.class_ids < 0).sum() == crowds
    # COCO's areas are those of the polygons, ours of the pixels.
    areas = sorted(one["area"] for one in document["annotations"] if not one["iscrowd"])
    assert sum(areas) == pytest.approx(survey.areas[survey.is_object].sum(), rel=0.02)
