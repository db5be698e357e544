"""`make demo`, as after `make test`: the environment is there, which these tests run in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.media.images import read_image, write_image
from tests.cli.video_running import facts
from tests.documents import PROJECT

pytestmark = [
    pytest.mark.skipif(shutil.which("make") is None, reason="there is no make"),
    pytest.mark.skipif(
        not Path(sys.prefix, "bin", "maskseg").is_file(), reason="maskseg is not installed in an environment here"
    ),
]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs make in the checkout with the environment of the tests, which is not made anew."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON", "VENV", "PHOTO", "WEIGHTS", "OUT")
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    command = ["make", *arguments, f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.installed-dev"]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_demo_finds_the_objects_of_the_samples_and_takes_a_photo_of_yours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASKSEG_HOME", str(tmp_path / "empty"))
    photo = tmp_path / "my $1 photo.png"
    write_image(photo, np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8))
    escaped = str(photo).replace("$", "$$")  # as make wants it
    done = make("demo", f"OUT={tmp_path / 'out'}", f"PHOTO={escaped}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"Look at the outlined photos and the video sample.mp4 in the folder {tmp_path / 'out'}."
    )
    for name in ("astronaut", "cat", "coffee"):
        before, after = (read_image(tmp_path / "out" / folder / f"{name}.jpg") for folder in ("photos", "."))
        assert before.shape == after.shape
        assert (np.abs(before.astype(int) - after) > 40).any(axis=2).mean() > 0.02
    assert read_image(tmp_path / "out" / photo.name).shape == (90, 120, 3)
    said = dict(re.findall(r"(\w+)\.jpg: (.+) -> ", done.stderr))
    for photograph, name in (("astronaut", "person"), ("cat", "cat"), ("coffee", "cup"), ("coffee", "spoon")):
        assert f"1 {name}" in said[photograph].split(", "), said
    assert len(facts(tmp_path / "out" / "sample.mp4").frames) == 150
    in_video = re.search(r"most at once: (.+)\.$", done.stderr, re.MULTILINE)
    assert in_video is not None
    assert {"1 person", "1 cat", "1 cup"} <= set(in_video[1].split(", ")), in_video[1]


def test_demo_uses_weights_of_yours() -> None:
    done = make("--dry-run", "demo", "WEIGHTS=my weights.npz")
    lines = [line for line in done.stdout.splitlines() if "/maskseg " in line]
    assert len(lines) == 2
    for line in lines:
        given = subprocess.run(
            ["sh", "-c", 'WEIGHTS="my weights.npz"; printf "%s\n" ' + line[line.index("${WEIGHTS") :]],
            capture_output=True,
            text=True,
        )
        assert given.stdout == "--weights\nmy weights.npz\n"


def test_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^make (\w+) ", make("help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_another_python_is_not_ignored() -> None:
    done = make("same-python", "PYTHON=false")  # a program without a version
    assert done.returncode != 0
    assert "name another VENV=folder" in done.stderr
