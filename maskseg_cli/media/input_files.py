"""Finds the inputs that the arguments of a command name: files, folders, patterns and standard input."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Source
from maskseg_cli.media.foreign_files import is_film
from maskseg_cli.media.foreign_pictures import foreign_picture
from maskseg_cli.media.partial_files import PARTIAL_MARK
from maskseg_cli.media.picture_formats import split_input_name
from maskseg_cli.near_names import near_names

#: End of an output's stem if it is written beside its input.
OUTPUT_MARK = "_maskseg"


#: So many files of a folder without inputs are looked at, to say what it holds.
_LOOKED_AT = 100


@dataclass(frozen=True)
class InputKind:
    """Which files count as inputs in a folder or pattern: photos or videos.

    Attributes:
        noun: the word for one of them in messages.
        split: splits a file's name into stem and suffix; the suffix is empty if it is not of this kind.
        place: the path in the output folder for an argument that is one source but no file, such as an address
            on the network; None for any other argument.
        foreign: whether a file, by its name, is of a kind that is not read, and is returned to be counted.
        other: the command for the files of another kind, and whether a file is one of them.
    """

    noun: str
    split: Callable[[str], tuple[str, str]]
    place: Callable[[str], PurePath | None] = lambda argument: None
    foreign: Callable[[str], bool] = lambda name: False
    other: tuple[str, Callable[[str], bool]] | None = None


PHOTOS = InputKind(
    "photo", split_input_name, foreign=lambda name: foreign_picture(name) is not None, other=("video", is_film)
)


def find_sources(
    arguments: Sequence[str],
    recursive: bool = False,
    avoid: Path | None = None,
    may_be_empty: bool = False,
    kind: InputKind = PHOTOS,
) -> list[Source]:
    """Finds the inputs that the arguments name, in the order of the arguments; those of a folder in order of name.

    Files, folders (with `recursive` all below them), patterns (`*`, `?`, `[a-z]`, `**`) and `-`. Folders and
    patterns yield files with a known suffix, of photos also pictures of the kinds that `readable_photos` leaves out;
    except hidden ones and the results of earlier runs: `<name>_maskseg.<ext>` and `<name>_maskseg.partial.<ext>`.
    A result that is named itself is left out if `<name>.<ext>` is named too, as happens when the shell expands a
    pattern.

    Args:
        avoid: the output folder; files below it are left out of a folder or pattern that contains it.
        may_be_empty: a folder or pattern without any input is no error.
        kind: photos or videos.

    Raises:
        MasksegError: a folder without any input, or one that cannot be read.
        UsageError: a file that is not there (similar names are given), a pattern that nothing matches, `-` twice.
    """
    if list(arguments).count("-") > 1:
        raise UsageError("Standard input (-) can be read once only.")
    search = _Search(kind, recursive, len(arguments) > 1, avoid, may_be_empty)
    unique: dict[str, Source] = {}
    for argument in arguments:
        for source in search.find(argument):
            unique.setdefault(source.name if source.path is None else os.path.abspath(source.path), source)
    return _disambiguate([source for source in unique.values() if not _is_own_output(source, unique, kind)])


def find_by_folder(path: Path, recursive: bool, avoid: Path | None, kind: InputKind = PHOTOS) -> Iterator[list[Source]]:
    """Finds what `find_sources` finds for one folder, in the same order, and yields it folder by folder.

    Raises:
        MasksegError: no input at all, or a folder that cannot be read.
    """
    search = _Search(kind, recursive, False, avoid, False)
    found = False
    files = search._files_in(path, _folder_to_skip(avoid, path))
    for _, group in itertools.groupby(files, key=lambda file: file.parent):
        found = True
        yield [Source(file, file.relative_to(path), alone=False) for file in group]
    if not found:
        search.find(str(path))


@dataclass(frozen=True)
class _Search:
    kind: InputKind
    recursive: bool
    several: bool
    avoid: Path | None
    may_be_empty: bool

    def find(self, argument: str) -> list[Source]:
        path, noun = Path(argument), self.kind.noun
        if argument == "-":
            return [Source(None, PurePath("stdin"))]
        if path.is_dir():
            files = list(self._files_in(path, _folder_to_skip(self.avoid, path)))
            if not files and not self.may_be_empty:
                hint = self._hint(path)
                raise MasksegError(f"There is no {noun} in the folder {path}{hint}.")
            # Each of several folders gets its own in the output, as with `cp -r`: equal names do not collide.
            top = PurePath(path.resolve().name) if self.several else PurePath()
            return [Source(file, top / file.relative_to(path), alone=False) for file in files]
        if path.exists():
            return [Source(path, PurePath(path.name))]
        place = self.kind.place(argument)
        if place is not None:
            return [Source(None, place, address=argument)]
        if is_address(argument):
            raise UsageError(f"Addresses are not read by this command: download the {noun} first.")
        if glob.has_magic(argument):
            base = _fixed_part(argument)
            files = list(self._files_matching(argument, _folder_to_skip(self.avoid, base)))
            if not files and not self.may_be_empty:
                raise UsageError(f"No {noun} matches the pattern {argument}.")
            return [Source(file, file.relative_to(base), alone=False) for file in files]
        if path.is_symlink():
            raise UsageError(f"{argument} is a link to {os.readlink(path)}, which leads to nothing.")
        raise UsageError(f"There is no file or folder {argument}{_near_file(path)}.")

    def _hint(self, folder: Path) -> str:
        """What may be meant by a folder without inputs: another command, or the folders inside it."""
        hint = "" if self.recursive else " (-r looks into the folders inside it too)"
        command, fits = self.kind.other or ("", lambda name: False)
        if any(fits(entry.path) for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)[:_LOOKED_AT]):
            hint += f"; for what is there: maskseg {command} {folder}"
        return hint

    def _files_matching(self, pattern: str, avoid: Path | None) -> Iterator[Path]:
        own_wanted = OUTPUT_MARK in PurePath(pattern).name
        for match in map(Path, sorted(glob.glob(pattern, recursive=True))):
            if match.is_dir():
                if self.recursive:
                    yield from self._files_in(match, avoid)
            elif self._is_wanted(match.name, own_wanted) and not _is_below(match.parent, avoid):
                yield match

    def _files_in(self, folder: Path, avoid: Path | None) -> Iterator[Path]:
        # Links to folders are not followed: they can be circular.
        for parent, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = sorted(name for name in folders if self.recursive and not name.startswith("."))
            if not _is_below(Path(parent), avoid):
                yield from (Path(parent, name) for name in sorted(files) if self._is_wanted(name))

    def _is_wanted(self, name: str, own_wanted: bool = False) -> bool:
        return is_wanted(name, self.kind, own_wanted)


def is_wanted(name: str, kind: InputKind = PHOTOS, own_wanted: bool = False) -> bool:
    """Whether a file of a folder is an input, by its name; `own_wanted` says that results of earlier runs are."""
    stem, suffix = kind.split(name)
    if not suffix and kind.foreign(name):
        stem, suffix = os.path.splitext(name)
    own = stem.removesuffix(PARTIAL_MARK).endswith(OUTPUT_MARK)
    return bool(suffix) and not name.startswith(".") and (own_wanted or not own)


def _near_file(path: Path) -> str:
    """Names a similar file in the same folder, in the form of `did_you_mean`."""
    try:
        there = [name for name in os.listdir(path.parent) if not name.startswith(".")]
    except OSError:
        return f" (there is no folder {path.parent})" if not path.parent.exists() else ""
    stems = {os.path.splitext(name)[0]: name for name in there}
    near = [path.stem] if path.stem in stems else near_names(path.stem, stems, most=1)
    return f" (did you mean {path.parent / stems[near[0]]}?)" if near else ""


def _raise(error: OSError) -> None:
    raise MasksegError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error


def _folder_to_skip(avoid: Path | None, searched: Path) -> Path | None:
    """The folder to leave out, or None if the user searches that folder itself or one below it."""
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


def _is_own_output(source: Source, named: dict[str, Source], kind: InputKind) -> bool:
    if source.path is None:
        return False
    stem, suffix = kind.split(source.path.name)
    own = stem.removesuffix(PARTIAL_MARK)
    if not own.endswith(OUTPUT_MARK):
        return False
    original = source.path.with_name(own.removesuffix(OUTPUT_MARK) + suffix)
    return os.path.abspath(original) in named


def _disambiguate(sources: list[Source]) -> list[Source]:
    """Makes equal `relative` paths (of a/1.jpg b/1.jpg) differ by adding the folders in which they differ."""
    groups: dict[PurePath, list[Path]] = {}
    for source in sources:
        if source.path is not None:
            groups.setdefault(source.relative, []).append(source.path.absolute())
    result = []
    for source in sources:
        group = groups.get(source.relative, [])
        if source.path is not None and len(group) > 1:
            with contextlib.suppress(ValueError):  # two drives have no common folder
                common = os.path.commonpath([path.parent for path in group])
                source = replace(source, relative=source.path.absolute().relative_to(common))
        result.append(source)
    return result
