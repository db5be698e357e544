"""Finding the pictures of CVAT's XML files: by name, and the frames of videos by number."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from maskseg_cli.datasets.picture_files import PICTURES
from maskseg_cli.media.picture_formats import split_input_name

#: Frames are looked for in so many folders inside each other.
_DEEPEST = 3

#: The number at the end of the name of a frame.
_NUMBER = re.compile(r"([0-9]{1,9})$")


class CvatPictures:
    """File names of pictures as paths from the folder `base`, in which they are, or in its folder `images`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._stems: dict[Path, dict[str, str]] = {}
        self._frames: dict[int, list[str]] | None = None

    def named(self, name: str, subset: str = "") -> str:
        """The path of an image; its own name where it is not there.

        Frames of a video have a name without a suffix in CVAT's files for images.

        Args:
            subset: the part of a project that it belongs to, which may be a folder.
        """
        folders = ["", PICTURES, *([f"{PICTURES}/{subset}", subset] if subset else [])]
        for folder in folders:
            path = PurePosixPath(folder, name) if folder else PurePosixPath(name)
            if os.path.exists(self.base / path):
                return path.as_posix()
            if not split_input_name(name)[1] and (found := self._with_suffix(path)):
                return found
        return name

    def frame(self, number: int, video: str) -> str | None:
        """The path of a frame; None where no picture, or none of several, can be told to be that frame.

        CVAT's own are frame_000000.png; other names may end with the number too, if only one does, or one that has the
        name of the video.

        Args:
            video: the name of the video without its suffix, which is that of the XML file.
        """
        names = self._frame_names().get(number, [])
        own = [name for name in names if PurePosixPath(name).stem == f"frame_{number:06d}"]
        for some in (
            own,
            names,
            [name for name in names if video and video in PurePosixPath(name).with_suffix("").parts],
        ):
            if len(some) == 1:
                return some[0]
        return None

    def frame_numbers(self) -> Iterator[int]:
        """The numbers of all frames that are there."""
        yield from self._frame_names()

    def _frame_names(self) -> dict[int, list[str]]:
        if self._frames is None:
            self._frames = {}
            for folder, inner, files in os.walk(self.base):
                if len(Path(folder).relative_to(self.base).parts) >= _DEEPEST:
                    inner.clear()
                for file in sorted(files):
                    stem, suffix = split_input_name(file)
                    number = _NUMBER.search(stem) if suffix else None
                    if number:
                        name = (Path(folder) / file).relative_to(self.base).as_posix()
                        self._frames.setdefault(int(number[1]), []).append(name)
        return self._frames

    def _with_suffix(self, path: PurePosixPath) -> str | None:
        """The one picture of this name and any suffix."""
        folder = self.base / path.parent
        if folder not in self._stems:
            try:
                names = sorted(os.listdir(folder))
            except (OSError, ValueError):  # ValueError: a name with a zero byte
                names = []
            parts = ((split_input_name(name), name) for name in names)
            self._stems[folder] = {stem: name for (stem, suffix), name in parts if suffix}
        found = self._stems[folder].get(path.name)
        return None if found is None else (path.parent / found).as_posix()
