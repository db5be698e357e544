"""Pictures of masks, whose pixels are numbers of objects or of classes: reading them as stored, and their objects."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.header import read_header
from maskseg_cli.rle import compress_rle

#: Larger pictures are refused; Pillow warns from here on.
MOST_PIXELS = 89_000_000

#: Larger files are refused before they are read: so many bytes hold any picture of `MOST_PIXELS`.
_MOST_BYTES = 2**29

#: A picture with more objects is a photo or noise, and none of masks.
MOST_OBJECTS = 65_535

#: What Pillow raises for damaged files.
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

#: Bits of a gray pixel -> what Pillow multiplies it with, so that the largest becomes 255.
_STRETCHED = {2: 85, 4: 17}


class LabelObject(NamedTuple):
    """The pixels of one number in a picture of masks.

    Attributes:
        value: the number.
        rle: COCO's compressed RLE, counts as str.
        box: x, y, width, height of its pixels.
        area: how many there are.
    """

    value: int
    rle: dict[str, Any]
    box: tuple[int, int, int, int]
    area: int


def read_labels(path: Path) -> NDArray[Any]:
    """The numbers in a PNG, as they are stored; see `decode_labels`.

    Raises:
        MasksegError: it cannot be read; the message begins with the path.
    """
    return decode_labels(_read(path), str(path))


def read_binary(path: Path) -> NDArray[np.bool_]:
    """The mask of a PNG of one object; see `decode_binary`.

    Raises:
        MasksegError: as `read_labels`.
    """
    return decode_binary(_read(path), str(path))


def decode_labels(data: bytes, name: str) -> NDArray[Any]:
    """The numbers in a PNG: indices into its palette, gray values of 1 to 16 bits, or colours.

    Returns:
        array (H, W): uint8 or uint16 of a palette or gray; uint32 of colours, red * 65536 + green * 256 + blue, and 0
        where a pixel is wholly transparent.

    Raises:
        MasksegError: no PNG, damaged, or too large; the message begins with `name`.
    """
    pixels, stretched = _decode(data, name)
    if pixels.ndim == 2:
        return np.asarray(pixels // stretched if stretched > 1 else pixels)
    colours = pixels.astype(np.uint32)
    if pixels.shape[2] == 2:  # gray with alpha
        return np.where(pixels[..., 1] > 0, pixels[..., 0], 0)
    labels = colours[..., 0] << 16 | colours[..., 1] << 8 | colours[..., 2]
    return np.where(pixels[..., 3] > 0, labels, np.uint32(0)) if pixels.shape[2] == 4 else labels


def decode_binary(data: bytes, name: str) -> NDArray[np.bool_]:
    """The mask of a PNG of one object, bool (H, W): the pixels that are not 0, or not transparent where some are.

    Raises:
        MasksegError: as `decode_labels`.
    """
    pixels, _ = _decode(data, name)
    if pixels.ndim == 2:
        return np.asarray(pixels != 0)
    alpha = pixels[..., -1] if pixels.shape[2] in (2, 4) else None
    if alpha is not None and alpha.min() < alpha.max():
        return np.asarray(alpha != 0)
    return np.asarray((pixels[..., :-1] if alpha is not None else pixels).any(axis=2))


def label_objects(labels: NDArray[Any], ignored: Collection[int] = ()) -> Iterator[LabelObject]:
    """Yields each number in a picture of masks but 0, in ascending order.

    All are found in one pass down the columns, so that the cost does not grow with their number.

    Args:
        labels: array (H, W) of whole numbers from 0.
        ignored: numbers that are no objects.

    Raises:
        MasksegError: there are more than `MOST_OBJECTS`.

    Example:
        >>> [one.box for one in label_objects(np.array([[0, 7, 7], [0, 7, 2]], np.uint8))]
        [(2, 1, 1, 1), (1, 0, 2, 2)]
    """
    height, width = labels.shape
    starts, ends, (values,) = _runs(labels)
    wanted = (values != 0) & ~np.isin(values, list(ignored))
    starts, ends, values = starts[wanted], ends[wanted], values[wanted]
    order = np.argsort(values, kind="stable")
    firsts = np.flatnonzero(np.diff(values[order], prepend=values.dtype.type(0)))
    if len(firsts) > MOST_OBJECTS:
        raise MasksegError(f"it has {len(firsts)} numbers or colours, more than a picture of masks can have")
    for runs in np.split(order, firsts)[1:]:
        begin, end = starts[runs], ends[runs]
        bounds = np.concatenate([[0], np.stack([begin, end], axis=1).ravel(), [height * width]])
        lengths = np.diff(bounds).tolist()
        rle = compress_rle(lengths if lengths[-1] else lengths[:-1], height, width)
        left, right = int(begin[0]) // height, (int(end[-1]) - 1) // height
        top, bottom = begin % height, (end - 1) % height
        crosses = bool((begin // height != (end - 1) // height).any())  # a run goes on in the next column
        y1, y2 = (0, height - 1) if crosses else (int(top.min()), int(bottom.max()))
        box = (left, y1, right - left + 1, y2 - y1 + 1)
        yield LabelObject(int(values[runs[0]]), rle, box, int((end - begin).sum()))


def majority(labels: NDArray[Any], others: NDArray[Any], ignored: Collection[int] = ()) -> dict[int, int]:
    """For each number in a picture but 0, the number that most of its pixels have in another picture of its size.

    Args:
        ignored: numbers of the other picture that do not count, beside 0. A number whose pixels have no other one is
            left out of the result.

    Example:
        >>> majority(np.array([[1, 1, 1, 2]]), np.array([[5, 5, 0, 255]]), [255])
        {1: 5}
    """
    starts, ends, (values, found) = _runs(labels, others)
    wanted = (values != 0) & (found != 0) & ~np.isin(found, list(ignored))
    pairs = values[wanted].astype(np.uint64) << np.uint64(32) | found[wanted].astype(np.uint64)
    kinds, place = np.unique(pairs, return_inverse=True)
    counts = np.bincount(place, (ends - starts)[wanted], len(kinds))
    rarest_first = kinds[np.argsort(counts, kind="stable")].tolist()
    return {pair >> 32: pair & 0xFFFFFFFF for pair in rarest_first}


def flatness(labels: NDArray[Any]) -> float:
    """The share of pixels that equal the next one of their row: nearly 1 in pictures of masks, small in photos."""
    return 1.0 if labels.shape[1] < 2 else float((labels[:, 1:] == labels[:, :-1]).mean())


def _runs(*pictures: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[Any]]]:
    """Runs of equal pixels down the columns, one after the other: starts, ends, and the values in each picture."""
    flat = [picture.ravel(order="F") for picture in pictures]
    changes = np.zeros(flat[0].size, bool)
    changes[:1] = True
    for one in flat:
        changes[1:] |= one[1:] != one[:-1]
    starts = np.flatnonzero(changes)
    return starts, np.append(starts[1:], flat[0].size), [one[starts] for one in flat]


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise MasksegError(f"{path} is larger than any picture of masks.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise MasksegError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _decode(data: bytes, name: str) -> tuple[NDArray[Any], int]:
    """The pixels (H, W) or (H, W, 2 to 4) as stored, and what gray values were multiplied with."""
    header = read_header(data)
    if header is None or header.format != "PNG":
        raise MasksegError(f"{name} is no PNG.")
    if header.width * header.height > MOST_PIXELS:
        raise MasksegError(f"{name} has {header.width} x {header.height} pixels, too many for a picture of masks.")
    if not header.complete or not header.width or not header.height:
        raise MasksegError(f"{name} is cut off.")
    if not _is_whole(data):
        raise MasksegError(f"{name} is a damaged PNG: copy it again.")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            warnings.simplefilter("ignore")  # of odd chunks, which the pixels do not need
            picture.load()
            pixels = np.asarray(picture)
    except _DAMAGED as error:
        raise MasksegError(f"{name} is a damaged PNG ({error}).") from None
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8)
    elif pixels.dtype not in (np.uint8, np.uint16):  # 16 bits are int32 in some versions of Pillow
        pixels = pixels.astype(np.uint16)
    depth, colour = data[24], data[25]
    return pixels, _STRETCHED.get(depth, 1) if colour == 0 else 1


def _is_whole(data: bytes) -> bool:
    """Whether the check sums of a PNG's pixels and palette are right; Pillow does not compare those of pixels."""
    at, kind = 8, b""
    while kind != b"IEND" and at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"IHDR", b"PLTE", b"IDAT"):
            found = zlib.crc32(data[at + 4 : at + 8 + length])
            if data[at + 8 + length : at + 12 + length] != found.to_bytes(4, "big"):
                return False
        at += 12 + length
    return True
