"""Pascal VOC's data sets, and what this package, labelme, CVAT and LabelImg write in its format."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from maskseg_cli import MaskCrop
from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.datasets.coco import from_document
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.voc import is_voc, voc_to_coco
from maskseg_cli.datasets.voc_masks import OBJECT_FOLDERS, VOID
from maskseg_cli.datasets.voc_xml import polygons_outline, read_voc_xml
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.voc import VocFiles, centre_rings
from tests.datasets.samples import picture
from tests.datasets.voc_samples import HEIGHT, WIDTH, classes, instances, save, thing, voc, xml
from tests.export.samples import found, photo_frame
from tests.export.test_annotation_formats import export_photos


def read(path: Path, images: Path | None = None) -> tuple[dict[str, Any], dict[str, int]]:
    """The document, and the problems by kind."""
    log = ProblemLog()
    document = voc_to_coco(path, images, log)
    return document, {problem.kind: problem.count for problem in log.problems()}


def names(document: dict[str, Any]) -> list[str]:
    by_id = {one["id"]: one["name"] for one in document["categories"]}
    return [by_id[one["category_id"]] for one in document["annotations"]]


def mask(annotation: dict[str, Any]) -> NDArray[np.bool_]:
    return np.asarray(coco_mask.decode(annotation["segmentation"]), bool)


@pytest.mark.parametrize("colours", [False, True])
def test_vocs_own_folders(tmp_path: Path, colours: bool) -> None:
    assert is_voc(voc(tmp_path, colours))
    assert detect_format(tmp_path) == "voc"
    document, problems = read(tmp_path)
    assert read(tmp_path, tmp_path)[0] == document
    assert not problems
    assert [one["file_name"] for one in document["images"]] == [f"JPEGImages/2007_00000{n}.jpg" for n in (1, 2)]
    assert names(document) == ["cat", "dog", "person", "person"]
    cat, dog, person, far = document["annotations"]
    assert (mask(cat) == (instances() == 1)).all()
    assert (mask(dog) == (instances() == 2)).all()
    assert (cat["bbox"], dog["bbox"], cat["area"]) == ([6, 5, 10, 10], [51, 31, 8, 9], 100)
    assert "segmentation" not in person
    assert (person["bbox"], far["bbox"]) == ([0, 0, 60, 40], [19, 9, 6.5, 11])
    assert [one.get("ignore") for one in document["annotations"]] == [None, None, None, 1]


def test_it_is_data_to_train_and_measure_on(tmp_path: Path) -> None:
    log = ProblemLog()
    document = voc_to_coco(voc(tmp_path), None, log)
    source = from_document(document, tmp_path, tmp_path, None, True, log)
    first, second = source[0], source[1]
    assert source.class_names == ("background", "cat", "dog", "person")
    assert (first.masks[1].full(HEIGHT, WIDTH) == (instances() == 2)).all()
    assert second.class_ids.tolist() == [3, -3]
    assert second.has_mask.tolist() == [False, False]


@pytest.mark.parametrize(
    ("path", "count"), [("Segmentation/train.txt", 1), ("Main/person_train.txt", 1), ("../Annotations", 2)]
)
def test_a_list_or_the_folder_of_the_files(tmp_path: Path, path: str, count: int) -> None:
    voc(tmp_path)
    chosen = (tmp_path / "ImageSets" / path).resolve()
    assert is_voc(chosen)
    document, _ = read(chosen)
    assert len(document["images"]) == count
    assert all(Path(chosen, one["file_name"]).is_file() for one in document["images"])
    document, _ = read(chosen, tmp_path)
    assert all((tmp_path / one["file_name"]).is_file() for one in document["images"])
    document, _ = read(chosen, tmp_path / "JPEGImages")
    assert {len(one["file_name"]) for one in document["images"]} == {len("2007_000001.jpg")}


def test_a_list_cannot_lead_out_of_the_data_set(tmp_path: Path) -> None:
    voc(tmp_path)
    path = tmp_path / "ImageSets" / "Segmentation" / "train.txt"
    path.write_text(f"2007_000001\n../secret\n/etc/passwd\nnone\n{'x' * 5000}\n\0\n")
    document, problems = read(path)
    assert problems == {"annotation-file": 5}
    assert len(document["images"]) == 1


def test_classes_of_a_list_of_names(tmp_path: Path) -> None:
    """As labelme's converter writes it: numbers of its own, which class_names.txt names; and no XML at all."""
    save(tmp_path / "SegmentationObject" / "a.png", instances())
    save(tmp_path / "SegmentationClass" / "a.png", np.where(classes() == 8, 1, np.where(classes() == 12, 2, 0)))
    picture(tmp_path / "JPEGImages" / "a.jpg")
    (tmp_path / "class_names.txt").write_text("_background_\nzebra\nape\n")
    assert is_voc(tmp_path)
    document, problems = read(tmp_path)
    assert names(document) == ["zebra", "ape"]
    assert not problems


