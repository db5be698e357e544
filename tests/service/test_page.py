"""The real command in a process of its own: its page in Chromium with a real picture, and its end by a signal."""

from __future__ import annotations

import base64
import io
import json
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
import skimage.data
from PIL import Image

from tests.browser import DESKTOP, PHONE, complaints, set_screen, wait_for
from tests.cli import fake_model
from tests.cli.fake_model import scene
from tests.cli.running import ENVIRONMENT

pytest.importorskip("selenium", reason="needs Selenium (pip install selenium)")
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", fake_model.__name__, "serve", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()
        assert line.startswith("Serving at http://127.0.0.1:"), line + process.stderr.read().decode()
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read().decode()
        assert process.wait(10) == 143
        assert rest == "Stopped.\n"


def test_the_command_answers(url: str) -> None:
    with urllib.request.urlopen(f"{url}v1/model", timeout=10) as response:
        assert json.load(io.BytesIO(response.read()))["lowest_score"] == 0.1


@pytest.fixture
def page(browser: Chrome, url: str) -> Chrome:
    browser.get(url)
    wait_for(lambda: browser.execute_script("return document.getElementById('score').min") == "10", "the limits")
    return browser


def message(page: Chrome) -> str:
    return page.find_element("id", "message").text


def add(page: Chrome, *files: Path) -> None:
    page.find_element("id", "files").send_keys("\n".join(map(str, files)))


def tiles(page: Chrome) -> list[tuple[str, str]]:
    """Label and state of each photo."""
    buttons = page.find_elements("css selector", "#photos button")
    return [(one.accessible_name, one.get_attribute("data-state")) for one in buttons]


def pixel(page: Chrome, x: float, y: float) -> list[int]:
    """The colour at a place of the shown photo, in shares of its width and height."""
    script = """
      const canvas = document.getElementById("picture");
      const at = [Math.floor(arguments[0] * canvas.width), Math.floor(arguments[1] * canvas.height)];
      return [...canvas.getContext("2d", { willReadFrequently: true }).getImageData(...at, 1, 1).data];
    """
    return page.execute_script(script, x, y)


