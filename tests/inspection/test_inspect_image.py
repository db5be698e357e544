"""`maskseg inspect image`: its folder, its page in a browser, and photos of all sizes and names."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from skimage import data

from maskseg_cli import Predictor, inspect_image, load_model
from maskseg_cli.cli.main import main
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inspection.image.pages import step_files
from maskseg_cli.inspection.image.photo_canvas import PhotoCanvas
from maskseg_cli.inspection.image.step import Panel, Step
from maskseg_cli.inspection.result_folder import check_folder, write_folder
from maskseg_cli.media.images import read_image, write_image
from tests.browser import PHONE, complaints, set_screen

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

STEPS = (
    *("input", "activations", "anchors", "objectness", "proposals", "roi-levels", "classes", "refinement"),
    *("detections", "masks", "result", "times"),
)


@cache
def model() -> Predictor:
    """The bundled network; small, so that a test takes part of a second."""
    return load_model("lite", precision="float32", size=160)


def run(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["inspect", "image", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def photo(path: Path) -> Path:
    write_image(path, np.ascontiguousarray(data.astronaut()[:, :, ::-1]))
    return path


class Texts(HTMLParser):
    """The texts and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def test_the_command_writes_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    source = photo(tmp_path / "astronaut.png")
    arguments = (source, "-o", folder, "--size", "160", "--precision", "float32")
    assert run(*arguments).stdout == ""
    document = json.loads((folder / "trace.json").read_bytes())
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([*document["files"], "index.html", "trace.json"])
    assert tuple(document["steps"]) == STEPS
    assert document["photo"] == {"name": "astronaut.png", "width": 512, "height": 512}
    found = model()(source)
    assert [row["class"] for row in document["steps"]["result"]["objects"]] == list(found.names)
    for name in document["files"]:
        picture = read_image(folder / name)
        assert picture.std() > 5, name
        assert max(picture.shape[:2]) < 1500
    assert "exists already" in run(*arguments, code=1).output
    # A second run with no object has fewer pictures: those of the first one go, others stay.
    (folder / "notes.txt").write_text("mine")
    (folder / "03-mine.jpg").write_text("mine")
    run(*arguments, "--overwrite", "--min-score", "1", "--quiet")
    again = json.loads((folder / "trace.json").read_bytes())
    assert set(document["files"]) - set(again["files"]) > {"10-masks-small.png"}
    left = sorted(path.name for path in folder.iterdir())
    assert left == sorted([*again["files"], "index.html", "trace.json", "notes.txt", "03-mine.jpg"])
    assert again["steps"]["result"]["objects"] == []
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "No object was found." in page
    assert "Here no box has such a score" in page


def test_wrong_use_is_said_before_the_work(tmp_path: Path) -> None:
    source = photo(tmp_path / "photo.png")
    assert "leave out --tta and --tiles" in run(source, "-o", tmp_path / "out", "--tiles", "2x2", code=2).output
    assert "is a file" in run(source, "-o", source, code=2).output
    assert "nothing.jpg" in run(tmp_path / "nothing.jpg", "-o", tmp_path / "out", code=1).output
    assert "not from addresses" in run("http://localhost/a.jpg", "-o", tmp_path / "out", code=2).output
    assert not (tmp_path / "out" / "index.html").exists()
    with pytest.raises(UsageError, match="--tiles"):
        inspect_image(source, tmp_path / "out", model=load_model("lite", tiles="2x2"))


