"""Pictures as programs hold them: paths, pictures of PIL, and arrays that are no pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.given_pictures import as_array, check_picture, is_one_picture
from maskseg_cli.media.images import decode_image

from .pictures import QUARTERS, Image, save, with_orientation


def test_paths_and_pictures_of_pil_are_what_opencv_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(save(Image.fromarray(QUARTERS), "PNG"))
    expected = QUARTERS[..., ::-1]
    for given in (path, str(path), Image.open(path), Image.fromarray(QUARTERS)):
        assert is_one_picture(given)
        np.testing.assert_array_equal(as_array(given), expected)
        np.testing.assert_array_equal(as_array(given, "RGB"), QUARTERS)
        check_picture(as_array(given))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_of_pil_gives_the_picture_that_its_file_gives(mode: str) -> None:
    picture = Image.fromarray(QUARTERS).convert("L") if mode == "I;16" else Image.fromarray(QUARTERS)
    picture = Image.fromarray(np.asarray(picture, np.uint16) * 257) if mode == "I;16" else picture.convert(mode)
    if mode in ("LA", "RGBA"):
        ramp = np.linspace(0, 255, QUARTERS[..., 0].size).reshape(QUARTERS.shape[:2])
        picture.putalpha(Image.fromarray(ramp.astype(np.uint8)))
    expected = decode_image(save(picture, "TIFF" if mode == "CMYK" else "PNG"))
    difference = np.abs(as_array(picture).astype(int) - expected)
    assert difference.max() <= (2 if mode == "CMYK" else 0)


def test_pil_pictures_are_turned_upright_as_files_are() -> None:
    for orientation in (1, 3, 6, 8):
        data = with_orientation(QUARTERS, "PNG", orientation)
        np.testing.assert_array_equal(as_array(Image.open(io.BytesIO(data))), decode_image(data))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((4, 6), np.uint8), r"is gray: cv2\.cvtColor\(image, cv2\.COLOR_GRAY2BGR\)"),
        (np.zeros((4, 6, 1), np.uint8), "COLOR_GRAY2BGR"),
        (np.zeros((4, 6, 4), np.uint8), "has an alpha channel: .*COLOR_BGRA2BGR"),
        (np.zeros((3, 4, 6), np.uint8), r"channels come first: image\.transpose\(1, 2, 0\)"),
        (np.zeros((4, 6, 3), np.float32), r"not float32: \(255 \* image\)"),
        (np.full((4, 6, 3), 200.0), r"uint8, 0 to 255, not float64\. numpy\.clip\(image, 0, 255\)\.astype"),
        (np.full((4, 6, 3), np.nan), r"not float64\. numpy\.clip"),
        (np.zeros((4, 6, 3), np.int32), r"not int32\. numpy\.clip"),
        (np.zeros((4, 6, 3), bool), r"not bool: 255 \* image\.astype"),
        (np.full((4, 6, 3), 65535, np.uint16), r"not uint16: \(image // 257\)"),
        (np.zeros((4, 6, 3), complex), r"not complex128\.$"),
        (b"\xff\xd8", r"not bytes; cv2\.imdecode\(numpy\.frombuffer"),
        (io.BytesIO(b"\xff\xd8"), "not BytesIO; give the path of the file"),
        ({"image": QUARTERS}, r"not dict\.$"),
        (True, "not bool; .*the second one is the picture"),
        ("http://me:secret@camera/1.jpg", r"^Photos are read from files, not from addresses"),
        (np.zeros((0, 6, 3), np.uint8), "at least one pixel"),
        (7, "not int"),
    ],
)
def test_what_is_no_picture_is_told_with_the_remedy(value: object, message: str) -> None:
    assert is_one_picture(value)
    with pytest.raises(UsageError, match=message):
        check_picture(as_array(value))


def test_none_and_a_wrong_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"None, which cv2\.imread returns"):
        as_array(None)
    with pytest.raises(MasksegError, match=r"gone\.jpg cannot be read: No such file"):
        as_array(tmp_path / "gone.jpg")
