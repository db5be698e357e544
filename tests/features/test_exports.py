"""`--export` and its options on the real commands and functions, with the stand-in of the network."""

from __future__ import annotations

import csv
import dataclasses
import json
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli import Detections, Frame, StopToken, process_camera, process_images, process_video, process_videos
from maskseg_cli.cli.main import main
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.export.entry_names import EntryNames
from maskseg_cli.features.exports import FORMATS, Exports, export_folder
from maskseg_cli.media.images import write_image
from tests.cli.fake_model import scene, use_blob_engine
from tests.cli.video_running import film

PHOTO_FORMATS = tuple(name for name in FORMATS if name != "mots")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    Path("in").mkdir()
    write_image("in/a.png", scene())
    write_image("in/a.jpg", scene())
    film(tmp_path / "film.mp4", frames=6)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def all_of(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--export", name)]


def files(folder: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def numbered(frame: Frame, detections: Detections) -> Detections:
    return dataclasses.replace(detections, tracker_id=np.arange(len(detections), dtype=np.int32))


def test_all_formats_of_photos(here: Path) -> None:
    result = run("image", "in", "-o", "out/", "--format", "png", *all_of(PHOTO_FORMATS))
    assert result.exit_code == 2  # both results would be out/a.png
    result = run("image", "in", "-o", "out/", *all_of(PHOTO_FORMATS))
    assert result.exit_code == 0, result.output
    assert files("out_export") == {
        "coco.json", "coco_polygons.json", "objects.csv", "objects.jsonl", "cvat/images.xml", "yolo/data.yaml",
        *(f"{folder}/{name}{suffix}" for name in ("a", "a_png") for folder, suffix in (
            ("labelme", ".json"), ("yolo/labels", ".txt"), ("voc/Annotations", ".xml"), ("masks", ".png"),
        )),
    }  # fmt: skip
    pictures = {json.loads(Path(f"out_export/labelme/{name}.json").read_text())["imagePath"] for name in ("a", "a_png")}
    assert pictures == {"../../in/a.jpg", "../../in/a.png"}
    rows = table("out_export/objects.csv")
    assert [(row["file"], row["class"]) for row in rows] == [
        (name, kind) for name in ("a.jpg", "a.png") for kind in ("person", "dog")
    ]
    assert "--export-pictures" in result.output


def test_exports_that_exist(here: Path) -> None:
    arguments = ("image", "in/a.png", "--export", "csv", "--export", "labelme", "--export-dir", "e")
    assert run(*arguments).exit_code == 0
    Path("in/a_maskseg.png").unlink()
    before = Path("e/objects.csv").read_bytes()
    result = run(*arguments)
    assert result.exit_code == 1
    assert "objects.csv exists already" in result.output
    assert not Path("in/a_maskseg.png").exists()
    assert run("image", "in/a.jpg", *arguments[2:], "--skip-existing").exit_code == 0
    assert sorted(row["file"] for row in table("e/objects.csv")) == ["a.jpg"] * 2 + ["a.png"] * 2
    assert run(*arguments, "--overwrite").exit_code == 0
    assert Path("e/objects.csv").read_bytes() == before
    assert run(*arguments[:-1], "e2", "--export", "voc", "--overwrite").exit_code == 0
    with pytest.raises(MasksegError, match=r"voc exists already"):
        process_images("in/a.png", "new.png", export="voc", export_dir="e2")


def test_kept_photos_get_exports_that_they_do_not_have_yet(here: Path) -> None:
    process_images("in", "out/")
    process_images("in", "out/", export=("labelme", "coco"), skip_existing=True)
    assert files("out_export") == {"coco.json", "labelme/a.json", "labelme/a_png.json"}
    assert len(json.loads(Path("out_export/coco.json").read_text())["images"]) == 2


def test_all_formats_of_videos(here: Path) -> None:
    process_video("film.mp4", "out.mp4", export=tuple(FORMATS), transforms=[numbered])
    made = files("out_export")
    assert {"cvat/film.xml", "mots/film.txt", "masks/film/000005.png", "labelme/film/000005.jpg"} <= made
    assert len([name for name in made if name.startswith("yolo/images/film/")]) == 6
    assert len(Path("out_export/mots/film.txt").read_text().splitlines()) == 6
    assert Path("out_export/cvat/film.xml").read_text().count("<track ") == 1
    labels = json.loads(Path("out_export/labelme/film/000005.json").read_text())
    points = np.array(labels["shapes"][0]["points"])
    assert points[:, 0].min() == pytest.approx(4 + 5, abs=1.01)  # the person walks one pixel a frame


def test_several_videos_in_one_run(here: Path) -> None:
    film(here / "films" / "one.mp4", frames=4)
    film(here / "films" / "two.mp4", frames=3)
    process_videos("films", "out/", export=("mots", "cvat", "csv", "coco"), transforms=[numbered])
    assert [len(Path(f"out_export/mots/{name}.txt").read_text().splitlines()) for name in ("one", "two")] == [4, 3]
    assert files("out_export/cvat") == {"one.xml", "two.xml"}
    rows = table("out_export/objects.csv")
    assert [row["file"] for row in rows] == ["one.mp4"] * 4 + ["two.mp4"] * 3
    assert len(json.loads(Path("out_export/coco.json").read_text())["images"]) == 7


def test_cameras(here: Path) -> None:
    export = ("csv", "masks", "jsonl")
    process_camera("film.mp4", window=False, record="seen.mp4", export=export, export_dir="e", sizes="e/sizes.csv")
    assert Path("e/objects.csv").read_text().count("person") >= 1
    assert list(Path("e/masks").rglob("*.png"))
    # Times begin with the first picture: those of the computer's clock would say nothing.
    times = {int(row["frame"]): float(row["time"]) for row in table("e/objects.csv")}
    lines = [json.loads(line) for line in Path("e/objects.jsonl").read_text().splitlines()]
    assert lines[0]["time"] == 0
    assert {line["frame"]: line["time"] for line in lines if line["annotations"]} == times
    assert {int(row["frame"]): float(row["time"]) for row in table("e/sizes.csv")} == pytest.approx(times, abs=1e-4)
    assert max(times.values()) < 60


def test_a_stopped_run_leaves_valid_files(here: Path) -> None:
    stop = StopToken()

    def after_three(frame: Frame, detections: Detections) -> Detections:
        if frame.index == 3:
            stop.request()
            time.sleep(0.4)  # the run looks ten times a second
        return detections

    film(here / "long.mp4", frames=60)
    process_video(
        "long.mp4", "out.mp4", export=("coco", "csv", "cvat"), export_dir="e", transforms=[after_three], stop=stop
    )
    assert Path("out.partial.mp4").is_file()
    rows = table("e/objects.csv")
    assert 4 <= len(rows) < 60
    assert len(json.loads(Path("e/coco.json").read_text())["images"]) == len(rows)
    assert Path("e/cvat/long.xml").read_text().endswith("</annotations>\n")


def test_rotated_photos(here: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(scene()[:, :, ::-1]))).save("in/turned.png", exif=exif)
    process_images("in/turned.png", "out.png", export=("masks", "labelme"), export_dir="e", export_pictures=True)
    numbers = cv2.imread("e/masks/turned.png", cv2.IMREAD_UNCHANGED)
    picture = cv2.imread("e/labelme/turned.png", cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    assert picture.shape[:2] == numbers.shape == (64, 96)
    assert (picture == scene()).all()
    assert ((numbers > 0) == (scene().min(axis=2) == 255)).mean() > 0.99


def test_labelme_gets_the_picture_of_standard_input(here: Path) -> None:
    data = Path("in/a.png").read_bytes()
    result = CliRunner().invoke(
        main, ["image", "-", "-o", "out.png", "--export", "labelme", "--export-dir", "e"], input=data
    )
    assert result.exit_code == 0, result.output
    [made] = Path("e/labelme").glob("*.json")
    picture = made.parent / json.loads(made.read_text())["imagePath"]
    assert (cv2.imread(str(picture)) == scene()).all()


def test_wrong_options(here: Path) -> None:
    with pytest.raises(UsageError, match=r"labelmee.*did you mean labelme"):
        process_images("in/a.png", export="labelmee")
    with pytest.raises(UsageError, match="photos have no tracks"):
        process_images("in/a.png", export="mots")
    with pytest.raises(UsageError, match="--export FORMAT"):
        process_images("in/a.png", export_dir="e")
    with pytest.raises(UsageError, match="--export-pictures is for exported files"):
        process_images("in/a.png", export_pictures=True)
    with pytest.raises(UsageError, match="is a file"):
        process_images("in/a.png", export="csv", export_dir="in/a.png")
    result = run("image", "in/a.png", "--export", "labelmee")
    assert result.exit_code == 2
    assert "labelme" in result.output
    assert not Path("in/a_maskseg.png").exists()


@pytest.mark.parametrize(
    ("output", "folder"),
    [
        (None, "maskseg_export"),
        ("-", "maskseg_export"),
        ("/dev/stdout", "maskseg_export"),
        ("out/film.mp4", "out/film_export"),
        ("out", "out_export"),
        ("frames/%06d.png", "frames_export"),
        (".", "maskseg_export"),
    ],
)
def test_the_folder_of_exports(output: str | None, folder: str) -> None:
    assert export_folder(None, None if output is None else Path(output)) == Path(folder)
    assert export_folder("e", None if output is None else Path(output)) == Path("e")


def test_names_of_files() -> None:
    names = EntryNames()
    sources = ("a.jpg", "a.png", "A.png", "d/a.png", "/etc/../x:y.png", "..", "a.png")
    assert [names.of_source(one) for one in sources] == ["a", "a_png", "A_png_2", "d/a", "etc/x_y", "frame", "a_png"]


def test_each_format_has_a_file_of_its_own() -> None:
    assert len(set(FORMATS.values())) == len(FORMATS)
    paths = Exports(export=tuple(FORMATS), export_dir="e").files()
    assert {path.name for path in paths} == {"coco.json", "coco_polygons.json", "objects.csv", "objects.jsonl"}


def test_photos_are_never_replaced(here: Path) -> None:
    write_image("masks/a.png", scene())
    before = Path("masks/a.png").read_bytes()
    with pytest.raises(MasksegError, match="among the photos"):
        process_images("masks/a.png", "out.png", export="masks", export_dir=".", overwrite=True)
    write_image("labelme/a.png", scene())
    with pytest.raises(MasksegError, match="among the photos"):
        process_images(
            "labelme/a.png", "out.png", export="labelme", export_dir=".", export_pictures=True, overwrite=True
        )
    assert Path("masks/a.png").read_bytes() == Path("labelme/a.png").read_bytes() == before
    process_images("labelme/a.png", "out.png", export="labelme", export_dir=".", overwrite=True)
    assert json.loads(Path("labelme/a.json").read_text())["imagePath"] == "a.png"
