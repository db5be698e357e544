"""Effects, cut-outs and transparent results of the commands."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli import process_camera
from maskseg_cli.cli.main import main
from maskseg_cli.errors import UsageError
from maskseg_cli.media.images import read_image, write_image
from tests.cli.fake_model import scene
from tests.cli.video_running import film


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def photo(here: Path) -> Path:
    write_image(here / "a.png", scene())
    return here / "a.png"


def test_an_effect_takes_the_place_of_the_drawing_unless_it_is_asked_for(photo: Path) -> None:
    assert run("image", "a.png", "-o", "plain.png").exit_code == 0
    for name, options in {
        "blur": ("--effect", "blur"),
        "both": ("--effect", "blur", "--draw", "all"),
        "none": ("--draw", "none"),
        "person": ("--effect", "pixelate", "--effect-classes", "person", "--draw", "others"),
    }.items():
        result = run("image", "a.png", "-o", f"{name}.png", *options)
        assert result.exit_code == 0, result.output
    pictures = {path.stem: read_image(path) for path in photo.parent.glob("*.png")}
    assert (pictures["none"] == pictures["a"]).all()
    for first, second in (("blur", "a"), ("blur", "plain"), ("both", "blur"), ("person", "blur")):
        assert (pictures[first] != pictures[second]).any(), (first, second)


def test_cut_outs_lie_in_a_folder_and_are_kept(photo: Path) -> None:
    result = run("image", "a.png", "-o", "out.png", "--cutout", "objects")
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (photo.parent / "objects").iterdir())
    assert names
    assert all(name.startswith(("a_person_", "a_dog_")) and name.endswith(".png") for name in names)
    cut = cv2.imread(str(photo.parent / "objects" / names[0]), cv2.IMREAD_UNCHANGED)
    assert cut.shape[2] == 4
    assert cut[cut.shape[0] // 2, cut.shape[1] // 2, 3] == 255
    again = run("image", "a.png", "-o", "out2.png", "--cutout", "objects")
    assert again.exit_code == 1
    assert "exists already" in again.output
    assert run("image", "a.png", "-o", "out2.png", "--cutout", "objects", "--overwrite").exit_code == 0
    one = run("image", "a.png", "-o", "out3.png", "--cutout", "dogs", "--effect-classes", "dog")
    assert one.exit_code == 0, one.output
    assert all("_dog_" in path.name for path in (photo.parent / "dogs").iterdir())


def test_a_continued_run_cuts_out_what_another_photo_of_a_like_name_has(photo: Path) -> None:
    write_image(photo.parent / "a_2.png", scene())
    assert run("image", "a.png", "-o", "out").exit_code == 0
    assert run("image", "a_2.png", "-o", "out", "--cutout", "objects").exit_code == 0
    result = run("image", "a.png", "a_2.png", "-o", "out", "--cutout", "objects", "--skip-existing")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (photo.parent / "objects").iterdir()}
    assert names == {"a_person_1.png", "a_dog_1.png", "a_2_person_1.png", "a_2_dog_1.png"}


def test_a_transparent_background(photo: Path) -> None:
    assert run("image", "a.png", "--background", "transparent", "-o", "clear.webp").exit_code == 0
    clear = cv2.imread("clear.webp", cv2.IMREAD_UNCHANGED)
    assert set(np.unique(clear[:, :, 3]).tolist()) >= {0, 255}
    write_image(photo.parent / "photos" / "b.jpg", scene())
    assert run("image", "photos", "--background", "transparent", "-o", "results").exit_code == 0
    assert [path.name for path in (photo.parent / "results").iterdir()] == ["b.png"]  # JPEG would lose it
    refused = run("image", "a.png", "--background", "transparent", "-o", "clear.jpg")
    assert refused.exit_code == 2
    assert "clear.jpg cannot be transparent: JPEG has no such pixels" in refused.output
    assert not (photo.parent / "clear.jpg").exists()


def test_a_transparent_video(here: Path) -> None:
    film(here / "in.mp4", frames=3)
    result = run("video", "in.mp4", "--background", "transparent", "-o", "clear.webm")
    assert result.exit_code == 0, result.output
    with av.open("clear.webm") as container:
        assert container.streams.video[0].metadata.get("alpha_mode") == "1"
    assert run("video", "in.mp4", "--background", "transparent", "-o", "frames/%03d.png").exit_code == 0
    assert cv2.imread("frames/000.png", cv2.IMREAD_UNCHANGED).shape[2] == 4
    refused = run("video", "in.mp4", "--background", "transparent", "-o", "clear.mp4")
    assert refused.exit_code == 2
    assert "cannot be transparent" in refused.output
    with pytest.raises(UsageError, match="live picture cannot be transparent"):
        process_camera("in.mp4", window=False, record="seen.webm", background="transparent")


def test_effects_of_videos_and_cameras(here: Path) -> None:
    film(here / "in.mp4", frames=4)
    assert run("video", "in.mp4", "-o", "out.mp4", "--effect", "splash", "--effect", "outline").exit_code == 0
    summary = process_camera("in.mp4", window=False, record="seen.mp4", effect="blur", refine=True)
    assert summary.recordings


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--effect", "blurr"), "blurr"),
        (("--effect", "outline", "--effect-on", "background"), "outline belongs to objects"),
        (("--effect-strength", "2"), "--effect-strength belongs to --effect"),
        (("--effect", "blur", "--effect-classes", "unicorn"), "unicorn"),
        (("--background", "no-such-file.jpg"), "is no colour and no file"),
    ],
)
def test_wrong_options(photo: Path, options: tuple[str, ...], sentence: str) -> None:
    result = run("image", "a.png", "-o", "out.png", *options)
    assert result.exit_code == 2
    assert sentence in result.output
    assert not (photo.parent / "out.png").exists()
