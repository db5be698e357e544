"""Names that are nearly the one that was given: a letter wrong, missing, too much, or two swapped."""

from __future__ import annotations

from collections.abc import Iterable

#: One mistake is allowed for so many letters of the wrong name.
_LETTERS_PER_MISTAKE = 3

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
