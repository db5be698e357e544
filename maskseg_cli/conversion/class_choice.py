"""`ClassChoice`: which classes of a data set are kept, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from maskseg_cli.classes import is_background, parse_classes
from maskseg_cli.datasets.class_matching import class_finder
from maskseg_cli.errors import UsageError
from maskseg_cli.near_names import did_you_mean


@dataclass(frozen=True)
class ClassChoice:
    """The classes of a converted data set.

    Attributes:
        names: index -> name, background first.
        category_ids: index -> category id in COCO's files, 0 for the background.
        of: class index of the original -> index here; classes that are left out are missing.
    """

    names: tuple[str, ...]
    category_ids: tuple[int, ...]
    of: Mapping[int, int]

    @classmethod
    def make(
        cls,
        names: Sequence[str],
        category_ids: Sequence[int],
        classes: str | None = None,
        new_names: Mapping[str, str] | None = None,
    ) -> ClassChoice:
        """Chooses and renames classes; their order and their category ids stay. Classes of one name become one.

        Args:
            names, category_ids: of the original, background first.
            classes: the classes that are kept, as `parse_classes` takes them; None: all.
            new_names: name of a class, in either spelling -> new name.

        Raises:
            UsageError: a class that the data set does not have, or a new name that stands for the background.

        Example:
            >>> choice = ClassChoice.make(("background", "car", "bus", "dog"), (0, 3, 6, 18), "1,2", {"bus": "car"})
            >>> choice.names, choice.category_ids, choice.of
            (('background', 'car'), (0, 3), {1: 1, 2: 1})
        """
        wanted = range(1, len(names)) if classes is None else sorted(parse_classes(classes, names, "data set"))
        called = _renamed(names, new_names or {})
        kept: dict[str, int] = {}
        ids: list[int] = [0]
        of: dict[int, int] = {}
        for index in wanted:
            if called[index] not in kept:
                kept[called[index]] = len(ids)
                ids.append(category_ids[index])
            of[index] = kept[called[index]]
        return cls(("background", *kept), tuple(ids), of)

    def complete_categories(self, complete: Collection[int]) -> list[int]:
        """Ids of the categories whose objects are all marked, for the class indices of the original of which they are.

        Example:
            >>> choice = ClassChoice.make(("background", "car", "bus", "dog"), (0, 3, 6, 18), None, {"bus": "car"})
            >>> choice.complete_categories({1, 3}), choice.complete_categories({1, 2})
            ([18], [3])
        """
        partly = {index for original, index in self.of.items() if original not in complete}
        return [one for index, one in enumerate(self.category_ids) if index and index not in partly]


def _renamed(names: Sequence[str], new_names: Mapping[str, str]) -> list[str]:
    called, find = list(names), class_finder(names)
    for old, new in new_names.items():
        index = find(old)
        if index is None:
            raise UsageError(f"The data set has no class {old!r} to rename{did_you_mean(old, names[1:])}.")
        if is_background(new):
            raise UsageError(f"{new!r} stands for the background, which is no class: leave {old!r} out with --classes.")
        called[index] = new
    return called
