"""Opens a video file or an address on the network; an error is one sentence that says what is wrong."""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

import av

from maskseg_cli.addresses import hide_passwords
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.video.truncation import is_truncated
from maskseg_cli.video.video_sources import is_address

#: Seconds until a server must answer, and later until it must send the next data.
OPEN_TIMEOUT, READ_TIMEOUT = 15.0, 15.0

#: Text formats that FFmpeg renders as pictures of a terminal.
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}

#: Codec -> the decoder that supports its transparency.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}

#: Brands of photos (HEIC, AVIF) in the container that MP4 also uses.
_PHOTO_BRANDS = {"heic", "heix", "heim", "heis", "avif", "mif1"}


def open_container(source: str | Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    """Opens a video and selects its video stream.

    Args:
        source: a file, or an address such as `https://...` or `rtsp://...`.

    Raises:
        MasksegError: it is absent, empty, forbidden, damaged, no video, or does not answer.
    """
    name = str(source)
    container = _open_address(name) if is_address(name) else _open_file(Path(name))
    try:
        return container, _video_stream(container, shown_name(name))
    except BaseException:
        container.close()
        raise


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
    text = (error.strerror or "unknown error").rstrip(".")
    return text[:1].lower() + text[1:]


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
        return av.open(f"file:{path}", metadata_errors="ignore")
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
    options = {"rtsp_flags": "prefer_tcp"}  # pictures sent by UDP often lack parts
    if address.lower().startswith("http"):
        # FFmpeg resumes a lost connection at the same byte, after short waits.
        options = {"reconnect": "1", "reconnect_delay_max": "2"}
    name, began = shown_name(address), time.monotonic()
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
        raise MasksegError(f"{name} cannot be opened: {reason(error, network=True)}.") from error


def _video_stream(container: av.container.InputContainer, name: str) -> av.VideoStream:
    kind = container.format.name
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams:
        what = "sound, but no pictures" if container.streams.audio else "no pictures"
        raise MasksegError(f"{name} holds {what}.")
    known = [stream for stream in streams if stream.codec_context is not None]
    if not known:
        raise MasksegError(f"{name} cannot be read: its pictures are coded in a way that is not known here.")
    if known[0].codec_context.name in _TEXT_CODECS:
        raise MasksegError(f"{name} is a text, not a video.")
    if kind.endswith("_pipe") or kind == "image2" or container.metadata.get("major_brand") in _PHOTO_BRANDS:
        raise MasksegError(f"{name} is a photo, not a video: `maskseg image` reads photos.")
    # Of several (cameras with a preview stream, films with angles): the default one, else the largest.
    return max(known, key=lambda stream: (_is_default(stream), stream.width * stream.height, -stream.index))


def _is_cover(stream: av.VideoStream) -> bool:
    """Whether a stream is the cover of a song or chapter thumbnails."""
    return bool(stream.disposition & (av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails))


def _is_default(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.default)
