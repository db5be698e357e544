"""Photos that would take too much memory or time are refused by their header, or given up."""

from __future__ import annotations

import struct
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import images
from maskseg_cli.media import pixels as pixels_module
from maskseg_cli.media.decoder_messages import collect_messages
from maskseg_cli.media.header import read_header
from maskseg_cli.media.images import decode_image, encode_image, load_photo, read_image, write_image
from maskseg_cli.media.pixels import to_bgr
from maskseg_cli.media.time_limit import within
from tests.cli.fake_model import use_blob_engine
from tests.cli.running import run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path


def tiff(width: int, height: int, bits: int, samples: int, order: str = "<") -> bytes:
    """A TIFF of floating point whose strips are compressed zeros: some kilobytes for gigabytes of pixels."""
    rows = 16
    strip = zlib.compress(bytes(width * rows * samples * bits // 8), 9)
    strips = -(-height // rows)
    out = bytearray(b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    first = len(out)
    out += strip

    def array(kind: str, values: list[int]) -> int:
        at = len(out)
        out.extend(struct.pack(f"{order}{len(values)}{kind}", *values))
        return at

    places = {
        258: (3, samples, array("H", [bits] * samples)),
        273: (4, strips, array("I", [first] * strips)),
        279: (4, strips, array("I", [len(strip)] * strips)),
        339: (3, samples, array("H", [3] * samples)),
    }
    tags = {256: (4, 1, width), 257: (4, 1, height), 259: (4, 1, 8), 262: (4, 1, 2), 277: (4, 1, samples)}
    tags |= {278: (4, 1, rows), 284: (4, 1, 1), **places}
    directory = len(out)
    out += struct.pack(f"{order}H", len(tags))
    for tag, (kind, count, value) in sorted(tags.items()):
        out += struct.pack(f"{order}HHII", tag, kind, count, value)
    out += bytes(4)
    struct.pack_into(f"{order}I", out, 4, directory)
    return bytes(out)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("bits", "samples"), [(64, 4), (64, 3), (32, 4)])
def test_memory_is_limited_by_the_bytes_of_a_pixel(order: str, bits: int, samples: int) -> None:
    header = read_header(tiff(64, 64, bits, samples, order))
    assert header is not None
    assert header.pixel_bytes == bits // 8 * samples
    assert not decode_image(tiff(64, 64, bits, samples, order)).any()
    with pytest.raises(MasksegError, match=r"huge\.tif takes \d+\.\d GB of memory .* save it with 8 bits"):
        decode_image(tiff(16384, 16320, bits, samples, order), "huge.tif")


@pytest.mark.parametrize(
    ("suffix", "image", "expected"),
    [
        (".png", np.zeros((4, 6, 3), np.uint8), 4),
        (".png", np.zeros((4, 6, 4), np.uint16), 8),
        (".tif", np.zeros((4, 6, 3), np.uint16), 6),
        (".tif", np.zeros((4, 6), np.float32), 4),
        (".jpg", np.zeros((4, 6, 3), np.uint8), 3),
        (".webp", np.zeros((4, 6, 3), np.uint8), 4),
    ],
    ids=range(6),
)
def test_bytes_of_a_pixel(suffix: str, image: np.ndarray, expected: int) -> None:
    header = read_header(cv2.imencode(suffix, image)[1].tobytes())
    assert header is not None
    assert header.pixel_bytes == expected


def test_a_jpeg_of_thousands_of_scans_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    last = sound.rindex(b"\xff\xda")
    crafted = sound[:-2] + sound[last:-2] * 300 + b"\xff\xd9"
    header = read_header(sound)
    assert header is not None
    assert 5 < header.scans < 15
    monkeypatch.setattr(images, "_MAX_SCANNED", 64 * 64 * 200)
    assert decode_image(sound).shape == (64, 64, 3)
    with pytest.raises(MasksegError, match=r"bomb\.jpg is left out: it is a JPEG of 3\d\d scans"):
        decode_image(crafted, "bomb.jpg")


def test_the_wait_for_a_decoder_ends_and_no_other_photo_waits_for_it() -> None:
    free, inside = threading.Event(), threading.Event()

    def read() -> None:
        with collect_messages(alone=True):
            inside.set()
            free.wait(60)

    with pytest.raises(MasksegError, match=r"slow\.jpg is left out: it could not be read within 0.3 seconds"):
        within(0.3, read, "slow.jpg")
    assert inside.is_set()
    with collect_messages(alone=True) as messages:  # would wait for ever
        pass
    assert messages.text == ""
    free.set()
    for thread in threading.enumerate():
        if thread.name == "maskseg-read":
            thread.join(20)
    with collect_messages(alone=True):
        pass


def test_results_and_errors_pass_through() -> None:
    assert within(60, lambda: 7, "a") == 7
    assert within(0, lambda: 7, "a") == 7
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 // 0, "a")


def test_one_slow_photo_fails_and_the_rest_goes_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, load = threading.Event(), images._load
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        write_image(here / name, np.zeros((40, 60, 3), np.uint8))

    def slow(path: Path) -> images.Photo:
        if path.name == "b.jpg":
            free.wait(60)
        return load(path)

    monkeypatch.setattr(images, "_load", slow)
    result = run("a.jpg", "b.jpg", "c.jpg", "-o", "out", "--timeout", "2", code=1)
    free.set()
    assert "b.jpg is left out: it could not be read within 2 seconds (--timeout)." in result.stderr
    assert sorted(path.name for path in (here / "out").iterdir()) == ["a.jpg", "c.jpg"]


def test_a_photo_that_is_not_there_is_told_as_before(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="cannot be read"):
        read_image(tmp_path / "none.jpg")
    (tmp_path / "a.png").write_bytes(encode_image(np.zeros((4, 6, 3), np.uint8), ".png"))
    assert load_photo(tmp_path / "a.png", timeout=0).image.shape == (4, 6, 3)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
def test_a_picture_converted_in_strips_is_that_converted_at_once(
    kind: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(channels)
    for opaque in (False, True):
        shape = (23, 17, channels) if channels else (23, 17)
        pixels = (
            rng.integers(0, 1000, shape) if kind == "uint16" else rng.random(shape) * (255 if kind == "uint8" else 1)
        )
        pixels = pixels.astype(kind)
        if opaque and channels in (2, 4):
            pixels[..., -1] = {"uint8": 255, "uint16": 1023}.get(kind, 1)
        at_once = to_bgr(pixels, "a", premultiplied=False)
        monkeypatch.setattr(pixels_module, "_STRIP", 40)
        assert (to_bgr(pixels, "a", premultiplied=False) == at_once).all()
        monkeypatch.undo()
        assert at_once.shape == (23, 17, 3)
