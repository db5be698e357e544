"""Locks beside files that a run writes."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import file_lock
from maskseg_cli.media.cleanups import remove_unfinished
from maskseg_cli.media.file_lock import LOCK_SUFFIX, FileLock, FileLocks, lock_file
from maskseg_cli.media.leftovers import remove_leftovers
from maskseg_cli.media.process_tag import this_process

PROJECT = Path(__file__).parents[2]


@contextmanager
def other_process(path: Path, folder: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock of `path` until it is killed."""
    code = (
        "import time\nfrom pathlib import Path\nfrom maskseg_cli.media.file_lock import FileLock\n"
        f"lock = FileLock(Path({str(path)!r}), {folder})\nprint('held', flush=True)\ntime.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("folder", [False, True])
def test_a_second_process_is_refused_and_a_killed_one_is_not_in_the_way(tmp_path: Path, folder: bool) -> None:
    path = tmp_path / "a.json"
    with other_process(path, folder) as process:
        with pytest.raises(MasksegError) as refused:
            FileLock(path, folder)
        assert str(refused.value).startswith(
            f"{path} is being written by another maskseg (process {process.pid}): wait"
        )
        FileLock(tmp_path / "b.json").release()
    assert lock_file(path, folder).exists()  # what the killed process has left
    lock = FileLock(path, folder)
    assert lock_file(path, folder).exists()
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_locked_inside_where_the_one_around_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lock_file(Path("/"), folder=True) == Path(f"/{LOCK_SUFFIX}")
    assert lock_file(tmp_path / "run", folder=True) == tmp_path / f".run{LOCK_SUFFIX}"
    monkeypatch.setattr(os, "access", lambda *_: False)
    with FileLocks() as locks:
        locks.take(tmp_path / "run", folder=True)
        assert (tmp_path / "run" / LOCK_SUFFIX).exists()
    assert list(tmp_path.iterdir()) == []


def test_all_or_none(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    with FileLocks([b]):
        with pytest.raises(MasksegError, match="b is being written"):
            FileLocks([a, None, b])
        with FileLocks([a]) as locks:
            locks.take(a)
            locks.release(a)
            locks.release(a)
            locks.take(a)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_ends_at_once_leaves_no_lock_and_no_folder(tmp_path: Path) -> None:
    locks = FileLocks([tmp_path / "new/deep/a.json"])
    assert (tmp_path / f"new/deep/.a.json{LOCK_SUFFIX}").exists()
    remove_unfinished()
    assert list(tmp_path.iterdir()) == []
    locks.release_all()


def test_no_lock_where_none_is_needed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with FileLocks([Path("/dev/null"), tmp_path / "pipe", tmp_path / "folder", Path()]):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pipe"]
    with FileLocks([tmp_path / "pipe/nowhere/a.json"]):  # no folder can be made there: the write will say so
        pass


def test_long_names_have_a_lock_too(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 120 + ".json")
    with FileLocks([path]), pytest.raises(MasksegError):
        FileLock(path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_no_link(tmp_path: Path) -> None:
    """A link in the place of a lock file is not followed: what it leads to stays as it is."""
    (tmp_path / "private").write_text("mine")
    lock_file(tmp_path / "a").symlink_to(tmp_path / "private")
    FileLock(tmp_path / "a").release()
    assert (tmp_path / "private").read_text() == "mine"


def test_the_lock_file_of_another_user_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, open_file = tmp_path / "a.json", os.open

    def refuse_to_write(name: Path, flags: int, *more: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_file(name, flags, *more)

    with other_process(path) as process:
        monkeypatch.setattr(os, "open", refuse_to_write)
        with pytest.raises(MasksegError, match=f"process {process.pid}"):
            FileLock(path)
    FileLock(path).release()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(file_lock, "_try_lock", refuse)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_the_process_that_is_named_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with other_process(path) as process, pytest.raises(MasksegError, match=f"process {process.pid}"):
        FileLock(path)
    lock = FileLock(path)
    with pytest.raises(MasksegError, match=f"process {os.getpid()}"):
        FileLock(path)
    lock.release()
    tag = this_process()
    for owner in (f"{tag[:6]}000000-{os.getpid()} {socket.gethostname()}", f"{tag} elsewhere", "nonsense", ""):
        lock_file(path).write_text(owner)  # before this computer's start; of another computer; of nobody
        FileLock(path).release()
        assert list(tmp_path.iterdir()) == []


def test_locks_of_killed_processes_are_removed_those_of_others_not(tmp_path: Path) -> None:
    with other_process(tmp_path / "killed"):
        pass
    (tmp_path / f".mine{LOCK_SUFFIX}").write_text("not a lock")
    with other_process(tmp_path / "running"):
        remove_leftovers(tmp_path)
        names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f".mine{LOCK_SUFFIX}", f".running{LOCK_SUFFIX}"]
