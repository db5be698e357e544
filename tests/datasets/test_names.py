"""Names that are written in two ways: composed and decomposed letters, numbers, roots."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from maskseg_cli.classes import parse_classes, read_labels
from maskseg_cli.coco_classes import COCO_91_CLASSES, COCO_CLASSES
from maskseg_cli.datasets import coco_categories
from maskseg_cli.datasets.class_matching import have_same_classes, match_categories
from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets.samples import SQUARE, document, picture, write

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "bücher") for form in ("NFC", "NFD"))


def test_composed_and_decomposed_letters_are_one_class(tmp_path: Path) -> None:
    lower = [side + place % 2 for place, side in enumerate(SQUARE)]
    content = document({"segmentation": [SQUARE]}, {"segmentation": [lower], "category_id": 5})
    content["categories"][0]["name"], content["categories"][1]["name"] = COMPOSED, DECOMPOSED
    path = write(tmp_path, content)
    source, dataset = read_coco(path, tmp_path), CocoDataset.read(path)
    assert (source.class_names[1:], source[0].class_ids.tolist()) == ((COMPOSED,), [1, 1])
    assert dataset.categories == {7: COMPOSED}
    for problems in (source.problems, dataset.problems):
        assert [problem.kind for problem in problems] == ["similar-categories"]


def test_they_are_one_class_to_a_network(tmp_path: Path) -> None:
    assert match_categories({3: DECOMPOSED}, ("background", COMPOSED), "a.json") == {3: 1}
    assert parse_classes(DECOMPOSED, ("background", "cat", COMPOSED)) == [2]
    path = write(tmp_path, document({"segmentation": [SQUARE]}, names=(DECOMPOSED, "dog")))
    assert open_source(path, known_classes=("background", "dog", COMPOSED)).class_names == (
        "background",
        "dog",
        COMPOSED,
    )
    labels = tmp_path / "labels.txt"
    labels.write_text(f"{COMPOSED}\n{DECOMPOSED}\n", encoding="utf-8")
    with pytest.raises(MasksegError, match="twice: lines 1 and 2"):
        read_labels(labels)


@pytest.mark.parametrize("given", [DECOMPOSED, COMPOSED], ids=["decomposed", "composed"])
@pytest.mark.parametrize("folder", ["", "{}/"], ids=["beside", "in a folder"])
def test_photos_are_found_by_either_form(tmp_path: Path, given: str, folder: str) -> None:
    there = COMPOSED if given == DECOMPOSED else DECOMPOSED
    content = document({"segmentation": [SQUARE]})
    content["images"][0]["file_name"] = f"{folder.format(given)}{given}.png"
    path = write(tmp_path, content)
    picture(tmp_path / f"{folder.format(there)}{there}.png")
    source = read_coco(path, tmp_path)
    assert (len(source), source.problems) == (1, [])


def test_names_that_are_numbers(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["categories"][0]["name"], content["categories"][1]["name"] = 7, "8"
    path = write(tmp_path, content)
    assert read_coco(path, tmp_path).class_names == ("background", "7", "8")
    content["categories"][0]["name"] = True
    path.write_text(json.dumps(content))
    with pytest.raises(MasksegError, match=r"the category 7 \(true\) needs a whole number and a name"):
        read_coco(path, tmp_path)


def test_names_in_place_of_ids(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE], "image_id": "1.png", "category_id": "cat"})
    path = write(tmp_path, content)
    source, dataset = read_coco(path, tmp_path), CocoDataset.read(path)
    assert len(source[0]) == len(dataset.annotations) == 1
    for problems in (source.problems, dataset.problems):
        assert [problem.kind for problem in problems] == ["image_id", "category_id"]
    content["categories"][1]["name"] = "7"
    content["annotations"][0]["category_id"] = "7"
    assert read_coco(write(tmp_path, content), tmp_path)[0].class_ids.tolist() == [1], "an id comes before a name"


def test_the_work_for_roots_grows_with_the_number_of_categories_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    key = coco_categories._key
    monkeypatch.setattr(coco_categories, "_key", lambda name: calls.append(name) or key(name))
    records = [{"id": number, "name": f"class {number}", "supercategory": "all"} for number in range(300)]
    found = coco_categories.check_categories([*records, {"id": 300, "name": "All"}], [], "a.json", ProblemLog())
    assert len(found.names) == 300
    assert len(calls) < 5 * 300


def test_a_root_that_is_its_own_group(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["categories"].insert(0, {"id": 0, "name": "animals", "supercategory": "animals"})
    for record in content["categories"]:
        record["supercategory"] = "animals"
    path = write(tmp_path, content)
    for source in (read_coco(path, tmp_path), CocoDataset.read(path)):
        assert [(problem.kind, problem.names) for problem in source.problems] == [("group-category", ("animals",))]
    assert CocoDataset.read(path).categories == {7: "cat", 5: "dog"}


def test_an_address_with_a_bracket_is_a_name(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["images"][0]["file_name"] = "http://[::1/1.png"
    assert [problem.kind for problem in read_coco(write(tmp_path, content), tmp_path).problems] == ["image-folder"]


ADDRESS = "https://host/photos/1.png?sv=1&sig=a%2Fb"


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"file_name": "1.PNG"}, ["image-case"]),
        ({"file_name": "Val/1.Png"}, ["image-case"]),
        ({"file_name": ADDRESS}, ["image-folder"]),
        ({"file_name": None, "coco_url": "http://images.cocodataset.org/val2017/1.png"}, ["image-folder"]),
    ],
)
def test_other_names_of_a_photo(tmp_path: Path, fields: dict[str, str | None], kinds: list[str]) -> None:
    content = document({"segmentation": [SQUARE]})
    content["images"][0] |= fields
    path = write(tmp_path, content)
    source, dataset = read_coco(path, tmp_path), CocoDataset.read(path, tmp_path)
    assert [len(source), len(dataset.images)] == [1, 1]
    for problems in (source.problems, dataset.problems):
        assert [problem.kind for problem in problems] == kinds


def test_a_photo_in_the_other_case_is_not_taken_for_two(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, images=2)
    content["images"][1]["file_name"] = "1.PNG"
    path = write(tmp_path, content)
    assert [problem.kind for problem in read_coco(path, tmp_path).problems] == ["missing-image"]


def test_two_records_of_a_photo_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, images=2)
    content["images"][0]["file_name"] = content["images"][1]["file_name"] = "images/1.png"
    source = read_coco(write(tmp_path, content), tmp_path)
    assert [problem.kind for problem in source.problems] == ["image-folder", "same-photo"]


def test_names_that_give_orders_to_a_terminal(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["categories"][0]["name"], content["categories"][1]["name"] = "red\x1b[31m\ncat", "do\ud800g "
    content["images"].append({"id": 2, "file_name": "no\x1b[2Jphoto.png", "width": 3, "height": 4})
    path = write(tmp_path, content)
    source = read_coco(path, tmp_path)
    assert source.class_names == ("background", "red [31m cat", "do g")
    assert [problem.kind for problem in source.problems] == ["missing-image", "category-letters"]
    assert all(problem.message.isprintable() for problem in source.problems)


def test_a_network_with_gaps_has_the_classes_between_them() -> None:
    """Training on COCO's eighty classes keeps the order and the last layer of a network with 91."""
    assert have_same_classes(COCO_CLASSES[1:], COCO_91_CLASSES)
    assert have_same_classes(COCO_CLASSES[:0:-1], COCO_91_CLASSES)
    assert not have_same_classes(COCO_CLASSES[2:], COCO_91_CLASSES)
    assert not have_same_classes(COCO_91_CLASSES[1:], COCO_91_CLASSES)
    assert not have_same_classes((), None)
    assert match_categories({7: "motorbike", 8: "class 12 (not used)"}, COCO_91_CLASSES, "a.json") == {7: 4}
    with pytest.raises(MasksegError) as caught:
        match_categories({1: "x"}, ("background", "class 1 (not used)", "cat"), "a.json")
    assert "one has cat, the other x" in str(caught.value)
