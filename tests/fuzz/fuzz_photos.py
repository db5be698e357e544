"""Photos: JPEG, PNG, WebP, BMP and TIFF of all depths, as `maskseg image` reads them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image

from maskseg_cli.media.images import load_photo
from maskseg_cli.pipeline.read_ahead import decoded_bytes
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import mutate


def _seeds() -> list[bytes]:
    rng = np.random.default_rng(3)
    colour = rng.integers(0, 256, (20, 30, 3), np.uint8)
    deep = rng.integers(0, 1024, (20, 30, 4), np.uint16)
    exif = Image.Exif()
    exif[0x0112], exif[0x0132], exif[0x0110] = 6, "2024:05:06 07:08:09", "a camera"
    seeds = []
    for kind, options in (
        ("JPEG", {"exif": exif, "dpi": (72, 72)}),
        ("JPEG", {"progressive": True, "comment": b"hello", "icc_profile": bytes(200)}),
        ("PNG", {"exif": exif, "dpi": (100, 100)}),
        ("WEBP", {"exif": exif}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw", "exif": exif}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("TIFF", {}),
    ):
        stream = io.BytesIO()
        Image.fromarray(colour).save(stream, kind, **options)
        seeds.append(stream.getvalue())
    for suffix, pixels in (
        (".png", deep),
        (".png", colour[..., 0]),
        (".tif", deep[..., :3]),
        (".tif", rng.random((20, 30, 3)).astype(np.float32)),
        (".bmp", colour[..., 0]),
    ):
        seeds.append(cv2.imencode(suffix, pixels)[1].tobytes())
    return seeds


def _craft(random: Random, start: bytes) -> bytes:
    """Damage to the first bytes, where the header is; a PNG gets right checksums afterwards."""
    edge = random.choice((32, 128, 400))
    changed = mutate(random, start[:edge], (), FUZZER.tokens) + start[edge:]
    if not changed.startswith(b"\x89PNG\r\n\x1a\n"):
        return changed
    out, at = bytearray(changed[:8]), 8
    while at + 12 <= len(changed):
        length = min(struct.unpack_from(">I", changed, at)[0], len(changed) - at - 12)
        piece = changed[at + 4 : at + 8 + length]
        out += struct.pack(">I", length) + piece + struct.pack(">I", zlib.crc32(piece))
        at += 12 + length
    return bytes(out)


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "photo.jpg"
    path.write_bytes(data)
    decoded_bytes(path)
    image = load_photo(path, timeout=0).image
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.size


FUZZER = Fuzzer(
    "photos",
    _seeds,
    _attack,
    tokens=(
        b"\xff\xd8\xff",
        b"\xff\xd9",
        b"\xff\xda",
        b"\xff\xc2",
        b"\xff\xe1",
        b"Exif\0\0",
        b"IHDR",
        b"IDAT",
        b"VP8X",
    ),
    craft=_craft,
    cost=2,
)
