"""`PictureDocuments`: a format of annotations with one JSON file a picture, in a folder of them or by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError

#: So many files show whether a folder is of the format; the file of one picture is not larger.
_LOOKED_AT, _LARGEST = 5, 2**26


@dataclass(frozen=True)
class PictureDocuments:
    """How the files of a format are found and known.

    Attributes:
        title: what a file of the format is, for the sentence that another one is none.
        files_in: yields the files in a folder and those below it, which may be of the format.
        is_content: whether the content of a JSON file is of the format.
        is_video: whether that of a file of the format is of a video, in place of a picture.
    """

    title: str
    files_in: Callable[[Path], Iterator[Path]]
    is_content: Callable[[Any], bool]
    is_video: Callable[[dict[str, Any]], bool]

    def match(self, path: Path) -> bool:
        """Whether this is a file of the format, or a folder with such files among its first ones."""
        try:
            if path.is_file():
                return path.suffix.lower() == ".json" and self._is_of(path)
            return path.is_dir() and any(map(self._is_of, islice(self.files_in(path), _LOOKED_AT)))
        except (OSError, ValueError):
            return False

    def read(self, path: Path, log: ProblemLog) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yields each file of a picture, of a folder or the one that is named, and its content.

        Args:
            path: a file or a folder.
            log: gets the files that cannot be read, that are of no such format and that are of videos.
        """
        for file in [path] if path.is_file() else self.files_in(path):
            try:
                content = read_json(file)
            except MasksegError as error:
                log.add("annotation-file", file.name, str(error).rstrip("."))
                continue
            if not self.is_content(content):
                log.add("annotation-file", file.name, f"it is no {self.title}")
            elif self.is_video(content):
                log.add("video-file", file.name)
            else:
                yield file, content

    def _is_of(self, path: Path) -> bool:
        try:
            return path.stat().st_size <= _LARGEST and self.is_content(read_json(path))
        except MasksegError:
            return False
