"""Decodes photos to upright BGR arrays, and encodes arrays.

Files are read and written as bytes: `cv2.imread` cannot open names outside the code page on Windows, does not say
why it failed, and in some versions returns half a picture for half a file.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.file_type import special_file_type
from maskseg_cli.media.header import picture_format, read_header
from maskseg_cli.media.picture_formats import FORMAT_OF, SUFFIX_OF

#: Larger pictures are refused before memory is allocated for them (2 ** 28: 16384 x 16384, 0.8 GB decoded).
MAX_PIXELS = 2**28

_UNSUPPORTED = {
    b"GIF8": "a GIF",
    b"\x1aE\xdf\xa3": "a film",  # Matroska and WebM
    b"FLV\x01": "a film",
    b"\0\0\x01\xba": "a film",  # MPEG
    b"0&\xb2u\x8ef\xcf\x11": "a film",  # WMV
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"<svg": "an SVG drawing",
    b"<?xm": "an XML file",
    b"%PDF": "a PDF",
    b"vers": "a git-LFS pointer",
    b"PK\x03\x04": "a ZIP archive",
    b"\xff\x0a": "a JPEG XL picture",
}
_UNSUPPORTED_FTYP = {
    b"avif": "an AVIF picture",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"mif1": "a HEIC picture",
}

#: What `maskseg video` reads.
_FILMS = ("a film", "a GIF")


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Reads a photo, turned upright.

    Returns:
        uint8 array (H, W, 3), BGR.

    Raises:
        MasksegError: there is no such file, or `decode_image` cannot read it; the message names the file.
    """
    path = Path(path)
    if path.is_dir():
        raise MasksegError(f"{path} is a folder, not a picture.")
    try:
        kind = special_file_type(path)
        if kind not in (None, "a pipe"):  # the shell's <(command) is a pipe, and it has an end
            raise MasksegError(f"{path} is {kind}, not a file.")
        with path.open("rb") as file:
            start = file.read(4096)
            # Only the start of a video or disk image with a picture's name is read.
            data = start + file.read() if picture_format(start) else start
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror or error}.") from error
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str = "The picture") -> NDArray[np.uint8]:
    """Decodes a JPEG, PNG, WebP, BMP or TIFF photo and turns it upright.

    Gray becomes three equal channels; 16 bits are scaled to 8 over their whole range; floating point counts
    as 0..1 (0..255 if any value is above 1); transparent parts are blended with white, unless the whole
    picture is transparent: then alpha is ignored. Of several pages or frames the first is read.

    Args:
        data: the file's bytes.
        name: what messages call the picture.

    Returns:
        uint8 array (H, W, 3), BGR, writable.

    Raises:
        MasksegError: no picture, truncated, damaged, or above `MAX_PIXELS`.
    """
    if not data:
        raise MasksegError(f"{name} is empty (0 bytes).")
    header = read_header(data)
    if header is None:
        kind = _name_content(data)
        if kind in _FILMS:
            raise MasksegError(f"{name} is {kind}, not a photo: maskseg video {name}")
        raise MasksegError(f"{name} is {kind}; maskseg reads JPEG, PNG, WebP, BMP and TIFF photos.")
    if header.width * header.height > MAX_PIXELS:
        raise MasksegError(
            f"{name} has {header.width} x {header.height} pixels; at most {MAX_PIXELS // 10**6} million can "
            "be read: scale it down first."
        )
    if not header.complete:
        raise MasksegError(f"{name} is cut off before the end of the picture: copy or download it again.")
    try:
        with _OPENCV_SILENCED:
            # UNCHANGED keeps alpha and 16 bits and does not turn the picture (except TIFF, always turned).
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        if error.code == cv2.Error.STS_NO_MEM:
            raise MemoryError from error
        pixels = None
    if pixels is None:
        raise MasksegError(f"{name} is a damaged {header.format} file and cannot be read.")
    image = _to_bgr(pixels, name, premultiplied=header.format == "TIFF" and pixels.dtype == np.uint8)
    return image if header.format == "TIFF" else turn_upright(image, header.orientation)


def turn_upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undoes EXIF's orientation 1..8 of an array (H, W, ...): 5 to 8 swap height and width."""
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def encode_image(image: NDArray[np.uint8], suffix: str, quality: int = 95) -> bytes:
    """Encodes a picture.

    Args:
        image: uint8 array (H, W, 3) BGR, or (H, W) gray.
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
        with _OPENCV_SILENCED:
            done, encoded = cv2.imencode(SUFFIX_OF[kind], image, parameters.get(kind, []))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise MasksegError(f"{kind} cannot hold a picture of {width} x {height} pixels: choose another format.")
    return encoded.tobytes()


def write_image(path: str | Path, image: NDArray[np.uint8], quality: int = 95) -> None:
    """Writes a picture in the format of the path's suffix; the file appears only when it is complete.

    See `encode_image` for arguments and errors; missing folders are made.
    """
    write_atomic(path, encode_image(image, Path(path).suffix, quality))


def _to_bgr(pixels: NDArray[Any], name: str, premultiplied: bool) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=255 / 65535)
    elif pixels.dtype in (np.float32, np.float64):
        pixels = np.nan_to_num(pixels, nan=0, posinf=255, neginf=0)
        scale = 255 if pixels.size and pixels.max() <= 1 else 1
        pixels = np.clip(np.rint(pixels * scale), 0, 255).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        raise MasksegError(
            f"{name} holds {pixels.dtype} numbers, which is no kind of photo: save it with 8 or 16 bits."
        )
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels not in (1, 2, 3, 4):
        raise MasksegError(f"{name} has {channels} channels; a photo has 1 to 4.")
    if channels <= 2:  # gray, or gray and alpha
        gray = pixels.reshape(*pixels.shape[:2], channels)[..., :1]
        colour = np.ascontiguousarray(np.broadcast_to(gray, (*pixels.shape[:2], 3)))
    else:
        colour = np.ascontiguousarray(pixels[..., :3])
    return colour if channels in (1, 3) else _on_white(colour, pixels[..., -1], premultiplied)


def _on_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8], premultiplied: bool) -> NDArray[np.uint8]:
    if (alpha == 255).all() or not alpha.any():
        return colour
    white = (255 - alpha)[..., None]
    if premultiplied:  # libtiff has already multiplied colour with alpha
        return np.asarray(cv2.add(colour, np.repeat(white, 3, axis=2)), np.uint8)
    # At most 255 * 255 + 127: fits into 16 bits, and is right to the nearest integer.
    product = colour.astype(np.uint16) * alpha[..., None] + np.uint16(255) * white + np.uint16(127)
    return (product // 255).astype(np.uint8)


def _name_content(data: bytes) -> str:
    start = data.lstrip()[:16] if data[:1].isspace() else data[:16]
    if start[8:12] == b"AVI " or (start[:1] == b"G" and data[188:189] == b"G" == data[376:377]):  # 188: MPEG-TS packets
        return "a film"
    if start[4:8] == b"ftyp":
        return _UNSUPPORTED_FTYP.get(start[8:12], "a film")
    for magic, kind in _UNSUPPORTED.items():
        if start.lower().startswith(magic.lower()):
            return kind
    sample = data[:1024]
    return "a text" if sample.isascii() and b"\0" not in sample else "no picture"


class _OpenCVSilencer:
    """Silences OpenCV's own log while at least one thread is inside.

    Its messages about damaged files do not name the file; our messages do.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.level = 0

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                cv2.utils.logging.setLogLevel(self.level)


_OPENCV_SILENCED = _OpenCVSilencer()
