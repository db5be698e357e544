"""Names that are nearly the one that was given (a letter wrong, missing, too much, or two swapped): "did you mean"."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: One mistake is allowed for so many letters of the wrong name.
_LETTERS_PER_MISTAKE = 3

#: In names of at most so many letters the first letter counts as right: "hat" is not nearly "cat".
_SHORT = 4


def did_you_mean(wrong: str, names: Iterable[str], most: int = 3) -> str:
    """The end of a message about an unknown name: those that the user may have meant.

    They are the near ones in any case, else those that have all its words.

    Returns:
        " (did you mean a or b?)", or "" if there is none.

    Example:
        >>> did_you_mean("Epoch", ["epochs", "batch"]), did_you_mean("dim", ["image_min_dim", "size"])
        (' (did you mean epochs?)', ' (did you mean image_min_dim?)')
    """
    by_key = {name.lower(): name for name in names}
    found = near_names(wrong.lower(), by_key, most)
    if not found and (words := _words(wrong)):
        found = [key for key in by_key if words <= _words(key)][:most]
    return f" (did you mean {' or '.join(by_key[key] for key in found)}?)" if found else ""


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]{2,}", name.lower()))


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
    allowed = max(1, len(wrong) // _LETTERS_PER_MISTAKE)
    near = [(mistakes, name) for name in names if (mistakes := _mistakes(wrong, name, allowed)) <= allowed]
    if len(wrong) <= _SHORT:
        near = [(mistakes, name) for mistakes, name in near if name[:1] == wrong[:1]]
    return [name for _, name in sorted(near, key=lambda one: one[0])][:most]


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