def test_classes_of_cvats_labelmap(tmp_path: Path) -> None:
    save(tmp_path / "SegmentationObject" / "a.png", instances(), colours=True)
    save(tmp_path / "SegmentationClass" / "a.png", classes(), colours=True)
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::", "ape:64,0,0::", "zebra:64,0,128::"]
    (tmp_path / "labelmap.txt").write_text("\n".join(lines))
    document, _ = read(tmp_path, tmp_path)
    assert names(document) == ["ape", "zebra"]
    assert (mask(document["annotations"][1]) == (instances() == 2)).all()


def test_classes_of_the_xml_file_in_its_order(tmp_path: Path) -> None:
    save(tmp_path / "SegmentationObject" / "a.png", instances())
    save(tmp_path / "SegmentationClass" / "a.png", classes())  # numbers of other classes than VOC's
    (tmp_path / "Annotations").mkdir()
    zebra = thing("zebra", (7, 6, 16, 15), difficult=1)
    (tmp_path / "Annotations" / "a.xml").write_text(xml(zebra, thing("ape", (1, 1, 3, 3)), thing("ape", (2, 2, 9, 9))))
    document, problems = read(tmp_path)
    assert names(document) == ["zebra", "ape", "ape"]
    assert [one.get("ignore") for one in document["annotations"]] == [1, None, None]
    assert document["annotations"][1]["bbox"] == [51, 31, 8, 9]  # of the mask: the file's is elsewhere
    assert problems == {"object-without-mask": 1}


def test_objects_that_nothing_names(tmp_path: Path) -> None:
    save(tmp_path / "SegmentationObject" / "a.png", instances())
    document, problems = read(tmp_path)
    assert names(document) == ["object", "object"]
    assert problems == {"mask-without-class": 2}


@pytest.mark.parametrize("nested", [False, True])
def test_our_own_export_is_read_back_exactly(tmp_path: Path, nested: bool) -> None:
    sink = VocFiles(tmp_path / "voc")
    if nested:
        (tmp_path / "trip").mkdir()
        frame = photo_frame(tmp_path / "trip" / "a.png")
        with sink:
            sink.add(type(frame)(frame.image, 0, source="trip/a.png", job=frame.job), found(), None)
    else:
        export_photos(sink, tmp_path)
    assert is_voc(tmp_path / "voc")
    document, problems = read(tmp_path / "voc", tmp_path)
    assert not problems
    assert document["images"][0]["file_name"] == ("trip/a.png" if nested else "a.png")
    assert names(document) == found().names
    for annotation, box, wanted in zip(document["annotations"], found().xyxy, found().mask, strict=True):
        assert (mask(annotation) == wanted).all()
        x, y, width, height = annotation["bbox"]
        assert [x, y, x + width, y + height] == box.tolist()


def test_exported_masks_with_many_holes_are_read_back() -> None:
    """The lines that join holes to their part are told from its own thin lines, but for single pixels now and then."""
    rng, exact = np.random.default_rng(0), 0
    for number in range(120):
        height, width = (int(side) for side in rng.integers(5, 40, 2))
        bitmap = rng.random((height, width)) < rng.uniform(0.3, 0.98)
        if number % 2:
            small = rng.random((7, 7)).astype(np.float32)
            bitmap = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) < rng.uniform(0.3, 0.9)
        rings = [(ring + 1).ravel().tolist() for ring in centre_rings(MaskCrop(0, 0, bitmap))]
        back = np.asarray(coco_mask.decode(polygons_outline(rings, (height, width))), bool)
        assert np.count_nonzero(back != bitmap) <= 3
        exact += bool((back == bitmap).all())
    assert exact >= 115


