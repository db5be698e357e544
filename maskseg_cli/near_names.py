"""Names that are nearly the one that was given (a letter wrong, missing, too much, or two swapped): "did you mean"."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: One mistake is allowed for so many letters of the wrong name.
_LETTERS_PER_MISTAKE = 3

#: In a name of any length at most so many.
_MOST_MISTAKES = 4

#: Words of a name that are compared one by one have at least so many letters.
_WORD = 3

#: Share of the letters that names with more mistakes must have in common, in the same order: "alfa" and "alpha".
_ALIKE = 0.65

#: In names of at most so many letters the first letter counts as right: "hat" is not nearly "cat".
_SHORT = 4


def near_names(wrong: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that differ from `wrong` in few letters, nearest first.

    Args:
        wrong: as given; upper and lower case count as different.
        names: those that exist.
        most: at most so many are returned.

    Example:
        >>> near_names("dgo", ["cat", "dog"]), near_names("people", ["apple", "person"])
        (['dog'], [])
    """
    allowed = min(_MOST_MISTAKES, max(1, len(wrong) // _LETTERS_PER_MISTAKE))
    near = [(mistakes, name) for name in names if (mistakes := _mistakes(wrong, name, allowed)) <= allowed]
    if len(wrong) <= _SHORT:
        near = [(mistakes, name) for mistakes, name in near if name[:1] == wrong[:1]]
    return [name for _, name in sorted(near, key=lambda one: one[0])][:most]


def similar_names(wrong: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that are near in letters; if there are none, those that begin so, share a word, or are alike.

    Args:
        wrong: as given; upper and lower case count as equal, and so do "-" and "_".
        names: those that exist.
        most: at most so many are returned.

    Example:
        >>> options = ["output", "min_score", "max_detections"]
        >>> [similar_names(wrong, options) for wrong in ("outptu", "out", "Scores", "foo")]
        [['output'], ['output'], ['min_score'], []]
    """
    by_key = {_key(name): name for name in names}
    key = _key(wrong)
    found = near_names(key, by_key) or [name for name in by_key if len(key) >= _WORD and name.startswith(key)]
    if not found:
        words = {word for word in key.split("_") if len(word) >= _WORD}
        shared = {name: len(words & set(name.split("_"))) for name in by_key}
        found = [name for name in by_key if shared[name] and shared[name] == max(shared.values())]
        found = found or [name for name in by_key if any(near_names(word, name.split("_")) for word in words)]
    if not found:
        alike = difflib.get_close_matches(key, by_key, most, _ALIKE)
        found = [name for name in alike if name[:1] == key[:1]]
    return [by_key[name] for name in found[:most]]


def did_you_mean(wrong: str, names: Iterable[str], most: int = 3) -> str:
    """The end of a message about an unknown name, with the similar ones; empty if there are none.

    Example:
        >>> did_you_mean("NMAE", ["name", "size"])
        ' (did you mean name?)'
    """
    near = similar_names(wrong, names, most)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _mistakes(a: str, b: str, limit: int) -> int:
    """Letters to change, to add or to remove, and pairs to swap, that make `b` of `a`; above `limit` some number."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, above, row = row, before, [i]
        for j, other in enumerate(b, start=1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and other == a[i - 2]:
                least = min(least, above[j - 2] + 1)
            row.append(least)
    return row[-1]
