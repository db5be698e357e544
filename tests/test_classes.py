"""Class names, label files and lists of classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli import classes
from maskseg_cli.classes import (
    canonical_name,
    chosen_classes,
    is_background,
    parse_classes,
    read_labels,
    same_class,
    used_classes,
)
from maskseg_cli.coco_classes import COCO_91_CLASSES, COCO_CATEGORY_IDS, COCO_CLASSES, coco_names, is_unused
from maskseg_cli.errors import MasksegError, UsageError

BUNDLED = Path(__file__).parents[1] / "weights" / "coco_labels.txt"


def test_coco_has_eighty_classes_and_its_own_ids() -> None:
    assert len(COCO_CLASSES) == len(COCO_CATEGORY_IDS) == len(set(COCO_CLASSES)) == 81
    assert list(COCO_CATEGORY_IDS) == sorted(set(COCO_CATEGORY_IDS))
    ids = dict(zip(COCO_CLASSES, COCO_CATEGORY_IDS, strict=True))
    # one class before and after each gap of COCO's numbering
    expected = {
        "background": 0,
        "person": 1,
        "fire hydrant": 11,
        "stop sign": 13,
        "giraffe": 25,
        "backpack": 27,
    }
    expected |= {"umbrella": 28, "handbag": 31, "bottle": 44, "wine glass": 46, "bed": 65, "dining table": 67}
    expected |= {"toilet": 70, "tv": 72, "refrigerator": 82, "book": 84, "toothbrush": 90}
    assert {name: ids[name] for name in expected} == expected


def test_coco_agrees_with_a_real_annotation_file(shared: Path) -> None:
    categories = json.loads((shared / "data/coco/instances_val.json").read_text())["categories"]
    assert [(c["id"], c["name"]) for c in categories] == list(zip(COCO_CATEGORY_IDS[1:], COCO_CLASSES[1:], strict=True))


def test_the_bundled_labels_file_is_coco() -> None:
    assert BUNDLED.read_text().splitlines() == list(COCO_CLASSES)
    assert read_labels(BUNDLED) == COCO_CLASSES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("motorbike", "motorcycle"),
        ("aeroplane", "airplane"),
        ("sofa", "couch"),
        ("pottedplant", "potted plant"),
        ("diningtable", "dining table"),
        ("tvmonitor", "tv"),
        ("Traffic_Light", "traffic light"),
        ("HOT-DOG", "hot dog"),
        (" person ", "person"),
    ],
)
def test_both_spellings_mean_the_same_class(old: str, new: str) -> None:
    assert same_class(old, new)
    assert canonical_name(old) == new
    assert parse_classes(old, COCO_CLASSES) == [COCO_CLASSES.index(new)]
    spelt_old = tuple(old if name == new else name for name in COCO_CLASSES)
    assert parse_classes(new, spelt_old) == [COCO_CLASSES.index(new)]


def test_no_two_coco_classes_are_the_same() -> None:
    assert len({canonical_name(name) for name in COCO_CLASSES}) == 81
    assert not same_class("cat", "dog")
    assert not same_class("hot dog", "dog")
    assert same_class("Traffic Cone", "traffic_cone")


@given(st.text())
def test_canonical_names_are_their_own(name: str) -> None:
    assert canonical_name(canonical_name(name)) == canonical_name(name)


@pytest.mark.parametrize("name", ["background", "BG", "__background__", "_background_", "Background"])
def test_background_names(name: str) -> None:
    assert is_background(name)
    with pytest.raises(UsageError, match="background"):
        parse_classes(name, COCO_CLASSES)


def write(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "labels.txt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    "data",
    [
        "background\ncat\nguide dog\n",
        "BG\ncat\nguide dog",
        "cat\nguide dog\n",
        "__background__\r\ncat\r\nguide dog\r\n\r\n\n",
        b"\xef\xbb\xbfbackground\ncat\nguide dog\n",
        b"\xef\xbb\xbfcat\n  guide dog  \n",
        "cat\nguide dog\n".encode("utf-16"),
        "cat\rguide dog\r",
    ],
)
def test_label_files(tmp_path: Path, data: str | bytes) -> None:
    assert read_labels(write(tmp_path, data)) == ("background", "cat", "guide dog")


def test_names_keep_their_letters(tmp_path: Path) -> None:
    names = ("background", "Bücher\u2028regal", "a", "A", "人")
    assert read_labels(write(tmp_path, "\n".join(names))) == names
    assert parse_classes("A,人", names) == [3, 4]
    assert parse_classes("a", names) == [2]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "is empty"),
        ("\n\n \n", "is empty"),
        ("cat\ndog\ncat\n", "'cat' twice: lines 1 and 3"),
        ("background\ncat\ncat\n", "'cat' twice: lines 2 and 3"),
        ("cat\n\ndog\n", "Line 2 .* is blank"),
        ("cat\nbackground\n", "Line 2 .* is 'background'"),
        ("background\nBG\n", "Line 2 .* is 'BG'"),
        ("background\n", "no class but the background"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a labels file"),
        (b"cat\nd\xf6g\n", "is not a labels file"),
        (b"cat\n\0\n", "is not a labels file"),
    ],
)
def test_bad_label_files_get_a_sentence(tmp_path: Path, data: str | bytes, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence) as caught:
        read_labels(write(tmp_path, data))
    assert "labels.txt" in str(caught.value)


def test_label_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"no labels file .*none\.txt"):
        read_labels(tmp_path / "none.txt")
    with pytest.raises(MasksegError, match="is a folder"):
        read_labels(str(tmp_path))


def test_class_lists() -> None:
    assert parse_classes("person,dog", COCO_CLASSES) == [1, 17]
    assert parse_classes(" dog , Person,,dog,1", COCO_CLASSES) == [17, 1]
    assert parse_classes("80", COCO_CLASSES) == [80]
    assert parse_classes("7", ("background", "3", "7")) == [2], "a class may be called by a number"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("people", "person"),
        ("Persons", "person"),
        ("bike", "bicycle"),
        ("bikes", "bicycle"),
        ("plane", "airplane"),
        ("dogs", "dog"),
        ("Buses", "bus"),
        ("knives", "knife"),
        ("traffic-lights", "traffic light"),
    ],
)
def test_plurals_and_everyday_names(word: str, name: str) -> None:
    assert parse_classes(word, COCO_CLASSES) == [COCO_CLASSES.index(name)]


def test_a_models_own_names_go_before_everyday_ones() -> None:
    assert parse_classes("people,plane", ("background", "person", "people", "plane")) == [2, 3]
    assert not same_class("people", "person"), "data may tell them apart"
    with pytest.raises(UsageError, match="no class 'people'"):
        parse_classes("people", ("background", "cat"))


@given(st.lists(st.integers(1, 80), min_size=1), st.data())
def test_any_way_to_write_a_list_reads_back(ids: list[int], data: st.DataObject) -> None:
    ways = (str.upper, str.title, lambda s: s.replace(" ", "_"), lambda s: s.replace(" ", ""), str)
    words = [data.draw(st.sampled_from(ways))(COCO_CLASSES[i]) for i in ids]
    assert parse_classes(",".join(words), COCO_CLASSES) == list(dict.fromkeys(ids))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("persn", r"no class 'persn' \(did you mean person\?\)"),
        ("person,phone", r"no class 'phone' \(did you mean cell phone"),
        ("motorbyke", "motorcycle"),
        ("bycicle", r"did you mean bicycle\?"),
        ("kitten", r"no class 'kitten' \(did you mean cat\?\)"),
        ("women", r"no class 'women' \(did you mean person\?\)"),
        pytest.param("9" * 5000, r"no class 9+\.\.\.: the model's classes are 1 to 80", id="5000 digits"),
        ("ppl", r"no class 'ppl'; `maskseg weights info` lists"),
        ("hat", r"no class 'hat'; `maskseg weights info` lists"),
        ("xyzzy", "no class 'xyzzy'"),
        ("81", "no class 81: the model's classes are 1 to 80"),
        ("0", "no class 0"),
        ("-3", "no class '-3'"),
        ("", "list of classes is empty"),
        (" , ", "list of classes is empty"),
    ],
)
def test_unknown_classes_get_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_classes(text, COCO_CLASSES)


def test_a_small_model_says_what_it_knows() -> None:
    with pytest.raises(UsageError, match="it knows circle, square"):
        parse_classes("dog", ("background", "circle", "square"))


def test_swapped_letters_are_near_enough() -> None:
    with pytest.raises(UsageError, match="did you mean dog"):
        parse_classes("dgo", COCO_CLASSES)


def test_words_of_thousands_of_characters() -> None:
    with pytest.raises(UsageError, match=r"There is no class 9{77}\.\.\.: the model's classes are 1 to 80"):
        parse_classes("9" * 5000, COCO_CLASSES)
    with pytest.raises(UsageError, match=r"has no class 'x{77}\.\.\.'"):
        parse_classes("x" * 5000, COCO_CLASSES)
    assert parse_classes("0" * 5000 + "17", COCO_CLASSES) == [17]


def test_a_word_that_is_repeated_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []
    find = classes._find_class
    monkeypatch.setattr(classes, "_find_class", lambda word, *names: looked_up.append(word) or find(word, *names))
    assert parse_classes(",".join(["dog", "3", "003"] * 20_000), COCO_CLASSES) == [17, 3]
    assert looked_up == ["dog", "3", "003"]


def test_a_labels_file_without_an_end(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(bytes(5 << 20))
    with pytest.raises(MasksegError, match="is too large for a labels file: it has more than 4,194,304 bytes"):
        read_labels(tmp_path / "labels.txt")


def test_coco_in_its_own_numbering() -> None:
    assert coco_names(81) == COCO_CLASSES
    assert coco_names(91) == COCO_91_CLASSES
    assert coco_names(80) is coco_names(92) is None
    gaps = [number for number, name in enumerate(COCO_91_CLASSES) if is_unused(name)]
    assert gaps == [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
    assert [COCO_91_CLASSES[number] for number in COCO_CATEGORY_IDS] == list(COCO_CLASSES)
    assert used_classes(COCO_91_CLASSES) == list(COCO_CATEGORY_IDS[1:])


def test_classes_are_chosen_by_name_in_both_numberings() -> None:
    assert parse_classes("person,dog,aeroplane,toothbrushes", COCO_91_CLASSES) == [1, 18, 5, 90]
    assert parse_classes("person,dog,aeroplane,toothbrushes", COCO_CLASSES) == [1, 17, 5, 80]
    assert chosen_classes([90, "stop sign"], COCO_91_CLASSES) == [90, 13]


@pytest.mark.parametrize("number", [12, 83])
def test_gaps_cannot_be_chosen(number: int) -> None:
    for word in (str(number), f"0{number}"):
        with pytest.raises(UsageError, match=f"was not trained on a class {number}: COCO leaves out this number"):
            parse_classes(word, COCO_91_CLASSES)
    with pytest.raises(UsageError, match="has no class"):
        parse_classes(COCO_91_CLASSES[number], COCO_91_CLASSES)
    with pytest.raises(UsageError, match="no class 91: the model's classes are 1 to 90"):
        parse_classes("91", COCO_91_CLASSES)


def test_gaps_are_not_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        parse_classes("class", COCO_91_CLASSES)
    assert "not used" not in str(caught.value)
    with pytest.raises(UsageError, match=r"it knows cat, dog\."):
        parse_classes("xyzzy", ("background", "cat", "class 2 (not used)", "dog"))


def test_a_list_of_labels_with_gaps_as_torchvision_has_it(tmp_path: Path) -> None:
    names = ["N/A" if is_unused(name) else name for name in COCO_91_CLASSES]
    assert read_labels(write(tmp_path, "\n".join(["__background__", *names[1:]]))) == COCO_91_CLASSES
    assert read_labels(write(tmp_path, "\n".join(names[1:]))) == COCO_91_CLASSES
