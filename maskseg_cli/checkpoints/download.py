"""Download of released weights: resumable and checked; the final name always stands for a complete file."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import re
import shutil
import socket
import ssl
import urllib.error
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from maskseg_cli import __version__
from maskseg_cli.addresses import hide_passwords
from maskseg_cli.checkpoints.registry import HOME_VARIABLE, cache_folder
from maskseg_cli.checkpoints.releases import Release
from maskseg_cli.checkpoints.sniff import is_html
from maskseg_cli.checkpoints.unlinked_file import open_unlinked, unlinked_size
from maskseg_cli.checkpoints.web_address import RedirectError, WebAddress, open_web, web_address
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.reporter import Reporter

#: Environment variable with the base URL of a mirror: a folder that holds the files under the names that they have in
#: the cache folder.
MIRROR_VARIABLE = "MASKSEG_WEIGHTS_URL"
_CHUNK = 1 << 20
_TIMEOUT = 30.0
#: Bytes that must stay free on the disk beside the file.
_MARGIN = 1 << 24
#: Bytes of a file whose size is not published: no weights of these networks have more.
_MOST_BYTES = 1 << 31


def release_address(release: Release) -> WebAddress:
    """The address of a release, on the mirror of MASKSEG_WEIGHTS_URL where that is set."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    folder = re.sub("(?<![:/])/+$", "", mirror or release.base_url)
    file = release.file if mirror else release.published_file or release.file
    return web_address(f"{folder}/{file}", MIRROR_VARIABLE)


