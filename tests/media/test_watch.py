"""When a photo that arrives is complete."""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePath

import pytest

from maskseg_cli.job import Source
from maskseg_cli.media.images import encode_image
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.watch import GIVE_UP_SECONDS, SETTLE_SECONDS, FolderWatch, is_complete

from ..cli.fake_model import scene

PHOTO = encode_image(scene(), ".jpg")


class Clock:
    """Seconds that pass when a test says so, for both of a watch's clocks."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.start = time.time()

    def monotonic(self) -> float:
        return 100.0 + self.passed

    def now(self) -> float:
        return self.start + self.passed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> FolderWatch:
    return FolderWatch(
        lambda: find_sources([str(tmp_path)], recursive=True, may_be_empty=True), clock.monotonic, clock.now
    )


def arrived(watch: FolderWatch) -> list[str]:
    return [source.relative.as_posix() for source in watch.arrived()]


def write(path: Path, data: bytes, clock: Clock) -> None:
    """As a program would that writes now: both times of the file are the same."""
    path.write_bytes(data)
    status = path.stat()
    assert status.st_mtime_ns == status.st_ctime_ns
    clock.start = status.st_mtime - clock.passed


def wait_for_next_tick(path: Path) -> None:
    """Until the clock of the file system, which ticks every few milliseconds, is past the last change of a file."""
    probe = path.with_name("probe")
    while not probe.exists() or probe.stat().st_mtime_ns <= path.stat().st_mtime_ns:
        probe.touch()


def test_a_photo_counts_when_it_has_not_changed_for_a_while(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    assert arrived(watch) == []
    write(tmp_path / "a.jpg", PHOTO, clock)
    assert arrived(watch) == []
    assert watch.waiting
    clock.passed += SETTLE_SECONDS
    assert arrived(watch) == ["a.jpg"]
    assert not watch.waiting
    clock.passed += 100
    assert arrived(watch) == []


def test_a_photo_that_grows_slowly_is_left_to_grow(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    for end in range(100, len(PHOTO), len(PHOTO) // 5):
        write(tmp_path / "a.jpg", PHOTO[:end], clock)
        assert arrived(watch) == []
        clock.passed += GIVE_UP_SECONDS / 2
        assert arrived(watch) == []  # unchanged for a while, but without its end
    write(tmp_path / "a.jpg", PHOTO, clock)
    assert arrived(watch) == []
    clock.passed += SETTLE_SECONDS
    assert arrived(watch) == ["a.jpg"]


def test_a_photo_that_stays_truncated_is_returned_once(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    write(tmp_path / "a.jpg", PHOTO[:200], clock)
    write(tmp_path / "empty.jpg", b"", clock)
    assert arrived(watch) == []
    clock.passed += GIVE_UP_SECONDS - 1
    assert arrived(watch) == []
    clock.passed += 1
    assert arrived(watch) == ["a.jpg", "empty.jpg"]
    clock.passed += GIVE_UP_SECONDS
    assert arrived(watch) == []
    write(tmp_path / "a.jpg", PHOTO, clock)  # the rest came after all
    assert arrived(watch) == []
    clock.passed += SETTLE_SECONDS
    assert arrived(watch) == ["a.jpg"]


def test_a_photo_renamed_into_the_folder_is_there_at_once(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    assert arrived(watch) == []
    write(tmp_path / "upload.tmp", PHOTO, clock)
    wait_for_next_tick(tmp_path / "upload.tmp")
    os.replace(tmp_path / "upload.tmp", tmp_path / "a.jpg")
    assert arrived(watch) == ["a.jpg"]
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub" / "b.part", PHOTO[:300], clock)
    wait_for_next_tick(tmp_path / "sub" / "b.part")
    os.replace(tmp_path / "sub" / "b.part", tmp_path / "sub" / "b.jpg")
    assert arrived(watch) == []  # renamed, but not complete


def test_photos_that_are_old_are_there_at_once(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    for name in ("b.jpg", "a.jpg"):
        write(tmp_path / name, PHOTO, clock)
    clock.start += 3600
    assert arrived(watch) == ["a.jpg", "b.jpg"]


def test_times_in_the_future_only_need_patience(tmp_path: Path, watch: FolderWatch, clock: Clock) -> None:
    write(tmp_path / "a.jpg", PHOTO, clock)
    os.utime(tmp_path / "a.jpg", (clock.now() + 1000, clock.now() + 1000))
    assert arrived(watch) == []
    clock.passed += SETTLE_SECONDS
    assert arrived(watch) == ["a.jpg"]


def test_a_replaced_photo_comes_again_and_a_lost_one_is_forgotten(
    tmp_path: Path, watch: FolderWatch, clock: Clock
) -> None:
    write(tmp_path / "a.jpg", PHOTO, clock)
    clock.start += 3600
    assert arrived(watch) == ["a.jpg"]
    write(tmp_path / "new", encode_image(scene(50), ".jpg"), clock)
    wait_for_next_tick(tmp_path / "new")
    os.replace(tmp_path / "new", tmp_path / "a.jpg")
    assert arrived(watch) == ["a.jpg"]
    os.replace(tmp_path / "a.jpg", tmp_path / "elsewhere")
    assert arrived(watch) == []
    os.replace(tmp_path / "elsewhere", tmp_path / "a.jpg")
    assert arrived(watch) == ["a.jpg"]


def test_a_photo_that_goes_while_it_is_looked_at(clock: Clock) -> None:
    gone = Source(Path("nowhere.jpg"), PurePath("nowhere.jpg"))
    assert FolderWatch(lambda: [gone], clock.monotonic, clock.now).arrived() == []


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_completeness(suffix: str, tmp_path: Path) -> None:
    data = encode_image(scene(), suffix)
    path = tmp_path / f"a{suffix}"
    for end in (*range(0, len(data), max(1, len(data) // 40)), len(data) - 2):
        path.write_bytes(data[:end])
        assert not is_complete(path), end
    path.write_bytes(data)
    assert is_complete(path)
    assert not is_complete(tmp_path / "nowhere.jpg")