def test_boxes_of_labelimg(tmp_path: Path) -> None:
    """XML files beside the photos, whose names count where `filename` is wrong."""
    picture(tmp_path / "IMG 1.JPG")
    (tmp_path / "IMG 1.xml").write_text('<?xml version="1.0"?>\n' + xml(thing("cat", (0, 3, 9, 8)), name="old.jpg"))
    assert is_voc(tmp_path)
    assert is_voc(tmp_path / "IMG 1.xml")
    for path in (tmp_path, tmp_path / "IMG 1.xml"):
        document, problems = read(path)
        assert [one["file_name"] for one in document["images"]] == ["IMG 1.JPG"]
        assert document["annotations"][0]["bbox"] == [0, 2, 9, 6]
        assert not problems


def test_polygons_with_fractions(tmp_path: Path) -> None:
    corners = "".join(f"<x{n}>{x}</x{n}><y{n}>{y}</y{n}>" for n, (x, y) in enumerate([(1.5, 2), (9, 2), (9, 8)], 1))
    (tmp_path / "a.xml").write_text(xml(thing("cat", (1, 2, 9, 8), more=f"<polygon>{corners}</polygon>")))
    document, _ = read(tmp_path)
    assert document["annotations"][0]["segmentation"] == [[1.0, 1.5, 8.5, 1.5, 8.5, 7.5]]


def test_broken_records_do_not_stop_the_rest(tmp_path: Path) -> None:
    folder = voc(tmp_path)
    annotations = folder / "Annotations"
    (annotations / "bad.xml").write_text("<annotation><object>")
    (annotations / "doctype.xml").write_text("<!DOCTYPE annotation []><annotation/>")
    (annotations / "other.xml").write_text("<html/>")
    (annotations / "2007_000002.xml").write_text(
        xml(
            thing("", (1, 2, 3, 4)),
            thing("cat", ("a", 2, 3, 4)),
            thing("cat", (9, 2, 3, 4)),
            "<object><name>dog</name></object>",
            thing("dog", (1, 2, 9, 9), more="<polygon><x1>1</x1><y1>nan</y1></polygon>"),
            name="2007_000002.jpg",
        )
    )
    save(folder / "SegmentationObject" / "small.png", instances()[:9])
    (annotations / "small.xml").write_text(xml(name="small.jpg"))
    (folder / "SegmentationObject" / "broken.png").write_bytes(b"\x89PNG")
    document, problems = read(folder)
    assert problems == {"annotation-file": 3, "mask-file": 2, "no-class": 1}
    assert names(document) == ["cat", "dog", "cat", "cat", "dog", "dog"]
    source = from_document(document, folder, folder, None, False, ProblemLog())
    assert len(source) == 2
    assert {problem.kind: problem.count for problem in source.problems} == {"box": 2, "object-empty": 1, "outline": 1}


@pytest.mark.parametrize("content", ["<annotation><object>", "<annotation/>"])
def test_a_set_without_anything_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.xml").write_text(content)
    with pytest.raises(MasksegError, match="is of Pascal VOC, and no"):
        voc_to_coco(tmp_path, None, ProblemLog())


def test_what_is_not_voc(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotations><image/></annotations>")
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "list.txt").write_text("a")
    (tmp_path / "comments.xml").write_text("<!-- -->" * 400 + "<annotations/>")  # must not take long
    for path in (tmp_path, tmp_path / "a.xml", tmp_path / "b.json", tmp_path / "list.txt", tmp_path / "no", Path("\0")):
        assert not is_voc(path)
    (tmp_path / OBJECT_FOLDERS[0]).mkdir()
    assert not is_voc(tmp_path)


def test_changed_bytes_never_crash_the_reader(tmp_path: Path) -> None:
    box = thing(
        "cat", (7, 6, 16, 15), more="<polygon><x1>1</x1><y1>1</y1><x2>5</x2><y2>1</y2><x3>5</x3><y3>9</y3></polygon>"
    )
    data, path = xml(box, box).encode(), tmp_path / "a.xml"
    numbers = np.random.default_rng(0)
    for _ in range(120):
        changed = bytearray(data)
        for place in numbers.integers(len(data), size=numbers.integers(1, 5)):
            changed[place] = numbers.choice(list(b'<>/&"09-.exy \xff'))
        path.write_bytes(changed)
        is_voc(path)
        with contextlib.suppress(MasksegError):
            read_voc_xml(path)
            voc_to_coco(path, None, ProblemLog())


def test_sixteen_bits_have_no_void(tmp_path: Path) -> None:
    (tmp_path / "SegmentationObject").mkdir()
    labels = instances().astype(np.uint16) * (instances() == VOID)
    Image.fromarray(labels).save(tmp_path / "SegmentationObject" / "a.png")
    document, _ = read(tmp_path)
    assert (mask(document["annotations"][0]) == (labels > 0)).all()
