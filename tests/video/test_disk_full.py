"""A disk that fills up while a video is written: what fits is finished and plays."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import atomic_file
from maskseg_cli.media.atomic_file import remove_unfinished
from maskseg_cli.video.disk_reserve import FileWithReserve
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import DiskFull, VideoWriter, Written
from tests.video.samples import make_video

SIZE = (256, 192)
_NOISE = np.random.default_rng(5).integers(0, 255, (4, SIZE[1], SIZE[0], 3), np.uint8)


def fill(path: Path, options: EncodeOptions | None = None, sound: Sound | None = None) -> tuple[int, Written]:
    """Writes noise, which nothing compresses, until the disk is full; how many frames were taken, and the end of it."""
    writer = VideoWriter(path, VideoInfo("noise", *SIZE, Fraction(25)), options, sound)
    taken = 0

    def write_on() -> None:
        nonlocal taken
        while taken < 2000:
            writer.write(_NOISE[taken % 4], Fraction(taken, 25), Fraction(1, 25))
            taken += 1

    with pytest.raises(DiskFull, match="is full"):
        write_on()
    assert writer.full
    writer.write(_NOISE[0], Fraction(taken, 25), Fraction(1, 25))  # said once is enough
    return taken, writer.finish()


def check(path: Path, taken: int, written: Written) -> None:
    """The file is complete: all but a few frames that the encoder still had, from the first one on."""
    with av.open(str(path)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == written.frames > 20
    assert taken - 30 <= frames <= taken + 1
    assert "the disk was full, so the video ends early" in written.notes
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 10 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system (root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def clicking(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of sound."""
    return str(make_video(tmp_path_factory.mktemp("sound") / "in.mp4", frames=150, sound="aac"))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_a_full_disk_ends_the_video_whole_with_its_index(small_disk: Path, suffix: str, clicking: str) -> None:
    path = small_disk / f"out{suffix}"
    taken, written = fill(path, EncodeOptions(crf=4 if suffix != ".avi" else 1), Sound(clicking))
    check(path, taken, written)
    assert written.has_sound
    if suffix in (".mp4", ".mov"):
        assert b"moov" in path.read_bytes()[-200_000:]


def test_frames_on_a_full_disk_are_whole_pictures(small_disk: Path) -> None:
    taken, written = fill(small_disk / "%06d.png")
    assert (written.frames, written.notes) == (taken, ("the disk was full, so the frames end early",))
    assert len(list(small_disk.iterdir())) == taken


def test_a_disk_that_is_full_from_the_start_is_one_sentence(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(9 * 2**20))
    with pytest.raises(MasksegError, match=r"out\.mp4 cannot be written: No space left"):
        VideoWriter(small_disk / "out.mp4", VideoInfo("noise", *SIZE, Fraction(25)))
    assert [entry.name for entry in small_disk.iterdir()] == ["other"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_where_even_the_index_has_no_room_what_is_there_still_plays(tmp_path: Path, suffix: str) -> None:
    # A limit on the size of files is no matter of other files' room, so the reserve does not help.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6 * 2**20, before[1]))
    try:
        taken, written = fill(tmp_path / f"out{suffix}", EncodeOptions(crf=4))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert 20 < written.frames <= taken + 1
    assert "the disk was full, so the video ends early" in written.notes
    decoded = 0
    with av.open(str(tmp_path / f"out{suffix}")) as container, contextlib.suppress(av.error.InvalidDataError):
        for _ in container.decode(video=0):  # up to the last frame, of which a part is missing
            decoded += 1
    assert decoded == written.frames


class _FullDisk:
    """Stands for a file on a disk with so much room."""

    def __init__(self, file: object, room: Callable[[], int]) -> None:
        self._inner, self._room = file, room

    def write(self, data: memoryview) -> int:
        room = self._room()
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._inner.write(data[:room])  # type: ignore[attr-defined, no-any-return]  # a disk may take a part only

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def test_the_write_that_finds_the_disk_full_continues_in_the_space_of_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def room() -> int:
        return (100 if list(tmp_path.glob("*.reserve.tmp")) else 150) - os.path.getsize(file.temporary)

    def open_on_full_disk(path: Path, mode: str, buffering: int) -> _FullDisk:
        return _FullDisk(open(path, mode, buffering), room)

    monkeypatch.setattr(atomic_file, "open", open_on_full_disk, raising=False)
    file = FileWithReserve(tmp_path / "out")
    (reserve,) = tmp_path.glob("*.reserve.tmp")
    assert os.stat(reserve).st_blocks * 512 >= 4 * 2**20  # really allocated, no hole
    assert file.write(b"a" * 90) == 90
    assert not file.full
    assert file.write(b"b" * 40) == 40  # 10 bytes, then no room, then the other 30
    assert file.full
    assert not reserve.exists()
    with pytest.raises(OSError, match="No space") as error:
        file.write(b"c" * 40)
    assert error.value.filename == str(tmp_path / "out")
    file.rename()
    assert (tmp_path / "out").read_bytes() == b"a" * 90 + b"b" * 40 + b"c" * 20
    assert len(list(tmp_path.iterdir())) == 1


def test_a_program_that_ends_at_once_leaves_neither_file_nor_reserve(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", VideoInfo("noise", *SIZE, Fraction(25)))
    writer.write(_NOISE[0], Fraction(0), Fraction(1, 25))
    assert len(list(tmp_path.iterdir())) == 2
    remove_unfinished()
    assert list(tmp_path.iterdir()) == []
    writer.discard()
