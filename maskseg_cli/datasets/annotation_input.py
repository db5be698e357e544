"""`AnnotationInput`: a file or folder of annotations, of which detection and reading share what was read already."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.coco_document import DEFAULT_CLASS
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.reporter import Reporter

#: Bytes at the start of a file by which formats are told apart.
_START = 4000

#: Bytes of a file from which on reading takes seconds.
_LARGE = 30_000_000


@dataclass(frozen=True)
class AnnotationInput:
    """What is to be read, and with which options.

    Attributes:
        path: a file or a folder.
        images: the folder of the pictures; None: the annotations say where they are, or they lie beside them.
        log: gets the problems of the records.
        class_name, attribute: as `via.read_via` takes them.
        reporter: is told that a large file is read, which takes seconds.
        split: the part that is wanted of a data set that is divided into train, val and test; where it has none of that
            name, and with None, all of it.
    """

    path: Path
    images: Path | None = None
    log: ProblemLog = field(default_factory=ProblemLog)
    class_name: str = DEFAULT_CLASS
    attribute: str | None = None
    reporter: Reporter | None = None
    split: str | None = None

    @property
    def folder(self) -> Path:
        """The folder itself, or that of the file."""
        return self.path if self.is_folder else self.path.parent

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @cached_property
    def beginning(self) -> str:
        """The first characters of a file, from the first one that is no space; "" for a folder and for no file."""
        if not self.path.is_file():
            return ""
        try:
            with self.path.open("rb") as file:
                start = file.read(_START)
        except OSError:
            return ""
        return start.decode(json.detect_encoding(start), "replace").lstrip("\ufeff \t\r\n")

    @cached_property
    def document(self) -> Any:
        """The content of a file that begins as JSON does, read once; None for other files and for a folder.

        Raises:
            MasksegError: it is JSON with a fault.
        """
        return self.json if self.beginning.startswith(("{", "[")) else None

    @cached_property
    def json(self) -> Any:
        """The content of a JSON file.

        Raises:
            MasksegError: it is none; the message names what it is.
        """
        size = self.path.stat().st_size if self.path.is_file() else 0
        if self.reporter is not None and size > _LARGE:
            self.reporter.say(f"Reading {self.path.name} ({size / 1e6:.0f} MB)")
        return read_json(self.path)

    def files(self, *suffixes: str, most: int = 1000) -> list[Path]:
        """The first files of a folder itself with one of these suffixes, in lower case, by name; [] for a file."""
        if not self.is_folder:
            return []
        found = (path for path in sorted(self.path.iterdir()) if path.suffix.lower() in suffixes and path.is_file())
        return list(islice(found, most))
