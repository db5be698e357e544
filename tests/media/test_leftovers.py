"""Temporary files that a killed process has left."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from maskseg_cli.media import leftovers
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.leftovers import remove_leftovers, temporary_folder, temporary_name
from maskseg_cli.media.process_tag import is_gone, process_exists, this_process


def ended_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_only_files_of_processes_that_have_ended_are_removed(tmp_path: Path) -> None:
    place, here, gone = this_process().rpartition("-")[0], os.getpid(), ended_process()
    stale = [f".maskseg-{place}-{gone}-0123abcd.tmp", f".maskseg-{place}-{gone}-0123abcd.reserve.tmp"]
    stale += [f".maskseg-{place[:6]}000000-{here}-0123abcd.xml"]  # before the last start of this computer
    kept = [temporary_name(".tmp"), f".maskseg-000000{place[6:]}-{gone}-0123abcd.tmp"]  # running; another computer's
    kept += [f".maskseg-{place}-{gone}.tmp", f"maskseg-{place}-{gone}-0123abcd.tmp", ".maskseg-notes", "a.tmp"]
    for name in (*stale, *kept):
        (tmp_path / name).write_bytes(b"x")
    folder = tmp_path / f".maskseg-{place}-{gone}-00000000"
    folder.mkdir()
    (folder / "part.pb").write_bytes(b"x")
    write_atomic(tmp_path / "new.txt", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "new.txt"])


def test_a_killed_writer_leaves_a_file_that_the_next_one_removes(tmp_path: Path) -> None:
    code = (
        "import os, signal\nfrom maskseg_cli.media.atomic_file import GrowingFile\n"
        "from maskseg_cli.media.leftovers import temporary_folder\n"
        "file = GrowingFile('out.bin')\nfile.write(b'x' * 10**6)\n"
        "with temporary_folder():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == 2
    write_atomic(tmp_path / "out.bin", b"y")
    assert [path.name for path in tmp_path.iterdir()] == ["out.bin"]


def test_a_folder_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_leftovers(tmp_path)
    monkeypatch.setattr(leftovers.os, "listdir", lambda _: pytest.fail("looked again"))
    remove_leftovers(tmp_path)


def test_a_temporary_folder_goes_with_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with temporary_folder() as folder:
        (folder / "a").write_bytes(b"x")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_processes() -> None:
    assert process_exists(os.getpid())
    assert not process_exists(ended_process())
    assert not process_exists(2**70)
    assert not is_gone(this_process())
