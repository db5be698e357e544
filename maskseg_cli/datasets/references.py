"""Images and categories that records name in place of giving their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple


class Names(NamedTuple):
    """Names that may stand for ids; none of them is an id itself, and none is that of two.

    Attributes:
        images: file name, with and without folders and suffix -> image id.
        categories: name -> category id.
    """

    images: Mapping[str, Any] = {}
    categories: Mapping[str, Any] = {}

    @classmethod
    def of(cls, images: Mapping[Any, str], categories: Mapping[Any, str]) -> Names:
        """The names of these ids.

        Args:
            images: id, as `field_values.id_of` gives it -> file name.
            categories: id -> name.

        Example:
            >>> Names.of({1: "a/1.jpg", 2: "b/x.png"}, {7: "cat"}).images
            {'a/1.jpg': 1, '1.jpg': 1, 'b/x.png': 2, 'x.png': 2, 'x': 2}
        """
        by_file = ((form, identity) for identity, name in images.items() for form in _forms(name))
        return cls(_unique(by_file, images), _unique(((name, one) for one, name in categories.items()), categories))


def _forms(name: str) -> Iterable[str]:
    path = PurePosixPath(name.replace("\\", "/"))
    return dict.fromkeys((name, path.name, path.stem))


def _unique(names: Iterable[tuple[str, Any]], ids: Mapping[Any, str]) -> dict[str, Any]:
    """The names that are no id and belong to one id only."""
    known = {str(identity) for identity in ids}
    found: dict[str, Any] = {}
    several = set()
    for name, identity in names:
        if name in found and found[name] != identity:
            several.add(name)
        found[name] = identity
    return {name: one for name, one in found.items() if name not in several and name not in known}
