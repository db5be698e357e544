"""Reading annotations of any known format, for training, evaluation and inspection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotation_formats import FORMATS, AnnotationFormat
from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.annotation_options import check_format
from maskseg_cli.datasets.coco_document import DEFAULT_CLASS
from maskseg_cli.datasets.coco_records import check_document
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter

#: So many files in a folder are looked at for the one annotation file in it, and so many folders in it where there is
#: none; a message names the first few.
_MOST_FILES, _MOST_FOLDERS, _NAMED = 20, 10, 3


def read_annotations(
    path: Path,
    log: ProblemLog,
    class_name: str = DEFAULT_CLASS,
    attribute: str | None = None,
    reporter: Reporter | None = None,
    *,
    images: Path | None = None,
    format: str | None = None,
    split: str | None = None,
) -> dict[str, Any]:
    """The content of annotations of a known format (`FORMATS`), which it shows itself, in COCO's format.

    Args:
        path: a file or a folder; also a folder with one annotation file in it.
        log: gets the problems of the records.
        class_name, attribute: of VIA's regions, as `via.read_via` takes them.
        reporter: is told that a large file is read, which takes seconds.
        images: the folder of the pictures; None: the annotations say where they are, or they lie beside them.
        format: the name of the format; None: the content shows it.
        split: "train", "val" or "test", of a data set that is divided so; None: all of it.

    Returns:
        images, annotations and categories: lists of records, not checked further. File names are relative to `images`
        or to the annotations' folder, or whole paths.

    Raises:
        MasksegError: it cannot be read, or is of none of these formats.
        UsageError: `format` is no format's name.
    """
    if images is not None and images.resolve() == Path(path).resolve():
        images = None  # a folder with its pictures: where in it they are, the format says
    source = AnnotationInput(Path(path), images, log, class_name, attribute, reporter, split)
    if format is not None:
        return format_named(format).read(source)
    found, source = _find(source)
    return found.read(source)


def own_pictures(path: str | Path) -> Path | None:
    """The folder to look in for pictures where none is named: a folder of annotations, or that of YOLO's data.yaml.

    Returns:
        None for other files: they do not say where their pictures are.
    """
    path = Path(path)
    if path.is_dir():
        return path
    return path.parent if path.suffix.lower() in (".yaml", ".yml") else None


def detect_format(path: str | Path) -> str:
    """The name of the format of a file or folder, a key for `format_named`.

    Raises:
        MasksegError: it is of none of the known formats, or cannot be read.
    """
    return _find(AnnotationInput(Path(path)))[0].name


def format_named(name: str) -> AnnotationFormat:
    """The format of this name.

    Raises:
        UsageError: there is none.
    """
    check_format(name)
    return next(one for one in FORMATS if one.name == name)


def _find(source: AnnotationInput) -> tuple[AnnotationFormat, AnnotationInput]:
    """The format, and what is to be read: the one annotation file of a folder, or the input itself."""
    found = _match(source)
    if found is not None:
        return found, source
    if source.path.exists() and not source.path.is_file() and not source.is_folder:
        raise MasksegError(f"{source.path} is a pipe or a device: save what it gives as a file, and name that.")
    if not source.is_folder:
        # Neither call returns: they say what the file is.
        check_document(source.json, source.path)
        raise MasksegError(f"{source.path} is no annotation file that can be read.")
    inputs = [replace(source, path=path) for path in source.files(".json", ".xml", most=_MOST_FILES)]
    files = [(one, each) for each in inputs if (one := _match(each)) is not None]
    if len(files) > 1:
        raise MasksegError(f"{source.path} holds several annotation files ({_first_names(files)}): name one of them.")
    if not files:
        folders = sorted(path for path in source.path.iterdir() if path.is_dir())[:_MOST_FOLDERS]
        inner = [(one, each) for path in folders if (one := _match(each := replace(source, path=path))) is not None]
        if inner:
            raise MasksegError(
                f"{source.path} holds no annotations itself, but folders in it do ({_first_names(inner)}): name one."
            )
        raise MasksegError(
            f"{source.path} holds no annotations that can be read; known are {', '.join(one.title for one in FORMATS)}."
        )
    return files[0]


def _first_names(found: Sequence[tuple[AnnotationFormat, AnnotationInput]]) -> str:
    names = ", ".join(each.path.name for _, each in found[:_NAMED])
    return f"{names} ..." if len(found) > _NAMED else names


def _match(source: AnnotationInput) -> AnnotationFormat | None:
    return next((one for one in FORMATS if one.matches(source)), None)
