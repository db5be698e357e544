"""Projects of Supervisely: bitmaps, polygons with holes and rectangles, to the pixel."""

from __future__ import annotations

import base64
import contextlib
import json
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.supervisely import is_supervisely, supervisely_to_coco
from maskseg_cli.errors import MasksegError
from tests.datasets.samples import picture

HEIGHT, WIDTH = 40, 60

#: Of Supervisely's own documentation: a ring of 3 x 3 pixels.
RING = (
    "eJzrDPBz5+WS4mJgYOD19HAJAtLMIMwIInOeqf8BUmwBPiGuQPr///9Lb86/C2QxlgT5BTM4PLuRBuTwebo4hlTMSa44sKHhISMDuxpTYrr03F6g"
    "DIOnq5/LOqeEJgDM5ht6"
)


def figure(title: Any, kind: str | None, **fields: Any) -> dict[str, Any]:
    more = {} if kind is None else {"geometryType": kind}
    return {"id": 1, "classId": 2, "description": "", "tags": [], "classTitle": title, **more, **fields}


def points(exterior: Any, *interior: Any) -> dict[str, Any]:
    return {"exterior": exterior, "interior": list(interior)}


def bitmap(mask: NDArray[np.bool_], x: int = 0, y: int = 0, rgba: bool = False) -> dict[str, Any]:
    """As the program writes it: alpha of a white picture, or a gray one, in a PNG packed with zlib."""
    pixels = mask.astype(np.uint8) * 255
    if rgba:
        pixels = np.dstack([np.full((*mask.shape, 3), 255, np.uint8), pixels])
    data = zlib.compress(cv2.imencode(".png", pixels)[1].tobytes())
    return {"data": base64.b64encode(data).decode(), "origin": [x, y]}


def content(*figures: Any) -> dict[str, Any]:
    return {"description": "", "tags": [], "size": {"height": HEIGHT, "width": WIDTH}, "objects": list(figures)}


def project(folder: Path, *figures: Any, classes: tuple[str, ...] = ("dog", "cat", "bird")) -> Path:
    ann = folder / "ds1" / "ann"
    ann.mkdir(parents=True, exist_ok=True)
    (ann / "a.jpg.json").write_text(json.dumps(content(*figures)))
    picture(folder / "ds1" / "img" / "a.jpg")
    described = [{"title": title, "shape": "any", "color": "#FF0000", "id": 1} for title in classes]
    (folder / "meta.json").write_text(json.dumps({"classes": described, "tags": [], "projectType": "images"}))
    return folder


def read(path: Path, images: Path | None = None) -> tuple[dict[str, Any], dict[str, int]]:
    log = ProblemLog()
    return supervisely_to_coco(path, images, log), {problem.kind: problem.count for problem in log.problems()}


def masks(document: dict[str, Any]) -> list[NDArray[np.bool_]]:
    return [coco_mask.decode(one["segmentation"]).astype(bool) for one in document["annotations"]]


def blob() -> NDArray[np.bool_]:
    mask = np.zeros((9, 14), bool)
    mask[1:8, 2:14] = True
    mask[3:5, 5:8] = False
    return mask


@pytest.mark.parametrize("rgba", [False, True])
def test_bitmaps(tmp_path: Path, rgba: bool) -> None:
    coded = bitmap(blob(), x=46, y=31, rgba=rgba)
    document, problems = read(project(tmp_path, figure("cat", "bitmap", bitmap=coded)))
    wanted = np.zeros((HEIGHT, WIDTH), bool)
    wanted[31:40, 46:60] = blob()
    assert (masks(document)[0] == wanted).all()
    assert not problems


def test_the_bitmap_of_the_documentation(tmp_path: Path) -> None:
    document, _ = read(project(tmp_path, figure("cat", "bitmap", bitmap={"data": RING, "origin": [1, 2]})))
    assert masks(document)[0][2:5, 1:4].tolist() == [[True, True, True], [True, False, True], [True, True, True]]
    assert masks(document)[0].sum() == 8


def test_polygons_are_drawn_as_supervisely_draws_them(tmp_path: Path) -> None:
    outer, hole = [[5, 4], [30, 6], [33.7, 30.2], [8, 28]], [[12, 10], [20, 10], [18, 20]]
    document, problems = read(project(tmp_path, figure("dog", "polygon", points=points(outer, hole))))
    wanted = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(wanted, [np.array(outer).astype(np.int64).astype(np.int32)], 1)
    cv2.fillPoly(wanted, [np.array(hole, np.int32)], 0)
    assert (masks(document)[0] == wanted.astype(bool)).all()
    assert not problems


def test_rectangles_are_boxes(tmp_path: Path) -> None:
    document, _ = read(project(tmp_path, figure("cat", "rectangle", points=points([[20, 30], [5, 4]]))))
    [record] = document["annotations"]
    assert record["bbox"] == [5, 4, 16, 27]  # the corners are pixels inside it
    assert "segmentation" not in record


def test_older_files_do_not_name_the_kind(tmp_path: Path) -> None:
    document, problems = read(
        project(
            tmp_path,
            figure("cat", None, bitmap=bitmap(blob()), points=points([])),
            figure("cat", None, bitmap=None, points=points([[1, 2], [5, 9]])),
            figure("cat", None, bitmap=None, points=points([[1, 2], [5, 9], [1, 9]])),
        )
    )
    assert ["segmentation" in one for one in document["annotations"]] == [True, False, True]
    assert not problems


