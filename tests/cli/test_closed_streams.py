"""Standard streams that the shell has closed, in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskseg_cli.media.images import read_image, write_image

from .fake_model import scene
from .running import ENVIRONMENT, PROGRAM

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the shell's syntax")


def shell(folder: Path, words: str, closed: str) -> subprocess.CompletedProcess[str]:
    command = f'"$@" {words} {closed}'
    return subprocess.run(
        ["sh", "-c", command, "sh", *PROGRAM], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_photo_is_done(tmp_path: Path, closed: str) -> None:
    write_image(tmp_path / "a.jpg", scene())
    done = shell(tmp_path, "a.jpg -o b.png --json found.json --summary all.csv", closed)
    assert done.returncode == 0, done.stderr
    assert read_image(tmp_path / "b.png").shape == scene().shape
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "all.csv", "b.png", "found.json"]


@pytest.mark.parametrize(
    ("words", "closed", "sentence"),
    [
        ("a.jpg -o -", ">&-", "Standard output is closed"),
        ("a.jpg -o b.jpg --json -", ">&-", "Standard output is closed"),
        ("- -o b.jpg", "<&-", "Standard input is closed"),
    ],
)
def test_what_goes_through_a_closed_stream_is_refused(tmp_path: Path, words: str, closed: str, sentence: str) -> None:
    write_image(tmp_path / "a.jpg", scene())
    done = shell(tmp_path, words, closed)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {sentence}")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_what_a_library_writes_to_a_closed_standard_error_does_not_go_into_a_result(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", scene())
    write_image(tmp_path / "b.jpg", scene())
    sound = (tmp_path / "b.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(sound[:-40] + bytes(38) + sound[-2:])  # libjpeg warns
    shell(tmp_path, "a.jpg b.jpg -o out --json found.json", "2>&-")
    assert (tmp_path / "found.json").read_bytes().startswith(b'{"info"')


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device here")
@pytest.mark.parametrize("words", ["--help", "--version", "image --help", "weights list", "config"])
def test_standard_output_on_a_full_disk_gets_a_sentence(tmp_path: Path, words: str) -> None:
    command = [sys.executable, "-m", "maskseg_cli", *words.split()]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device.\n")
