"""`show`, and what a notebook shows for Detections, without a notebook."""

from __future__ import annotations

import base64
import dataclasses
import re
import sys
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import maskseg_cli
from maskseg_cli import Detections, detections_html, show
from maskseg_cli.drawing import notebook
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.images import decode_image
from tests.cli.fake_model import blob_predictor, scene

FOUND = blob_predictor()(scene())


class Cells(HTMLParser):
    """Collects the cells of a table, and the names of all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def picture_of(text: str) -> np.ndarray:
    code = re.search(r'src="data:image/jpeg;base64,([^"]+)"', text)
    assert code is not None
    return decode_image(base64.b64decode(code[1]))


def test_a_picture_and_a_table() -> None:
    text = FOUND._repr_html_()
    person, dog = Cells(text).cells[:8], Cells(text).cells[8:]
    assert (person[:3], dog[:3]) == (["0", "person", "0.90"], ["1", "dog", "0.60"])
    assert person[3:7] == [f"{x:.1f}" for x in FOUND.xyxy[0]]
    assert int(person[7]) == FOUND.area[0]
    picture = picture_of(text)
    assert picture.shape == scene().shape
    assert np.abs(picture[60, 2].astype(int) - 232).max() < 8  # gray where there is no object
    assert np.ptp(picture[25, 12]) > 40  # and colour on the person


def test_the_picture_below_the_masks() -> None:
    picture = picture_of(detections_html(FOUND, scene()))
    assert np.abs(picture[60, 2].astype(int) - scene()[60, 2]).max() < 12
    with pytest.raises(UsageError, match="pixels"):
        detections_html(FOUND, scene(50, 50))


def test_names_from_outside_are_escaped() -> None:
    names = tuple(f"<script>alert({number})</script>" for number in range(81))
    text = dataclasses.replace(FOUND, class_names=names)._repr_html_()
    assert "script" not in Cells(text).tags
    assert Cells(text).cells[1] == names[1]
    renamed = dataclasses.replace(FOUND, shown_names=tuple(f"人{number}" for number in range(81)))
    assert Cells(renamed._repr_html_()).cells[1] == "人1"


def test_large_pictures_become_small_and_long_tables_short() -> None:
    large = np.zeros((900, 1200, 3), np.uint8)
    large[300:600, 300:450] = 255
    found = blob_predictor()(large)
    picture = picture_of(found._repr_html_())
    assert picture.shape == (270, 360, 3)
    colored = np.ptp(picture.astype(int), axis=2) > 40
    assert colored[100:170, 95:130].mean() > 0.9
    assert not colored[200:].any()
    many = Detections.concatenate([FOUND] * 80)
    assert "and 60 objects more" in many._repr_html_()
    assert len(Cells(many._repr_html_()).cells) == 8 * 100


def test_nothing_found_and_no_pixels() -> None:
    assert "0 objects in 6 x 4 pixels" in Detections.empty((4, 6))._repr_html_()
    assert Detections.empty((0, 0))._repr_html_() == "<p>0 objects in 0 x 0 pixels</p>"
    tracked = dataclasses.replace(FOUND, tracker_id=np.array([7, -1], np.int32))
    assert Cells(tracked._repr_html_()).cells[:3] == ["0", "7", "person"]


class Shell:
    """Stands for IPython's shell in a notebook."""

    kernel = object()

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.display_pub = SimpleNamespace(publish=self.shown.append)


def test_a_notebook_shows_the_drawn_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    show(scene(), FOUND, captions=False)
    picture = decode_image(base64.b64decode(shell.shown[0]["image/jpeg"]))
    expected = maskseg_cli.draw(scene(), FOUND, captions=False)
    assert np.abs(picture.astype(int) - expected).mean() < 6
    assert shell.shown[0]["text/plain"].startswith("Detections(2 objects")
    show(np.zeros((2400, 100, 3), np.uint8))
    assert decode_image(base64.b64decode(shell.shown[1]["image/jpeg"])).shape == (1200, 50, 3)


def test_transparent_parts_are_white(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    clear = np.dstack(
        [scene(), np.where(np.arange(scene().shape[1]) < 40, 255, 0).astype(np.uint8)[None].repeat(64, 0)]
    )
    show(clear)
    show(clear, FOUND)
    for one in shell.shown:
        assert decode_image(base64.b64decode(one["image/jpeg"]))[:30, 60:80].min() > 180
    assert picture_of(detections_html(FOUND, clear))[4, 60:80].min() > 180


@pytest.mark.parametrize("image", [FOUND, 7, np.zeros(5, np.uint8), None])
def test_what_is_no_picture_is_one_sentence(image: Any) -> None:
    with pytest.raises(UsageError, match="The picture must be"):
        show(image)


def test_elsewhere_it_is_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = SimpleNamespace(get_ipython=lambda: SimpleNamespace())  # IPython in a terminal shows no pictures
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    monkeypatch.setattr(notebook, "display_problem", lambda: "There is no display")
    with pytest.raises(MasksegError, match="no display, and this is no notebook"):
        show(scene(), FOUND)
    shown: list[np.ndarray] = []

    class Window:
        def __enter__(self) -> Window:
            return self

        def __exit__(self, *_: object) -> None: ...

        def show(self, picture: np.ndarray) -> bool:
            shown.append(picture)
            return True

    monkeypatch.setattr(notebook, "display_problem", lambda: None)
    monkeypatch.setattr(notebook, "Window", Window)
    show(scene(), FOUND)
    assert (shown[0] == maskseg_cli.draw(scene(), FOUND)).all()
