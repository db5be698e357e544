"""Published weights of unknown size, whose names hold the beginning of a digest, from servers of the tests."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import download
from maskseg_cli.checkpoints.download import fetch, file_digests, release_address
from maskseg_cli.checkpoints.releases import (
    ALGORITHMS,
    COCO_RELEASE,
    DETECTRON2_R50_RELEASE,
    DETECTRON2_R101_RELEASE,
    RELEASES,
    TORCHVISION_V1_RELEASE,
    TORCHVISION_V2_RELEASE,
    Release,
    release_of,
)
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter
from tests.checkpoints.web_server import FileServer, serving

CONTENT = np.random.default_rng(6).bytes(200_001)
SHA256, MD5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()
#: As torchvision publishes: eight letters of the sha256, no size.
RELEASE = Release(
    "v9", f"net-{SHA256[:8]}.pth", "http://127.0.0.1:9", None, SHA256[:8], "test", "BSD", algorithms=("sha256",)
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKSEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving(CONTENT) as running:
        monkeypatch.setenv("MASKSEG_WEIGHTS_URL", running.url)
        yield running


def final(home: Path) -> Path:
    return home / RELEASE.file


def part(home: Path) -> Path:
    return home / f"{RELEASE.file}.part"


def leave_part(home: Path, content: bytes) -> None:
    home.mkdir(exist_ok=True)
    part(home).write_bytes(content)


def refused(release: Release = RELEASE) -> str:
    with pytest.raises(MasksegError) as caught:
        fetch(release)
    return str(caught.value)


class Recorder(Reporter):
    """Notes what the progress is told."""

    def __init__(self) -> None:
        self.starts: list[Any] = []
        self.moves: list[int] = []

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        self.starts.append((total, unit, label, done))
        yield self.moves.append


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_of_unknown_size_is_fetched_and_checked(home: Path, server: FileServer, chunked: bool) -> None:
    server.chunked = chunked
    recorder = Recorder()
    assert fetch(RELEASE, recorder) == final(home)
    assert final(home).read_bytes() == CONTENT
    assert recorder.starts == [(None if chunked else len(CONTENT), "B", RELEASE.file, 0)]
    assert recorder.moves[-1] == len(CONTENT)
    assert not part(home).exists()
    fetch(RELEASE)
    assert len(server.asked) == 1, "what is there and right is not fetched again"


def test_a_file_of_unknown_size_is_continued(home: Path, server: FileServer) -> None:
    server.cut_after = 100_000
    assert "was cut off after 0.1 MB of 0.2 MB" in refused()
    assert part(home).read_bytes() == CONTENT[:100_000]
    server.cut_after = None
    recorder = Recorder()
    fetch(RELEASE, recorder)
    assert final(home).read_bytes() == CONTENT
    assert server.asked[-1][1] == "bytes=100000-"
    assert recorder.starts == [(len(CONTENT), "B", RELEASE.file, 100_000)]


def test_a_whole_part_is_only_checked(home: Path, server: FileServer) -> None:
    """A fetch that was stopped between the last byte and the new name."""
    leave_part(home, CONTENT)
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("left", [CONTENT + b"more", bytes(len(CONTENT)), bytes(1000)])
def test_a_part_of_other_bytes_does_not_block_for_ever(home: Path, server: FileServer, left: bytes) -> None:
    leave_part(home, left)
    if len(left) <= len(CONTENT):
        assert "thrown away" in refused()
        assert not part(home).exists()
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT


def test_other_bytes_are_thrown_away(home: Path, server: FileServer) -> None:
    server.content = CONTENT[:-1]
    message = refused()
    assert f"is not the released {RELEASE.file} (sha256 {hashlib.sha256(server.content).hexdigest()}" in message
    assert f"which should begin with {SHA256[:8]})" in message
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_larger_than_weights_can_be(
    home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    monkeypatch.setattr(download, "_MOST_BYTES", 100_000)
    server.chunked = chunked
    message = refused()
    assert ("sends more than the released" if chunked else "is 200,001 bytes long and the released") in message
    assert list(home.iterdir()) == []


def test_no_space_for_what_the_server_has(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100_000))
    assert f"has 0.1 MB free and {RELEASE.file} needs 0.2 MB more" in refused()
    assert not part(home).exists()


def test_a_login_page_is_no_file(home: Path, server: FileServer) -> None:
    server.content = b"<!doctype html><html>Please sign in</html>"
    assert "answered with a web page" in refused()


@pytest.mark.parametrize("letters", [SHA256[:6], MD5[:6]])
def test_either_digest_may_begin_a_name(home: Path, server: FileServer, letters: str) -> None:
    release = dataclasses.replace(RELEASE, digest=letters, algorithms=("md5", "sha256"))
    assert fetch(release).read_bytes() == CONTENT
    assert release_of(file_digests(final(home), ALGORITHMS)) is None


def test_neither_digest_begins_the_name(home: Path, server: FileServer) -> None:
    release = dataclasses.replace(RELEASE, digest="zzzzzz", algorithms=("md5", "sha256"))
    assert f"(md5 {MD5} and sha256 {SHA256}, which should begin with zzzzzz)" in refused(release)


def test_where_the_releases_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKSEG_WEIGHTS_URL", raising=False)
    zoo = "https://dl.fbaipublicfiles.com/detectron2/COCO-InstanceSegmentation"
    assert {name: release_address(release).url for name, release in RELEASES.items()} == {
        "coco": "https://github.com/matterport/Mask_RCNN/releases/download/v2.0/mask_rcnn_coco.h5",
        "torchvision-v1": "https://download.pytorch.org/models/maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
        "torchvision-v2": "https://download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
        "detectron2-r50": f"{zoo}/mask_rcnn_R_50_FPN_3x/137849600/model_final_f10217.pkl",
        "detectron2-r101": f"{zoo}/mask_rcnn_R_101_FPN_3x/138205316/model_final_a3ec72.pkl",
    }
    assert all(release.address == release_address(release).url for release in RELEASES.values())
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", "https://mirror.example/weights/")
    for release in RELEASES.values():
        assert release_address(release).url == f"https://mirror.example/weights/{release.file}"


def test_no_two_releases_share_a_file_or_a_digest() -> None:
    files = [release.file for release in RELEASES.values()]
    assert len({name.lower() for name in files}) == len(files)
    published = {release.file: (release.published_file or release.file) for release in RELEASES.values()}
    for release in RELEASES.values():
        if release is not COCO_RELEASE:
            assert release.digest in release.file
            assert release.digest in published[release.file]


def test_releases_are_known_by_their_digests() -> None:
    nothing = {"md5": "f" * 32, "sha256": "e" * 64}
    assert release_of(nothing) is None
    for release, algorithm in (
        (COCO_RELEASE, "md5"),
        (TORCHVISION_V1_RELEASE, "sha256"),
        (TORCHVISION_V2_RELEASE, "sha256"),
        (DETECTRON2_R50_RELEASE, "md5"),
        (DETECTRON2_R50_RELEASE, "sha256"),
        (DETECTRON2_R101_RELEASE, "sha256"),
    ):
        found = {**nothing, algorithm: release.digest.ljust(len(nothing[algorithm]), "0")}
        assert release_of(found) is release
    assert release_of({**nothing, "md5": TORCHVISION_V1_RELEASE.digest.ljust(32, "0")}) is None
