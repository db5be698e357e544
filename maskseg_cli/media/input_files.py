"""Which photos (or other files) the user means: files, folders, patterns and standard input."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.picture_formats import split_name

#: Ends the stem of an output that stands beside its input.
OUTPUT_MARK = "_maskseg"

#: Ends the stem of an output that is kept though it is not whole.
UNFINISHED_MARK = ".unfinished"


@dataclass(frozen=True)
class Kind:
    """Which files are meant where the user names a folder or a pattern.

    Attributes:
        noun: what messages call one of them.
        split: splits a file's name into stem and suffix; the suffix is empty if it is not of this kind.
        place: the place in the output folder of an argument that is no file but means one source all the same,
            such as an address on the network; None for any other argument.
    """

    noun: str
    split: Callable[[str], tuple[str, str]]
    place: Callable[[str], PurePath | None] = lambda argument: None


PHOTOS = Kind("photo", split_name)


@dataclass(frozen=True)
class Source:
    """One photo to read.

    Attributes:
        path: the file; None is standard input, or what `address` says.
        relative: its place below the folder that the user named, and so in the output folder.
        alone: the user named this very file (or standard input), not a folder or a pattern.
        address: where it is if it is no file: an address on the network, a pattern of numbered pictures.
    """

    path: Path | None
    relative: PurePath
    alone: bool = True
    address: str | None = None

    @property
    def name(self) -> str:
        """What messages call it: the path as the user would write it."""
        return self.address or ("standard input" if self.path is None else str(self.path))


def find_sources(
    arguments: Sequence[str],
    recursive: bool = False,
    avoid: Path | None = None,
    may_be_empty: bool = False,
    kind: Kind = PHOTOS,
) -> list[Source]:
    """Finds the photos that the arguments mean, in the arguments' order, folders by name.

    Files, folders (with `recursive` all below them), patterns (`*`, `?`, `[a-z]`, `**`) and `-`. Folders and
    patterns yield files with the suffix of a picture, except hidden ones and what an earlier run wrote:
    `<name>_maskseg.<ext>` and `<name>_maskseg.unfinished.<ext>`. Such a file named by itself is left out if
    `<name>.<ext>` is named too, as happens when the shell expands a pattern.

    Args:
        avoid: the output folder; nothing below it is taken from a folder or pattern that holds it.
        may_be_empty: a folder or pattern that holds no photo (yet) is no error.
        kind: what is looked for, if not photos.

    Raises:
        MasksegError: an argument that means no photo at all.
        UsageError: `-` twice.
    """
    if list(arguments).count("-") > 1:
        raise UsageError("Standard input (-) can be read once only.")
    search = _Search(kind, recursive, len(arguments) > 1, avoid, may_be_empty)
    unique: dict[str, Source] = {}
    for argument in arguments:
        for source in search.find(argument):
            unique.setdefault(source.name if source.path is None else os.path.abspath(source.path), source)
    return _told_apart([source for source in unique.values() if not _is_own_output(source, unique, kind)])


@dataclass(frozen=True)
class _Search:
    kind: Kind
    recursive: bool
    several: bool
    avoid: Path | None
    may_be_empty: bool

    def find(self, argument: str) -> list[Source]:
        path, noun = Path(argument), self.kind.noun
        if argument == "-":
            return [Source(None, PurePath("stdin"))]
        if path.is_dir():
            files = list(self._files_in(path, _apart(self.avoid, path)))
            if not files and not self.may_be_empty:
                hint = "" if self.recursive else " (-r looks into the folders inside it too)"
                raise MasksegError(f"There is no {noun} in the folder {path}{hint}.")
            # Of several folders each gets its own in the output, as `cp -r` does: equal names do not meet.
            top = PurePath(path.resolve().name) if self.several else PurePath()
            return [Source(file, top / file.relative_to(path), alone=False) for file in files]
        if path.exists():
            return [Source(path, PurePath(path.name))]
        place = self.kind.place(argument)
        if place is not None:
            return [Source(None, place, address=argument)]
        if glob.has_magic(argument):
            base = _fixed_part(argument)
            files = list(self._files_matching(argument, _apart(self.avoid, base)))
            if not files and not self.may_be_empty:
                raise MasksegError(f"No {noun} matches the pattern {argument}.")
            return [Source(file, file.relative_to(base), alone=False) for file in files]
        raise MasksegError(f"There is no file or folder {argument}.")

    def _files_matching(self, pattern: str, avoid: Path | None) -> Iterator[Path]:
        own_wanted = OUTPUT_MARK in PurePath(pattern).name
        for match in map(Path, sorted(glob.glob(pattern, recursive=True))):
            if match.is_dir():
                if self.recursive:
                    yield from self._files_in(match, avoid)
            elif self._is_wanted(match.name, own_wanted) and not _is_below(match.parent, avoid):
                yield match

    def _files_in(self, folder: Path, avoid: Path | None) -> Iterator[Path]:
        # Links to folders are not followed: they can lead round in circles.
        for parent, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = sorted(name for name in folders if self.recursive and not name.startswith("."))
            if not _is_below(Path(parent), avoid):
                yield from (Path(parent, name) for name in sorted(files) if self._is_wanted(name))

    def _is_wanted(self, name: str, own_wanted: bool = False) -> bool:
        stem, suffix = self.kind.split(name)
        own = stem.removesuffix(UNFINISHED_MARK).endswith(OUTPUT_MARK)
        return bool(suffix) and not name.startswith(".") and (own_wanted or not own)


def _raise(error: OSError) -> None:
    raise MasksegError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error


def _apart(avoid: Path | None, searched: Path) -> Path | None:
    """The folder to avoid, or None where the user searches that very folder or a part of it."""
    if avoid is None or not avoid.is_dir() or _is_below(searched, avoid.resolve()):
        return None
    return avoid.resolve()


def _is_below(folder: Path, avoid: Path | None) -> bool:
    return avoid is not None and folder.resolve().is_relative_to(avoid)


def _fixed_part(pattern: str) -> Path:
    """The folders of a pattern before its first wildcard."""
    fixed: list[str] = []
    parts = PurePath(pattern).parts
    for part in parts[:-1]:
        if re.search(r"[*?[]", part):
            break
        fixed.append(part)
    return Path(*fixed)


def _is_own_output(source: Source, named: dict[str, Source], kind: Kind) -> bool:
    if source.path is None:
        return False
    stem, suffix = kind.split(source.path.name)
    own = stem.removesuffix(UNFINISHED_MARK)
    if not own.endswith(OUTPUT_MARK):
        return False
    original = source.path.with_name(own.removesuffix(OUTPUT_MARK) + suffix)
    return os.path.abspath(original) in named


def _told_apart(sources: list[Source]) -> list[Source]:
    """Gives sources of equal `relative` (a/1.jpg b/1.jpg) the folders in which they differ."""
    groups: dict[PurePath, list[Path]] = {}
    for source in sources:
        if source.path is not None:
            groups.setdefault(source.relative, []).append(source.path.absolute())
    told = []
    for source in sources:
        group = groups.get(source.relative, [])
        if source.path is not None and len(group) > 1:
            with contextlib.suppress(ValueError):  # on two drives there is nothing in common
                common = os.path.commonpath([path.parent for path in group])
                source = replace(source, relative=source.path.absolute().relative_to(common))
        told.append(source)
    return told
