"""What is said about photos that are not read as they are: few bits, several pages, animations."""

from __future__ import annotations

import io

import numpy as np
import pytest

from maskseg_cli.media.images import decode_photo
from maskseg_cli.media.sequences import count_pages

from .pictures import QUARTERS, Image, save

RAMP = np.tile(np.linspace(0, 1, 64), (16, 1))


def tiff16(values: np.ndarray, kind: str = "TIFF") -> bytes:
    return save(Image.fromarray(values.astype(np.uint16)), kind)


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_few_bits_in_16_are_scaled_and_told(bits: int, kind: str) -> None:
    read = decode_photo(tiff16(np.rint(RAMP * (2**bits - 1)), kind))
    assert read.notes == (f"its 16-bit numbers hold {bits} bits, which are scaled to the whole range.",)
    np.testing.assert_allclose(read.image[..., 0], RAMP * 255, atol=1.01)


@pytest.mark.parametrize("values", [RAMP * 65535, RAMP * 30000, RAMP * 0])
def test_whole_16_bits_and_black_are_read_as_they_are(values: np.ndarray) -> None:
    read = decode_photo(tiff16(np.rint(values)))
    assert read.notes == ()
    np.testing.assert_allclose(read.image[..., 0], values / 257, atol=1.01)


def test_the_first_of_several_pages() -> None:
    pages = [Image.fromarray(QUARTERS), Image.fromarray(QUARTERS[::-1].copy()), Image.fromarray(QUARTERS)]
    data = save(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    read = decode_photo(data)
    assert read.notes == ("page 1 of 3 is read.",)
    np.testing.assert_array_equal(read.image, QUARTERS[..., ::-1])
    assert decode_photo(save(pages[0], "TIFF")).notes == ()


def test_previews_are_no_pages_and_circles_end() -> None:
    pages = [Image.fromarray(QUARTERS), Image.fromarray(QUARTERS[::2, ::2].copy())]
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    data = bytearray(stream.getvalue())
    second = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[second : second + 2], "little")
    at = second + 2 + 12 * count  # where the next page is
    assert count_pages(bytes(data)) == 2
    data[at : at + 4] = data[4:8]
    assert count_pages(bytes(data)) == 1
    assert count_pages(bytes(data[:20])) == 1


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_the_first_picture_of_an_animation(kind: str) -> None:
    frames = [Image.fromarray(QUARTERS), Image.fromarray(QUARTERS[::-1].copy())]
    data = save(frames[0], kind, save_all=True, append_images=frames[1:])
    assert decode_photo(data).notes == ("it is an animation, whose first picture is read.",)
    assert decode_photo(save(frames[0], kind)).notes == ()