def photo(path: Path, **options) -> Path:
    """A photo of 384 x 256 pixels in which the stand-in finds a person and a dog; upright, the person is top left."""
    picture = cv2.resize(skimage.data.astronaut() // 2, (384, 256))
    picture[:64, :96] = scene()
    image = Image.fromarray(picture)
    if "turned" in options:
        image, exif = image.transpose(Image.Transpose.ROTATE_90), Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees to the right
        image.save(path, exif=exif, quality=98)
    else:
        image.save(path)
    return path


_PERSON = (12 / 384, 20 / 256)


def test_a_photo_is_outlined_on_the_page(page: Chrome, tmp_path: Path) -> None:
    set_screen(page, PHONE, touch=True)
    stage = page.find_element("id", "stage").rect
    add(page, photo(tmp_path / "one.png"))
    wait_for(lambda: message(page) == "2 objects", f"the objects; the page says {message(page)!r}")
    assert page.find_element("id", "stage").rect == stage, "nothing moves when the photo comes"
    assert pixel(page, *_PERSON) != [255, 255, 255, 255]  # the person is white in the picture itself
    requests = "return performance.getEntriesByType('resource').length"
    before = page.execute_script(requests)
    for name in ("masks", "contours", "boxes", "captions"):
        page.execute_script(f"document.querySelector('[name={name}]').click()")
    wait_for(lambda: pixel(page, *_PERSON) == [255, 255, 255, 255], "the picture without drawing")
    chips = [one.text.split() for one in page.find_elements("css selector", "#classes .chip")]
    assert chips == [["dog", "1"], ["person", "1"]]
    move = "const s = document.getElementById('score'); s.value = 80; s.dispatchEvent(new Event('input'))"
    page.execute_script(move)
    wait_for(lambda: message(page) == "1 object", "one is below the score")
    assert [one.text.split() for one in page.find_elements("css selector", "#classes .chip")] == [["person", "1"]]
    page.execute_script("document.querySelector('#classes input').click()")
    wait_for(lambda: message(page) == "0 objects", "the class is left out")
    assert page.execute_script(requests) == before  # nothing of that was asked of the server
    assert [one for one in complaints(page) if "readback" not in one["message"]] == []


def test_several_photos_a_broken_one_and_the_keyboard(page: Chrome, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    add(page, photo(tmp_path / "upright.png"), text, photo(tmp_path / "turned.jpg", turned=True))
    wait_for(lambda: {state for _, state in tiles(page)} == {"done", "failed"}, "all are done")
    assert tiles(page) == [
        ("upright.png, 2 objects", "done"),
        ("notes.txt, failed", "failed"),
        ("turned.jpg, 2 objects", "done"),
    ]
    page.find_element("css selector", "#photos button").send_keys(Keys.ARROW_RIGHT)
    wait_for(lambda: "is a text" in page.find_element("id", "sentence").text, "the sentence")
    assert page.find_element("id", "problem").aria_role == "alert"
    page.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    wait_for(lambda: message(page).startswith("2 objects"), "the third one")
    sizes = "const c = document.getElementById('picture'); return c.width / c.height"
    assert page.execute_script(sizes) == pytest.approx(1.5, abs=0.01)
    assert max(pixel(page, *_PERSON)[:3]) - min(pixel(page, *_PERSON)[:3]) > 60  # coloured, where it is upright
    page.switch_to.active_element.send_keys(Keys.DELETE)
    wait_for(lambda: len(tiles(page)) == 2, "it is gone")
    page.find_element("id", "again").click()
    wait_for(lambda: tiles(page)[1][1] == "failed", "it is tried again")
    page.find_element("id", "remove").click()
    page.find_element("id", "remove").click()
    wait_for(lambda: page.find_element("id", "invite").is_displayed(), "the empty page")


def test_dropped_pasted_and_saved(page: Chrome, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(saved)})
    data = base64.b64encode(photo(tmp_path / "one.png").read_bytes()).decode()
    script = """
      const bytes = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));
      const give = (name) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type: "image/png" }));
        return transfer;
      };
      document.getElementById("stage").dispatchEvent(
        new DragEvent("drop", { dataTransfer: give("dropped.png"), bubbles: true, cancelable: true }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: give("pasted.png") }));
    """
    page.execute_script(script, data)
    wait_for(lambda: [state for _, state in tiles(page)] == ["done", "done"], "both")
    page.find_element("css selector", "#photos button").click()
    page.execute_script("document.querySelector('[data-label=dog] input').click()")
    wait_for(lambda: message(page).startswith("1 object"), "the person alone")
    stem = Path(tiles(page)[0][0]).stem
    assert stem in ("dropped", "pasted")
    names = (f"{stem}_outlined.png", f"{stem}_cutouts.zip", f"{stem}.json", "photos.json")
    for button, name in zip(("picture", "cutouts", "json", "all"), names, strict=True):
        wait_for(page.find_element("id", f"save-{button}").is_enabled, "the button")
        page.find_element("id", f"save-{button}").click()
        wait_for((saved / name).exists, name)
    assert Image.open(saved / names[0]).size == (384, 256)
    assert zipfile.ZipFile(saved / names[1]).namelist() == ["person_1.png"]
    one, both = (json.loads((saved / name).read_text()) for name in names[2:])
    assert [len(one["annotations"]), len(both["annotations"])] == [1, 2]
    assert [image["id"] for image in both["images"]] == [1, 2]
    assert [(one["id"], one["image_id"]) for one in both["annotations"]] == [(1, 1), (2, 2)]
    assert both["categories"][0]["name"] == "person"


_LAYOUT = """
const box = (element) => element.getBoundingClientRect();
const seen = (elements) => [...document.querySelectorAll(elements)].filter((one) => box(one).width > 1);
const names = (elements) => elements.map((element) => element.outerHTML);
return [
  document.documentElement.scrollWidth,
  names(seen("main *:not(li, li *)").filter((one) => box(one).right > innerWidth + 0.5 || box(one).left < -0.5)),
  names(seen("button, .button, .chip").filter((one) => box(one).height < 44)),
];
"""


def test_screens_and_names(page: Chrome, tmp_path: Path) -> None:
    add(page, *(photo(tmp_path / f"{number}.png") for number in range(6)))
    wait_for(lambda: [state for _, state in tiles(page)] == ["done"] * 6, "all")
    for size in (PHONE, (844, 390), (360, 640), (768, 1024), DESKTOP, (1920, 1080)):
        set_screen(page, size, touch=size[0] < 1000)
        width, out, small = page.execute_script(_LAYOUT)
        assert width <= size[0]
        assert (out, small) == ([], []), size
        for part in ("stage", "photos"):
            rect = page.find_element("id", part).rect
            assert 0 <= rect["y"] < rect["y"] + rect["height"] <= size[1], (part, size)
    controls = page.find_elements("css selector", "button, a, input, canvas#picture")
    names = {control.accessible_name for control in controls if control.is_displayed()}
    assert names == {
        "Add photos", "Camera", "Lowest score", "Masks", "Outlines", "Boxes", "Captions", "Picture", "Cut-outs", "JSON",
        "JSON of all", "dog 1", "person 1", "0.png: person, dog", "Remove this photo",
        *(f"{number}.png, 2 objects" for number in range(6)),
    }  # fmt: skip
