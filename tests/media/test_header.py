"""Sizes, orientations and completeness as read from the bytes, judged by Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from maskseg_cli.media.header import exif_orientation, picture_format, read_header

from .pictures import save, with_orientation

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8))
KINDS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "BMP": "BMP", "TIFF": "TIFF"}

ENCODED = {
    "jpeg": save(NOISE, "JPEG"),
    "jpeg progressive": save(NOISE, "JPEG", progressive=True),
    "jpeg with restart markers": save(NOISE, "JPEG", restart_marker_blocks=1),
    "jpeg cmyk": save(NOISE.convert("CMYK"), "JPEG"),
    "png": save(NOISE, "PNG"),
    "webp": save(NOISE, "WEBP"),
    "webp lossless": save(NOISE, "WEBP", lossless=True),
    "webp with alpha": save(NOISE.convert("RGBA"), "WEBP"),
    "bmp": save(NOISE, "BMP"),
    "tiff": save(NOISE, "TIFF"),
    "tiff lzw": save(NOISE, "TIFF", compression="tiff_lzw"),
    "bigtiff": save(NOISE, "TIFF", big_tiff=True),
}


@pytest.mark.parametrize("data", ENCODED.values(), ids=ENCODED.keys())
def test_size_and_completeness(data: bytes) -> None:
    header = read_header(data)
    assert header is not None
    assert header.format == KINDS[Image.open(io.BytesIO(data)).format or ""]
    assert (header.width, header.height) == (53, 37)
    assert header.orientation == 1
    assert header.complete


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(kind: str, orientation: int) -> None:
    header = read_header(with_orientation(np.asarray(NOISE), kind, orientation))
    assert header is not None
    assert header.orientation == orientation


@given(
    name=st.sampled_from([name for name in ENCODED if "tiff" not in name and name != "bmp"]),
    share=st.floats(0, 1, exclude_max=True),
)
def test_a_cut_anywhere_is_noticed(name: str, share: float) -> None:
    data = ENCODED[name]
    header = read_header(data[: int(len(data) * share)])
    assert header is None or not header.complete


@pytest.mark.parametrize("name", [name for name in ENCODED if name.startswith("jpeg")])
def test_a_jpeg_may_have_something_behind_its_end(name: str) -> None:
    """Phones append films and depth maps."""
    header = read_header(ENCODED[name] + b"\0\0\0\x18ftypmp42" + bytes(range(256)))
    assert header is not None
    assert header.complete


@given(data=st.binary(max_size=200), start=st.sampled_from(list(ENCODED.values())), keep=st.integers(0, 80))
def test_nonsense_raises_nothing(data: bytes, start: bytes, keep: int) -> None:
    header = read_header(start[:keep] + data)
    assert header is None or 1 <= header.orientation <= 8
    assert 1 <= exif_orientation(data) <= 8


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_out_of_range_counts_as_upright(order: str, value: int) -> None:
    import struct

    mark = b"II" if order == "<" else b"MM"
    block = mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, value, 0, 0)
    assert exif_orientation(block) == 1
    good = mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    assert exif_orientation(good) == 6


def test_a_text_that_starts_with_bm_is_no_bmp() -> None:
    assert picture_format(b"BMW is a maker of cars and motorcycles.") is None
