"""COCO's run-length code (RLE) of masks, written and read.

Encoding works on the crop: the cost follows the object, not the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop


def run_lengths(mask: MaskCrop, height: int, width: int) -> list[int]:
    """Lengths of runs of 0 and 1 in turn, 0 first, down the columns of the picture (COCO's uncompressed RLE).

    Example:
        >>> run_lengths(MaskCrop(1, 0, np.ones((1, 2), bool)), height=3, width=2)
        [1, 1, 2, 1, 1]
    """
    h, w = mask.bitmap.shape
    bitmap = mask.bitmap
    if h < height:  # a row of zeros, which the picture has too, ends each run at its column's foot
        bitmap = np.concatenate([bitmap, np.zeros((1, w), dtype=bool)])
    flat = np.concatenate([[False], bitmap.ravel(order="F"), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    column, row = np.divmod(changes, max(1, bitmap.shape[0]))
    starts_and_ends = (mask.left + column) * height + mask.top + row
    lengths = np.diff(np.concatenate([[0], starts_and_ends, [height * width]]))
    # A mask that reaches the picture's last pixel has no run of 0 after it.
    return [int(n) for n in (lengths[:-1] if lengths[-1] == 0 else lengths)]


def encode_rle(mask: MaskCrop, height: int, width: int) -> dict[str, Any]:
    """COCO's compressed RLE, ready for JSON.

    Returns:
        {"size": [height, width], "counts": str}, which pycocotools decodes to uint8 (height, width).
    """
    return compress_rle(run_lengths(mask, height, width), height, width)


def compress_rle(lengths: Sequence[int], height: int, width: int) -> dict[str, Any]:
    """COCO's compressed RLE of run lengths, as `run_lengths` gives them; the result is that of `encode_rle`."""
    from pycocotools import mask as coco_mask

    [rle] = coco_mask.frPyObjects([{"size": [height, width], "counts": lengths}], height, width)
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}


def rle_counts(rle: dict[str, Any]) -> list[int]:
    """The run lengths of an RLE, compressed (str or bytes) or not (list), as `run_lengths` gives them.

    Raises:
        ValueError, KeyError, TypeError: there are no valid counts.

    Example:
        >>> rle_counts({"size": [3, 2], "counts": "11202"})
        [1, 1, 2, 1, 4]
    """
    counts = rle["counts"]
    if isinstance(counts, list):
        if not all(isinstance(count, int) and 0 <= count < 2**32 for count in counts):
            raise ValueError("counts are whole numbers from 0, of 32 bits")
        return counts
    text = counts.decode("latin-1") if isinstance(counts, bytes) else counts
    if not _is_compressed(text):
        raise ValueError("the counts are cut off, or hold a character that no RLE has")
    found: list[int] = _decompress([text])[0].tolist()
    if min(found) < 0:
        raise ValueError("a run of negative length")
    return found


def rle_totals(outlines: Iterable[Any]) -> Iterator[tuple[int, int] | None]:
    """Yields for each outline how many pixels its RLE covers in all and how many of them are 1.

    Compressed counts are decoded many at a time, which takes a few microseconds each.

    Args:
        outlines: COCO's RLE, compressed (str) or not (list).

    Yields:
        None for what is no RLE or has broken counts.
    """
    waiting = iter(outlines)
    while some := list(islice(waiting, _AT_ONCE)):
        values = [one.get("counts") if isinstance(one, dict) else None for one in some]
        totals = [_uncompressed_totals(value) if isinstance(value, list) else None for value in values]
        texts = {place: value for place, value in enumerate(values) if _is_compressed(value)}
        if texts:
            counts, first = _decompress(list(texts.values()))
            ones = counts.copy()
            ones[_place_in_own(first, len(counts)) % 2 == 0] = 0
            sound = np.minimum.reduceat(counts, first) >= 0
            sums = zip(np.add.reduceat(counts, first).tolist(), np.add.reduceat(ones, first).tolist(), strict=True)
            for place, total, good in zip(texts, sums, sound.tolist(), strict=True):
                totals[place] = total if good else None
        yield from totals


_COUNTS, _TOO_LONG = re.compile("[0-o]*[0-O]"), re.compile("[P-o]{7}")

#: So many RLEs are decoded at once: enough to make calls of NumPy cheap, few enough for a processor's cache.
_AT_ONCE = 256


def _uncompressed_totals(counts: list[Any]) -> tuple[int, int] | None:
    try:
        rle_counts({"counts": counts})
    except ValueError:
        return None
    return sum(counts), sum(counts[1::2])


def _is_compressed(counts: Any) -> TypeGuard[str]:
    """Whether these are compressed counts: five bits a character from "0" on, a sixth where more of a number follow.

    Seven characters hold every number of 32 bits; longer ones overflow in pycocotools.
    """
    return isinstance(counts, str) and bool(_COUNTS.fullmatch(counts)) and not _TOO_LONG.search(counts)


def _decompress(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The run lengths of compressed counts in a row, and where those of each text begin.

    From the fourth number of a text on, each is stored as its difference to the last but one.
    """
    bits = np.frombuffer("".join(texts).encode("ascii"), np.uint8).astype(np.int64) - ord("0")
    ends = np.flatnonzero(bits < 32)
    lengths = np.diff(ends, prepend=-1)
    starts = ends - lengths + 1
    shifts = 5 * _place_in_own(starts, len(bits))
    numbers = np.add.reduceat((bits & 31) << shifts, starts)
    numbers -= np.where(bits[ends] & 16, 1 << 5 * lengths, 0)  # the sign
    last = np.cumsum([len(text) for text in texts]) - 1
    first = np.searchsorted(ends, last)  # of the last number of each text ...
    first = np.concatenate([[0], first[:-1] + 1])  # ... whose successor begins the next
    place = _place_in_own(first, len(numbers))
    counts = numbers.copy()
    for parity in (0, 1):
        sums = np.cumsum(np.where((place % 2 == parity) & (place > 0), numbers, 0))
        before = np.concatenate([[0], sums])[first]
        since = sums - np.repeat(before, np.diff(first, append=len(numbers)))
        counts = np.where((place % 2 == parity) & (place > 0), since, counts)
    return counts, first


def _place_in_own(first: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """0, 1, 2 ... from each of `first` on, `count` numbers in all."""
    return np.arange(count) - np.repeat(first, np.diff(first, append=count))


def counts_to_mask(counts: Sequence[int], height: int, width: int) -> MaskCrop:
    """The mask of run lengths that add up to height x width."""
    values = np.arange(len(counts)) % 2 == 1
    return MaskCrop.from_full(np.repeat(values, counts).reshape(width, height).T)