def test_no_input_is_replaced(tmp_path: Path) -> None:
    source = photo(tmp_path / "01-input-photo.jpg")
    before = source.read_bytes()
    with pytest.raises(UsageError, match="never overwritten"):
        inspect_image(source, tmp_path, model=model(), overwrite=True)
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").mkdir()
    with pytest.raises(Exception, match=r"b\.jpg"):
        write_folder(tmp_path, {"a.jpg": b"1", "b.jpg": b"2", "index.html": b"3"}, [], "trace.json", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["b.jpg"]


def test_no_file_is_replaced_unless_told(tmp_path: Path) -> None:
    """Each file counts, not the page alone: the last one that is written."""
    files = {"01-a.jpg": b"1", "trace.json": b"2", "index.html": b"3"}
    for name in files:
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_bytes(b"mine")
        with pytest.raises(MasksegError, match="exists already: --overwrite replaces it"):
            write_folder(folder, files, [], "trace.json")
        assert [path.read_bytes() for path in folder.iterdir()] == [b"mine"]
    with pytest.raises(MasksegError, match=r"trace\.json exists already"):
        check_folder(tmp_path / "trace", ("index.html", "trace.json"), overwrite=False)
    write_folder(tmp_path / "trace", files, [], "trace.json", overwrite=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "trace").iterdir()} == files


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (700, 2), (1600, 1200)], ids=str)
def test_photos_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    source = tmp_path / "photo.png"
    cv2.imwrite(str(source), np.random.default_rng(0).integers(0, 255, (*size, 1), np.uint8))
    trace = inspect_image(source, tmp_path / "steps", model=model())
    document = json.loads((tmp_path / "steps" / "trace.json").read_bytes())
    assert document["steps"]["anchors"]["anchors"] == len(trace.anchors)
    assert all((tmp_path / "steps" / name).stat().st_size for name in document["files"])


def test_a_hostile_name_is_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>\"'&\x1b[31m.png"
    source = photo(tmp_path / name)
    names = ["BG", *["<script>alert(2)</script>\u202e"] * 80]
    predictor = Predictor(model().engine, names)
    inspect_image(source, tmp_path / "steps", model=predictor)
    page = Texts((tmp_path / "steps" / "index.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert any("<img src=x onerror=alert(1)>" in text for text in page.texts)
    assert any("<script>alert(2)</script>" in text for text in page.texts)
    assert not any(re.search("[\x00-\x08\x1b\u202e]", text) for text in page.texts)
    assert all(address.startswith(("data:image/", "#")) for address in page.addresses)
    assert json.loads((tmp_path / "steps" / "trace.json").read_bytes())["photo"]["name"] == name


def test_the_page_in_a_browser(tmp_path: Path, browser: Chrome) -> None:
    inspect_image(photo(tmp_path / ("long" * 40 + ".png")), tmp_path / "steps", model=model())
    for size in ((1280, 800), PHONE, (320, 600)):
        set_screen(browser, size)
        browser.get((tmp_path / "steps" / "index.html").as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]
    shown = browser.execute_script("return [...document.images].map(one => [one.complete, one.naturalWidth, one.alt])")
    assert len(shown) > 15
    assert all(complete and width > 0 and alt for complete, width, alt in shown)
    assert browser.execute_script("return document.querySelectorAll('section').length") == len(STEPS)
    links = "return [...document.querySelectorAll('a')].every(one => document.querySelector(one.getAttribute('href')))"
    assert browser.execute_script(links)
    assert complaints(browser) == []


def test_boxes_outside_the_photo_are_drawn_on_a_border() -> None:
    image = np.full((100, 200, 3), 200, np.uint8)
    box = np.array([[150, 20, 230, 60]], np.float32)
    canvas = PhotoCanvas(image, 400, box)
    height, width = canvas.picture.shape[:2]
    assert (height, width) == (200, 400 + (2 * (30 + 2)))
    assert canvas.place(box).tolist() == [[300, 40, 460, 120]]
    canvas.boxes(box, [(0, 0, 255)])
    assert (canvas.picture[80, 458] == (0, 0, 255)).all()
    assert (canvas.picture[80, 463] == 70).all()
    assert PhotoCanvas(image, 400, box * 1e9).picture.shape[1] <= 400 * 1.5


def test_every_picture_has_its_own_file() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    step = Step("one", "One", "<b>", (Panel("a", picture, "A"), Panel("b", picture, "B", lossless=True)))
    files = step_files([step, step], "Heading", [("Boxes", "3")], {"photo": 1})
    assert list(files) == ["01-one-a.jpg", "01-one-b.png", "02-one-a.jpg", "02-one-b.png", "trace.json", "index.html"]
    assert b"&lt;b&gt;" in files["index.html"]
    assert json.loads(files["trace.json"])["files"] == list(files)[:4]
