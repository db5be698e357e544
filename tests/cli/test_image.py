"""`maskseg image` as its users run it, with a stand-in for the network."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from maskseg_cli.media.images import read_image, write_image

from .fake_model import scene
from .running import run, tree_of


def test_one_photo(here: Path) -> None:
    write_image(here / "zoo.jpg", scene())
    before = (here / "zoo.jpg").read_bytes()
    result = run("zoo.jpg")
    assert result.stderr == "zoo.jpg: 1 person, 1 dog -> zoo_maskseg.jpg\n"
    assert result.stdout == ""
    assert tree_of(here) == ["zoo.jpg", "zoo_maskseg.jpg"]
    assert (here / "zoo.jpg").read_bytes() == before
    drawn = read_image(here / "zoo_maskseg.jpg")
    assert drawn.shape == (64, 96, 3)
    changed = np.abs(drawn.astype(int) - read_image(here / "zoo.jpg")).max(axis=2) > 60
    assert changed[8:32, 8:16].mean() > 0.5  # the person's mask
    assert not changed[56:, :40].any()  # and not the far corner


def test_the_drawing_options_reach_the_renderer(here: Path) -> None:
    write_image(here / "a.png", scene())
    run("a.png", "-o", "none.png", "--no-masks", "--no-contours", "--no-boxes", "--no-captions")
    assert (read_image(here / "none.png") == scene()).all()
    run("a.png", "-o", "full.png", "--no-contours", "--no-boxes", "--no-captions", "--alpha", "1")
    changed = (read_image(here / "full.png") != scene()).any(axis=2)
    assert (changed == (scene().min(axis=2) > 200)).all()
    for index, switch in enumerate(["--no-masks", "--no-contours", "--no-boxes", "--no-captions"]):
        run("a.png", "-o", f"{index}.png", switch)
    run("a.png", "-o", "class.png", "--color-by", "class")
    run("a.png", "-o", "all.png")
    results = [read_image(here / f"{name}.png").tobytes() for name in ["all", "class", "0", "1", "2", "3"]]
    assert len(set(results)) == 6


def test_a_folder(here: Path) -> None:
    for name in ("b.png", "a.jpg", "sub/a.jpg"):
        write_image(here / "in" / name, scene())
    result = run("in", "-r", "-o", "out")
    out = Path("out")
    assert result.stderr.splitlines() == [
        f"{Path('in', 'a.jpg')}: 1 person, 1 dog -> {out / 'a.jpg'}",
        f"{Path('in', 'b.png')}: 1 person, 1 dog -> {out / 'b.png'}",
        f"{Path('in', 'sub', 'a.jpg')}: 1 person, 1 dog -> {out / 'sub' / 'a.jpg'}",
        "In all: 3 persons, 3 dogs.",
        "3 of 3 photos done.",
    ]
    assert tree_of(here / "out") == ["a.jpg", "b.png", "sub/a.jpg"]


def test_a_pattern_that_the_shell_did_not_expand(here: Path) -> None:
    for name in ("a.jpg", "b.png", "c.jpg"):
        write_image(here / name, scene())
    run("*.jpg", "-o", "out")
    assert tree_of(here / "out") == ["a.jpg", "c.jpg"]


@pytest.mark.parametrize("format_name", ["jpg", "png", "webp", "bmp", "tif"])
def test_formats(here: Path, format_name: str) -> None:
    write_image(here / "a.png", scene())
    run("a.png", "--format", format_name)
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(format_name, format_name.upper())
    assert Image.open(here / f"a_maskseg.{format_name}").format == kind


def test_quality(here: Path) -> None:
    write_image(here / "a.png", np.random.default_rng(0).integers(0, 199, (64, 64, 3), np.uint8))
    run("a.png", "-o", "high.jpg")
    run("a.png", "-o", "low.jpg", "--quality", "20")
    assert (here / "low.jpg").stat().st_size < (here / "high.jpg").stat().st_size / 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_coordinates_are_those_of_the_upright_photo(here: Path, orientation: int) -> None:
    """Stored turned, shown upright: the person must come out as a person (taller than wide) each time."""
    from maskseg_cli.media.pixels import turn_upright

    stored = turn_upright(scene(), {6: 8, 8: 6}.get(orientation, orientation))
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored[..., ::-1]).save(here / "a.png", exif=exif)
    result = run("a.png", "--json", "a.json")
    assert "1 person, 1 dog" in result.stderr
    data = json.loads((here / "a.json").read_bytes())
    assert data["images"][0] == {"id": 1, "file_name": "a.png", "width": 96, "height": 64}
    boxes = {a["category_id"]: a["bbox"] for a in data["annotations"]}
    assert boxes == {1: [8, 8, 8, 24], 18: [60, 40, 24, 12]}
    drawn = Image.open(here / "a_maskseg.png")
    assert drawn.size == (96, 64)
    assert drawn.getexif().get(0x0112, 1) == 1  # not turned a second time by a viewer


def test_metadata_are_kept_or_stripped(here: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 3
    Image.fromarray(scene()[..., ::-1]).save(here / "a.jpg", exif=exif, dpi=(300, 300))
    run("a.jpg", "-o", "kept.jpg")
    run("a.jpg", "-o", "stripped.jpg", "--strip-metadata")
    kept, stripped = Image.open(here / "kept.jpg"), Image.open(here / "stripped.jpg")
    assert dict(kept.getexif()) == {0x010F: "Maker", 0x0112: 1}
    assert kept.info["dpi"] == (300, 300)
    assert not stripped.getexif()
    assert stripped.info.get("dpi", (1, 1)) != (300, 300)
    np.testing.assert_array_equal(read_image(here / "kept.jpg"), read_image(here / "stripped.jpg"))


def test_what_was_changed_when_a_photo_was_read_is_told(here: Path) -> None:
    dark = (scene().astype(np.uint16) * 4)[..., 0]
    Image.fromarray(dark).save(here / "a.tif")
    result = run("a.tif", "--format", "png", "--quiet")
    assert result.stderr == "Note: a.tif: its 16-bit numbers hold 10 bits, which are scaled to the whole range.\n"


SPECIAL = {
    "deep.png": lambda: cv2.imencode(".png", scene().astype(np.uint16) * 257)[1].tobytes(),
    "cmyk.jpg": lambda: _pillow("CMYK", "JPEG", quality=95),
    "palette.png": lambda: _pillow("P", "PNG"),
    "gray.webp": lambda: _pillow("L", "WEBP"),
    "alpha.png": lambda: _pillow("RGBA", "PNG"),
    "one-bit.tif": lambda: _pillow("1", "TIFF"),
    "photo.bmp": lambda: _pillow("RGB", "BMP"),
}


def _pillow(mode: str, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(scene()[..., ::-1])
    image = image.convert(mode, dither=Image.Dither.NONE) if mode == "1" else image.convert(mode)
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", SPECIAL)
def test_every_kind_of_photo(here: Path, name: str) -> None:
    (here / name).write_bytes(SPECIAL[name]())
    result = run(name)
    stem, suffix = name.split(".")
    assert result.stderr == f"{name}: 1 person, 1 dog -> {stem}_maskseg.{suffix}\n"
    assert read_image(here / f"{stem}_maskseg.{suffix}").shape == (64, 96, 3)


@pytest.mark.parametrize("name", ["Zürich am See.jpg", "写真 🦓.jpg", "a [b] #%20.jpg"])
def test_any_file_name(here: Path, name: str) -> None:
    write_image(here / name, scene())
    result = run(name, "--json", "r.json")
    target = name.replace(".jpg", "_maskseg.jpg")
    assert f"{name}: 1 person, 1 dog -> {target}" in result.stderr
    assert (here / target).is_file()
    assert json.loads((here / "r.json").read_text("utf-8"))["images"][0]["file_name"] == name


def test_a_name_that_starts_with_a_dash(here: Path) -> None:
    write_image(here / "-a.jpg", scene())
    run("-o", "out.jpg", "--", "-a.jpg")
    assert (here / "out.jpg").is_file()


def test_classes_and_max_detections(here: Path) -> None:
    image = scene(200, 64)
    image[5:45, 100:110] = 255
    write_image(here / "a.png", image)
    assert ": 2 persons, 1 dog ->" in run("a.png").stderr
    assert ": 1 dog ->" in run("a.png", "--classes", "dog", "--overwrite").stderr
    assert ": 1 person ->" in run("a.png", "--max-detections", "1", "--overwrite").stderr
    assert ": 1 dog ->" in run("a.png", "--classes", "dog", "--max-detections", "1", "--overwrite").stderr
    assert ": nothing found ->" in run("a.png", "--classes", "zebra", "--overwrite").stderr
    result = run("a.png", "--classes", "zebre", "--overwrite", code=2)
    assert "zebra" in result.stderr


def test_quiet_says_nothing_but_errors(here: Path) -> None:
    write_image(here / "in" / "a.png", scene())
    write_image(here / "in" / "b.png", scene())
    assert run("in", "-q").output == ""
    (here / "in" / "a.png").write_bytes(b"")
    result = run("in", "-q", "--overwrite", code=1)
    assert "a.png is empty" in result.stderr
    assert "b.png" not in result.stderr
