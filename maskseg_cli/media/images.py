"""Decodes photos to upright BGR arrays, and encodes arrays.

Files are read and written as bytes: `cv2.imread` cannot open names outside the code page on Windows, does not say
why it failed, and in some versions returns half a picture for half a file.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.damage import damage, suspicion
from maskseg_cli.media.decoder_messages import collect_messages
from maskseg_cli.media.exif import with_alpha_tag
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.foreign_files import explain_file
from maskseg_cli.media.foreign_pictures import raw_kind
from maskseg_cli.media.header import Header, picture_format, read_header
from maskseg_cli.media.heif import decode_heif, heif_format
from maskseg_cli.media.metadata import Metadata, from_blocks, read_metadata
from maskseg_cli.media.picture_formats import FORMAT_OF, SUFFIX_OF
from maskseg_cli.media.pixels import to_bgr, turn_upright, used_bits
from maskseg_cli.media.sequences import sequence_notes
from maskseg_cli.media.time_limit import TIMEOUT, within

#: Larger pictures are refused before memory is allocated for them (2 ** 28: 16384 x 16384, 0.8 GB decoded).
MAX_PIXELS = 2**28

#: Bytes of the pixels as they are stored, such as 32 for a pixel of four channels of 64-bit floating point.
MAX_BYTES = 2**30

#: Pixels that a progressive JPEG may decode in all its scans; encoders make about ten scans, a crafted file thousands.
_MAX_SCANNED = 2**32


class PictureTooLargeError(MasksegError):
    """A picture has more pixels than may be read."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes:
        image: uint8 array (H, W, 3), BGR, upright, writable.
        notes: sentences without the photo's name about what was changed or may be wrong.
        metadata: what is kept of it in a result.
    """

    image: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Reads a photo, turned upright, within `time_limit.TIMEOUT` seconds.

    Returns:
        uint8 array (H, W, 3), BGR.

    Raises:
        MasksegError: there is no such file, or `decode_photo` cannot read it; the message names the file.
    """
    return load_photo(path).image


def load_photo(path: str | Path, timeout: float = TIMEOUT) -> Photo:
    """Reads a photo with all that is known about it.

    Args:
        timeout: seconds for it; 0 for no limit.

    Raises:
        MasksegError: as `read_image`.
    """
    if is_address(str(path)):
        raise UsageError("Photos are read from files, not from addresses: download it first.")
    path = Path(path)
    with contextlib.suppress(OSError):
        if special_file_type(path):
            timeout = 0  # whoever writes into a pipe may take any time
    return within(timeout, lambda: _load(path), str(path))


def _load(path: Path) -> Photo:
    if path.is_dir():
        raise MasksegError(f"{path} is a folder, not a picture.")
    try:
        kind = special_file_type(path)
        if kind not in (None, "a pipe"):  # the shell's <(command) is a pipe, and it has an end
            raise MasksegError(f"{path} is {kind}, not a file.")
        with path.open("rb") as file:
            start = file.read(4096)
            # Only the start of a video or disk image with a picture's name is read.
            data = start + file.read() if picture_format(start) or heif_format(start) else start
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror or error}.") from error
    return decode_photo(data, str(path))


def decode_image(data: bytes, name: str = "The picture") -> NDArray[np.uint8]:
    """The picture of `decode_photo`, uint8 array (H, W, 3), BGR, upright, writable."""
    return decode_photo(data, name).image


def decode_photo(data: bytes, name: str = "The picture", max_pixels: int | None = None) -> Photo:
    """Decodes a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF photo and turns it upright.

    Gray becomes three equal channels; 16 bits are scaled to 8, and where they hold 10, 12 or 14 bits only, those are;
    floating point counts as 0..1 (0..255 if any value is above 1); transparent parts are blended with white, unless
    the whole picture is transparent: then alpha is ignored. Of several pages or frames the first is read.

    Args:
        data: the file's bytes.
        name: what messages call the picture.
        max_pixels: larger pictures are refused by what their header says, before they are decoded; None: `MAX_PIXELS`.

    Raises:
        PictureTooLargeError: more pixels than `max_pixels`.
        MasksegError: no picture, truncated, damaged (also where a decoder fills the missing part with gray), or too
            large for the memory or the time of one photo.
    """
    if not data:
        raise MasksegError(f"{name} is empty (0 bytes).")
    other = heif_format(data[:64])
    if other is not None:
        photo = decode_heif(data, name, other, lambda width, height: _check_size(width, height, name, max_pixels))
        return Photo(photo.image, (), from_blocks(photo.exif, photo.profile))
    header = None if raw_kind(data[:32], name) else read_header(data)
    if header is None:
        raise MasksegError(explain_file(data, name))
    _check_size(header.width, header.height, name, max_pixels)
    _check_cost(header, name)
    if not header.complete:
        raise MasksegError(f"{name} is cut off before the end of the picture: copy or download it again.")
    if header.width < 1 or header.height < 1:
        raise MasksegError(
            f"{name} is a damaged {header.format} file: it says {header.width} x {header.height} pixels."
        )
    pixels, notes = _decode(data, header.format, name)
    image = to_bgr(pixels, name, premultiplied=header.format == "TIFF" and pixels.dtype == np.uint8)
    bits = used_bits(pixels)
    if bits < 16:
        notes += (f"its 16-bit numbers hold {bits} bits, which are scaled to the whole range.",)
    notes += sequence_notes(data, header.format)
    metadata = read_metadata(data, header.orientation)
    return Photo(image if header.format == "TIFF" else turn_upright(image, header.orientation), notes, metadata)


