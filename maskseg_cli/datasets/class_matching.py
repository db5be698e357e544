"""Matching the categories of an annotation file with the classes of a network, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from maskseg_cli.classes import canonical_name, used_classes
from maskseg_cli.errors import MasksegError


def class_finder(class_names: Sequence[str]) -> Callable[[str], int | None]:
    """A function from a name, in either spelling, to the index of that class in `class_names` (background first).

    Example:
        >>> find = class_finder(("background", "motorcycle", "Motorcycle"))
        >>> find("Motorcycle"), find("motorbike"), find("dog")
        (2, 1, None)
    """
    exact = {class_names[index]: index for index in used_classes(class_names)}
    loose = {canonical_name(name): index for name, index in reversed(exact.items())}
    return lambda name: exact.get(name) or loose.get(canonical_name(name))


def match_categories(categories: Mapping[int, str], class_names: Sequence[str], path: str | Path) -> dict[int, int]:
    """Category id -> class index, for the categories that the network has.

    Args:
        categories: category id -> name.
        class_names: the network's, background first.
        path: the annotation file, for messages.

    Raises:
        MasksegError: they have no class in common.
    """
    find = class_finder(class_names)
    own = [class_names[index] for index in used_classes(class_names)]
    matches = {category: index for category, name in categories.items() if (index := find(name)) is not None}
    if not matches:
        raise MasksegError(
            f"The network and {path} have no class in common: one has {some_names(own)}, the other "
            f"{some_names(list(categories.values()))}; --labels gives the network's."
        )
    return matches


def have_same_classes(names: Sequence[str], known: Sequence[str] | None) -> bool:
    """Whether `names` are the classes of a network, `known` (background first), in any order and spelling.

    Classes that the network was not trained on do not count.
    """
    own = [known[index] for index in used_classes(known)] if known else []
    return len(names) == len(own) > 0 and sorted(map(canonical_name, names)) == sorted(map(canonical_name, own))


def some_names(names: Sequence[str]) -> str:
    """The first five names for a message, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
