"""Checking the categories of a COCO annotation file: which classes it has."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskseg_cli.classes import is_background
from maskseg_cli.datasets.field_values import shown, whole_number
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class Categories:
    """The classes of an annotation file.

    Attributes:
        names: category id -> name, in the order of the file; without the background, without categories that only
            group others, and with one id for each class.
        same_as: id of every category of the file -> the id in `names` that stands for it, or None: it is no class.
        background: ids of categories that stand for the background.
    """

    names: dict[int, str] = field(default_factory=dict)
    same_as: dict[int, int | None] = field(default_factory=dict)
    background: frozenset[int] = frozenset()


def check_categories(
    records: list[dict[str, Any]], annotations: Iterable[dict[str, Any]], path: str | Path, log: ProblemLog
) -> Categories:
    """The classes of a file, from its categories and the category ids of its annotations.

    Categories whose names are equal, or differ in case, outer spaces and Unicode's composed and decomposed forms
    alone, are one class; single letters are told apart. A category without objects that is the supercategory of
    another one is no class (Roboflow writes such a root).

    Raises:
        MasksegError: no category, one without a whole number and a name, or an id that two names have.
    """
    if not records:
        raise MasksegError(f"In {path}: there is no category.")
    used = {whole_number(annotation.get("category_id")) for annotation in annotations}
    names: dict[int, str] = {}
    groups: dict[int, set[str]] = {}
    for record in records:
        identity, name = whole_number(record.get("id")), record.get("name")
        if isinstance(name, (int, float)) and not isinstance(name, bool):  # 7: what a program made of "7"
            name = str(name)
        if isinstance(name, str):
            given, name = name.strip(), _printable(name)
            if given != name:
                log.add("category-letters", name)
        if identity is None or not isinstance(name, str) or not name:
            raise MasksegError(
                f"In {path}: the category {shown(record.get('id'))} ({shown(name)}) needs a whole number and a name."
            )
        if names.setdefault(identity, name) != name:
            both = f"{shown(names[identity])} and {shown(name)}"
            raise MasksegError(f"In {path}: two categories have the id {shown(identity)}: {both}.")
        group = record.get("supercategory")
        groups.setdefault(identity, set()).update([group.strip()] if isinstance(group, str) else [])
    found = Categories({}, {}, frozenset(identity for identity, name in names.items() if is_background(name)))
    kept: dict[str, int] = {}
    roots = _roots(names, groups)
    for identity, name in names.items():
        if identity in found.background or (identity not in used and identity in roots):
            if identity not in found.background:
                log.add("group-category", name)
            found.same_as[identity] = None
            continue
        first = kept.setdefault(_key(name), identity)
        found.same_as[identity] = first
        if first == identity:
            found.names[identity] = name
        elif names[first] != name:
            log.add("similar-categories", f"{names[first]!r} and {name!r}")
    return found


def _printable(name: str) -> str:
    """The name on one line, without control signs and halves of characters, which no terminal and no file takes."""
    if name.isprintable():
        return name.strip()
    return "".join(" " if unicodedata.category(one) in _NO_NAME else one for one in name).strip()


#: Unicode's categories of control signs, unpaired halves of characters, and breaks of lines and paragraphs.
_NO_NAME = ("Cc", "Cs", "Zl", "Zp")


def _roots(names: dict[int, str], groups: dict[int, set[str]]) -> set[int]:
    """Ids of those named as the group of a category of another name; not of itself alone, as COCO's "person"."""
    keys = {identity: _key(name) for identity, name in names.items()}
    above = {identity: set(map(_key, group)) for identity, group in groups.items()}
    below: dict[str, set[str]] = {}
    for identity, key in keys.items():
        for group in above[identity]:
            below.setdefault(group, set()).add(key)
    times = Counter(keys.values())
    return {
        identity
        for identity, key in keys.items()
        if below.get(key, set()) - {key} and not (key in above[identity] and times[key] > 1)  # a class beside its root
    }


def _key(name: str) -> str:
    name = unicodedata.normalize("NFC", name)
    return name if len(name) == 1 else unicodedata.normalize("NFC", name.casefold())