def _check_size(width: int, height: int, name: str, max_pixels: int | None) -> None:
    max_pixels = MAX_PIXELS if max_pixels is None else max_pixels
    if width * height > max_pixels:
        raise PictureTooLargeError(
            f"{name} has {width} x {height} pixels; at most {max_pixels / 1e6:.3g} million can be read: scale it down "
            "first."
        )


def _check_cost(header: Header, name: str) -> None:
    pixels = header.width * header.height
    if pixels * header.pixel_bytes > MAX_BYTES:
        raise MasksegError(
            f"{name} takes {pixels * header.pixel_bytes / 1e9:.1f} GB of memory ({header.width} x {header.height} "
            f"pixels of {header.pixel_bytes} bytes), at most {MAX_BYTES / 1e9:.1f} can be read: scale it down, or save "
            "it with 8 bits a channel."
        )
    if pixels * header.scans > _MAX_SCANNED and header.scans > 100:
        raise MasksegError(
            f"{name} is left out: it is a JPEG of {header.scans:,} scans, which takes minutes to read; encoders make "
            "about ten."
        )


def _decode(data: bytes, kind: str, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The pixels as stored, and notes.

    Raises:
        MasksegError: the file is damaged.
    """
    pixels, messages = _call_decoder(data)
    if pixels is not None and (damage(messages, len(data)) or suspicion(messages)):
        # The messages may be about a picture that another thread decodes.
        pixels, messages = _call_decoder(data, alone=True)
    if pixels is None:
        raise MasksegError(f"{name} is a damaged {kind} file and cannot be read.")
    found = damage(messages, len(data))
    if found is not None:
        raise MasksegError(
            f"{name} is damaged ({found}): a part of the picture is missing or wrong; copy or download it again."
        )
    doubt = suspicion(messages)
    return pixels, () if doubt is None else (f"{doubt}: it may be damaged.",)


def _call_decoder(data: bytes, alone: bool = False) -> tuple[NDArray[Any] | None, str]:
    """The pixels, None if OpenCV refuses the file; and what the decoders wrote."""
    pixels = None
    with collect_messages(alone) as messages:
        try:
            # UNCHANGED keeps alpha and 16 bits and does not turn the picture (except TIFF, always turned).
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error as error:
            if error.code == cv2.Error.STS_NO_MEM:
                raise MemoryError from error
    return pixels, messages.text


def encode_image(image: NDArray[np.uint8], suffix: str, quality: int = 95) -> bytes:
    """Encodes a picture.

    Args:
        image: uint8 array (H, W, 3) BGR, (H, W) gray, or (H, W, 4) BGRA for `picture_formats.TRANSPARENT` formats.
        suffix: one of `picture_formats.FORMAT_OF`, which decides the format.
        quality: 1..100 for JPEG and WebP; the other formats are lossless.

    Raises:
        UsageError: an unknown suffix.
        MasksegError: the format cannot hold a picture of this size.
    """
    kind = FORMAT_OF.get(suffix.lower())
    if kind is None:
        raise UsageError(f"{suffix!r} is no picture format; known are {', '.join(FORMAT_OF)}.")
    parameters = {
        "JPEG": [cv2.IMWRITE_JPEG_QUALITY, quality],
        "WebP": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }
    try:
        with collect_messages():
            done, encoded = cv2.imencode(SUFFIX_OF[kind], image, parameters.get(kind, []))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise MasksegError(f"{kind} cannot hold a picture of {width} x {height} pixels: choose another format.")
    transparent = kind == "TIFF" and image.ndim == 3 and image.shape[2] == 4
    return with_alpha_tag(encoded.tobytes()) if transparent else encoded.tobytes()


def write_image(path: str | Path, image: NDArray[np.uint8], quality: int = 95) -> None:
    """Writes a picture in the format of the path's suffix; the file appears only when it is complete.

    See `encode_image` for arguments and errors; missing folders are made.
    """
    write_atomic(path, encode_image(image, Path(path).suffix, quality))
