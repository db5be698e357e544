"""Downloads of weights from a correct server and from faulty ones."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import errno
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import pytest

from maskseg_cli.checkpoints import download
from maskseg_cli.checkpoints.download import fetch, release_address
from maskseg_cli.checkpoints.registry import cache_folder
from maskseg_cli.checkpoints.releases import COCO_RELEASE, Release
from maskseg_cli.errors import MasksegError
from maskseg_cli.media import file_lock
from maskseg_cli.reporter import Reporter
from tests.checkpoints.web_server import FileServer, serving

CONTENT = np.random.default_rng(5).bytes(300_001)
RELEASE = Release(
    "shapes", "shapes.h5", "http://127.0.0.1:9", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "test", "MIT"
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
    return home / "shapes.h5"


def part(home: Path) -> Path:
    return home / "shapes.h5.part"


def leave_part(home: Path, content: bytes) -> None:
    home.mkdir(exist_ok=True)
    part(home).write_bytes(content)


def refused() -> str:
    with pytest.raises(MasksegError) as caught:
        fetch(RELEASE)
    message = str(caught.value)
    assert message.endswith(".")
    return message


def test_fetches_the_file(home: Path, server: FileServer) -> None:
    assert fetch(RELEASE) == final(home)
    assert final(home).read_bytes() == CONTENT
    assert not part(home).exists()
    assert server.asked == [("/weights/shapes.h5", None)]


def test_what_is_there_is_not_fetched_again(home: Path, server: FileServer) -> None:
    home.mkdir()
    final(home).write_bytes(CONTENT)
    assert fetch(RELEASE) == final(home)
    assert server.asked == []


def test_a_damaged_file_in_the_cache_is_replaced(home: Path, server: FileServer) -> None:
    home.mkdir()
    final(home).write_bytes(CONTENT[:-1] + b"?")
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT


def test_a_damaged_file_stays_until_a_whole_one_is_here(home: Path, server: FileServer) -> None:
    home.mkdir()
    final(home).write_bytes(b"mine")
    server.cut_after = 1000
    refused()
    assert final(home).read_bytes() == b"mine"


def test_continues_a_broken_download(home: Path, server: FileServer) -> None:
    leave_part(home, CONTENT[:120_000])
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert server.asked == [("/weights/shapes.h5", "bytes=120000-")]


def test_continues_behind_a_redirection(home: Path, server: FileServer) -> None:
    """GitHub sends releases from another address; the range must go there too."""
    server.redirect = True
    leave_part(home, CONTENT[:120_000])
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert server.asked[-1] == ("/storage/0123?signature=abc", "bytes=120000-")


def test_a_server_that_ignores_the_range_sends_everything(home: Path, server: FileServer) -> None:
    server.ranges = False
    leave_part(home, CONTENT[:120_000])
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT


def test_a_complete_part_is_only_checked(home: Path, server: FileServer) -> None:
    leave_part(home, CONTENT)
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert server.asked == []


def test_a_part_that_is_too_long_begins_anew(home: Path, server: FileServer) -> None:
    leave_part(home, CONTENT + b"more")
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert server.asked == [("/weights/shapes.h5", None)]


def test_a_range_that_the_server_does_not_have_begins_anew(home: Path, server: FileServer) -> None:
    """The server holds a shorter file than the part: 416, then a file of the wrong size."""
    leave_part(home, CONTENT[:200_000])
    server.content = CONTENT[:150_000]
    message = refused()
    assert "is 150,000 bytes long and the released shapes.h5 300,001" in message
    assert [wanted for _, wanted in server.asked] == ["bytes=200000-", None]
    assert not final(home).exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_cut_connection_keeps_what_came(home: Path, server: FileServer, chunked: bool) -> None:
    server.cut_after, server.chunked = 100_000, chunked
    message = refused()
    assert "cut off after 0.1 MB of 0.3 MB" in message
    assert "fetch it again to continue" in message
    assert not final(home).exists()
    assert part(home).read_bytes() == CONTENT[:100_000]
    server.cut_after = None
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT
    assert server.asked[-1] == ("/weights/shapes.h5", "bytes=100000-")


@pytest.mark.parametrize("error", [ConnectionResetError(errno.ECONNRESET, "reset"), TimeoutError("timed out")])
def test_a_connection_that_dies_keeps_what_came(
    home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(download, "open_web", lambda *request: DyingAnswer(error))
    assert "cut off after 0.1 MB" in refused()
    assert part(home).read_bytes() == CONTENT[:50_000]
    assert not final(home).exists()


def test_the_reporter_receives_the_bytes_so_far(home: Path, server: FileServer) -> None:
    class Recorder(Reporter):
        calls: ClassVar[list[Any]] = []

        @contextmanager
        def progress(
            self, total: int | None, unit: str, label: str = "", done: int = 0
        ) -> Iterator[Callable[[int], None]]:
            self.calls.append((total, unit, label, done))
            yield self.calls.append

    leave_part(home, CONTENT[:200_000])
    fetch(RELEASE, Recorder())
    start, *moves = Recorder.calls
    assert start == (len(CONTENT), "B", "shapes.h5", 200_000)
    assert moves == sorted(moves)
    assert moves[-1] == len(CONTENT)


class DyingAnswer:
    """An answer that raises after 50,000 bytes."""

    status = 200

    def __init__(self, error: BaseException) -> None:
        self.headers = {"Content-Length": str(len(CONTENT))}
        self.error = error
        self.at = 0

    def __enter__(self) -> DyingAnswer:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, size: int) -> bytes:
        if self.at >= 50_000:
            raise self.error
        size = min(size, 50_000 - self.at)
        self.at += size
        return CONTENT[self.at - size : self.at]

    read1 = read


def test_ctrl_c_keeps_what_came(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "open_web", lambda *request: DyingAnswer(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        fetch(RELEASE)
    assert part(home).read_bytes() == CONTENT[:50_000]
    assert not final(home).exists()
    monkeypatch.undo()


def test_wrong_bytes_are_thrown_away(home: Path, server: FileServer) -> None:
    server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    message = refused()
    assert "is not the released shapes.h5 (md5 " in message
    assert not final(home).exists()
    assert not part(home).exists()


def test_a_part_of_other_bytes_does_not_block_for_ever(home: Path, server: FileServer) -> None:
    leave_part(home, bytes(1000))
    assert "thrown away" in refused()
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT + b"more", CONTENT[:-1]])
def test_a_file_of_another_size_is_not_even_begun(home: Path, server: FileServer, content: bytes) -> None:
    server.content = content
    assert f"is {len(content):,} bytes long" in refused()
    assert not final(home).exists()
    assert not part(home).exists()


def test_an_endless_answer_is_stopped(home: Path, server: FileServer) -> None:
    server.content, server.chunked = CONTENT + bytes(4_000_000), True
    assert "sends more than the released shapes.h5" in refused()
    assert not final(home).exists()
    assert not part(home).exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_login_page_with_status_200(home: Path, server: FileServer, chunked: bool) -> None:
    leave_part(home, CONTENT[:1000])
    server.content = b"\n<!doctype html><html><body>Please sign in</body></html>"
    server.content_type, server.chunked, server.ranges = "text/html", chunked, False
    assert "answered with a web page instead of shapes.h5" in refused()
    assert not final(home).exists()
    assert part(home).read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "There is no file at http://127.0.0.1"),
        (403, "may not be fetched from here (403 Forbidden)"),
        (503, "cannot be fetched now (503 Service Unavailable): try again later"),
    ],
)
def test_a_refusal(home: Path, server: FileServer, status: int, sentence: str) -> None:
    server.status = status
    leave_part(home, CONTENT[:1000])
    assert sentence in refused()
    assert not final(home).exists()
    assert part(home).read_bytes() == CONTENT[:1000]


def test_offline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"") as gone:
        url = gone.url
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", url)
    message = refused()
    assert "127.0.0.1" in message
    assert "cannot be reached (Connection refused)" in message
    assert str(final(home)) in message
    assert list(home.iterdir()) == [], "a failed download leaves nothing"


def test_a_name_that_does_not_resolve(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", "http://weights.invalid/")
    assert "weights.invalid cannot be reached (its name is not found; is this computer offline?)" in refused()


def test_no_space_before(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100_000))
    message = refused()
    assert "has 0.1 MB free and shapes.h5 needs 0.3 MB more" in message
    assert "MASKSEG_HOME" in message
    assert server.asked == []


def test_no_space_in_the_middle(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk:
        """A file that takes 200,000 bytes and no more."""

        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

        def __enter__(self) -> FullDisk:
            return self

        def __exit__(self, *_: object) -> None:
            self.stream.close()

        def write(self, data: bytes) -> int:
            if self.stream.tell() + len(data) > 200_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.stream.write(data)

    def open_on_full_disk(path: Path, mode: str) -> Any:
        stream = open(path, mode)  # noqa: SIM115
        return FullDisk(stream) if mode == "wb" and path == part(home) else stream

    monkeypatch.setattr(download, "open_unlinked", open_on_full_disk)
    message = refused()
    assert f"The disk of {home} is full" in message
    assert not final(home).exists()
    kept = part(home).read_bytes()
    assert kept == CONTENT[: len(kept)] != b""


def test_a_cache_folder_that_cannot_be_made(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.parent / "file").touch()
    monkeypatch.setenv("MASKSEG_HOME", str(home.parent / "file" / "home"))
    assert "set MASKSEG_HOME to another folder" in refused()


def test_two_at_once_do_not_disturb_each_other(home: Path, server: FileServer) -> None:
    server.gate = threading.Event()
    results: list[Path] = []
    first = threading.Thread(target=lambda: results.append(fetch(RELEASE)))
    first.start()
    assert server.waiting.wait(20)
    message = refused()
    server.gate.set()
    first.join()
    assert (
        message == f"{final(home)} is being written by another maskseg (process {os.getpid()}): wait until it is done."
    )
    assert results == [final(home)]
    assert final(home).read_bytes() == CONTENT
    assert fetch(RELEASE) == final(home)
    assert len(server.asked) == 1
    assert [item.name for item in home.iterdir()] == ["shapes.h5"]


def test_a_lock_that_is_removed_while_it_is_taken(
    home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process before us removes its file between our opening and locking it."""
    tries: list[bool] = []

    def try_lock(stream: IO[bytes]) -> bool:
        tries.append(try_it(stream))
        if len(tries) == 1:
            (home / ".shapes.h5.maskseg-lock").unlink()
        return tries[-1]

    try_it = file_lock._try_lock
    monkeypatch.setattr(file_lock, "_try_lock", try_lock)
    server.gate = threading.Event()
    results: list[Path] = []
    first = threading.Thread(target=lambda: results.append(fetch(RELEASE)))
    first.start()
    assert server.waiting.wait(20)
    assert tries == [True, True]
    assert "by another maskseg" in refused()
    server.gate.set()
    first.join()
    assert results == [final(home)]


