"""Where training pictures come from: annotations of any known format, and shapes drawn on the fly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from maskseg_cli.datasets.annotation_file import read_annotations
from maskseg_cli.datasets.class_matching import have_same_classes
from maskseg_cli.datasets.coco import from_document
from maskseg_cli.datasets.coco_document import DEFAULT_CLASS
from maskseg_cli.datasets.example import Example
from maskseg_cli.datasets.photo_names import base_folder
from maskseg_cli.datasets.problems import Problem, ProblemLog
from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter


class DataSource(Protocol):
    """Training pictures by number; every method may be called from several threads at once.

    Attributes:
        class_names: index -> name, background first.
        category_ids: index -> the id that the file uses for that class, 0 for the background.
        problems: what was wrong with the data and is left out.
        object_count: how many objects there are to learn, without crowds and doubtful ones; at least one of shapes.
    """

    @property
    def class_names(self) -> tuple[str, ...]: ...

    @property
    def category_ids(self) -> tuple[int, ...]: ...

    @property
    def problems(self) -> list[Problem]: ...

    @property
    def object_count(self) -> int: ...

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
    class_name: str = DEFAULT_CLASS,
    attribute: str | None = None,
    strict: bool = False,
    reporter: Reporter | None = None,
    format: str | None = None,
    log: ProblemLog | None = None,
    trust_sizes: bool = False,
    split: str | None = "train",
) -> DataSource:
    """Opens a data set of any known format.

    Args:
        annotations: a file or folder of a known format (`annotation_formats.FORMATS`), or the word "shapes".
        images: folder of the pictures; None: that of the annotations, or where these say.
        known_classes: a network's class names, background first. If the data set has exactly these classes, in any
            order and spelling, they keep the network's order; otherwise the data set's classes are its own.
        shapes: number of pictures of the built-in data set and their side in pixels.
        class_name, attribute: as `via.read_via` takes them.
        strict: refuse data with any problem.
        reporter: is shown the progress of reading.
        format: the name of the annotations' format; None: their content shows it.
        log: gets the problems; None: one that keeps the first names of each kind.
        trust_sizes: open the photo of a record without a size only; the others may be missing.
        split: which part is taken of a data set that is divided into train, val and test; None: all of it.

    Raises:
        MasksegError: the data cannot be used; with `strict`, the message names every problem.
    """
    if str(annotations) == SHAPES_WORD:
        return ShapesSource(*shapes, seed=shapes_seed)
    path, log = Path(annotations), ProblemLog() if log is None else log
    given = None if images is None else Path(images)
    folder = base_folder(path, given)
    if not folder.is_dir():
        raise MasksegError(f"There is no folder {folder}.")
    document = read_annotations(path, log, class_name, attribute, reporter, images=given, format=format, split=split)

    def class_names(names: list[str]) -> Sequence[str] | None:
        return known_classes if have_same_classes(names, known_classes) else None

    return from_document(document, path, folder, class_names, strict, log, reporter, trust_sizes)
