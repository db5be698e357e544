"""Damaged photos: found, named, and without a line of a decoder on the terminal."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.damage import damage
from maskseg_cli.media.decoder_messages import collect_messages
from maskseg_cli.media.images import decode_image, decode_photo

from .pictures import Image, save

PIXELS = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
WHOLE = save(Image.fromarray(PIXELS), "JPEG", quality=90)
HALF = WHOLE[: len(WHOLE) // 2] + b"\xff\xd9"
ZEROED = WHOLE[: len(WHOLE) // 2] + bytes(len(WHOLE) - len(WHOLE) // 2 - 2) + b"\xff\xd9"
PROGRESSIVE = save(Image.fromarray(PIXELS), "JPEG", progressive=True)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :]


@pytest.mark.parametrize(
    "data",
    [
        HALF,
        ZEROED,
        PROGRESSIVE[: len(PROGRESSIVE) // 2] + b"\xff\xd9",
        flipped(save(Image.fromarray(PIXELS), "PNG"), 20_000),
        flipped(save(Image.fromarray(PIXELS), "TIFF", compression="tiff_adobe_deflate"), 20_000),
        save(Image.fromarray(PIXELS), "BMP")[:20_000],
    ],
    ids=["half", "zeroed", "progressive", "png", "tiff", "bmp"],
)
def test_a_damaged_photo_is_named_and_no_decoder_writes(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MasksegError, match=r"mine\.jpg is (a )?damaged"):
        decode_image(data, "mine.jpg")
    assert capfd.readouterr() == ("", "")


def test_what_is_no_damage_is_read_without_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    few = decode_photo(WHOLE[:-2] + b"\x12" * 9 + b"\xff\xd9")
    assert few.notes == ()
    many = decode_photo(WHOLE[:-2] + b"\x12" * 90 + b"\xff\xd9")
    assert [note.split(" bytes")[1] for note in many.notes] == [
        " of its data belong to no part of the picture: it may be damaged."
    ]
    np.testing.assert_array_equal(few.image, decode_image(WHOLE))
    profile = save(Image.fromarray(PIXELS), "PNG", icc_profile=b"no profile" * 20)
    np.testing.assert_array_equal(decode_image(profile), PIXELS[..., ::-1])
    assert capfd.readouterr() == ("", "")


def test_each_of_many_threads_gets_the_messages_of_its_own_photo(capfd: pytest.CaptureFixture[str]) -> None:
    def read(number: int) -> bool:
        try:
            decode_image(HALF if number % 5 == 0 else WHOLE)
        except MasksegError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, range(60))) == [number % 5 != 0 for number in range(60)]
    assert capfd.readouterr() == ("", "")


def test_what_others_write_meanwhile_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    entered, written = threading.Event(), threading.Event()

    def other() -> None:
        entered.wait(10)
        os.write(2, b"one\n\rbar 3%|")
        written.set()

    thread = threading.Thread(target=other)
    thread.start()
    with collect_messages() as messages:
        entered.set()
        assert written.wait(10)
        os.write(2, b"libpng warning: mine\n")
    thread.join()
    os.write(2, b" later\n")
    assert messages.text == "libpng warning: mine\n"
    assert capfd.readouterr().err == "one\n\rbar 3%| later\n"


def test_a_terminal_that_is_lost_meanwhile_stays_redirected(tmp_path: Path) -> None:
    before = os.dup(2)
    try:
        with (tmp_path / "other").open("wb") as file, collect_messages():
            os.dup2(file.fileno(), 2)
        os.write(2, b"here")
    finally:
        os.dup2(before, 2)
        os.close(before)
    assert (tmp_path / "other").read_bytes() == b"here"


def test_without_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert decode_image(WHOLE).shape == (120, 160, 3)


def test_words_of_decoders() -> None:
    assert damage("libpng error: IDAT: CRC error\n", 9) == "IDAT: CRC error"
    assert damage("Corrupt JPEG data: found marker 0xd9 instead of RST3", 9) == "found marker 0xd9 instead of RST3"
    assert damage("Corrupt JPEG data: 12 extraneous bytes before marker 0xd3", 9) is not None
    assert damage("libpng warning: iCCP: known incorrect sRGB profile\n", 9) is None


def test_a_size_that_is_written_in_another_way_is_checked_too() -> None:
    """Crafted files: two start-of-frame segments, and a TIFF whose size is a signed number."""
    at = WHOLE.index(b"\xff\xc0")
    length = 2 + int.from_bytes(WHOLE[at + 2 : at + 4], "big")
    large = bytearray(WHOLE[at : at + length])
    large[5:9] = b"\xff\xdc" * 2
    for segments in (bytes(large) + WHOLE[at : at + length], WHOLE[at : at + length] + bytes(large)):
        with pytest.raises(MasksegError, match="65500 x 65500 pixels"):
            decode_image(WHOLE[:at] + segments + WHOLE[at + length :])
    tiff = bytearray(save(Image.fromarray(PIXELS), "TIFF"))
    first = int.from_bytes(tiff[4:8], "little") + 2
    for entry in range(first, first + 12 * 4, 12):
        if int.from_bytes(tiff[entry : entry + 2], "little") in (0x0100, 0x0101):
            tiff[entry + 2 : entry + 12] = b"\x09\0\1\0\0\0\xff\x7f\0\0"
    with pytest.raises(MasksegError, match="32767 x 32767 pixels"):
        decode_image(bytes(tiff))
