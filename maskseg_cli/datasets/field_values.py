"""Values of an annotation's fields: numbers and ids, however a program wrote them, where they have one meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, TypeGuard

#: Coordinates this many picture sides away from the picture belong to no object of it. The rasterizer of pycocotools
#: needs memory in proportion to the length of an outline, and counts with 32 bits.
FAR = 10

#: No picture has more pixels: run lengths and pixel numbers have 32 bits in pycocotools.
MOST_PIXELS = 2**31 - 1

_TRUE, _FALSE = ("1", "true", "yes"), ("", "0", "false", "no", "none")


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether this is a finite number; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    # An int of 400 digits cannot be converted to a float.
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def from_text(value: Any) -> Any:
    """The number that a text is, as "12.5"; anything else as it is.

    Example:
        >>> from_text("12.5"), from_text(" -3 "), from_text("nan"), from_text(7)
        (12.5, -3, 'nan', 7)
    """
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value.strip()):
        return value
    number = float(value)
    return int(value) if re.fullmatch(r"[+-]?[0-9]+", value.strip()) else number


_NUMBER, _LONGEST_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII), 40


def numbers_in(words: Sequence[str]) -> list[float] | None:
    """The finite numbers that some texts are; None where one of them is none. Faster than `from_text` for each.

    Example:
        >>> numbers_in(["12.5", " -3"]), numbers_in(["1", "nan"]), numbers_in(["1_0"])
        ([12.5, -3.0], None, None)
    """
    if not _NUMBER_SIGNS.fullmatch("".join(words)):  # float would also read "inf" and "1_0"
        return None
    try:
        numbers = list(map(float, words))
    except ValueError:
        return None
    return numbers if math.isfinite(sum(numbers)) else None


_NUMBER_SIGNS = re.compile(r"[0-9+\-.eE\s]*", re.ASCII)


def whole_number(value: Any) -> int | None:
    """The whole number that 7, 7.0 and "7" mean; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]{0,18})(\.0+)?", value.strip()):
        return int(value.strip().partition(".")[0])
    return None


def id_of(value: Any) -> int | str | None:
    """One form for all spellings of an id, for comparing: 7, 7.0 and "7" are the same, "007" is a text.

    Returns:
        None for what can be no id.

    Example:
        >>> id_of(7.0), id_of("7"), id_of("007"), id_of(True), id_of([7])
        (7, 7, '007', None, None)
    """
    if type(value) is int:
        return value
    number = whole_number(value)
    return number if number is not None else value if isinstance(value, str) else None


def truth(value: Any) -> bool | None:
    """What `iscrowd` and `ignore` say: 0 or 1, as a number, a text or a truth value; None: neither.

    Example:
        >>> truth(None), truth("0"), truth(1.0), truth("true"), truth(2)
        (False, False, True, True, None)
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, (int, float)):
        return bool(value) if value in (0, 1) else None
    word = value.strip().lower() if isinstance(value, str) else None
    if word and (number := whole_number(word)) is not None:  # "0.0", as a table turned into text has it
        word = str(number)
    return True if word in _TRUE else False if word in _FALSE else None


def picture_sides(height: Any, width: Any) -> tuple[int, int] | None:
    """Height and width in pixels as a record gives them; None where they can be no picture's."""
    rows, columns = whole_number(height), whole_number(width)
    if rows is None or columns is None or min(rows, columns) < 1 or rows * columns > MOST_PIXELS:
        return None
    return rows, columns


def far_number(numbers: Sequence[Any], height: int, width: int) -> str | None:
    """Names the first of some coordinates that is no finite number, or far outside a picture; None: all are sound."""
    longest = max(height, width)
    least, most = -FAR * longest, (FAR + 1) * longest
    if not numbers:
        return None
    plain = set(map(type, numbers)) <= _PLAIN and math.isfinite(_sum(numbers))  # quickly, for nearly all
    if plain and min(numbers) >= least and max(numbers) <= most:
        return None
    for number in numbers:
        if not is_number(number) or not least <= number <= most:
            return _name(number)
    return None


def _name(coordinate: Any) -> str:
    if isinstance(coordinate, (int, float)) and not isinstance(coordinate, bool):
        far = "which is no number" if coordinate != coordinate else "which is far outside its image"
        return f"the number {shown(coordinate)}, {far}"
    return f"{shown(coordinate)} in place of a number"


#: Letters of a value that is shown in a message.
_LONGEST_SHOWN = 80


def shown(value: Any) -> str:
    """A value as a message shows it: as JSON has null, true and false, and only the beginning of a long one.

    Example:
        >>> shown(None), shown("x"), shown(10**400)[-8:]
        ('null', "'x'", '0000 ...')
    """
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} ..."


_PLAIN = {int, float}


def _sum(numbers: Sequence[Any]) -> float:
    try:
        return float(sum(numbers))
    except OverflowError:
        return math.inf
