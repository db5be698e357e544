"""Names of files and classes that hold escape sequences, line breaks and formulas: terminals and tables stay whole."""

from __future__ import annotations

import csv
import json
import os
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from maskseg_cli.checkpoints.native import write_checkpoint
from maskseg_cli.checkpoints.reading import read_checkpoint
from maskseg_cli.cli.main import main
from maskseg_cli.media.images import write_image

from .fake_model import scene
from .running import run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")

FORGED = "a\nError: disk on fire\x1b[2J\u202egpj"


def is_harmless(output: str) -> bool:
    """No line is forged, and no character is left that a terminal would obey."""
    strange = [character for character in output if unicodedata.category(character) == "Cc" and character != "\n"]
    return not strange and "\u202e" not in output and not re.search(r"(?m)^Error: disk on fire", output)


def test_photos(here: Path) -> None:
    write_image(here / "sound.jpg", scene())
    (here / "sound.jpg").rename(here / f"{FORGED}.jpg")
    (here / f"{FORGED}2.jpg").write_bytes(b"no photo")
    result = run(".", "-o", "out", "--json", "all.json", "--summary", "all.csv", code=1)
    assert is_harmless(result.output)
    assert r"a\nError: disk on fire\x1b[2J\u202egpj.jpg" in result.output
    failed = CliRunner().invoke(main, ["image", ".", "-o", "out", "--overwrite", "--debug"])
    assert "Traceback" in failed.output
    assert is_harmless(failed.output)
    named = json.loads((here / "all.json").read_text())["images"]
    assert [image["file_name"] for image in named] == [f"{FORGED}.jpg"]


def test_a_photo_whose_name_begins_like_an_option(here: Path) -> None:
    write_image(here / "dash.jpg", scene())
    (here / "dash.jpg").rename(here / "-dash.jpg")
    refused = CliRunner().invoke(main, ["image", "-dash.jpg"])
    assert refused.exit_code == 2
    assert "There is no option -d. For the file write ./-dash.jpg." in refused.output
    run("./-dash.jpg")
    assert (here / "-dash_maskseg.jpg").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["image", f"{FORGED}.jpg"],
        ["image", "photo.jpg", "--classes", FORGED],
        ["image", "photo.jpg", "--labels", FORGED],
        ["image", "photo.jpg", "--set", f"{FORGED}=1"],
        ["video", f"{FORGED}.mp4"],
        ["webcam", "--camera", f"{FORGED}.mp4", "--no-window", "--record", "a.mp4"],
        ["evaluate", f"{FORGED}.json", "."],
        ["train", f"{FORGED}.json", ".", "-o", "run"],
        ["weights", "info", FORGED],
        ["weights", "fetch", FORGED],
        ["config", FORGED],
        [f"{FORGED}"],
        ["image", f"--{FORGED}"],
        ["--debug", "image", f"{FORGED}.jpg"],
    ],
    ids=range(14),
)
def test_messages(here: Path, arguments: list[str]) -> None:
    write_image(here / "photo.jpg", scene())
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (1, 2)
    assert is_harmless(result.output)


def test_what_weights_say(here: Path, lite_weights: Path) -> None:
    sound = read_checkpoint(lite_weights)
    names = ("background", FORGED, *(f"class {number}" for number in range(2, sound.config.num_classes)))
    strange = replace(sound, class_names=names, provenance={FORGED: "\x9b2J"})
    write_checkpoint(here / "own.npz", strange)
    for options in ([], ["--json"], ["--all"]):
        result = CliRunner().invoke(main, ["weights", "info", "own.npz", *options])
        assert result.exit_code == 0, result.output
        assert is_harmless(result.output)
        assert "disk on fire" in result.output


def test_a_table_holds_no_formulas_and_is_continued(here: Path) -> None:
    write_image(here / "=cmd.jpg", scene())
    write_image(here / "a.jpg", np.zeros((40, 60, 3), np.uint8))
    run("./", "-o", "out", "--summary", "all.csv")
    with (here / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["photo"] for row in rows] == ["'=cmd.jpg", "a.jpg"]
    assert rows[0]["result"] == "out/=cmd.jpg"
    again = run("./", "-o", "out", "--summary", "all.csv", "--skip-existing")
    assert "without" not in again.output
