"""Pipes, sockets and devices in place of photos and videos: nobody waits for them for ever."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.images import write_image
from maskseg_cli.media.watch import is_complete

from . import running, video_running
from .fake_model import scene
from .running import ENVIRONMENT, tree_of
from .video_running import film

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")


@pytest.fixture
def unlike_files(here: Path) -> Iterator[Path]:
    """A folder in which a pipe into which nobody writes, and a socket, are called like videos and photos."""
    (here / "in").mkdir()
    for name in ("pipe.mp4", "pipe.png"):
        os.mkfifo(here / "in" / name)
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind("in/socket.mp4")  # a longer name would not be allowed
        other.bind("in/socket.png")
        yield here


def test_a_video_is_told_at_once_and_the_batch_goes_on(unlike_files: Path) -> None:
    film(unlike_files / "in/a.mp4", frames=3)
    film(unlike_files / "in/z.mp4", frames=3)
    result = video_running.run("in", "-o", "out", code=1)
    assert "Error: in/pipe.mp4 is a pipe, not a file: save the video to a file first.\n" in result.stderr
    assert "Error: in/socket.mp4 is a socket, not a file" in result.stderr
    assert tree_of(unlike_files / "out") == ["a.mp4", "z.mp4"]
    result = video_running.run("in/pipe.mp4", "-o", "out.mp4", code=1)
    assert result.stderr == "Error: in/pipe.mp4 is a pipe, not a file: save the video to a file first.\n"


def test_a_photo_too(unlike_files: Path) -> None:
    write_image(unlike_files / "in/a.png", scene())
    write_image(unlike_files / "in/z.png", scene())
    result = running.run("in", "-o", "out", code=1)
    assert "Error: in/pipe.png is a pipe, not a file.\n" in result.stderr
    assert "Error: in/socket.png is a socket, not a file.\n" in result.stderr
    assert tree_of(unlike_files / "out") == ["a.png", "z.png"]
    assert running.run("in/socket.png", code=1).stderr == "Error: in/socket.png is a socket, not a file.\n"
    assert running.run("/dev/null", "-o", "x.png", code=1).stderr == "Error: /dev/null is a device, not a file.\n"


def test_a_watch_does_not_wait_for_them(unlike_files: Path) -> None:
    assert is_complete(unlike_files / "in/pipe.png")


def test_what_is_a_file_or_nothing_is_not_special(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert [special_file_type(path) for path in (tmp_path, tmp_path / "file", tmp_path / "nothing")] == [None] * 3


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="there is no such name here")
@pytest.mark.parametrize("words", ["image in -o out --json /dev/stdout", "video a.mp4 -o b.mp4 --json /dev/stdout"])
def test_standard_output_by_its_name_is_a_stream_also_where_it_leads_to_a_file(here: Path, words: str) -> None:
    write_image(here / "in/a.png", scene())
    film(here / "a.mp4", frames=2)
    (here / "found").write_bytes(b"before\n")
    with (here / "found").open("ab") as stdout:  # as >> does
        program = [sys.executable, "-m", "tests.cli.fake_model", *words.split()]
        done = subprocess.run(program, stdout=stdout, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
    assert done.returncode == 0, done.stderr
    first, *lines = (here / "found").read_bytes().splitlines()
    assert first == b"before"
    assert all(json.loads(line) for line in lines)
    assert os.path.islink("/dev/stdout")
