"""Photos of every kind become upright 8-bit BGR arrays, and come back from files as they were written."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data as samples

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media import images
from maskseg_cli.media.embedding import with_metadata
from maskseg_cli.media.images import decode_image, encode_image, read_image, turn_upright, write_image
from maskseg_cli.media.metadata import Metadata
from maskseg_cli.media.picture_formats import FORMAT_OF

from .pictures import QUARTERS, bgr, save, with_orientation

PHOTO = Image.fromarray(samples.astronaut()[:120, 150:310])
HALF_CLEAR = np.full((120, 160), 255, np.uint8)
HALF_CLEAR[:, :80] = 0


def close(a: np.ndarray, b: np.ndarray, tolerance: float = 0) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(float) - b).max()) <= tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    encoded = with_orientation(QUARTERS, kind, orientation)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded)))
    image = decode_image(encoded)
    assert image.shape[:2] == ((96, 64) if orientation >= 5 else (64, 96))
    assert close(image, bgr(upright), 2)
    assert image.flags.c_contiguous
    assert image.flags.writeable


@pytest.mark.parametrize("mode", ["I;16", "L", "F"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiffs_of_other_depths_are_turned_once(mode: str, orientation: int) -> None:
    values = {"I;16": np.uint16, "L": np.uint8, "F": np.float32}[mode]
    gray = Image.fromarray(QUARTERS[..., 0].astype(values) * (257 if mode == "I;16" else 1))
    encoded = save(gray, "TIFF", tiffinfo={0x0112: orientation})
    stored = np.repeat(QUARTERS[..., :1], 3, axis=2)
    assert close(decode_image(encoded), turn_upright(stored, orientation))


def test_turning_is_undone_by_the_inverse_orientation() -> None:
    inverse = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    for orientation, back in inverse.items():
        assert close(turn_upright(turn_upright(QUARTERS, orientation), back), QUARTERS)


SAME = {
    "gray jpeg": (PHOTO.convert("L"), "JPEG", {"quality": 95}),
    "progressive jpeg": (PHOTO, "JPEG", {"progressive": True, "quality": 95}),
    "palette png": (PHOTO.convert("P"), "PNG", {}),
    "palette bmp": (PHOTO.convert("P"), "BMP", {}),
    "palette tiff": (PHOTO.convert("P"), "TIFF", {}),
    "1-bit png": (PHOTO.convert("1"), "PNG", {}),
    "1-bit tiff": (PHOTO.convert("1"), "TIFF", {"compression": "group4"}),
    "gray png": (PHOTO.convert("L"), "PNG", {}),
    "png": (PHOTO, "PNG", {}),
    "bmp": (PHOTO, "BMP", {}),
    "webp": (PHOTO, "WEBP", {"lossless": True}),
    "tiff": (PHOTO, "TIFF", {}),
    "lzw tiff": (PHOTO, "TIFF", {"compression": "tiff_lzw"}),
    "deflate tiff": (PHOTO, "TIFF", {"compression": "tiff_adobe_deflate"}),
    "cmyk tiff": (PHOTO.convert("CMYK"), "TIFF", {}),
    "first page of two": (PHOTO, "TIFF", {"save_all": True, "append_images": [PHOTO.rotate(180)]}),
}


@pytest.mark.parametrize(("image", "kind", "options"), SAME.values(), ids=SAME.keys())
def test_what_pillow_sees(image: Image.Image, kind: str, options: dict) -> None:
    encoded = save(image, kind, **options)
    assert close(decode_image(encoded), bgr(Image.open(io.BytesIO(encoded))), 2)


def test_cmyk_jpeg_has_its_colours() -> None:
    encoded = save(PHOTO.convert("CMYK"), "JPEG", quality=95)
    difference = np.abs(decode_image(encoded).astype(float) - bgr(PHOTO))
    assert difference.mean() < 3  # an inverted one is off by more than a hundred


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_scaled_over_their_whole_range(suffix: str, channels: int) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    deep = ramp if channels == 1 else np.dstack([ramp, ramp[::-1], ramp.T])
    expected = np.rint(deep / 257.0)
    if channels == 1:
        expected = np.repeat(expected[..., None], 3, axis=2)
    encoded = cv2.imencode(suffix, deep)[1].tobytes()
    assert close(decode_image(encoded), expected)


def test_floating_point_counts_from_0_to_1_or_to_255() -> None:
    gray = samples.astronaut()[:40, :40, 0]
    expected = np.repeat(gray[..., None], 3, axis=2)
    unit = gray.astype(np.float32) / 255
    unit[0, 0] = np.nan
    image = decode_image(save(Image.fromarray(unit), "TIFF"))
    assert close(image[1:], expected[1:])
    assert image[0, 0].tolist() == [0, 0, 0]
    assert close(decode_image(save(Image.fromarray(gray.astype(np.float32)), "TIFF")), expected)


def _clear(mode: str) -> Image.Image:
    image = PHOTO.convert(mode)
    image.putalpha(Image.fromarray(HALF_CLEAR))
    return image


def test_a_transparent_tiff_says_that_it_is() -> None:
    picture = np.dstack([bgr(PHOTO), HALF_CLEAR])
    data = encode_image(picture, ".tif")
    assert Image.open(io.BytesIO(data)).tag_v2[338] == (2,)  # ExtraSamples: alpha, colours not multiplied with it
    image = decode_image(data)
    assert (image[HALF_CLEAR == 0] == 255).all()
    assert close(image[HALF_CLEAR == 255], bgr(PHOTO)[HALF_CLEAR == 255])
    with Image.open(io.BytesIO(with_metadata(data, Metadata(resolution=(300, 300))))) as again:
        assert (again.mode, again.tag_v2[338]) == ("RGBA", (2,))
        assert (np.asarray(again)[..., [2, 1, 0, 3]] == picture).all()


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_transparent_parts_are_laid_on_white(mode: str, kind: str) -> None:
    options = {"WEBP": {"lossless": True, "exact": True}}.get(kind, {})
    image = decode_image(save(_clear(mode), kind, **options))
    assert (image[:, :80] == 255).all()
    assert close(image[:, 80:], bgr(PHOTO.convert("L") if mode == "LA" else PHOTO)[:, 80:])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_half_transparent_parts_are_mixed_with_white(kind: str) -> None:
    image = PHOTO.convert("RGBA")
    image.putalpha(Image.fromarray(np.full((120, 160), 100, np.uint8)))
    expected = (bgr(PHOTO) * 100.0 + 255 * 155) / 255
    assert close(decode_image(save(image, kind)), expected, 1)


def test_sixteen_bit_alpha() -> None:
    deep = np.dstack([bgr(PHOTO), HALF_CLEAR]).astype(np.uint16) * 257
    image = decode_image(cv2.imencode(".png", deep)[1].tobytes())
    assert (image[:, :80] == 255).all()
    assert close(image[:, 80:], bgr(PHOTO)[:, 80:])


def test_palette_png_with_a_transparent_entry() -> None:
    indices = np.array([[0, 1], [1, 0]], np.uint8)
    image = Image.fromarray(indices).convert("P")
    image.putdata(indices.ravel().tolist())
    image.putpalette([255, 0, 0, 0, 0, 255])
    pixels = decode_image(save(image, "PNG", transparency=0))
    assert pixels.tolist() == [[[255] * 3, [255, 0, 0]], [[255, 0, 0], [255] * 3]]


def test_alpha_that_hides_everything_means_nothing() -> None:
    image = PHOTO.convert("RGBA")
    image.putalpha(0)
    assert close(decode_image(save(image, "PNG")), bgr(PHOTO))


TRUNCATED = {
    "jpeg": save(PHOTO, "JPEG"),
    "progressive jpeg": save(PHOTO, "JPEG", progressive=True),
    "png": save(PHOTO, "PNG"),
    "webp": save(PHOTO, "WEBP"),
    "bmp": save(PHOTO, "BMP"),
    "tiff": save(PHOTO, "TIFF"),
    "lzw tiff": save(PHOTO, "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", TRUNCATED)
def test_a_file_that_is_cut_off_is_an_error(name: str, share: float, tmp_path: Path, capfd) -> None:
    path = tmp_path / "holiday.jpg"
    encoded = TRUNCATED[name]
    path.write_bytes(encoded[: max(1, int(len(encoded) * share))])
    with pytest.raises(MasksegError, match=r"holiday\.jpg is "):
        read_image(path)
    assert capfd.readouterr().err == ""  # no chatter of the decoders


def test_a_jpeg_filled_up_with_zeros_is_an_error(tmp_path: Path) -> None:
    """What a broken download or a crash leaves of a file whose size was reserved."""
    encoded = TRUNCATED["jpeg"]
    half = encoded[: len(encoded) // 2] + bytes(len(encoded) // 2)
    with pytest.raises(MasksegError, match="cut off"):
        decode_image(half)


def test_damage_inside_a_png_is_an_error() -> None:
    encoded = bytearray(TRUNCATED["png"])
    encoded[len(encoded) // 2] ^= 0xFF
    with pytest.raises(MasksegError, match="damaged PNG"):
        decode_image(bytes(encoded), "a.png")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Dear diary, today I saw a dog.\n", "is a text"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"  <html><body>404</body></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a git-LFS pointer"),
        (b"GIF89a" + bytes(20), "a GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
        (b"\0\0\0\x18ftypisom" + bytes(20), "is a film, not a photo: maskseg video "),
        (b"\x1aE\xdf\xa3" + bytes(40), "is a film, not a photo: maskseg video "),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(40), "is a film, not a photo: maskseg video "),
        ((b"G" + bytes(187)) * 3, "is a film, not a photo: maskseg video "),
        (os.urandom(1).replace(b"\xff", b"\0") + bytes(100), "no picture"),
    ],
)
def test_what_is_no_photo_is_called_by_its_name(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "renamed.jpg"
    path.write_bytes(content)
    with pytest.raises(MasksegError, match=words) as caught:
        read_image(path)
    assert "renamed.jpg" in str(caught.value)


def _png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(MasksegError, match=r"bomb\.png has 50000 x 50000 pixels.*scale it down"):
        decode_image(_png_that_claims(50000, 50000), "bomb.png")


def test_the_limit_lets_large_photos_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 160 * 120)
    assert decode_image(save(PHOTO, "PNG")).shape == (120, 160, 3)
    monkeypatch.setattr(images, "MAX_PIXELS", 160 * 120 - 1)
    with pytest.raises(MasksegError):
        decode_image(save(PHOTO, "PNG"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"gone\.jpg cannot be read: No such file"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(MasksegError, match="is a folder"):
        read_image(tmp_path)


def test_integers_of_32_bits_are_no_photo() -> None:
    encoded = save(Image.fromarray(np.arange(64, dtype=np.int32).reshape(8, 8)), "TIFF")
    with pytest.raises(MasksegError, match="int32"):
        decode_image(encoded)


NAMES = ["plain.png", "Zürich am See.png", "写真 🦓.png", "-dash.png", "a%20b#c[1]*.png", "x" * 240 + ".png"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_and_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "Größe 1" / name
    write_image(path, bgr(PHOTO))
    assert close(read_image(path), bgr(PHOTO))
    assert [entry.name for entry in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("suffix", [*FORMAT_OF, ".JPG"])
def test_the_suffix_decides_the_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    write_image(path, bgr(PHOTO), quality=95)
    kind = FORMAT_OF[suffix.lower()]
    assert (Image.open(path).format or "").upper() == kind.upper()
    assert close(read_image(path), bgr(PHOTO), 0 if kind in ("PNG", "BMP", "TIFF") else 60)


def test_quality_makes_jpeg_and_webp_smaller() -> None:
    for suffix in (".jpg", ".webp"):
        assert len(encode_image(bgr(PHOTO), suffix, 30)) < len(encode_image(bgr(PHOTO), suffix, 90)) / 2


def test_pictures_that_a_format_cannot_hold() -> None:
    wide = np.zeros((1, 20000, 3), np.uint8)
    with pytest.raises(MasksegError, match="WebP cannot hold a picture of 20000 x 1 pixels"):
        encode_image(wide, ".webp")
    with pytest.raises(UsageError, match=r"'\.gif' is no picture format"):
        encode_image(bgr(PHOTO), ".gif")
