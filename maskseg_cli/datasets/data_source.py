"""Where training pictures come from: COCO files, VIA files, and shapes drawn on the fly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from maskseg_cli.classes import canonical_name
from maskseg_cli.datasets.coco_records import check_document, read_json
from maskseg_cli.datasets.example import Example
from maskseg_cli.datasets.problems import Problem
from maskseg_cli.errors import MasksegError


class DataSource(Protocol):
    """Training pictures by number; every method may be called from several threads at once.

    Attributes:
        class_names: index -> name, background first.
        category_ids: index -> the id that the file uses for that class, 0 for the background.
        problems: what was wrong with the data and is left out.
    """

    @property
    def class_names(self) -> tuple[str, ...]: ...

    @property
    def category_ids(self) -> tuple[int, ...]: ...

    @property
    def problems(self) -> list[Problem]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Example: ...


#: The word for the built-in data set in place of an annotation file.
SHAPES_WORD = "shapes"


def open_source(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    known_classes: Sequence[str] | None = None,
    shapes: tuple[int, int] = (500, 128),
    shapes_seed: int = 0,
    class_name: str = "object",
    attribute: str | None = None,
    strict: bool = False,
) -> DataSource:
    """Opens a data set of any known format.

    Args:
        annotations: a COCO or VIA file, which its content tells apart, or the word "shapes".
        images: folder of the pictures; None: beside the file.
        known_classes: a network's class names, background first. If the data set has exactly these classes, in any
            order and spelling, they keep the network's order; otherwise the data set's classes are its own.
        shapes: number of pictures of the built-in data set and their side in pixels.
        class_name, attribute: as `via.read_via` takes them.
        strict: refuse data with any problem.

    Raises:
        MasksegError: the data cannot be used; with `strict`, the message names every problem.
    """
    if str(annotations) == SHAPES_WORD:
        from maskseg_cli.datasets.shapes import ShapesSource

        return ShapesSource(*shapes, seed=shapes_seed)
    from maskseg_cli.datasets.coco import from_document
    from maskseg_cli.datasets.via import read_via, via_entries

    path = Path(annotations)
    folder = path.parent if images is None else Path(images)
    if not folder.is_dir():
        raise MasksegError(f"There is no folder {folder}.")
    document = read_json(path)
    if via_entries(document) is not None:
        source = read_via(path, folder, class_name, attribute, strict=strict)
        if _same_classes(source.class_names[1:], known_classes):
            source = read_via(path, folder, class_name, attribute, known_classes, strict)
        return source
    checked = check_document(document, path)
    names = [str(record.get("name")) for record in checked["categories"]]
    return from_document(checked, path, folder, known_classes if _same_classes(names, known_classes) else None, strict)


def _same_classes(names: Sequence[str], known: Sequence[str] | None) -> bool:
    if known is None or len(names) != len(known) - 1:
        return False
    return sorted(map(canonical_name, names)) == sorted(map(canonical_name, known[1:]))


__all__ = ["DataSource", "Problem", "open_source"]
