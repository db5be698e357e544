"""The class names of a network: given by the user, stored in its file, or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from maskseg_cli.classes import is_background, read_labels
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError

#: A file of class names, or the names themselves.
Labels = str | Path | Sequence[str]


def given_names(labels: Labels | None, stored: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The names that the user gives, or else the stored ones; background first.

    Raises:
        MasksegError: the file cannot be read or is no list of names.
    """
    if labels is None:
        return stored
    if isinstance(labels, (str, Path)):
        return read_labels(labels)
    names = tuple(labels) if isinstance(labels, Iterable) else (labels,)
    if not all(isinstance(name, str) for name in names):
        raise UsageError(f"labels is a file of class names or a list of names, not {labels!r}.")
    return names if names and is_background(names[0]) else ("background", *names)


def all_names(names: tuple[str, ...] | None, config: MaskRCNNConfig) -> tuple[str, ...]:
    """The names, or "class 1", "class 2", ... where there are none."""
    return names or ("background", *(f"class {i}" for i in range(1, config.num_classes)))