def test_the_lock_ends_with_its_process(home: Path, server: FileServer) -> None:
    """A killed download blocks no later one."""
    code = (
        "from maskseg_cli.checkpoints.download import fetch\n"
        f"from maskseg_cli.checkpoints.releases import Release\nfetch({RELEASE!r})"
    )
    server.gate = threading.Event()
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        assert server.waiting.wait(20)
        process.kill()
    server.gate.set()
    assert (home / ".shapes.h5.maskseg-lock").exists()
    assert not final(home).exists()
    fetch(RELEASE)
    assert final(home).read_bytes() == CONTENT


def test_where_the_release_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKSEG_WEIGHTS_URL", raising=False)
    assert release_address(COCO_RELEASE).url == (
        "https://github.com/matterport/Mask_RCNN/releases/download/v2.0/mask_rcnn_coco.h5"
    )
    assert (COCO_RELEASE.size, COCO_RELEASE.digest) == (257_557_808, "e98aaff6f99e307b5e2a8a3ff741a518")
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", "https://mirror.example/weights/")
    assert release_address(COCO_RELEASE).url == "https://mirror.example/weights/mask_rcnn_coco.h5"
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", "file:///etc")
    with pytest.raises(MasksegError, match="MASKSEG_WEIGHTS_URL must start with http"):
        release_address(COCO_RELEASE)