def fetch(release: Release, reporter: Reporter | None = None) -> Path:
    """Downloads a release into the cache folder, unless it is there with the right size and checksum.

    Received bytes go to NAME.part, from where an interrupted download continues the next time. Only a file of the right
    size and digest gets the final name. A size that is not published is the one that the server says. One process at a
    time downloads a file.

    Args:
        release: the file to download.
        reporter: receives the progress in bytes; None: nothing is shown.

    Returns:
        The file in the cache folder.

    Raises:
        MasksegError: no connection, not found, cut off, no space, or wrong bytes; says what to do.
    """
    url = release_address(release)
    target = cache_folder() / release.file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLocks([target]):
            if not _is_whole(target, release):
                part = target.with_name(target.name + ".part")
                _download(url, part, target, release, reporter or Reporter())
                _check(url, part, release)
                os.replace(part, target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise MasksegError(
                f"The disk of {target.parent} is full: free some space and fetch again (what has arrived is "
                f"kept), or set {HOME_VARIABLE} to a folder with room."
            ) from None
        raise MasksegError(
            f"{target} cannot be written: {error.strerror or error}; set {HOME_VARIABLE} to another folder."
        ) from None
    return target


def file_digest(path: Path, algorithm: str) -> str:
    """Hexadecimal digest of a file; `algorithm` is a name that hashlib has."""
    return file_digests(path, [algorithm])[algorithm]


def file_digests(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Algorithm -> hexadecimal digest of a file, which is read once."""
    # MD5 detects broken transfers here; it is not used for security.
    digests = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms}
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            for digest in digests.values():
                digest.update(chunk)
    return {algorithm: digest.hexdigest() for algorithm, digest in digests.items()}


def _is_whole(path: Path, release: Release) -> bool:
    if not path.is_file() or release.size not in (None, path.stat().st_size):
        return False
    return release.fits(file_digests(path, release.algorithms))


def _check(url: WebAddress, part: Path, release: Release) -> None:
    """Deletes a complete part with a wrong checksum, which could never be continued to the right file."""
    found = file_digests(part, release.algorithms)
    if not release.fits(found):
        part.unlink()
        raise MasksegError(
            f"What {url} sent is not the released {release.file} ({release.misfit(found)}), so it was "
            "thrown away: fetch it again, or from another network."
        )


def _download(url: WebAddress, part: Path, target: Path, release: Release, reporter: Reporter) -> None:
    """Downloads the bytes that `part` lacks."""
    have, total = unlinked_size(part), release.size
    if have > (_MOST_BYTES if total is None else total):
        part.unlink()
        have = 0
    if total is not None:
        _check_space(part, release, total - have)
    if have == total:
        return
    try:
        with _open(url, have) as response:
            start, total = _start(response, have, release, url)
            first = response.read(4096)
            _refuse_page(url, first, response, release)
            if release.size is None and total is not None:
                _check_space(part, release, total - start)
            # "r+b" keeps the content; a server that ignores the range sends the whole file again.
            with open_unlinked(part, "r+b" if start else "wb") as stream:
                stream.seek(start)
                stream.truncate()
                _copy(response, first, stream, start, total, release, reporter)
    except _RangeError as error:
        if release.size is None and error.total == have:
            return  # an earlier fetch was stopped between the last byte and the check
        part.unlink()
        _download(url, part, target, release, reporter)
        return
    except urllib.error.HTTPError as error:
        raise MasksegError(_refusal(url, error, target)) from None
    except urllib.error.URLError as error:
        raise MasksegError(_unreachable(url, error.reason, target)) from None
    except RedirectError as error:
        raise MasksegError(f"{url} cannot be fetched: {error}.") from None
    # The library raises ValueError for pieces of a negative length.
    except (http.client.HTTPException, ConnectionError, TimeoutError, ValueError, ssl.SSLError) as error:
        raise MasksegError(_cut(part, total, release, str(error) or type(error).__name__)) from None
    size = unlinked_size(part)
    if total is not None and size < total:
        raise MasksegError(_cut(part, total, release, "it ended too early"))
    if size > (_MOST_BYTES if total is None else total):
        part.unlink()
        raise MasksegError(f"{url} sends more than the released {release.file}, so it was thrown away.")


def _check_space(part: Path, release: Release, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if free < needed + _MARGIN:
        raise MasksegError(
            f"{part.parent} has {_megabytes(free)} free and {release.file} needs "
            f"{_megabytes(needed)} more: free some space, or set {HOME_VARIABLE} to a folder "
            "with room."
        )


class _RangeError(Exception):
    """The server does not have the bytes that the part lacks: download the whole file.

    Args:
        total: the size of the server's file; None: it did not say.
    """

    def __init__(self, total: int | None = None) -> None:
        super().__init__()
        self.total = total


def _open(url: WebAddress, have: int) -> Any:
    headers = {"User-Agent": f"maskseg/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        return open_web(url, headers, _TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            match = re.fullmatch(r"bytes \*/([0-9]{1,18})", error.headers.get("Content-Range", ""))
            raise _RangeError(int(match[1]) if match else None) from None
        raise


def _start(response: Any, have: int, release: Release, url: WebAddress) -> tuple[int, int | None]:
    """The position of the response's first byte in the file, and the file's size where it is known.

    A file of another size than the release's is refused at once.
    """
    length = response.headers.get("Content-Length")
    start, total = 0, int(length) if length and re.fullmatch("[0-9]{1,18}", length) else None
    if response.status == 206 and have:
        match = re.match(r"bytes ([0-9]{1,18})-[0-9]*/([0-9]{1,18}|\*)", response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != have:
            raise _RangeError
        start, total = have, None if match[2] == "*" else int(match[2])
    if total is not None and (total != release.size if release.size is not None else total > _MOST_BYTES):
        if start:
            raise _RangeError
        _refuse_page(url, response.read(4096), response, release)
        right = "has fewer" if release.size is None else f"{release.size:,}"
        raise MasksegError(
            f"{url} is {total:,} bytes long and the released {release.file} {right}: it is another "
            "file, so it was not fetched."
        )
    return start, total if release.size is None else release.size


def _refuse_page(url: WebAddress, first: bytes, response: Any, release: Release) -> None:
    if is_html(first) or (not first.strip() and "html" in response.headers.get("Content-Type", "")):
        raise MasksegError(
            f"{url} answered with a web page instead of {release.file} (a login page of the network?): open "
            "it in a browser, log in, and fetch again."
        )


def _copy(
    response: Any,
    chunk: bytes,
    stream: IO[bytes],
    start: int,
    total: int | None,
    release: Release,
    reporter: Reporter,
) -> None:
    """Writes the response to its end, or until it is longer than the release."""
    with reporter.progress(total, "B", release.file, start) as advance:
        written, most = start, _MOST_BYTES if total is None else total
        while chunk and written <= most:
            stream.write(chunk)
            written += len(chunk)
            advance(written)
            chunk = response.read1(_CHUNK)  # what has arrived, so that a lost connection loses nothing
        stream.flush()
        os.fsync(stream.fileno())


def _refusal(url: WebAddress, error: urllib.error.HTTPError, target: Path) -> str:
    if error.code in (404, 410):
        return f"There is no file at {url} ({error.code}): get it elsewhere and put it at {target}."
    why = f"{error.code} {hide_passwords(' '.join(str(error.reason).split())[:200])}"
    if error.code in (401, 403, 407):
        return f"{url} may not be fetched from here ({why}): {_by_hand(target)}."
    return f"{url} cannot be fetched now ({why}): try again later."


def _unreachable(url: WebAddress, reason: Any, target: Path) -> str:
    host = urlsplit(url.shown).netloc
    if isinstance(reason, socket.gaierror):
        why = "its name is not found; is this computer offline?"
    elif isinstance(reason, TimeoutError):
        why = "no answer"
    elif isinstance(reason, ssl.SSLError):
        why = f"its certificate is refused, {reason.reason or reason}"
    elif isinstance(reason, OSError) and reason.strerror:
        why = reason.strerror
    else:
        why = str(reason)
    return f"{host} cannot be reached ({why}); {_by_hand(target)}."


def _by_hand(target: Path) -> str:
    return f"try again with a connection, set {MIRROR_VARIABLE} to a mirror, or put the file at {target} by hand"


def _cut(part: Path, total: int | None, release: Release, why: str) -> str:
    of = "" if total is None else f" of {_megabytes(total)}"
    return (
        f"The download of {release.file} was cut off after {_megabytes(unlinked_size(part))}{of} "
        f"({why}): fetch it again to continue from there."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
