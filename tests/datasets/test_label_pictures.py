"""Pictures of masks are read as they are stored, and each number in them is one object, to the pixel."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from maskseg_cli.datasets import label_pictures
from maskseg_cli.datasets.label_pictures import decode_binary, decode_labels, flatness, label_objects, majority
from maskseg_cli.errors import MasksegError

NUMBERS = np.random.default_rng(0).integers(0, 4, (7, 9)).astype(np.uint8)


def png(pixels: NDArray[Any], mode: str | None = None, palette: list[int] | None = None, **options: Any) -> bytes:
    """A PNG as Pillow writes it."""
    picture = Image.fromarray(pixels) if mode is None else Image.fromarray(pixels).convert(mode)
    if palette is not None:
        picture = Image.fromarray(pixels, mode="P")
        picture.putpalette(palette)
    data = io.BytesIO()
    picture.save(data, "png", **options)
    return data.getvalue()


def gray_png(pixels: NDArray[np.uint8], bits: int) -> bytes:
    """A gray PNG of 1, 2 or 4 bits, made by hand: most programs write 8."""
    height, width = pixels.shape
    rows = b""
    for row in pixels:
        text = "".join(f"{value:0{bits}b}" for value in row)
        text += "0" * (-len(text) % 8)
        rows += b"\0" + int(text, 2).to_bytes(len(text) // 8, "big")

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_gray_of_few_bits(bits: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 2**bits, (5, 7)).astype(np.uint8)
    data = gray_png(pixels, bits)
    assert (decode_labels(data, "a.png") == pixels).all()
    assert (decode_binary(data, "a.png") == (pixels != 0)).all()


def test_palettes_are_read_as_indices() -> None:
    same = [9, 9, 9] * 256  # every index has one colour: it could not be told from its colour
    for options in ({}, {"bits": 4}, {"transparency": 1}):
        data = png(NUMBERS, palette=same, **options)
        assert (decode_labels(data, "a.png") == NUMBERS).all()


def test_sixteen_bits_stay() -> None:
    wide = NUMBERS.astype(np.uint16) * 20000
    for data in (cv2.imencode(".png", wide)[1].tobytes(), png(wide)):
        read = decode_labels(data, "a.png")
        assert read.dtype == np.uint16
        assert (read == wide).all()


def test_colours_are_numbers() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 1] = 1, 2, 3
    assert decode_labels(png(pixels), "a.png").tolist() == [[0, 0x010203], [0, 0]]
    assert decode_labels(png(pixels, "RGBA"), "a.png").tolist() == [[0, 0x010203], [0, 0]]
    assert decode_labels(png(pixels, "LA"), "a.png").tolist() == [[0, 2], [0, 0]]


def test_a_mask_of_one_object_may_be_transparent_elsewhere() -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0, 3] = 255  # black, and there
    pixels[1, 1] = 7, 7, 7, 128
    assert decode_binary(png(pixels), "a.png").tolist() == [[True, False], [False, True]]
    pixels[..., 3] = 255
    assert decode_binary(png(pixels), "a.png").tolist() == [[False, False], [False, True]]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_every_number_is_one_object_to_the_pixel(height: int, width: int, most: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, most + 1, (height, width)).astype(np.uint16)
    labels[labels == 2] = 300
    found = list(label_objects(labels, [1]))
    assert [one.value for one in found] == sorted(set(labels.ravel().tolist()) - {0, 1})
    for one in found:
        mask = labels == one.value
        assert (coco_mask.decode(one.rle) == mask).all()
        assert one.area == mask.sum()
        assert list(one.box) == coco_mask.toBbox(one.rle).tolist()


def test_a_photo_is_no_picture_of_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_pictures, "MOST_OBJECTS", 3)
    with pytest.raises(MasksegError, match="has 4 numbers or colours"):
        list(label_objects(np.array([[1, 2, 3, 4]], np.uint32)))


def test_the_class_of_most_pixels() -> None:
    labels = np.array([[1, 1, 1, 2, 2, 0, 3]], np.uint8)
    classes = np.array([[4, 5, 5, 255, 6, 7, 255]], np.uint8)
    assert majority(labels, classes, [255]) == {1: 5, 2: 6}


def test_flatness_tells_masks_from_photos() -> None:
    assert flatness(np.kron(NUMBERS, np.ones((20, 20), np.uint8))) > 0.9
    assert flatness(np.random.default_rng(0).integers(0, 256, (50, 50))) < 0.1
    assert flatness(np.zeros((3, 1), np.uint8)) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no PNG"),
        (b"\xff\xd8\xff\xe0", "is no PNG"),
        (png(NUMBERS)[:60], "is cut off"),
        (png(NUMBERS)[:-30] + b"?" + png(NUMBERS)[-29:], "damaged PNG: copy it again"),
    ],
)
def test_broken_pictures_give_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        decode_labels(data, "a.png")


def test_large_pictures_are_refused_by_their_header() -> None:
    data = bytearray(png(NUMBERS))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(MasksegError, match="60000 x 60000 pixels, too many"):
        decode_labels(bytes(data), "a.png")


def test_changed_bytes_never_crash_the_reader() -> None:
    numbers = np.random.default_rng(0)
    for data in (png(NUMBERS, palette=[3] * 768), cv2.imencode(".png", NUMBERS.astype(np.uint16))[1].tobytes()):
        for _ in range(300):
            changed = bytearray(data)
            for place in numbers.integers(8, len(data), size=numbers.integers(1, 4)):
                changed[place] = numbers.integers(256)
            for read in (decode_labels, decode_binary):
                with contextlib.suppress(MasksegError):
                    list(label_objects(read(bytes(changed), "a.png").astype(np.uint32)))
