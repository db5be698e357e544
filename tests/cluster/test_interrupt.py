"""Ctrl-C in the real program with a cluster of its own: what is done is complete, and no process stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import pytest

from tests.cli.fake_model import scene
from tests.documents import PROJECT

pytest.importorskip("ray.data", reason="needs Ray: pip install 'maskseg[ray]'")

PHOTOS = 400


def processes_below(folder: str) -> list[str]:
    """Command lines of processes that name a folder."""
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line:
            lines.append(line)
    return lines


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_keeps_what_is_done_and_leaves_no_process(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(PHOTOS):
        cv2.imwrite(str(photos / f"{number:03d}.jpg"), scene(128, 96))
    with tempfile.TemporaryDirectory(prefix="mk") as short:  # names of sockets may not be long
        command = [sys.executable, "-m", "maskseg_cli", "image", "photos", "-o", "out", "--json", "found.json"]
        program = subprocess.Popen(
            [*command, "--size", "64", "--ray", "local", "--ray-workers", "1"],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
                "HOME": str(tmp_path),
                "TMPDIR": short,
                "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)]),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until = time.monotonic() + 300
            while not list((tmp_path / "out").glob("*.jpg")) and time.monotonic() < until and program.poll() is None:
                time.sleep(0.02)
            assert processes_below(short)
            program.send_signal(signal.SIGINT)
            said = program.communicate(timeout=60)[1]
        finally:
            program.kill()
        until = time.monotonic() + 20
        while processes_below(short) and time.monotonic() < until:
            time.sleep(0.1)
        assert processes_below(short) == []
        assert os.listdir(short) == []
    assert program.returncode == 130, said
    assert f"of {PHOTOS} photos done." in said
    assert "The same command with --skip-existing does the rest." in said
    assert "Traceback" not in said
    assert not (tmp_path / ".ray").exists(), "a cluster of one run has a token of its own, outside of the user's home"
    images = {image["file_name"] for image in json.loads((tmp_path / "found.json").read_text())["images"]}
    assert 0 < len(images) < PHOTOS
    assert images == {path.name for path in (tmp_path / "out").glob("*.jpg")}
