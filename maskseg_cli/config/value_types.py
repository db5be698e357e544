"""Checking values against the types of their options, before a network is built."""

from __future__ import annotations

import dataclasses
import reprlib
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import percent_hint


def conform(option: str, value: Any, hint: Any) -> Any:
    """Convert a value to the type of its option: sequences become tuples, whole floats become ints.

    Args:
        option: its name, for the sentence.
        value: what a user, a file or a checkpoint gave; NumPy scalars and arrays are numbers and lists.
        hint: a resolved type hint: int, float, bool, str, None, `X | None`, tuple or dict of these.

    Raises:
        UsageError: the value is of another type, of another length, not finite, or too large.
    """
    converted = _convert(value, hint)
    if converted is _WRONG:
        kinds = [kind for kind in typing.get_args(hint) or (hint,) if kind in (int, float)]
        if kinds and _is_number(value) and max(map(_largest, kinds)) < abs(value) != _INFINITY:
            most = f"at most {_LARGEST_INT}" if kinds == [int] else "too large"
            raise UsageError(f"{option} is {most}: {short(value)}.")
        raise UsageError(f"{option} is {describe(hint)}, not {short(value)}.")
    return converted


def short(value: Any) -> str:
    """A value for a message: the beginning of what Python writes.

    Example:
        >>> short([1] * 100), short(16 ** 5000)
        ('[1, 1, 1, 1, 1, 1, ...]', 'a number of thousands of digits')
    """
    try:
        return reprlib.repr(value)
    except ValueError:  # Python does not write so long integers
        return "a number of thousands of digits"


def check_fields(options: Any, leave_out: Collection[str] = ()) -> None:
    """Checks the types of a dataclass's fields, and puts converted values in their places.

    Args:
        options: an instance, frozen or not, in its `__post_init__`.
        leave_out: fields that are not checked.

    Raises:
        UsageError: a value is of another type; the message names its field.
    """
    hints = typing.get_type_hints(type(options))
    for field in dataclasses.fields(options):
        if field.name not in leave_out:
            value = conform(field.name, getattr(options, field.name), hints[field.name])
            object.__setattr__(options, field.name, value)


def check_share(option: str, value: Any) -> float:
    """Checks a number from 0 to 1.

    Raises:
        UsageError: another type, or out of this range; a percentage is named with the number that it means.
    """
    share = float(conform(option, value, float))
    if not 0 <= share <= 1:
        raise UsageError(f"{option} is a number from 0 to 1, not {share:g}{percent_hint(share)}.")
    return share


def check_count(option: str, value: Any, most: int = 2**31 - 1) -> int:
    """Checks a whole number from 1 on, up to what libraries can hold.

    Raises:
        UsageError: another type, or out of this range.
    """
    number = int(conform(option, value, int))
    if number < 1:
        raise UsageError(f"{option} is at least 1, not {number}.")
    if number > most:
        raise UsageError(f"{option} is at most {most}, not {number:g}.")
    return number


def check_seconds(option: str, value: Any) -> float:
    """Checks a number of seconds, at least 0.

    Raises:
        UsageError: another type, not finite, or below 0.
    """
    seconds = float(conform(option, value, float))
    if seconds < 0:
        raise UsageError(f"{option} is at least 0 seconds, not {seconds:g}.")
    return seconds


def check_switches(**switches: Any) -> None:
    """Checks that options are True or False: "no" would count as yes.

    Raises:
        UsageError: one is of another type.
    """
    for option, value in switches.items():
        conform(option, value, bool)


_WRONG = object()

#: Options go into arrays of int32 and float32.
_LARGEST_INT = (1 << 31) - 1
_LARGEST_FLOAT = 3e38
_INFINITY = float("inf")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _largest(hint: Any) -> float:
    return _LARGEST_INT if hint is int else _LARGEST_FLOAT


def _convert(value: Any, hint: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        results = (_convert(value, member) for member in typing.get_args(hint))
        return next((result for result in results if result is not _WRONG), _WRONG)
    if hint is None or hint is type(None):
        return None if value is None else _WRONG
    if origin is tuple:
        return _convert_tuple(value, typing.get_args(hint))
    if origin is dict:
        return _convert_dict(value, typing.get_args(hint)[1])
    if hint in (bool, str):
        return value if isinstance(value, hint) else _WRONG
    if not _is_number(value) or not abs(value) <= _largest(hint):  # also where it is NaN
        return _WRONG
    if hint is int:
        return int(value) if value == int(value) else _WRONG
    return value


def _convert_tuple(value: Any, members: tuple[Any, ...]) -> Any:
    if not isinstance(value, (list, tuple)):
        return _WRONG
    if members[-1] is Ellipsis:
        members = (members[0],) * len(value)
    if len(members) != len(value):
        return _WRONG
    converted = tuple(_convert(item, member) for item, member in zip(value, members, strict=True))
    return _WRONG if any(item is _WRONG for item in converted) else converted


def _convert_dict(value: Any, member: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return _WRONG
    converted = {key: _convert(item, member) for key, item in value.items()}
    return _WRONG if any(item is _WRONG for item in converted.values()) else converted


def describe(hint: Any) -> str:
    """A type hint in words: `a list of 3 numbers`."""
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(member) for member in members)
    if hint is None or hint is type(None):
        return "none"
    if origin is tuple:
        return f"a list of {_many(members)}"
    if origin is dict:
        return "a table of names and numbers"
    return {bool: "yes or no", str: "a text", int: "a whole number"}.get(hint, "a number")


def _many(members: tuple[Any, ...]) -> str:
    count = "" if members[-1] is Ellipsis else f"{len(members)} "
    if typing.get_origin(members[0]) is tuple:
        return f"{count}lists of {_many(typing.get_args(members[0]))}"
    return count + ("whole numbers" if members[0] is int else "numbers")
