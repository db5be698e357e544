"""Looks up values in trees of dicts and lists that anybody may have written."""

from __future__ import annotations

from typing import Any

#: Numbers beyond this are none that an option has.
_MOST = 1e12


def lookup(tree: Any, *paths: str) -> Any:
    """The value at the first of these paths that exists ("model.rpn_head.anchor_generator"), or None."""
    for path in paths:
        value = tree
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def number(value: Any) -> float | None:
    """A number that is finite and not huge, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) <= _MOST and value == value else None


def numbers(value: Any, count: int | None = None) -> tuple[float, ...] | None:
    """A list of such numbers, of this length if one is given, or None."""
    if not isinstance(value, (list, tuple)) or not value or any(number(one) is None for one in value):
        return None
    return tuple(value) if count in (None, len(value)) else None
