"""The file of `maskseg video --json`: opened before the first video, complete after the last."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from maskseg_cli.errors import MasksegError, explain

if TYPE_CHECKING:
    from maskseg_cli.export.json_lines import JsonLines


class LinesFile:
    """A file of JSON lines that keeps what is in it whatever ends the run; a context manager.

    Args:
        path: the file; what stands there is replaced, if anything is written at all.
        class_names: background first.
        anew: names of the videos that are done now, whose earlier lines go.
        keep: the lines of all other videos stay.

    Attributes:
        lines: takes what is found.
        problem: why the file is not whole, as a sentence, if the run itself has come to its end.

    Raises:
        MasksegError: the file holds something else than such lines.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, class_names: Sequence[str], anew: Collection[str], keep: bool) -> None:
        from maskseg_cli.export.json_lines import JsonLines
        from maskseg_cli.media.atomic_file import GrowingFile

        self.problem: str | None = None
        self._there = path.is_file()
        self._file = GrowingFile(path)
        self.lines: JsonLines = JsonLines(self._file.write, class_names)
        try:
            if keep and self._there:
                self._copy(path, anew)
        except BaseException:
            self._file.discard()
            raise

    def __enter__(self) -> LinesFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.lines.written and (self._there or kind is not None):  # nothing was done at all
            self._file.discard()
            return
        try:
            self._file.finish()
        except OSError as lost:
            self.problem = f"{explain(lost)[:-1]}: what was found is not all there."
            # What ended the run decides the exit code; it may be this same error, met earlier.
            if kind is not None and str(self._file.path) not in str(error):
                click.echo(f"Error: {self.problem}", err=True)

    def _copy(self, earlier: Path, anew: Collection[str]) -> None:
        with earlier.open("rb") as lines:
            for line in lines:
                try:
                    going = json.loads(line)["file_name"] in anew
                except (ValueError, KeyError, TypeError) as error:
                    if not line.endswith(b"\n"):  # the disk was full
                        continue
                    raise MasksegError(
                        f"{earlier} holds something else than the lines of videos: --overwrite replaces it."
                    ) from error
                if not going:
                    self._file.write(line if line.endswith(b"\n") else line + b"\n")
