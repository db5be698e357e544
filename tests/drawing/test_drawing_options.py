from __future__ import annotations

import subprocess
import sys

import pytest

from maskseg_cli.drawing import DrawingOptions
from maskseg_cli.errors import UsageError

PICTURES = [(1, 1), (120, 160), (200, 200), (480, 640), (720, 1280), (2160, 3840)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("masks", 1),
        ("captions", "yes"),
        ("alpha", -0.01),
        ("alpha", 1.01),
        ("alpha", float("nan")),
        ("alpha", "0.5"),
        ("alpha", None),
        ("color_by", "score"),
        ("line_width", 0),
        ("line_width", 1.5),
        ("line_width", True),
        ("line_width", 10**9),
        ("text_size", 1),
        ("text_size", float("inf")),
        ("colors", 7),
        ("colors", "red"),
        ("colors", (0, 0, 256)),
        ("colors", (0, 0.5, 1)),
        ("colors", [(0, 0, 0), (1, 2)]),
        ("colors", {"dog": (1, 2)}),
        ("colors", {1.5: (1, 2, 3)}),
        ("caption_texts", "one text"),
        ("caption_texts", [None]),
        ("caption_texts", 3),
    ],
)
def test_a_senseless_value_is_refused_with_the_option_named(name: str, value: object) -> None:
    with pytest.raises(UsageError) as refusal:
        DrawingOptions(**{name: value})  # type: ignore[arg-type]
    message = str(refusal.value)
    assert name in message or "olour" in message
    assert message.endswith(".")
    assert "\n" not in message


def test_an_unknown_option_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'mask'.*masks, contours"):
        DrawingOptions().replace(mask=True)


def test_replace_leaves_the_original_alone() -> None:
    options = DrawingOptions()
    assert options.replace(alpha=0.2).alpha == 0.2
    assert options.alpha == 0.5


def test_given_lists_and_mappings_are_copied() -> None:
    colors, texts = {"dog": [1, 2, 3]}, ["a"]
    options = DrawingOptions(colors=colors, caption_texts=texts)  # type: ignore[arg-type]
    colors["dog"] = [9, 9, 9]
    texts[0] = "b"
    assert options.colors == {"dog": (1, 2, 3)}
    assert options.caption_texts == ("a",)


def test_numpy_colours_are_taken() -> None:
    import numpy as np

    options = DrawingOptions(colors=np.array([[1, 2, 3], [4, 5, 6]], np.uint8))  # type: ignore[arg-type]
    assert options.colors == ((1, 2, 3), (4, 5, 6))
    assert DrawingOptions(colors=np.array([1, 2, 3])).colors == (1, 2, 3)  # type: ignore[arg-type]


def test_lines_and_text_follow_the_picture_and_a_given_size_wins() -> None:
    options = DrawingOptions()
    widths = [options.line_width_for(*size) for size in PICTURES]
    sizes = [options.text_size_for(*size) for size in PICTURES]
    assert widths == [1, 1, 1, 1, 2, 7]
    assert sizes == [8, 8, 10, 12, 15, 44]
    assert options.text_size_for(3000, 4000) == 44, "12 megapixels"
    assert options.text_size_for(16000, 16000) == 80
    given = DrawingOptions(line_width=5, text_size=33)
    assert given.line_width_for(1, 1) == 5
    assert given.text_size_for(9999, 9999) == 33


def test_options_load_neither_opencv_nor_numpy() -> None:
    code = (
        "import sys; from maskseg_cli.drawing import DrawingOptions; DrawingOptions();"
        "sys.exit(bool({'cv2', 'numpy', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
