"""Date, camera, colour profile and resolution go from a photo into its result; the pixels stay."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational

from maskseg_cli.media.embedding import with_metadata
from maskseg_cli.media.images import decode_image, decode_photo, encode_image
from maskseg_cli.media.metadata import read_metadata

from .pictures import QUARTERS, Image, save

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MAKE, MODEL, ORIENTATION, DATE, GPS, DETAILS = 0x010F, 0x0110, 0x0112, 0x0132, 0x8825, 0x8769
TAKEN, MAKER_NOTE, SERIAL, EXPOSURE = 0x9003, 0x927C, 0xA431, 0x829A


def photo(kind: str, orientation: int = 6, **options: Any) -> bytes:
    """A photo as a telephone takes it."""
    image = Image.fromarray(QUARTERS)
    exif = image.getexif()
    exif[MAKE], exif[MODEL], exif[ORIENTATION] = "Maker", "M 1", orientation
    exif[DATE] = "2024:05:06 07:08:09"
    details = exif.get_ifd(DETAILS)
    details[TAKEN], details[EXPOSURE], details[SERIAL] = "2024:05:06 07:08:08", IFDRational(1, 250), "serial 123"
    details[MAKER_NOTE] = b"secret note"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (12.0, 34.0, 56.0)
    settings = {"exif": exif, "icc_profile": PROFILE, "dpi": (300, 150)}
    return save(image, kind, **{**settings, **options})


def written(data: bytes, suffix: str) -> bytes:
    read = decode_photo(data)
    return with_metadata(encode_image(read.image, suffix), read.metadata)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_result_keeps_what_is_known_of_the_photo(kind: str, suffix: str) -> None:
    data = photo(kind)
    result = written(data, suffix)
    image = Image.open(io.BytesIO(result))
    exif = image.getexif()
    assert (exif[MAKE], exif[MODEL], exif[ORIENTATION], exif[DATE]) == ("Maker", "M 1", 1, "2024:05:06 07:08:09")
    if kind != "TIFF":
        assert exif.get_ifd(DETAILS)[TAKEN] == "2024:05:06 07:08:08"
        assert exif.get_ifd(DETAILS)[EXPOSURE] == pytest.approx(1 / 250)
    assert image.info["icc_profile"] == PROFILE
    if kind != "WEBP" and suffix != ".webp":  # turned by a quarter, and so are the two resolutions
        assert image.info["dpi"] == pytest.approx((150, 300), abs=0.1)
    for private in (b"secret note", b"serial 123"):
        assert private not in result
    assert not exif.get_ifd(GPS)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_the_pixels_do_not_change(suffix: str) -> None:
    read = decode_photo(photo("JPEG"))
    plain = encode_image(read.image, suffix)
    result = with_metadata(plain, read.metadata)
    np.testing.assert_array_equal(decode_image(result), decode_image(plain))
    assert result != plain
    assert np.asarray(Image.open(io.BytesIO(result))).shape == read.image.shape


def test_webp_and_bmp_hold_the_resolution_where_they_have_a_place_for_it() -> None:
    data = photo("JPEG", orientation=1)
    webp, bmp = (Image.open(io.BytesIO(written(data, suffix))) for suffix in (".webp", ".bmp"))
    assert (webp.getexif()[0x011A], webp.getexif()[0x011B], webp.getexif()[0x0128]) == (300, 150, 2)
    assert bmp.info["dpi"] == pytest.approx((300, 150), abs=0.1)


def test_only_a_profile() -> None:
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        result = written(save(Image.fromarray(QUARTERS), "PNG", icc_profile=PROFILE), suffix)
        assert Image.open(io.BytesIO(result)).info["icc_profile"] == PROFILE, suffix


def test_numbers_that_other_programs_write_as_floats() -> None:
    exif = Image.Exif()
    exif.get_ifd(DETAILS)[EXPOSURE] = 0.004  # Pillow writes a double
    result = written(save(Image.fromarray(QUARTERS), "JPEG", exif=exif), ".jpg")
    assert Image.open(io.BytesIO(result)).getexif().get_ifd(DETAILS)[EXPOSURE] == pytest.approx(0.004)


def test_a_photo_without_metadata_gives_the_same_bytes_as_before() -> None:
    read = decode_photo(save(Image.fromarray(QUARTERS), "PNG"))
    assert not read.metadata
    data = encode_image(read.image, ".png")
    assert with_metadata(data, read.metadata) == data


def test_a_large_profile_needs_several_segments() -> None:
    profile = PROFILE + bytes(200_000)
    result = written(photo("JPEG", icc_profile=profile), ".jpg")
    assert Image.open(io.BytesIO(result)).info["icc_profile"] == profile


def test_a_profile_for_other_channels_is_left_out() -> None:
    cmyk = save(Image.fromarray(QUARTERS).convert("CMYK"), "JPEG", icc_profile=PROFILE.replace(b"RGB ", b"CMYK", 1))
    assert decode_photo(cmyk).metadata.profile is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_damaged_metadata_do_no_harm(kind: str) -> None:
    data = photo(kind)
    rng = np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(data)
        for at in rng.integers(12, min(len(data), 1500), 6):
            broken[at] = rng.integers(256)
        found = read_metadata(bytes(broken))
        with_metadata(encode_image(QUARTERS, ".jpg"), found)
        with_metadata(encode_image(QUARTERS, ".png"), found)
    for end in range(0, 400, 7):
        read_metadata(data[:end])