SECRET = "tlJwpbo6"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (f"ftp://me:{SECRET}@mirror.example", "must start with http:// or https://, and is 'ftp://mirror.example"),
        (f"me:{SECRET}@mirror.example", "must start with http:// or https://, and is 'mirror.example"),
        (f"http://me:{SECRET}@[::1", "is no address that can be right"),
        ("http://", "is no address that can be right"),
        ("http://mirror:abc", "is no address that can be right"),
        ("http://mirror:99999", "is no address that can be right"),
        ("http://mir\x7fror.example", "is no address that can be right"),
        ("http://.example", "is no address that can be right"),
        (f"http://{'x' * 70}.example", "is no address that can be right"),
    ],
)
def test_addresses_of_mirrors_that_cannot_be_right(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str, sentence: str
) -> None:
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", address)
    message = refused()
    assert sentence in message
    assert "MASKSEG_WEIGHTS_URL" in message
    assert SECRET not in message


def test_a_mirror_with_a_password_gets_it_and_nobody_else_sees_it(
    home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", server.url.replace("http://", f"http://me:{SECRET}@"))
    server.redirect = True
    fetch(RELEASE)
    login = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
    assert server.logins == [login, None], "the redirection may lead to somebody else"
    final(home).unlink()
    for change in ({"status": 404}, {"status": 403}, {"status": 503}, {"cut_after": 1000}, {"content": b"<html>"}):
        for name, value in {"status": 200, "cut_after": None, "content": CONTENT, **change}.items():
            setattr(server, name, value)
        assert SECRET not in refused()
    server.shutdown()
    server.server_close()
    assert SECRET not in refused()


def test_letters_of_all_languages_in_an_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_WEIGHTS_URL", "https://müller.example/größe %41/?straße=1&token=" + SECRET)
    found = release_address(RELEASE)
    assert found.url.startswith("https://xn--mller-kva.example/gr%C3%B6%C3%9Fe%20%41/?stra%C3%9Fe=1&token=")
    assert found.url.isascii()
    assert SECRET not in str(found)


@pytest.mark.parametrize("length", ["\u00b2", "9" * 5000, "-1", "abc", "0x10", ""])
def test_a_length_that_is_no_number(home: Path, server: FileServer, length: str) -> None:
    """The answer is read to its end, and judged by what came."""
    server.length = length
    with contextlib.suppress(MasksegError):
        fetch(RELEASE)
    assert not final(home).exists() or final(home).read_bytes() == CONTENT


@pytest.mark.parametrize("there", ["bytes \u00b2-5/7", f"bytes {'9' * 5000}-5/7", "bytes 1000-/" + "9" * 5000, "x"])
def test_a_range_that_is_no_range(home: Path, server: FileServer, there: str) -> None:
    leave_part(home, CONTENT[:1000])
    server.range_header = there
    with contextlib.suppress(MasksegError):
        fetch(RELEASE)
    assert not final(home).exists() or final(home).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "location",
    ["http://[broken", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "http://", "http://a:b/"],
)
def test_a_redirection_that_leads_nowhere(home: Path, server: FileServer, location: str) -> None:
    server.redirect = True
    server.location = location
    message = refused()
    assert "cannot be fetched" in message
    assert "redirect" in message.lower()
    assert "\n" not in message


