"""Reads YAML texts with plain values only."""

from __future__ import annotations

from typing import Any

from maskseg_cli.printable import printable

#: A larger text takes seconds to read; detectron2's configs have 10,000 characters.
_MOST_CHARACTERS = 1 << 18


def read_yaml(text: str) -> dict[str, Any]:
    """The table that a YAML text holds; tags that would make other objects are refused.

    Raises:
        ValueError: no YAML, too long, or no table; the message says which, and the line.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Makes tuples too, which older programs wrote with a tag of their own."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node))
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"it has more than {_MOST_CHARACTERS:,} characters")
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        raise ValueError(f"{where}{printable(str(problem or error)[:200])}") from None
    except RecursionError:
        raise ValueError("it has brackets in brackets without an end") from None
    except (ValueError, TypeError, OverflowError):  # of numbers with thousands of digits, and dates that are none
        raise ValueError("a value in it cannot be read") from None
    if not isinstance(document, dict):
        raise ValueError("it holds no table of options")
    return {str(key): value for key, value in document.items()}
