"""`PhotoNames`: the photos of a folder, found by their names without suffix."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from maskseg_cli.media.picture_formats import split_input_name


class PhotoNames:
    """The pictures in a folder and those below it, listed once.

    Args:
        folder: where they lie; without any if it is no folder.
        skipped: a folder below whose pictures are no photos; None: there is none.
        others: names of pictures in the folder that are no photos.

    Example:
        >>> PhotoNames(Path("photos")).find("trip/a")                            # doctest: +SKIP
        'trip/a.jpg'
    """

    def __init__(self, folder: Path, skipped: Path | None = None, others: Collection[str] = ()) -> None:
        self.folder = folder
        self._names: dict[str, str] = {}
        self._files: set[str] = set()
        for path in _pictures(folder, skipped):
            name = path.relative_to(folder).as_posix()
            if name in others:
                continue
            self._files.add(name)
            stem = without_suffix(name)
            # As exports name them: the second photo of a name gets its suffix too.
            if stem in self._names:
                stem = f"{stem}_{PurePosixPath(name).suffix.lstrip('.')}"
            self._names.setdefault(stem, name)

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[str]:
        """The names without suffix, with forward slashes."""
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        """Whether there is a photo of this name without suffix."""
        return name in self._names

    @property
    def files(self) -> Collection[str]:
        """The paths of all photos from the folder."""
        return self._files

    def find(self, name: str) -> str | None:
        """The path from the folder of the photo with this name without suffix; None if there is none."""
        return self._names.get(name)


def base_folder(path: Path, images: Path | None = None) -> Path:
    """The folder from which file names of pictures count: that of the photos, else that of the annotations."""
    if images is not None:
        return images
    return path if path.is_dir() else path.parent


def apart(path: Path, images: Path | None) -> Path | None:
    """The folder of the photos, or None where it is that of the annotations themselves, which say where photos are."""
    return None if images is not None and images.resolve() == base_folder(path).resolve() else images


def path_from(path: Path, base: Path) -> str:
    """A path from a folder, with forward slashes, or the whole path where it lies elsewhere.

    Links are followed only where the path as it is written does not begin with the folder.
    """
    for one, folder in ((path, base), (path.resolve(), base.resolve())):
        if one.is_relative_to(folder):
            return one.relative_to(folder).as_posix()
    return str(path.resolve())


def without_suffix(name: str) -> str:
    """A path with forward slashes without the suffix of a picture."""
    folder, _, last = name.rpartition("/")
    stem = split_input_name(last)[0]
    return f"{folder}/{stem}" if folder else stem


def _pictures(folder: Path, skipped: Path | None) -> Iterator[Path]:
    without = None if skipped is None else skipped.resolve()
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if without is None or (Path(above) / one).resolve() != without)
        if without is None or Path(above).resolve() != without:
            yield from (Path(above) / name for name in sorted(files) if split_input_name(name)[1])