def test_a_redirection_in_letters_of_another_language(home: Path, server: FileServer) -> None:
    server.redirect = True
    server.location = "/storage/größe 1"
    assert fetch(RELEASE).read_bytes() == CONTENT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks for rights to make links")
@pytest.mark.parametrize("name", ["shapes.h5.part", "shapes.h5.lock"])
def test_a_link_in_the_place_of_a_file_is_not_followed(
    home: Path, server: FileServer, tmp_path: Path, name: str
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"precious")
    home.mkdir()
    (home / name).symlink_to(mine)
    with contextlib.suppress(MasksegError):
        fetch(RELEASE)
    assert mine.read_bytes() == b"precious"
    assert name.endswith("lock") or final(home).read_bytes() == CONTENT
    (home / name).unlink(missing_ok=True)
    (home / name).symlink_to(tmp_path / "not there")
    with contextlib.suppress(MasksegError):
        fetch(RELEASE)
    assert not (tmp_path / "not there").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_in_the_place_of_a_part_does_not_hold_the_fetch(home: Path, server: FileServer) -> None:
    home.mkdir()
    os.mkfifo(part(home))
    assert fetch(RELEASE).read_bytes() == CONTENT


def test_a_home_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_HOME", "~nobody-of-this-name/cache")
    assert str(cache_folder()) == "~nobody-of-this-name/cache"


def test_pieces_of_a_negative_length(home: Path) -> None:
    """Found by the fuzzer of answers."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n"
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: _answer_once(listening, answer))
    thread.start()
    release = dataclasses.replace(RELEASE, base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
    with pytest.raises(MasksegError, match="was cut off"):
        fetch(release)
    thread.join()


def _answer_once(listening: socket.socket, answer: bytes) -> None:
    with listening, listening.accept()[0] as connection:
        connection.recv(65536)
        connection.sendall(answer)
