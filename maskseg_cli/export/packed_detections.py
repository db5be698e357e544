"""The objects of one picture as compressed bytes, and back, exactly: boxes, scores, classes and masks.

The masks lie one after the other, each crop row by row, as one run-length code. Runs are stored as differences to the
last but one, since the rows of an object resemble each other, and bytes of the same weight together, which zlib packs
well.
"""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop

#: Most bytes of a packed picture before compression, and most pixels of all its crops together.
MAX_BYTES, MAX_PIXELS = 2**28, 2**30

#: Most objects of a picture, and its longest side.
MAX_OBJECTS, MAX_SIDE = 100_000, 2**20

#: zlib's level: higher ones cost several times the time for a few per cent.
_LEVEL = 6

_BOX, _SCORE, _CLASS, _CROP = np.dtype("<f4"), np.dtype("<f4"), np.dtype("<i4"), np.dtype("<i4")

#: Bytes of an object without its mask: box, score, class, and the crop's top, left, height and width.
_ROW = 4 * _BOX.itemsize + _SCORE.itemsize + _CLASS.itemsize + 4 * _CROP.itemsize


def pack(detections: Detections) -> bytes:
    """Boxes, scores, classes and masks, compressed; the picture's size and the class names are not in it.

    Raises:
        ValueError: more objects or pixels than `unpack` takes.

    Example:
        >>> found = Detections.empty((4, 6))
        >>> len(unpack(pack(found), 0, (4, 6), ()))
        0
    """
    bitmaps = [mask.bitmap for mask in detections.masks]
    if len(bitmaps) > MAX_OBJECTS or sum(bitmap.size for bitmap in bitmaps) > MAX_PIXELS:
        raise ValueError(f"more than {MAX_OBJECTS:,} objects, or {MAX_PIXELS:,} pixels of masks, in one picture")
    crops = [(mask.top, mask.left, *mask.bitmap.shape) for mask in detections.masks]
    parts = (
        detections.xyxy.astype(_BOX),
        detections.confidence.astype(_SCORE),
        detections.class_id.astype(_CLASS),
        np.array(crops, _CROP).reshape(-1, 4),
        _run_planes(_runs(bitmaps)),
    )
    data = b"".join(part.tobytes() for part in parts)
    if len(data) > MAX_BYTES:
        raise ValueError(f"masks of more than {MAX_BYTES:,} bytes in one picture")
    return zlib.compress(data, _LEVEL)


def unpack(data: bytes, count: int, image_size: tuple[int, int], class_names: tuple[str, ...]) -> Detections:
    """The inverse of `pack`.

    Args:
        count: number of objects.
        image_size: (height, width) of the picture.
        class_names: index -> name, background first; () allows any class.

    Raises:
        ValueError: the bytes are no objects of such a picture.
    """
    if not 0 <= count <= MAX_OBJECTS or not all(0 < side <= MAX_SIDE for side in image_size):
        raise ValueError("an impossible number of objects or size of a picture")
    raw = _decompress(data)
    planes = len(raw) - count * _ROW
    if planes < 0 or planes % 8:
        raise ValueError("objects are missing")
    boxes, raw = _take(raw, _BOX, 4 * count)
    scores, raw = _take(raw, _SCORE, count)
    class_ids, raw = _take(raw, _CLASS, count)
    crops, raw = _take(raw, _CROP, 4 * count)
    runs = _from_planes(np.frombuffer(raw, np.uint8))
    if not np.isfinite(boxes).all() or not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("a box or score that is no number")
    if count and not (class_ids.min() >= 0 and (not class_names or class_ids.max() < len(class_names))):
        raise ValueError("a class that the network does not have")
    masks = _masks(crops.reshape(-1, 4).astype(np.int64), runs, image_size)
    return Detections(
        boxes.astype(np.float32).reshape(-1, 4),
        class_ids.astype(np.int32),
        scores.astype(np.float32),
        masks,
        image_size,
        class_names,
    )


def _decompress(data: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise ValueError("bytes that cannot be decompressed") from error
    if not inflate.eof or inflate.unused_data:
        raise ValueError("bytes that cannot be decompressed")
    return raw


def _take(raw: bytes, kind: np.dtype[Any], count: int) -> tuple[NDArray[Any], bytes]:
    size = count * kind.itemsize
    return np.frombuffer(raw[:size], kind), raw[size:]


def _runs(bitmaps: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Lengths of runs of False and True in turn over all bitmaps, int64, False first; an even number of them."""
    flat = np.concatenate([[False], *(bitmap.ravel() for bitmap in bitmaps), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    lengths = np.diff(changes, prepend=0)
    rest = flat.size - 2 - int(lengths.sum())
    return np.concatenate([lengths, [rest, 0] if rest else []]).astype(np.int64)


def _run_planes(runs: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The bytes of the differences, those of the same weight together; uint8 (4, N)."""
    pairs = runs.reshape(-1, 2)
    steps = np.diff(pairs, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    zigzag = np.where(steps < 0, -2 * steps - 1, 2 * steps).astype("<u4")  # small numbers have bytes of zero
    return np.ascontiguousarray(zigzag.view(np.uint8).reshape(-1, 4).T)


def _from_planes(planes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The inverse of `_run_planes`."""
    zigzag = np.ascontiguousarray(planes.reshape(4, -1).T).view("<u4").ravel().astype(np.int64)
    steps = np.where(zigzag & 1, -(zigzag + 1) // 2, zigzag // 2)
    return np.cumsum(steps.reshape(-1, 2), axis=0).ravel()


def _masks(crops: NDArray[np.int64], runs: NDArray[np.int64], image_size: tuple[int, int]) -> tuple[MaskCrop, ...]:
    height, width = image_size
    top, left, high, wide = crops.T
    if (crops < 0).any() or (top + high > height).any() or (left + wide > width).any():
        raise ValueError("a mask outside the picture")
    ends = np.concatenate([[0], np.cumsum(high * wide)])
    # An overflow of the sum cannot hide: each length is below the limit, and there are few enough of them.
    if ends[-1] > MAX_PIXELS or (len(runs) and (runs.min() < 0 or runs.max() > MAX_PIXELS)) or runs.sum() != ends[-1]:
        raise ValueError("masks of another size than their boxes")
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    places = zip(pairwise(ends.tolist()), crops.tolist(), strict=True)
    return tuple(MaskCrop(y, x, flat[a:b].reshape(h, w)) for (a, b), (y, x, h, w) in places)