def test_it_is_data_to_train_on(tmp_path: Path) -> None:
    path = project(tmp_path, figure("cat", "bitmap", bitmap=bitmap(blob(), 3, 4)))
    assert detect_format(path) == "supervisely"
    source = open_source(path, strict=True)
    assert source.class_names == ("background", "dog", "cat", "bird")  # the order of meta.json
    assert (source[0].masks[0].full(HEIGHT, WIDTH)[4:13, 3:17] == blob()).all()


def test_a_data_set_and_a_file_of_a_project(tmp_path: Path) -> None:
    path = project(tmp_path, figure("cat", "bitmap", bitmap=bitmap(blob())))
    for part in (path / "ds1", path / "ds1" / "ann", path / "ds1" / "ann" / "a.jpg.json"):
        assert is_supervisely(part)
        document, _ = read(part)
        folder = part if part.is_dir() else part.parent
        assert (folder / document["images"][0]["file_name"]).is_file()
        assert [one["name"] for one in document["categories"]] == ["dog", "cat", "bird"]
    document, _ = read(path, tmp_path / "elsewhere")
    assert (tmp_path / document["images"][0]["file_name"]).is_file()  # elsewhere it is not
    picture(tmp_path / "elsewhere" / "a.jpg")
    document, _ = read(path, tmp_path / "elsewhere")
    assert document["images"][0]["file_name"] == "a.jpg"
    document, _ = read(path, path)
    assert document["images"][0]["file_name"] == "ds1/img/a.jpg"


def test_broken_records_do_not_stop_the_rest(tmp_path: Path) -> None:
    good = bitmap(blob())
    path = project(
        tmp_path,
        figure("cat", "bitmap", bitmap=good),
        figure("", "bitmap", bitmap=good),
        "no figure",
        figure("cat", "line", points=points([[1, 1], [2, 2]])),
        figure("cat", ["?"], points=None),
        figure("cat", "bitmap", bitmap={"data": "?", "origin": [0, 0]}),
        figure("cat", "bitmap", bitmap={"data": RING, "origin": [59, 0]}),  # reaches out of the picture
        figure("cat", "bitmap", bitmap={"data": RING[:60], "origin": [0, 0]}),
        figure("cat", "bitmap", bitmap=None),
        figure("cat", "polygon", points=points([[1, 1], [2, "x"], [3, 3]])),
        figure("cat", "polygon", points=points([[1, 1], [1e300, 2], [3, 3]])),
        figure("cat", "polygon", points=None),
        figure("cat", "rectangle", points=points([[1, 1]])),
    )
    ann = path / "ds1" / "ann"
    (ann / "b.jpg.json").write_text("{")
    (ann / "c.jpg.json").write_text('{"objects": []}')
    (ann / "d.mp4.json").write_text(json.dumps({**content(), "frames": [], "framesCount": 3}))
    (ann / "e.jpg.json").write_text(json.dumps({**content(figure("cat", "bitmap", bitmap=good)), "size": {}}))
    (path / "meta.json").write_text("[1]")
    _, problems = read(path)
    assert problems == {
        "annotation-file": 2, "video-file": 1, "no-class": 2, "shape-kind": 2, "image-without-size": 1
    }  # fmt: skip
    source = open_source(path)
    assert [problem.kind for problem in source.problems].count("outline") == 1
    assert {problem.kind: problem.count for problem in source.problems}["outline"] == 7
    assert source[0].masks[0].area == blob().sum()


def test_a_bitmap_that_unpacks_to_gigabytes_is_left_out(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(2**20)) for _ in range(65)) + packer.flush()
    bomb = {"data": base64.b64encode(data).decode(), "origin": [0, 0]}
    path = project(tmp_path, figure("cat", "bitmap", bitmap=bomb), figure("cat", "bitmap", bitmap=bitmap(blob())))
    document, _ = read(path)
    assert isinstance(document["annotations"][0]["segmentation"], str)


def test_a_project_without_an_object_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="no outline or box in it"):
        supervisely_to_coco(project(tmp_path), None, ProblemLog())


def test_what_is_not_supervisely(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "a.json").write_text('{"shapes": []}')
    (tmp_path / "ann" / "b.json").write_text("{")
    (tmp_path / "meta.json").write_text("{}")
    for path in (tmp_path, tmp_path / "meta.json", tmp_path / "ann" / "b.json", tmp_path / "none", Path("\0")):
        assert not is_supervisely(path)


def test_changed_bytes_never_crash_the_reader(tmp_path: Path) -> None:
    path = project(
        tmp_path,
        figure("cat", "bitmap", bitmap=bitmap(blob())),
        figure("cat", "polygon", points=points([[1, 1], [20, 2], [3, 30]], [[4, 4], [6, 4], [5, 7]])),
        figure("cat", "rectangle", points=points([[1, 1], [3, 4]])),
    )
    file = path / "ds1" / "ann" / "a.jpg.json"
    data = file.read_bytes()
    numbers = np.random.default_rng(0)
    for _ in range(150):
        changed = bytearray(data)
        for place in numbers.integers(len(data), size=numbers.integers(1, 5)):
            changed[place] = numbers.choice(list(b'{}[]",:09-.eAz+/ \xff'))
        file.write_bytes(changed)
        is_supervisely(path)
        with contextlib.suppress(MasksegError):
            supervisely_to_coco(path, None, ProblemLog())
