"""`plan_targets`: the files and folders that a conversion writes, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.conversion.options import ConversionOptions
from maskseg_cli.datasets.annotated_images import ImageRecord
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.export.formats import DATA_FORMATS
from maskseg_cli.media.outputs import check_writable, existing_file
from maskseg_cli.media.same_file import file_identity

#: The parts into which --split divides a data set.
SPLITS = ("train", "val")

#: Suffixes of formats that are one file.
_SUFFIXES = {Path(name).suffix for name in DATA_FORMATS.values() if name}


@dataclass(frozen=True)
class Target:
    """One file or folder, and the photos whose annotations it gets.

    Attributes:
        path: the file or folder.
        is_file: whether it is a file, which appears at the end.
        photos: name in the annotations, and record.
        folder: where files beside the annotations go, such as copies of photos.
    """

    path: Path
    is_file: bool
    photos: tuple[tuple[str, ImageRecord], ...]

    @property
    def folder(self) -> Path:
        """The folder of the annotations."""
        return self.path.parent if self.is_file else self.path


def plan_targets(
    output: Path, name: str, parts: Sequence[tuple[str, Sequence[tuple[str, ImageRecord]]]]
) -> list[Target]:
    """What is written for each part of a data set.

    Args:
        output: what the user named: a file, where the format has one, or a folder.
        name: of the format.
        parts: name of each part, one without a name where the data set is not divided, and its photos.

    Raises:
        UsageError: the format and the output do not fit.
        MasksegError: the output cannot be written.
    """
    usual = DATA_FORMATS[name]
    if str(output) in ("-", "/dev/stdout"):
        raise UsageError("A converted data set is no single text: name a file or a folder, not standard output.")
    if not usual or output.suffix.lower() not in _SUFFIXES or output.is_dir():
        if output.exists() and not output.is_dir():
            raise UsageError(f"{output} is a file; {name} needs a folder.")
    elif Path(usual).suffix != output.suffix.lower():
        raise UsageError(f"{name} is written as {Path(usual).suffix}, but {output} ends in {output.suffix}.")
    elif len(parts) > 1:
        raise UsageError(f"--split writes two files: name a folder for them, not {output}.")
    else:
        check_writable(output.parent)
        return [Target(output, True, tuple(parts[0][1]))]
    check_writable(output)
    if name == "yolo" and len(parts) > 1:  # one folder, with those of the parts below it
        together = [(f"{part}/{photo}", record) for part, photos in parts for photo, record in photos]
        return [Target(output, False, tuple(together))]
    targets = []
    for part, photos in parts:
        if usual:
            targets.append(
                Target(output / (f"{part}{Path(usual).suffix}" if part else usual), True, tuple(photos)),
            )
        else:
            targets.append(Target(output / part, False, tuple(photos)))
    return targets


def check_existing(files: Iterable[Path], annotations: Path, photos: Iterable[Path], overwrite: bool) -> None:
    """Checks that nothing is replaced that the user wants to keep.

    Args:
        files: what will be written.
        annotations: the file or folder that is converted; nothing in it is ever replaced.
        photos: those of the data set, which are not replaced either.
        overwrite: replace other files.

    Raises:
        UsageError: a file of the input would be replaced.
        MasksegError: a file exists, and `overwrite` is not given.
    """
    existing = [path for path in files if existing_file(path)]
    own = {file_identity(path) for path in (annotations, *photos)} if existing else set()
    folder = annotations if annotations.is_dir() else None
    for path in existing:
        inside = folder is not None and path.resolve().is_relative_to(folder.resolve())
        if inside or file_identity(path) in own:
            raise UsageError(f"{path} belongs to the input {annotations}, which stays as it is: name another OUT.")
    if existing and not overwrite:
        more = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
        raise MasksegError(f"{existing[0]} exists already{more}: --overwrite replaces it.")


def divide(
    photos: Sequence[tuple[str, ImageRecord]], options: ConversionOptions
) -> list[tuple[str, Sequence[tuple[str, ImageRecord]]]]:
    """The parts of a data set: one without a name, or those of --split, at random, each in the order of the file.

    Raises:
        MasksegError: a part would be empty.
    """
    if options.split is None:
        return [("", photos)]
    import numpy as np

    count = round(len(photos) * options.split)
    if not 0 < count < len(photos):
        raise MasksegError(f"Of {len(photos)} photos --split {options.split:g} leaves none for one of the two parts.")
    chosen = set(np.random.default_rng(options.seed).permutation(len(photos))[:count].tolist())
    train = [photo for number, photo in enumerate(photos) if number in chosen]
    val = [photo for number, photo in enumerate(photos) if number not in chosen]
    return list(zip(SPLITS, (train, val), strict=True))
