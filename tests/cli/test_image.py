"""`maskseg image` as its users run it, with a stand-in for the network; the real one comes at the end."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from maskseg_cli.cli.main import main
from maskseg_cli.cli.options import ModelOptions, Segmenter
from maskseg_cli.media.images import read_image, write_image

from . import fake_model
from .fake_model import BlobPredictor, load_blob_predictor, scene

#: The real program in a process of its own, with the stand-in.
PROGRAM = [sys.executable, "-m", fake_model.__name__, "image"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in place of the network."""
    import maskseg_cli.cli.image  # noqa: F401

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["maskseg_cli.cli.image"], "load_predictor", load_blob_predictor)
    return tmp_path


def run(*arguments: str, code: int = 0, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, ["image", *arguments], input=stdin)
    assert result.exit_code == code, result.output
    return result


def encoded(kind: str = "JPEG", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(scene()[..., ::-1]).save(stream, kind, **options)
    return stream.getvalue()


def in_process(*arguments: str, unbuffered: str = "", **options) -> subprocess.CompletedProcess[bytes]:
    env = {**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, env=env, **options)


def tree_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


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
    from maskseg_cli.media.images import turn_upright

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


# Streams


def test_standard_input_and_output_in_a_pipe(tmp_path: Path) -> None:
    done = in_process("-", "-o", "-", input=encoded("PNG"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = Image.open(io.BytesIO(done.stdout))
    assert picture.format == "PNG"
    assert picture.size == (96, 64)
    assert done.stderr.decode().splitlines() == ["standard input: 1 person, 1 dog"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_large_pictures_go_whole_through_a_slow_pipe(unbuffered: str, tmp_path: Path) -> None:
    """An unbuffered standard output writes only as much as the pipe takes, 64 KB."""
    write_image(tmp_path / "a.bmp", scene(1000, 700))
    done = in_process("a.bmp", "-o", "-", cwd=tmp_path, unbuffered=unbuffered)
    assert Image.open(io.BytesIO(done.stdout)).size == (1000, 700)
    assert len(done.stdout) == (tmp_path / "a.bmp").stat().st_size


def test_streams_take_a_format(here: Path) -> None:
    result = run("-", "--format", "webp", stdin=encoded("JPEG"))
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "WEBP"
    result = run("-", stdin=encoded("JPEG"))
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "JPEG"
    run("-", "-o", "x.bmp", stdin=encoded("JPEG"))
    assert Image.open(here / "x.bmp").format == "BMP"
    write_image(here / "a.png", scene())
    result = run("a.png", "-o", "-")
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "PNG"


def test_broken_standard_input(here: Path) -> None:
    assert run("-", stdin=b"", code=1).stderr == "Error: Standard input is empty (0 bytes).\n"
    assert "Standard input is cut off" in run("-", stdin=encoded()[:600], code=1).stderr


def test_json_to_standard_output(here: Path) -> None:
    write_image(here / "a.png", scene())
    data = json.loads(run("a.png", "--json", "-").stdout)
    assert [image["file_name"] for image in data["images"]] == ["a.png"]
    assert (here / "a_maskseg.png").is_file()


def test_picture_and_json_do_not_mix(here: Path) -> None:
    write_image(here / "a.png", scene())
    assert "cannot both" in run("a.png", "-o", "-", "--json", "-", code=2).stderr


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    write_image(tmp_path / "a.bmp", np.zeros((2000, 2000, 3), np.uint8))
    process = subprocess.Popen(
        [*PROGRAM, "a.bmp", "-o", "-", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=30)
    assert process.returncode == 1
    assert b"Traceback" not in errors


# What is never lost


def test_inputs_are_never_overwritten(here: Path) -> None:
    write_image(here / "a.png", scene())
    before = (here / "a.png").read_bytes()
    for arguments in (["-o", "a.png"], ["-o", "."], ["--json", "a.png"]):
        result = run("a.png", *arguments, "--overwrite", code=2)
        assert "inputs are never overwritten" in result.stderr
    assert (here / "a.png").read_bytes() == before


def test_existing_results_need_a_word(here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "a_maskseg.png").write_text("mine")
    result = run("a.png", code=1)
    assert result.stderr == (
        "Error: a_maskseg.png exists already: --overwrite replaces, --skip-existing keeps.\n"
    )
    assert (here / "a_maskseg.png").read_text() == "mine"
    run("a.png", "--skip-existing")
    assert (here / "a_maskseg.png").read_text() == "mine"
    run("a.png", "--overwrite")
    assert read_image(here / "a_maskseg.png").shape == (64, 96, 3)


def test_an_existing_json_needs_a_word(here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "r.json").write_text("mine")
    assert "r.json exists already" in run("a.png", "--json", "r.json", code=1).stderr
    assert "no COCO JSON" in run("a.png", "--json", "r.json", "--skip-existing", code=1).stderr
    assert (here / "r.json").read_text() == "mine"
    assert tree_of(here) == ["a.png", "r.json"]


def test_a_stopped_run_goes_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    arguments = ["in", "-o", "out", "--json", "r.json", "--skip-existing"]
    seen = _stop_after(2, monkeypatch)
    result = run(*arguments, code=130)
    assert result.stderr.endswith("Interrupted.\n")
    assert tree_of(here / "out") == ["0.png", "1.png"]
    assert [image["file_name"] for image in _json("r.json")["images"]] == ["0.png", "1.png"]
    first = {name: (here / "out" / name).stat().st_mtime_ns for name in ("0.png", "1.png")}
    seen.clear()
    seen.extend([None] * -1000)
    monkeypatch.setattr(BlobPredictor, "__call__", _stop_after.original)
    result = run(*arguments)
    assert result.stderr.endswith("2 of 4 photos done, 2 there already.\n")
    assert {name: (here / "out" / name).stat().st_mtime_ns for name in first} == first
    data = _json("r.json")
    assert [image["file_name"] for image in data["images"]] == ["0.png", "1.png", "2.png", "3.png"]
    assert [image["id"] for image in data["images"]] == [1, 2, 3, 4]
    assert [(a["id"], a["image_id"]) for a in data["annotations"]] == [(i + 1, i // 2 + 1) for i in range(8)]
    again = run(*arguments)
    assert again.stderr == "0 of 4 photos done, 4 there already.\n"
    assert _json("r.json") == data


def _json(path: str) -> dict:
    return json.loads(Path(path).read_bytes())


def _stop_after(photos: int, monkeypatch: pytest.MonkeyPatch) -> list:
    """Ctrl-C while the photo after so many is in the network."""
    seen: list = []
    original = BlobPredictor.__call__
    _stop_after.original = original  # type: ignore[attr-defined]

    def call(self: BlobPredictor, image):
        if len(seen) == photos:
            raise KeyboardInterrupt
        seen.append(image.shape)
        return original(self, image)

    monkeypatch.setattr(BlobPredictor, "__call__", call)
    return seen


def test_a_kept_result_that_the_json_lacks_is_looked_at_again(here: Path) -> None:
    write_image(here / "a.png", scene())
    run("a.png")
    before = (here / "a_maskseg.png").stat().st_mtime_ns
    run("a.png", "--skip-existing", "--json", "r.json")
    assert len(_json("r.json")["annotations"]) == 2
    assert (here / "a_maskseg.png").stat().st_mtime_ns == before


def test_a_json_keeps_the_photos_of_other_runs(here: Path) -> None:
    for name in ("a.png", "b.png"):
        write_image(here / name, scene())
        run(name, "--skip-existing", "--json", "r.json")
    assert [image["file_name"] for image in _json("r.json")["images"]] == ["a.png", "b.png"]


def test_results_are_not_photos_the_second_time(here: Path) -> None:
    write_image(here / "a.png", scene())
    run(".")
    run(".", "--overwrite")
    assert tree_of(here) == ["a.png", "a_maskseg.png"]


# What fails


def test_broken_files_among_many(here: Path) -> None:
    for i in range(200):
        write_image(here / "in" / f"{i:03}.jpg", scene())
    (here / "in" / "007.jpg").write_bytes(encoded()[:600])
    (here / "in" / "100.jpg").write_text("not a photo")
    result = run("in", "-o", "out", "--json", "r.json", code=1)
    lines = result.stderr.splitlines()
    assert len(lines) == 201
    assert (
        lines[7] == f"Error: {Path('in', '007.jpg')} is cut off before the end of the picture: "
        "copy or download it again."
    )
    assert lines[100].startswith(f"Error: {Path('in', '100.jpg')} is a text")
    assert lines[-1] == (
        f"198 of 200 photos done, 2 failed: {Path('in', '007.jpg')}, {Path('in', '100.jpg')}."
    )
    done = {f"{i:03}.jpg" for i in range(200)} - {"007.jpg", "100.jpg"}
    assert set(tree_of(here / "out")) == done
    data = _json("r.json")
    assert {image["file_name"] for image in data["images"]} == done
    assert len(data["annotations"]) == 2 * 198


def test_many_failures_are_not_all_listed(here: Path) -> None:
    for i in range(13):
        write_image(here / "in" / f"{i:02}.png", scene())
        (here / "in" / f"{i:02}.png").write_bytes(b"")
    last = run("in", code=1).stderr.splitlines()[-1]
    assert "0 of 13 photos done, 13 failed" in last
    assert last.endswith(" and 3 more.")


def test_one_broken_photo_is_one_sentence(here: Path) -> None:
    (here / "a.jpg").write_bytes(encoded()[:600])
    result = run("a.jpg", "--json", "r.json", code=1)
    assert result.stderr == (
        "Error: a.jpg is cut off before the end of the picture: copy or download it again.\n"
    )
    assert tree_of(here) == ["a.jpg"]
    assert "Traceback" in run("a.jpg", "--debug", code=1).stderr


def test_debug_shows_the_traceback_of_each_failure(here: Path) -> None:
    write_image(here / "in" / "a.png", scene())
    (here / "in" / "b.png").write_bytes(b"")
    result = run("in", "--debug", code=1)
    assert result.stderr.count("Traceback") == 1
    assert "decode_image" in result.stderr


def test_a_photo_that_breaks_the_network_does_not_stop_the_others(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = BlobPredictor.__call__

    def call(self: BlobPredictor, image):
        if image.shape[1] == 50:
            raise ValueError("too narrow")
        return original(self, image)

    monkeypatch.setattr(BlobPredictor, "__call__", call)
    for width in (49, 50, 51):
        write_image(here / "in" / f"{width}.png", scene(width))
    result = run("in", code=1)
    assert (
        f"{Path('in', '50.png')}: Something unexpected went wrong (ValueError: too narrow)" in result.stderr
    )
    assert "2 of 3 photos done, 1 failed" in result.stderr


def test_a_full_disk_ends_the_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.suffix == ".tmp" and self.parent.name == "out" and (self.parent / "a.png").exists():
            write(self, data[:10])
            raise OSError(28, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run("in", "-o", "out", code=1)
    assert result.stderr.splitlines()[1:] == [
        f"Error: {Path('in', 'b.png')}: {Path('out', 'b.png')}: No space left on device.",
        "Error: Stopped after 1 of 3 photos.",
    ]
    assert tree_of(here / "out") == ["a.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.jpg"], 1, "There is no file or folder nowhere.jpg"),
        (["*.jpg"], 1, "No photo matches the pattern *.jpg"),
        (["."], 1, "There is no photo in the folder ."),
        ([], 2, "Missing argument 'SOURCES...'"),
    ],
)
def test_sources_that_mean_nothing(here: Path, arguments: list[str], code: int, message: str) -> None:
    assert message in run(*arguments, code=code).stderr


def test_signals_leave_nothing_half_written(tmp_path: Path) -> None:
    """A real Ctrl-C into a real process that is busy writing."""
    rng = np.random.default_rng(0)
    for i in range(60):
        write_image(tmp_path / "in" / f"{i:02}.png", rng.integers(0, 199, (500, 500, 3), np.uint8))
    process = subprocess.Popen(
        [*PROGRAM, "in", "-o", "out", "--json", "r.json"],
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=ENVIRONMENT,
    )
    for _ in range(1000):
        if (tmp_path / "out" / "03.png").exists():
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.decode().endswith("Interrupted.\n")
    results = sorted((tmp_path / "out").iterdir())
    assert 4 <= len(results) < 60
    for path in results:
        assert path.suffix == ".png"
        assert read_image(path).shape == (500, 500, 3)
    listed = json.loads((tmp_path / "r.json").read_bytes())["images"]
    assert len(results) - 1 <= len(listed) <= len(results)


# The window


class FakeWindow:
    shown = 0
    last = 2

    def __enter__(self) -> FakeWindow:
        FakeWindow.shown = 0
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, image: np.ndarray) -> bool:
        assert image.shape == (64, 96, 3)
        FakeWindow.shown += 1
        return FakeWindow.shown < FakeWindow.last


def test_show_ends_with_q(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.media import window

    monkeypatch.setattr(window, "Window", FakeWindow)
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    result = run("in", "-o", "out", "--show")
    assert FakeWindow.shown == 2
    assert result.stderr.endswith("2 of 3 photos done.\n")
    assert tree_of(here / "out") == ["a.png", "b.png"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are looked for on Linux only")
def test_show_without_a_display_names_the_way_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    write_image(here / "a.png", scene())
    result = run("a.png", "--show", code=1)
    assert result.stderr == (
        "Error: There is no display to show pictures on: leave out --show; the result is written to a file "
        "all the same.\n"
    )
    assert tree_of(here) == ["a.png"]


# JSON


def test_the_json_is_what_pycocotools_reads(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "sub/b.png"):
        write_image(here / "in" / name, scene())
    run("in", "-r", "-o", "out", "--json", "out/r.json")
    coco = COCO("out/r.json")
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == ["a.png", "sub/b.png"]
    assert [category["name"] for category in coco.loadCats([1, 18, 90])] == ["person", "dog", "toothbrush"]
    assert len(coco.getCatIds()) == 80
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[2]))
    assert [a["category_id"] for a in annotations] == [1, 18]
    bright = scene().min(axis=2) > 200
    masks = [coco.annToMask(a) for a in annotations]
    assert (sum(masks) == bright).all()
    for a, mask in zip(annotations, masks, strict=True):
        assert a["iscrowd"] == 0
        assert a["area"] == mask.sum() == coco_mask.area(a["segmentation"])
        assert a["bbox"] == coco_mask.toBbox(a["segmentation"]).tolist()
        assert isinstance(a["segmentation"]["counts"], str)
    assert [a["score"] for a in annotations] == [0.9, 0.6]


# The real network


@pytest.fixture(scope="module")
def lite(shared: Path) -> str:
    pytest.importorskip("maskseg_cli.predictor")
    return str(shared / "weights" / "lite-init.npz")


def test_real_photos(lite: str, shared: Path, tmp_path: Path) -> None:
    photos = [str(shared / "photos" / name) for name in ("dog.jpg", "horses.jpg")]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "maskseg_cli",
            "image",
            *photos,
            "-o",
            str(tmp_path / "out"),
            "--weights",
            lite,
        ]
        + ["--json", str(tmp_path / "r.json")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    dog, horses, summary = done.stderr.splitlines()
    assert "1 dog" in dog
    assert "1 bicycle" in dog
    assert "horses" in horses
    assert summary == "2 of 2 photos done."
    assert done.stdout == ""
    data = json.loads((tmp_path / "r.json").read_bytes())
    names = {category["id"]: category["name"] for category in data["categories"]}
    assert len(names) == 80
    found = {(a["image_id"], names[a["category_id"]]) for a in data["annotations"]}
    assert {(1, "dog"), (1, "bicycle"), (2, "horse")} <= found
    for name in ("dog.jpg", "horses.jpg"):
        drawn, photo = read_image(tmp_path / "out" / name), read_image(shared / "photos" / name)
        assert drawn.shape == photo.shape
        assert 0.05 < (np.abs(drawn.astype(int) - photo) > 40).any(axis=2).mean() < 0.9


def test_options_reach_the_real_network(lite: str, shared: Path, tmp_path: Path) -> None:
    from maskseg_cli.cli.options import load_predictor

    photo = read_image(shared / "photos" / "dog.jpg")
    segmenter = load_predictor(
        ModelOptions(weights=lite, size=320, min_score=0.05, max_detections=5, classes="dog,truck,car")
    )
    assert isinstance(segmenter, Segmenter)
    assert (segmenter.config.image_min_dim, segmenter.config.image_max_dim) == (320, 640)
    assert segmenter.config.detection_min_confidence == 0.05
    found = segmenter(photo)
    assert 1 <= len(found) <= 5
    assert set(found.names) <= {"dog", "truck", "car"}
    assert "dog" in found.names
