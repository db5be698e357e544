"""`--style`: in photos, videos and cameras, on the command line and from Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from maskseg_cli import (
    Detections,
    DrawingOptions,
    Frame,
    SavedDetections,
    process_camera,
    process_images,
    process_video,
)
from maskseg_cli.cli.main import main
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.features.style import Style
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.reporter import Reporter
from tests.cli.fake_model import DOG, PERSON, blob_predictor, scene, use_blob_engine
from tests.cli.video_running import film

STYLE = """
boxes = false
captions = false
contours = false
alpha = 1.0
[class.person]
name = "人"
aliases = ["human"]
color = "#010203"
[class.dog]
name = "Hund"
color = "blue"
"""


class Notes(Reporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        self.lines.append(message)

    warn = say


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    write_image(tmp_path / "a.png", scene())
    Path("style.toml").write_text(STYLE, encoding="utf-8")
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr


def pixel(path: str, row: int, column: int) -> tuple[int, ...]:
    return tuple(read_image(path)[row, column].tolist())


def test_names_and_colours_reach_pictures_messages_and_counts(here: Path) -> None:
    said = run("image", "a.png", "-o", "out.png", "--style", "style.toml", "--summary", "s.csv", "--json", "j.json")
    assert "a.png: 1 人, 1 Hund -> out.png" in said
    assert (pixel("out.png", 20, 12), pixel("out.png", 46, 70)) == ((3, 2, 1), (255, 0, 0))
    assert pixel("out.png", 60, 2) == tuple(scene()[60, 2].tolist())
    heads, row = csv.reader(Path("s.csv").read_text(encoding="utf-8").splitlines())
    assert (heads[-2:], row[-2:]) == (["人", "Hund"], ["1", "1"])
    # Data for other programs keep the network's names.
    names = {one["name"] for one in json.loads(Path("j.json").read_text())["categories"]}
    assert {"person", "dog"} <= names
    assert "人" not in names


def test_captions_have_the_new_names(here: Path) -> None:
    process_images("a.png", "styled.png", style="style.toml", captions=True)
    process_images("a.png", "plain.png", style="style.toml")
    assert (read_image("styled.png") != read_image("plain.png")).any()
    seen: list[Detections] = []

    def note(frame: Frame, detections: Detections) -> Detections:
        seen.append(detections)
        return detections

    process_images("a.png", "b.png", style="style.toml", transforms=[note])
    assert (seen[0].labels, seen[0].names) == (["人", "Hund"], ["person", "dog"])


def test_what_is_given_goes_before_the_file(here: Path) -> None:
    Path("config.toml").write_text("alpha = 0.0\nboxes = false")
    run("image", "a.png", "-o", "none.png", "--style", "style.toml", "--no-masks")
    assert (read_image("none.png") == scene()).all()
    run("image", "a.png", "-o", "alpha.png", "--style", "style.toml", "--config", "config.toml")
    assert (read_image("alpha.png") == scene()).all()
    run("image", "a.png", "-o", "boxes.png", "--style", "style.toml", "--no-masks", "--boxes")
    process_images("a.png", "python.png", style=Path("style.toml"), masks=False, boxes=True)
    assert (read_image("boxes.png") == read_image("python.png")).all()
    assert (read_image("boxes.png") != scene()).any()
    # Of options as a whole, what is not the default counts as given.
    process_images("a.png", "whole.png", style="style.toml", drawing=DrawingOptions(masks=False))
    assert (read_image("whole.png") == scene()).all()
    process_images("a.png", "red.png", style="style.toml", colors=(0, 0, 255))
    assert pixel("red.png", 20, 12) == (0, 0, 255)


def test_classes_are_chosen_by_their_new_names(here: Path) -> None:
    for word in ("人", "HUMAN", "person"):
        assert "1 人 ->" in run(
            "image", "a.png", "-o", "x.png", "--overwrite", "--style", "style.toml", "--classes", word
        )
    summary = process_images("a.png", "y.png", style="style.toml", classes=["Hund", PERSON])
    assert summary.objects == {"人": 1, "Hund": 1}
    refused = run("image", "a.png", "-o", "z.png", "--style", "style.toml", "--classes", "Hnud,人", code=2)
    assert "no class 'Hnud'" in refused


def test_saved_detections_are_chosen_by_their_new_names(here: Path) -> None:
    process_images("a.png", "a.jpg", save_detections="f.maskseg")
    for word in ("人", "HUMAN", "person"):
        assert "1 人 ->" in run(
            "render", "f.maskseg", "a.png", "-o", "x.png", "--overwrite", "--style", "style.toml", "--classes", word
        )
    found = process_images("a.png", "y.png", model=SavedDetections("f.maskseg"), style="style.toml", classes=["Hund"])
    assert found.objects == {"Hund": 1}
    refused = run("render", "f.maskseg", "a.png", "-o", "z.png", "--style", "style.toml", "--classes", "Hnud", code=2)
    assert "no class 'Hnud'" in refused


def test_classes_of_effects_are_chosen_by_their_new_names(here: Path) -> None:
    for word in ("人", "human", "person"):
        run(
            "image", "a.png", "-o", f"{word}.png", "--style", "style.toml", "--effect", "blur", "--effect-classes", word
        )
        assert (read_image(f"{word}.png") == read_image("人.png")).all()
    process_images("a.png", "y.png", style="style.toml", effect="blur", effect_classes=["Hund", "human"], cutout="cut")
    assert sorted(path.name for path in Path("cut").iterdir()) == ["a_Hund_1.png", "a_人_1.png"]


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("[class.person]\nmin_score = 0.95", {}, {"dog": 1}),
        ("[class.dog]\nmin_score = 0.3", {"min_score": 0.8}, {"person": 1, "dog": 1}),
        ("[class.person]\nmin_score = 0.3", {"min_score": 0.8}, {"person": 1}),
        ("[class.person]\nshow = false", {}, {"dog": 1}),
        ('[class.person]\nname = "thing"\n[class.dog]\nname = "thing"', {}, {"thing": 2}),
    ],
)
def test_scores_and_visibility_by_class(here: Path, text: str, options: dict[str, Any], found: dict[str, int]) -> None:
    Path("style.toml").write_text(text)
    model = blob_predictor()
    assert process_images("a.png", "out.png", style="style.toml", **options).objects == found
    process_images("a.png", "loaded.png", style="style.toml", model=model)
    assert model.config.detection_min_confidence == blob_predictor().config.detection_min_confidence
    film(here / "in.mp4", frames=3)
    process_video("in.mp4", "out.mp4", style="style.toml", json="out.jsonl", **options)
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert lines
    if "thing" not in found:
        assert {one["category"] for line in lines for one in line["annotations"]} == set(found) & {
            "person"
        }  # it has no dog


def test_a_stopped_run_is_continued_with_the_new_names(here: Path) -> None:
    write_image(here / "in" / "a.png", scene())
    process_images("in", "out", json="j.json", summary="s.json", style="style.toml")
    write_image(here / "in" / "b.png", scene())
    again = process_images("in", "out", json="j.json", summary="s.json", style="style.toml", skip_existing=True)
    assert again.objects == {"人": 2, "Hund": 2}
    # All results are there: no network is needed, and the names are the new ones all the same.
    third = process_images("in", "out", json="j.json", style="style.toml", skip_existing=True)
    assert (third.kept, third.objects) == (2, {"人": 2, "Hund": 2})


def test_videos_and_cameras(here: Path) -> None:
    Path("style.toml").write_text(STYLE)
    film(here / "in.mp4", frames=4)
    process_video("in.mp4", "plain.mp4", masks=False, captions=False, boxes=False, contours=False)
    said = run("video", "in.mp4", "-o", "out.mp4", "--style", "style.toml")
    assert "人" in said or "Hund" in said
    seen: list[list[str]] = []

    def note(frame: Frame, detections: Detections) -> Detections:
        seen.append(detections.labels)
        return detections

    process_camera("in.mp4", window=False, record="cam.mp4", style="style.toml", transforms=[note])
    assert seen
    assert {name for names in seen for name in names} <= {"人", "Hund"}


def test_wrong_files_stop_the_run_before_anything_is_written(here: Path) -> None:
    Path("style.toml").write_text("[class.persn]")
    assert "did you mean person" in run("image", "a.png", "-o", "out.png", "--style", "style.toml", code=2)
    Path("style.toml").write_text("alhpa = 1")
    assert "did you mean alpha" in run("image", "a.png", "-o", "out.png", "--style", "style.toml", code=2)
    Path("style.toml").write_text('font = "none.ttf"')
    assert "There is no font none.ttf" in run("image", "a.png", "-o", "out.png", "--style", "style.toml", code=1)
    with pytest.raises(MasksegError, match="There is no file"):
        process_images("a.png", "out.png", style="none.toml")
    Path("style.toml").write_text("x = 1")
    with pytest.raises(UsageError, match="no key 'x'"):
        Style(style="style.toml")
    assert not Path("out.png").exists()


def test_characters_that_no_font_has_are_noted_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("style.toml").write_text('[class.person]\nname = "\U0001f3f4\u1a20x"', encoding="utf-8")
    monkeypatch.setattr("maskseg_cli.drawing.file_fonts.system_fonts", lambda: ())
    notes = Notes()
    write_image(here / "b.png", scene())
    process_images(["a.png", "b.png"], "out", style="style.toml", reporter=notes)
    assert len([line for line in notes.lines if "no font of this computer has" in line]) == 1


def test_style_init_and_check(here: Path) -> None:
    assert "style.toml exists already" in run("style", "init", code=1)
    assert Path("style.toml").read_text(encoding="utf-8") == STYLE
    run("style", "init", "--overwrite", "--quiet")
    run("style", "init", "new/other.toml")
    assert Path("new/other.toml").read_text(encoding="utf-8") == Path("style.toml").read_text(encoding="utf-8")
    run("style", "check", "style.toml")
    Path("style.toml").write_text("[class.persn]")
    assert "did you mean person" in run("style", "check", "style.toml", code=2)
    assert "did you mean 'init'" in run("style", "int", code=2).lower()


def test_the_palette(here: Path) -> None:
    run("image", "a.png", "-o", "out.png", "--palette", "okabe-ito", "--alpha", "1", "--no-captions")
    assert pixel("out.png", 20, 12) == (0, 159, 230)
    assert np.array_equal(blob_predictor()(scene()).class_id, [PERSON, DOG])
