"""Opens a video file or an address on the network; an error is one sentence that says what is wrong."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av

from maskseg_cli.addresses import has_login, hide_passwords, is_address, sound_address
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.video.tracks import choose_track
from maskseg_cli.video.truncation import is_truncated

#: Seconds until a server must answer, and later until it must send the next data.
OPEN_TIMEOUT, READ_TIMEOUT = 15.0, 15.0

#: Pieces of a broadcast that are joined may have their tracks under other numbers; each goes on as the same track.
#: A damaged part of it may be of any size.
_FILE_OPTIONS = {"merge_pmt_versions": "1", "resync_size": str(2**31 - 1)}

#: Places in a row at which damage stops FFmpeg before a file is given up.
_MOST_FAILURES = 100

#: Codec -> the decoder that supports its transparency.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def open_container(source: str | Path, stream: int | None = None) -> tuple[av.container.InputContainer, av.VideoStream]:
    """Opens a video and selects its video stream.

    Args:
        source: a file, or an address such as `https://...` or `rtsp://...`.
        stream: its number; see `choose_track`.

    Raises:
        MasksegError: it is absent, empty, forbidden, damaged, no video, or does not answer.
    """
    name = str(source)
    container = _open_address(name) if is_address(name) else _open_file(Path(name))
    try:
        return container, choose_track(container, shown_name(name), stream)
    except BaseException:
        container.close()
        raise


def open_file_from(path: Path, place: int) -> av.container.InputContainer:
    """Opens a file as if it began at this byte; an FFmpeg error is raised as it is."""
    options = {**_FILE_OPTIONS, "skip_initial_bytes": str(place)}
    return av.open(f"file:{path}", options=options, metadata_errors="ignore")


def decoder_for(stream: av.VideoStream) -> av.VideoCodecContext:
    """The decoder of a stream, with several threads.

    VP8 and VP9 videos with transparent parts need another one than FFmpeg's own, which ignores the transparency.
    """
    decoder = stream.codec_context
    other = _ALPHA_DECODERS.get(decoder.name)
    if other and stream.metadata.get("alpha_mode") == "1" and other in av.codecs_available:
        created = av.CodecContext.create(other, "r")
        assert isinstance(created, av.VideoCodecContext)
        decoder = created
    decoder.thread_type = "AUTO"
    return decoder


def packets_of(
    container: av.container.InputContainer,
    tracks: Iterable[av.stream.Stream],
    on_damage: Callable[[], None] = lambda: None,
) -> Iterator[av.Packet]:
    """The packets of some tracks, and an empty one of each at the end.

    PyAV raises an `IndexError` at the end where FFmpeg has found more tracks than there were when the file was opened;
    it is only the end. Where FFmpeg stops because of damage, reading goes on behind it.

    Args:
        on_damage: called where it stops.
    """
    chosen, failures = list(tracks), 0
    while True:
        try:
            for packet in container.demux(chosen):
                failures = 0 if packet.size else failures
                yield packet
            return
        except IndexError:
            return
        except (av.error.InvalidDataError, av.error.BlockingIOError):
            failures += 1
            if failures > _MOST_FAILURES:
                raise
            on_damage()


def shown_name(name: str) -> str:
    """The name of a source for messages: an address without its passwords."""
    return hide_passwords(name, keep_user=True) if is_address(name) else name


def reason(error: av.FFmpegError, network: bool = False) -> str:
    """The message of an FFmpeg error as a part of a sentence.

    Args:
        network: the source is an address.
    """
    if isinstance(error, av.error.ExitError):
        return f"there was no answer for {READ_TIMEOUT:g} seconds"
    if network and error.errno == errno.EIO:
        return "the server cannot be reached"
    if isinstance(error, (av.error.BlockingIOError, av.error.InvalidDataError)):
        return "what follows is damaged"
    text = (error.strerror or "unknown error").rstrip(".")
    return text[:1].lower() + text[1:]


def login_reason(error: BaseException, address: str) -> str:
    """What is wrong with the name and password of an address, as a part of a sentence; empty if that is not the reason.

    Args:
        error: that FFmpeg raised.
    """
    login = has_login(address)
    if login and isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return "it refuses this name and password"
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return "it asks for a name and a password, as in http://NAME:PASSWORD@ADDRESS"
    if login and isinstance(error, ValueError):
        return "its address is not valid; in a password write %2F for /, %3F for ?, %23 for # and %40 for @"
    return ""


def _open_file(path: Path) -> av.container.InputContainer:
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise MasksegError(f"{path} is a folder, not a video.")
        if stat.S_ISCHR(status.st_mode):
            raise MasksegError(f"{path} is a device, not a video: `maskseg webcam --camera {path}` reads cameras.")
        kind = special_file_type(path)
        if kind is not None:  # opening a pipe waits for its writer, perhaps for ever
            raise MasksegError(f"{path} is {kind}, not a file: save the video to a file first.")
        with path.open("rb") as file:
            start = file.read(12)
        if not start:
            raise MasksegError(f"{path} is empty.")
    except FileNotFoundError as error:
        raise MasksegError(f"There is no file {path}.") from error
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        # Without the prefix a name with a colon would be read as an address.
        return av.open(f"file:{path}", options=_FILE_OPTIONS, metadata_errors="ignore")
    except av.FFmpegError as error:
        if start[4:8] == b"ftyp":
            raise MasksegError(
                f"{path} cannot be read: its index, which comes last, is missing or damaged. Was the recording "
                "or the download broken off?"
            ) from error
        if is_truncated(path):
            raise MasksegError(f"{path} is cut off so early that no picture is left.") from error
        if isinstance(error, av.error.InvalidDataError):
            raise MasksegError(f"{path} is no video, or so damaged that it cannot be read as one.") from error
        raise MasksegError(f"{path} cannot be read: {reason(error)}.") from error


def _open_address(address: str) -> av.container.InputContainer:
    name, address = shown_name(address), sound_address(address)
    options = {"rtsp_flags": "prefer_tcp"}  # pictures sent by UDP often lack parts
    if address.lower().startswith("http"):
        # FFmpeg resumes a lost connection at the same byte, after short waits.
        options = {"reconnect": "1", "reconnect_delay_max": "2"}
    began = time.monotonic()
    try:
        return av.open(address, options=options, timeout=(OPEN_TIMEOUT, READ_TIMEOUT), metadata_errors="ignore")
    except av.error.ProtocolNotFoundError as error:
        raise MasksegError(f"{name} cannot be read: {address.split(':')[0]}:// is not known here.") from error
    except av.FFmpegError as error:
        # With RTSP a timeout is reported as another error.
        if isinstance(error, av.error.ExitError) or time.monotonic() - began >= OPEN_TIMEOUT:
            raise MasksegError(f"{name} does not answer: no video came for {OPEN_TIMEOUT:g} seconds.") from error
        if isinstance(error, av.error.InvalidDataError):
            raise MasksegError(f"{name} is no video, or so damaged that it cannot be read as one.") from error
        raise MasksegError(
            f"{name} cannot be opened: {login_reason(error, address) or reason(error, network=True)}."
        ) from error
