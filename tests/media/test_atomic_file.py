"""A file is complete or does not exist."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import atomic_file
from maskseg_cli.media.atomic_file import (
    GrowingFile,
    UnfinishedFile,
    atomic_path,
    register_cleanup,
    remove_unfinished,
    unregister_cleanup,
    write_atomic,
)


def test_folders_are_made_and_files_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.bin"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["c.bin"]


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interruption_leaves_the_old_file(
    stop: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    class Half(io.FileIO):
        def __init__(self, path: Path, mode: str, _: int = -1) -> None:
            super().__init__(path, mode)

        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            raise stop

    monkeypatch.setattr(atomic_file, "open", Half, raising=False)
    with pytest.raises(type(stop)) as caught:
        write_atomic(path, b"something new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_file_has_the_usual_rights(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there is no /dev/null here")
def test_a_device_is_written_to_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file.os, "replace", lambda *_: pytest.fail("the device was replaced"))
    write_atomic("/dev/null", b"gone")
    assert not Path("/dev/null").is_file()


def test_a_growing_file_has_its_name_when_it_is_complete_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lines.txt"
    file = GrowingFile(path)
    file.write(b"one\n")
    assert not path.exists()
    file.write(b"two\n")
    file.finish()
    assert path.read_bytes() == b"one\ntwo\n"
    assert os.listdir(path.parent) == ["lines.txt"]


def test_a_discarded_file_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"old")
    file = GrowingFile(path)
    file.write(b"new")
    file.discard()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["lines.txt"]


def test_a_program_that_ends_in_the_middle_can_clean_up(tmp_path: Path) -> None:
    complete, begun = GrowingFile(tmp_path / "a.bin"), GrowingFile(tmp_path / "b.bin")
    complete.finish()
    assert len(os.listdir(tmp_path)) == 2
    remove_unfinished()
    assert os.listdir(tmp_path) == ["a.bin"]
    begun.discard()


def test_a_temporary_name_can_be_given_to_other_code(tmp_path: Path) -> None:
    unfinished = UnfinishedFile(tmp_path / "new" / "a.bin", ".part.tmp")
    assert not unfinished.temporary.exists()
    assert unfinished.temporary.name.startswith(".maskseg-")
    assert unfinished.temporary.name.endswith(".part.tmp")
    unfinished.temporary.write_bytes(b"data")
    unfinished.rename()
    unfinished.discard()  # too late
    remove_unfinished()
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"data"
    assert os.listdir(tmp_path / "new") == ["a.bin"]


def test_an_unfinished_file_is_removed_at_once_and_cannot_be_renamed_then(tmp_path: Path) -> None:
    unfinished = UnfinishedFile(tmp_path / "a.bin")
    unfinished.open().write(b"data")
    remove_unfinished()
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match="No such file") as caught:
        unfinished.rename()
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path / "a.bin"), None)
    unfinished.discard()


def test_clean_ups_run_the_newest_first_and_an_error_stops_none() -> None:
    called: list[str] = []

    def fails() -> None:
        called.append("fails")
        raise OSError("the folder is gone")

    cleanups = [lambda: called.append("old"), fails, lambda: called.append("new"), lambda: called.append("undone")]
    for cleanup in cleanups:
        register_cleanup(cleanup)
    unregister_cleanup(cleanups.pop())
    try:
        remove_unfinished()
    finally:
        for cleanup in cleanups:
            unregister_cleanup(cleanup)
    assert called == ["new", "fails", "old"]


def write_with(library: Callable[[Path], object], path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        library(temporary)


def test_a_path_for_a_library_has_its_name_when_it_is_complete_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.npz"
    before = os.umask(0o027)
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"data")
            assert temporary.parent == path.parent
            assert not path.exists()
    finally:
        os.umask(before)
    assert path.read_bytes() == b"data"
    assert os.listdir(path.parent) == ["state.npz"]
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("stop", [ValueError("not finite"), KeyboardInterrupt(), MasksegError("not finite")])
def test_an_error_of_the_library_leaves_the_old_file(stop: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(b"old")

    def interrupt(temporary: Path) -> None:
        raise stop

    with pytest.raises(type(stop)) as caught:
        write_with(interrupt, path)
    assert caught.value is stop
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["state.npz"]


@pytest.mark.parametrize("numbered", [True, False])
def test_an_error_of_writing_is_one_sentence_with_the_files_own_name(numbered: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"

    def fail(temporary: Path) -> None:
        if numbered:
            raise OSError(28, "No space left on device", str(temporary))
        raise OSError(f"unable to open file: name = '{temporary}'")  # as HDF5 puts it

    with pytest.raises(MasksegError) as caught:
        write_with(fail, path)
    reason = "No space left on device" if numbered else f"unable to open file: name = '{path}'"
    assert str(caught.value) == f"{path} cannot be written: {reason}."
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_no_path_for_a_library(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MasksegError, match="cannot be written"), atomic_path(tmp_path / "file" / "state.npz"):
        pytest.fail("there is no such folder")


def test_a_program_that_ends_at_once_removes_the_files_of_libraries_too(tmp_path: Path) -> None:
    def end(_: Path) -> None:
        atomic_file.remove_unfinished()
        assert os.listdir(tmp_path) == []

    with pytest.raises(MasksegError):
        write_with(end, tmp_path / "state.npz")
